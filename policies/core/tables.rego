# METADATA
# title: Law as lookup tables
# description: |
#   Turns the law as people write it (zones, lists, groups, one rule per entry) into the tables that
#   the decision looks up by key. Evaluated once per generation; the result is data.tables.
#   Nothing is decided here and nothing of a call is read.
# custom:
#   law: none; a change of form only
package inland.tables

# METADATA
# title: The tables of one generation
# entrypoint: true
document := {
	"adequacy": adequacy,
	"always_remove": {class: true | some class in data.law.always_remove},
	"by_place": by_place,
	"certificates": certificates,
	"classes": known_classes,
	"everywhere": everywhere,
	"free": free,
	"looks": looks,
	"harmless": {feature: true | some feature in data.law.features.harmless},
	"permission": {feature: concat("_", ["allow", feature]) | some feature in data.law.features.permission},
	"packs": {name: replace(name, "-", "_") | some name, _ in data.packs},
	"personal": classes_of["@personal"],
	"review_by": data.law.meta.review_by,
	"rules": rules,
	"tool": {regime: r.tool | some regime, r in data.law.regimes},
}

# METADATA
# title: Zones as sets of countries
# description: A zone is a list, or a union of zones with further countries. Two levels are allowed.
zones[name] := countries if {
	some name, zone in data.law.zones
	countries := {country | some country in flat(zone)}
}

flat(zone) := zone if is_array(zone)

flat(zone) := array.concat(object.get(zone, "add", []), members) if {
	is_object(zone)
	members := [country |
		some part in zone.union
		some country in flat_part(data.law.zones[part])
	]
}

flat_part(zone) := zone if is_array(zone)

flat_part(zone) := array.concat(object.get(zone, "add", []), members) if {
	is_object(zone)
	members := [country |
		some part in zone.union
		some country in data.law.zones[part]
	]
}

# METADATA
# title: The countries that a word or a list of words stands for
countries_of(words) := {country |
	some word in listed(words)
	some country in place(word)
}

place(word) := zones[word]

place(word) := {word} if not zones[word]

listed(value) := value if is_array(value)

listed(value) := [value] if not is_array(value)

# METADATA
# title: Where a regime lets data move freely
free[regime] := {country: true | some country in countries_of(r.free)} if some regime, r in data.law.regimes

# METADATA
# title: Adequacy entries by regime and country, without those that are switched off
adequacy[regime] := entries if {
	some regime, list in data.law.adequacy
	entries := {country: found |
		some entry in list
		some country in entry_countries(entry)
		found := [terms(other) |
			some other in list
			country in entry_countries(other)
			not switched_off(regime, country, other)
		]
		count(found) > 0
	}
}

entry_countries(entry) := zones[entry.zone]

entry_countries(entry) := {entry.country}

terms(entry) := {
	"condition": object.get(entry, "condition", ""),
	"since": object.get(entry, "since", "0000-01-01"),
	"until": object.get(entry, "until", "9999-12-31"),
}

switched_off(regime, country, _) if concat(":", [regime, country]) in data.law.disabled

switched_off(regime, _, entry) if concat(":", [regime, entry.zone]) in data.law.disabled

# METADATA
# title: Which certificates satisfy a demand for one
# description: A higher level of the same scheme satisfies a demand for a lower one.
certificates[name] := satisfying if {
	some name in data.law.certifications
	satisfying := object.union({name: true}, {higher: true |
		some order in data.law.cert_order
		some i, lower in order
		lower == name
		some j, higher in order
		j > i
	})
}

# METADATA
# title: Classes that a class or an @group stands for
classes_of[concat("", ["@", group])] := classes if {
	some group, families in data.law.groups
	classes := {class: true |
		some family in families
		some class in data.law.data_classes[family]
	}
}

known_classes := {class: true | some family in data.law.data_classes; some class in family}

# METADATA
# title: Rules in the form in which they are matched and applied
# description: |
#   `some_of` and `none_of` hold, per dimension of a call, the values of which one must and none may
#   be present. The effects are grouped by what they look at.
rules[id] := {
	"from": object.get(rule, "from", "0000-01-01"),
	"until": object.get(rule, "until", "9999-12-31"),
	"some_of": some_of(rule.when),
	"none_of": none_of(rule.when),
	"not_for_self_hosted": "not_for_self_hosted" in rule.effect,
	"waivable": rule.strength in {"engineering_default", "supervisory"},
	"needs": needs(rule),
	"duties": duties(rule),
} if {
	some id, rule in data.law.rules
}

