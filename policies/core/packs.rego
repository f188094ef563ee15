# What the packs of a tenant or sector add.
#
# A pack can only add to the sets below, so that the most restrictive wins and nothing that the law or
# another pack says is taken back. A call is not decided if one of its packs is not known, or says
# something that has no meaning here: what was meant as a limit must not vanish.
# Law: none; the tenant's or sector's own rules.
package inland

import data.tables

packs_named := object.get(input.tenant, "packs", [])

# The module of each pack by the name that stands in its reasons.
asked_packs := {concat(":", ["pack", name]): tables.packs[name] | some name in packs_named}

packs_are_sound if {
	is_array(packs_named)
	count(asked_packs) == count(packs_named)
	not unsound_exclusion
	every class in pack_redact | pack_remove { known_class(class) }
	every days in pack_retention | pack_log_days { is_days(days) }
}

unsound_exclusion if {
	some module in asked_packs
	some said_of_pair in data.inland.packs[module].exclude
	not sound_exclusion(said_of_pair)
}

sound_exclusion(said_of_pair) if {
	count(said_of_pair) == 2
	is_string(said_of_pair.code)
	candidate_ids[said_of_pair.pair]
}

known_class(class) if tables.classes[class]

is_days(days) if {
	is_number(days)
	days >= 0
	floor(days) == days
}

candidate_ids := {pair.id | some pair in input.candidates}

# METADATA
# title: Reasons that packs give against single pairs
# description: In one list, because a call with many candidates has to walk through it once only.
against := array.concat(
	[{"pair": one.pair, "code": one.code, "rule": rule} |
		some rule, module in asked_packs
		some one in data.inland.packs[module].exclude
	],
	[{"pair": pair.id, "code": code, "rule": rule} |
		some rule, limit in pack_limits
		some pair in input.candidates
		some code in retention_troubles(pair, limit)
	],
)

against_pair(id) := {{"code": entry.code, "rule": entry.rule} | some entry in against; entry.pair == id}

# The shortest time that each pack lets a backend keep anything.
pack_limits := {rule: min(limits) |
	some rule, module in asked_packs
	limits := data.inland.packs[module].retention_days_max
	count(limits) > 0
}

retention_troubles(pair, limit) := ["RETENTION" | pair.retention_days > limit] if retention_known(pair)

else := ["UNKNOWN_FACT"]

pack_denials := {{"code": code, "rule": rule} | some rule, module in asked_packs; some code in data.inland.packs[module].deny}

pack_redact := {class | some module in asked_packs; some class in data.inland.packs[module].redact}

pack_remove := {class | some module in asked_packs; some class in data.inland.packs[module].remove}

pack_retention := {days | some module in asked_packs; some days in data.inland.packs[module].retention_days_max}

pack_log_days := {days | some module in asked_packs; some days in data.inland.packs[module].log_min_days}

pack_audit := {block | some module in asked_packs; some block in data.inland.packs[module].audit_fields}

pack_headers := {marker | some module in asked_packs; some marker in data.inland.packs[module].response_headers}
