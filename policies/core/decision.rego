# METADATA
# title: Where may this call be processed?
# description: |
#   Interprets every effect of law/vocabulary.yaml for one call (inland.input/v1) and gives the
#   decision (inland.decision/v1). A pair of backend and model is allowed if no reason excludes it,
#   and every rule that applies can only add reasons: nothing in here lets one rule lift another.
#   Reads the law through data.tables (see tables.rego) and the date from the input, so that the
#   same input has the same answer on every day.
# custom:
#   law: all of law/rules; combination in law/meta.yaml
package inland

import data.tables

# METADATA
# title: The decision for one call
# entrypoint: true
decision := {
	"v": "inland.decision/v1",
	"allow": [pair.id | some i, pair in input.candidates; count(reasons[i]) == 0],
	"exclude": {pair.id: reasons[i] | some i, pair in input.candidates; count(reasons[i]) > 0},
	"redact": redact,
	"features_refused": [feature | some feature in input.features; not permitted(feature)],
	"log_min_days": log_min_days,
	"retention_days_max": retention_days_max,
	"partition": concat("-", [input.tenant.country, input.tenant.sector]),
	"cache_scope": cache_scope,
	"response_headers": {marker | some id in binding; some marker in tables.rules[id].duties.headers},
	"audit_fields": {block | some id in binding; some block in tables.rules[id].duties.audit},
	"remote_access_unknown": remote_access_unknown,
	"rules": binding,
	"waived": waived,
	"stale": stale,
} if {
	# A question that lacks a part is not decided: without it a rule could be overlooked.
	is_array(input.candidates)
	is_array(input.classes)
	is_array(input.features)
	is_array(input.subjects)
	is_array(input.tenant.flags)
	is_array(input.tenant.waivers)
	is_boolean(input.tenant.strict)
	is_object(input.tenant.redact)
	is_string(input.today)
}

# --- which rules apply

# What the call says, by the dimensions of a rule's `when`.
said := {
	"tenant": [input.tenant.country],
	"either": places_said,
	"data": input.classes,
	"sector": [input.tenant.sector],
	"use_case": [use_case | use_case := input.use_case; use_case != null],
	"flag": input.tenant.flags,
	"public_body": [word | some word in ["public", "private"]; word == "public" == input.tenant.public_body],
}

places_said := array.concat(
	array.concat([input.tenant.country], input.subjects),
	["EU" | subject_unknown],
)

# A subject whose country is not known counts as EU, if the call is about persons at all.
default subject_unknown := false

subject_unknown if {
	subject_not_said
	some class in input.classes
	tables.personal[class]
}

subject_not_said if count(input.subjects) == 0

subject_not_said if "unknown" in input.subjects

# Rules whose `when` holds. The tables give those that can apply at the places said.
live := {id | some place in places_said; some id in tables.by_place[place]; applies(tables.rules[id])} | {id | some id in tables.everywhere; applies(tables.rules[id])}

applies(rule) if {
	rule.from <= input.today
	input.today <= rule.until
	every dimension, values in rule.some_of {
		some value in said[dimension]
		values[value]
	}
	every dimension, values in rule.none_of {
		every value in said[dimension] { not values[value] }
	}
}

# METADATA
# title: Rules that the tenant has a dated waiver for
# description: Binding law cannot be waived, whatever the tenant's file says.
waived := {waiver.rule |
	some waiver in input.tenant.waivers
	live[waiver.rule]
	tables.rules[waiver.rule].waivable
	input.today <= waiver.until
}

binding := live - waived

# --- what speaks against each pair

# METADATA
# title: Reasons against each candidate, by its position
# description: A denial stands for the whole call and replaces every other reason.
reasons := [denials | some _ in input.candidates] if count(denials) > 0

else := [failures(pair) | some pair in input.candidates]

denials := ({{"code": code, "rule": id} | some id in binding; some code in tables.rules[id].duties.deny} | {{"code": "UNKNOWN_FACT", "rule": "CLASSES-KNOWN"} | count(input.classes) == 0}) | {{"code": "POLICY_EXPIRED", "rule": "REVIEW-BY"} | stale; input.tenant.strict}

default stale := false

stale if input.today > tables.review_by

failures(pair) := checks(pair, needs_of_hosted) if not self_hosted(pair)

failures(pair) := checks(pair, needs_of_own) if self_hosted(pair)

self_hosted(pair) if pair.self_hosted == true

# What the binding rules demand of a backend, by what is looked at: [rule, demand].
needs_of_hosted := needs_of(binding)

needs_of_own := needs_of({id | some id in binding; not tables.rules[id].not_for_self_hosted})

needs_of(ids) := {look: demands |
	some look in tables.looks
	demands := [[id, demand] | some id in ids; some demand in tables.rules[id].needs[look]]
}

checks(pair, needs) := (((place_checks(pair, needs) | remote_checks(pair, needs)) | owner_checks(pair, needs)) | paper_checks(pair, needs)) | fact_checks(pair, needs)

# --- places: transfer, zone, banned countries

place_checks(pair, needs) := ({{"code": "NOT_ADEQUATE", "rule": need[0]} |
	some need in needs.transfer
	some country in located
	not may_move(country, need[1], pair)
} | {{"code": "LOCATION", "rule": need[0]} |
	some need in needs.zone
	some country in located
	not need[1][country]
}) | ({{"code": code, "rule": need[0]} |
	some code in place_troubles(pair)
	some look in ["transfer", "zone"]
	some need in needs[look]
} | {{"code": "LOCATION", "rule": need[0]} |
	some need in needs.banned
	some country in array.concat(listed(pair, "processing"), listed(pair, "storage"))
	need[1][country]
}) if {
	located := places(pair)
}