some_of(when) := {dimension: values |
	some key, dimension in {
		"tenant": "tenant",
		"either": "either",
		"data": "data",
		"sector": "sector",
		"use_case": "use_case",
		"tenant_flag": "flag",
		"public_body": "public_body",
	}
	words := when[key]
	values := {value: true | some value in values_of(key, words)}
}

none_of(when) := {dimension: values |
	some key, dimension in {"sector_absent": "sector", "tenant_flag_absent": "flag"}
	words := when[key]
	values := {value: true | some value in listed(words)}
}

values_of("tenant", words) := countries_of(words)

# A subject whose country is not known counts as EU: a place matches it that covers the whole EU.
values_of("either", words) := countries_of(words) | {"EU" | count(zones.EU - countries_of(words)) == 0}

values_of("data", words) := {class |
	some word in listed(words)
	some class in classes(word)
}

values_of("public_body", true) := {"public"}

values_of("public_body", false) := {"private"}

values_of(key, words) := {word | some word in listed(words)} if {
	not key in {"tenant", "either", "data", "public_body"}
}

classes(word) := object.keys(classes_of[word])

classes(word) := {word} if not classes_of[word]

# What a rule can look at in a backend: the keys of `needs`.
looks := [
	"transfer", "zone", "banned", "remote", "parents", "certificate",
	"contract", "establishment", "known", "retention",
]

# What a backend must fulfil, by what is looked at.
needs(rule) := {
	"transfer": array.concat(
		[{"regime": regime, "tool": data.law.regimes[regime].tool} |
			some effect in rule.effect
			regime := effect.require_transfer
		],
		[{"regime": regime, "tool": "none"} |
			some effect in rule.effect
			regime := effect.require_transfer_adequacy_only
		],
	),
	"zone": [set_of(countries_of(zone)) | some effect in rule.effect; zone := effect.require_zone],
	"banned": [set_of(countries_of(zone)) | some effect in rule.effect; zone := effect.deny_processing],
	"remote": array.concat(
		[{"regime": regime, "tool": data.law.regimes[regime].tool, "unknown": "fails"} |
			some effect in rule.effect
			regime := effect.require_remote_access
		],
		[{"regime": regime, "tool": data.law.regimes[regime].tool, "unknown": "is noted"} |
			some effect in rule.effect
			regime := effect.avoid_remote_access
		],
	),
	"parents": [set_of(countries_of(zone)) | some effect in rule.effect; zone := effect.require_parent_zone],
	"certificate": [any_certificate(names) | some effect in rule.effect; names := effect.require_cert],
	"contract": [effect.require_contract | some effect in rule.effect],
	"establishment": [effect.require_establishment | some effect in rule.effect],
	"known": [facts_of(names) | some effect in rule.effect; names := effect.require_known],
	"retention": [effect.max_retention_days | some effect in rule.effect],
}

any_certificate(names) := object.union_n([certificates[name] | some name in names])

facts_of(names) := [fact_of(name) | some name in names]

fact_of("operator_country") := "operator"

fact_of(name) := name if name != "operator_country"

set_of(values) := {value: true | some value in values}

# What the gateway must do, whichever backend is used.
duties(rule) := {
	"deny": [effect.deny | some effect in rule.effect],
	"redact": [class |
		some effect in rule.effect
		some class in effect.redact
	],
	"log_min_days": max(array.concat([0], [effect.log_min_days | some effect in rule.effect])),
	"audit": [effect.audit_field | some effect in rule.effect],
	"headers": [effect.response_header | some effect in rule.effect],
}

# METADATA
# title: Which rules can apply where
by_place[country] := [id | some id, rule in rules; names(rule, country)] if some country in named

named contains country if {
	some rule in rules
	some dimension in ["tenant", "either"]
	some country, _ in rule.some_of[dimension]
}

names(rule, country) if rule.some_of.tenant[country]

names(rule, country) if rule.some_of.either[country]

# METADATA
# title: Which rules can apply wherever tenant and subjects are
everywhere := [id |
	some id, rule in rules
	not rule.some_of.tenant
	not rule.some_of.either
]
