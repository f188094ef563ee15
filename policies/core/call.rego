# Which rules bind a call, and what they ask whichever backend is used.
#
# Everything of a decision but the law's verdicts on the candidates. Reads facts of the candidates for
# the tenant's packs alone, so that a call without packs is decided without them.
# Law: all of law/rules; combination in law/meta.yaml.
package inland

import data.tables

# METADATA
# title: The half of a decision that depends on the call
# entrypoint: true
call := {
	"v": "inland.call/v1",
	"denials": denials,
	"against": against,
	"redact": redact,
	"features_refused": features_refused,
	"log_min_days": log_min_days,
	"retention_days_max": retention_days_max,
	"partition": partition,
	"cache_scope": cache_scope,
	"response_headers": response_headers,
	"audit_fields": audit_fields,
	"remote_access_matters": remote_access_matters,
	"rules": binding,
	"waived": waived,
	"stale": stale,
} if {
	call_is_whole
}

partition := concat("-", [input.tenant.country, input.tenant.sector])

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
	every dimension, values in rule.some_of { any_of(values, said[dimension]) }
	every dimension, values in rule.none_of { not any_of(values, said[dimension]) }
}

any_of(values, list) if {
	some value in list
	values[value]
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

# --- what speaks against every pair

denials := (({{"code": code, "rule": id} | some id in binding; some code in tables.rules[id].duties.deny} | pack_denials) | {{"code": "UNKNOWN_FACT", "rule": "CLASSES-KNOWN"} | count(input.classes) == 0}) | {{"code": "POLICY_EXPIRED", "rule": "REVIEW-BY"} | stale; input.tenant.strict}

default stale := false

stale if input.today > tables.review_by

# --- what the gateway must do, whichever pair is used

# METADATA
# title: Classes to be taken out of the call, and how
# description: |
#   What rules, packs and tenant ask for is united; the stricter action wins. Keys, passwords and card
#   numbers are always removed. Redaction never lifts a location rule.
redact := {class: action |
	some class in input.classes
	to_redact(class)
	action := redaction(class)
}

to_redact(class) if tables.always_remove[class]

to_redact(class) if input.tenant.redact[class]

to_redact(class) if pack_redact[class]

to_redact(class) if pack_remove[class]

to_redact(class) if {
	some id in binding
	class in tables.rules[id].duties.redact
}

redaction(class) := "remove" if tables.always_remove[class]

else := "remove" if {
	input.tenant.redact[class] == "remove"
}

else := "remove" if pack_remove[class]

else := "pseudonymise"

# METADATA
# title: Features that have neither a general permission nor the tenant's
# description: A feature that the vocabulary does not know is refused.
features_refused := [feature | some feature in input.features; not permitted(feature)]

permitted(feature) if tables.harmless[feature]

permitted(feature) if tables.permission[feature] in input.tenant.flags

log_min_days := max((({0} | {tables.rules[id].duties.log_min_days | some id in binding}) | pack_log_days))

retention_limits := {limit | some id in binding; some limit in tables.rules[id].needs.retention} | pack_retention

default retention_days_max := null

retention_days_max := min(retention_limits) if count(retention_limits) > 0

# What a provider may not keep, the gateway's own cache may not keep either.
default cache_scope := "tenant"

cache_scope := "none" if retention_days_max == 0

response_headers := {marker | some id in binding; some marker in tables.rules[id].duties.headers} | pack_headers

audit_fields := {block | some id in binding; some block in tables.rules[id].duties.audit} | pack_audit

default remote_access_matters := false

remote_access_matters if {
	some id in binding
	count(tables.rules[id].needs.remote) > 0
}