# Where processing is unknown or unbounded, storage is not looked at.
places(pair) := array.concat(pair.processing, listed(pair, "storage")) if is_array(pair.processing)

else := []

listed(pair, fact) := pair[fact] if is_array(pair[fact])

else := []

# Anything but a list of countries fails, a missing fact too. An empty list of storage is a fact
# (nothing is stored); an empty list of processing is not.
place_troubles(pair) := ["UNBOUNDED_LOCATION"] if pair.processing == "unbounded"

else := ["UNKNOWN_FACT"] if count(listed(pair, "processing")) == 0

else := [] if is_array(pair.storage)

else := ["UNBOUNDED_LOCATION"] if pair.storage == "unbounded"

else := ["UNKNOWN_FACT"]

# METADATA
# title: May personal data of this regime be in that country, at this backend?
# custom:
#   law: GDPR Ch. V; UK GDPR Ch. V; FADP Art. 16-17
may_move(country, demand, _) if tables.free[demand.regime][country]

may_move(country, demand, pair) if {
	some entry in tables.adequacy[demand.regime][country]
	entry.since <= input.today
	input.today <= entry.until
	condition_met(entry.condition, pair)
}

may_move(_, demand, pair) if {
	demand.tool in pair.transfer_tools
	pair.tia == "approved"
}

condition_met("", _)

condition_met(condition, pair) if condition in pair.conditions

# --- who reaches the data

remote_checks(pair, needs) := {{"code": "REMOTE_ACCESS", "rule": need[0]} |
	some need in needs.remote
	some country in pair.remote_access
	not may_move(country, need[1], pair)
} if {
	is_array(pair.remote_access)
} else := {{"code": "UNKNOWN_FACT", "rule": need[0]} |
	some need in needs.remote
	need[1].unknown == "fails"
}

remote_access_known(pair) if is_array(pair.remote_access)

remote_access_unknown := [pair.id |
	count(needs_of_hosted.remote) > 0
	some pair in input.candidates
	not remote_access_known(pair)
]

# --- who owns the operator

owner_checks(pair, needs) := {{"code": "OWNERSHIP_EXPOSURE", "rule": need[0]} |
	some need in needs.parents
	some country in owners
	not need[1][country]
} if {
	owners := known_owners(pair)
} else := {{"code": "UNKNOWN_FACT", "rule": need[0]} | some need in needs.parents}

known_owners(pair) := array.concat([pair.operator], pair.parents) if {
	pair.operator != "unknown"
	is_array(pair.parents)
	count(pair.parents) > 0
}

# --- certificates, contracts, establishment

paper_checks(pair, needs) := ({{"code": "CERT_MISSING", "rule": need[0]} |
	some need in needs.certificate
	not certified(pair, need[1])
} | {{"code": "CONTRACT_MISSING", "rule": need[0]} |
	some need in needs.contract
	not self_hosted(pair)
	not contracted(pair, need[1])
}) | {{"code": "ESTABLISHMENT", "rule": need[0]} |
	some need in needs.establishment
	not established(pair, need[1])
}

# `not` over a built-in is undefined, not true, where a fact is missing: hence these functions.
established(pair, country) if country in pair.establishments

certified(pair, names) if {
	some certificate in pair.certs
	names[certificate]
}

# A certificate counts up to and including its last day, and only for the endpoint it covers.
certified(pair, names) if {
	some certificate in pair.certs
	names[certificate.name]
	input.today <= object.get(certificate, "until", "9999-12-31")
	object.get(certificate, "scope", "endpoint") == "endpoint"
}

contracted(pair, terms) if {
	is_array(pair.contracts)
	every term in terms { term in pair.contracts }
}

# --- facts and retention

fact_checks(pair, needs) := ({{"code": "UNKNOWN_FACT", "rule": need[0]} |
	some need in needs.known
	some fact in need[1]
	object.get(pair, fact, "unknown") == "unknown"
} | {{"code": "UNBOUNDED_LOCATION", "rule": need[0]} |
	some need in needs.known
	some fact in need[1]
	pair[fact] == "unbounded"
}) | ({{"code": "RETENTION", "rule": need[0]} |
	some need in needs.retention
	is_number(pair.retention_days)
	pair.retention_days > need[1]
} | {{"code": "UNKNOWN_FACT", "rule": need[0]} |
	some need in needs.retention
	not retention_known(pair)
})

retention_known(pair) if is_number(pair.retention_days)

# --- what the gateway must do, whichever pair is used

# METADATA
# title: Classes to be taken out of the call, and how
# description: |
#   What rules and tenant ask for is united; the stricter action wins. Keys, passwords and card numbers
#   are always removed. Redaction never lifts a location rule.
redact := {class: action |
	some class in input.classes
	to_redact(class)
	action := redaction(class)
}

to_redact(class) if tables.always_remove[class]

to_redact(class) if input.tenant.redact[class]

to_redact(class) if {
	some id in binding
	class in tables.rules[id].duties.redact
}

redaction(class) := "remove" if tables.always_remove[class]

else := "remove" if {
	input.tenant.redact[class] == "remove"
}

else := "pseudonymise"

# METADATA
# title: Features that need no permission, or have the tenant's
# description: A feature that the vocabulary does not know is refused.
permitted(feature) if tables.harmless[feature]

permitted(feature) if tables.permission[feature] in input.tenant.flags

log_min_days := max(array.concat([0], [tables.rules[id].duties.log_min_days | some id in binding]))

retention_limits := [need[1] | some need in needs_of_hosted.retention]

default retention_days_max := null

retention_days_max := min(retention_limits) if count(retention_limits) > 0

# What a provider may not keep, the gateway's own cache may not keep either.
default cache_scope := "tenant"

cache_scope := "none" if retention_days_max == 0
