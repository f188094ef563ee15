# METADATA
# title: Where may this call be processed?
# description: |
#   Interprets every effect of law/vocabulary.yaml for one call (inland.input/v1) and gives the
#   decision (inland.decision/v1). A pair of backend and model is allowed if no reason excludes it,
#   and every rule that applies can only add reasons: nothing in here lets one rule lift another.
#   Reads the law through data.tables (see tables.rego) and the date from the input, so that the
#   same input has the same answer on every day.
#
#   `decision` is the whole. Its two halves can be asked for alone: `call` does not look at the law's
#   demands on backends, and `verdicts` does not look at the call, so that it is worked out once a day.
#   A decision excludes a pair by the verdicts of those rules that bind the call, and by its packs.
# custom:
#   law: all of law/rules; combination in law/meta.yaml
package inland

# METADATA
# title: The decision for one call
# entrypoint: true
decision := {
	"v": "inland.decision/v1",
	"allow": [pair.id | some i, pair in input.candidates; count(reasons[i]) == 0],
	"exclude": {pair.id: reasons[i] | some i, pair in input.candidates; count(reasons[i]) > 0},
	"redact": redact,
	"features_refused": features_refused,
	"log_min_days": log_min_days,
	"retention_days_max": retention_days_max,
	"partition": partition,
	"cache_scope": cache_scope,
	"response_headers": response_headers,
	"audit_fields": audit_fields,
	"remote_access_unknown": [id | remote_access_matters; some id in remote_access_gaps],
	"rules": binding,
	"waived": waived,
	"stale": stale,
} if {
	call_is_whole
	candidates_are_whole
}

# A question that lacks a part is not decided: without it a rule could be overlooked.
call_is_whole if {
	is_array(input.classes)
	is_array(input.features)
	is_array(input.subjects)
	is_array(input.tenant.flags)
	is_array(input.tenant.waivers)
	is_boolean(input.tenant.strict)
	is_object(input.tenant.redact)
	is_string(input.today)
	packs_are_sound
}

candidates_are_whole if {
	is_array(input.candidates)
	is_string(input.today)
}

# METADATA
# title: Reasons against each candidate, by its position
# description: A denial stands for the whole call and replaces every other reason.
reasons := [denials | some _ in input.candidates] if count(denials) > 0

else := [union({failures(pair, demands), against_pair(pair.id)}) | some pair in input.candidates] if {
	demands := demands_of(binding)
}
