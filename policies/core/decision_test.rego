# METADATA
# title: What the core does with facts that are missing, wrong or late
package inland_decision_test

import data.inland

# One rule per demand, so that each test sees its own reason alone.
rule(needs) := {
	"from": "0000-01-01",
	"until": "9999-12-31",
	"some_of": {},
	"none_of": {},
	"not_for_self_hosted": false,
	"waivable": false,
	"needs": needs,
	"duties": {"deny": [], "redact": [], "log_min_days": 0, "audit": [], "headers": []},
}

tables(needs) := {
	"adequacy": {"eu": {"US": [{"condition": "listed", "since": "2023-07-10", "until": "2026-12-31"}]}},
	"always_remove": {"credentials": true},
	"by_place": {},
	"classes": {"person_name": true},
	"everywhere": ["R"],
	"free": {"eu": {"FR": true, "DE": true}},
	"harmless": {"tools": true},
	"looks": object.keys(needs),
	"packs": {},
	"permission": {"store": "allow_store"},
	"personal": {"person_name": true},
	"review_by": "2027-02-28",
	"rules": {"R": rule(needs)},
	"tool": {"eu": "scc"},
}

call(pair) := {
	"today": "2026-11-23",
	"tenant": {
		"country": "FR", "sector": "health", "public_body": false, "flags": [],
		"redact": {}, "strict": false, "waivers": [],
	},
	"classes": ["person_name"],
	"subjects": ["FR"],
	"features": [],
	"use_case": null,
	"candidates": [object.union(pair, {"id": "p"})],
}

codes(pair, needs) := {reason.code | some reason in decision.exclude.p} if {
	decision := inland.decision with input as call(pair) with data.tables as tables(needs)
	count(decision.exclude) == 1
}

codes(pair, needs) := set() if {
	decision := inland.decision with input as call(pair) with data.tables as tables(needs)
	decision.allow == ["p"]
}

in_france := {"zone": [{"FR": true}]}

test_a_place_that_is_missing_empty_or_of_the_wrong_form_is_unknown if {
	some_places := [
		{}, {"processing": []}, {"processing": "unknown"}, {"processing": null}, {"processing": {"FR": true}},
		{"processing": ["FR"]}, {"processing": ["FR"], "storage": "unknown"}, {"processing": ["FR"], "storage": null},
	]
	every place in some_places {
		codes(place, in_france) == {"UNKNOWN_FACT"}
	}
}

test_a_place_may_be_unbounded_or_outside_the_zone if {
	codes({"processing": "unbounded"}, in_france) == {"UNBOUNDED_LOCATION"}
	codes({"processing": ["FR"], "storage": "unbounded"}, in_france) == {"UNBOUNDED_LOCATION"}
	codes({"processing": ["FR", "US"], "storage": []}, in_france) == {"LOCATION"}
	codes({"processing": ["FR"], "storage": ["US"]}, in_france) == {"LOCATION"}
	codes({"processing": ["FR"], "storage": []}, in_france) == set()
}

test_an_adequacy_decision_needs_its_condition_and_its_dates if {
	needs := {"transfer": [{"regime": "eu", "tool": "scc"}]}
	us := {"processing": ["US"], "storage": ["US"]}
	listed := object.union(us, {"conditions": ["listed"]})
	codes(us, needs) == {"NOT_ADEQUATE"}
	codes(listed, needs) == set()
	late := inland.decision with input as object.union(call(listed), {"today": "2027-01-01"})
		with data.tables as tables(needs)
	late.exclude.p == {{"code": "NOT_ADEQUATE", "rule": "R"}}
}

test_a_transfer_tool_helps_only_with_an_approved_assessment_and_where_tools_count if {
	us := {"processing": ["US"], "storage": [], "transfer_tools": ["scc"]}
	approved := object.union(us, {"tia": "approved"})
	tools := {"transfer": [{"regime": "eu", "tool": "scc"}]}
	codes(us, tools) == {"NOT_ADEQUATE"}
	codes(object.union(us, {"tia": "pending"}), tools) == {"NOT_ADEQUATE"}
	codes(approved, tools) == set()
	codes(approved, {"transfer": [{"regime": "eu", "tool": "none"}]}) == {"NOT_ADEQUATE"}
}

test_every_other_fact_that_is_missing_fails_the_rule_that_needs_it if {
	codes({}, {"remote": [{"regime": "eu", "tool": "scc", "unknown": "fails"}]}) == {"UNKNOWN_FACT"}
	codes({}, {"parents": [{"FR": true}]}) == {"UNKNOWN_FACT"}
	codes({"operator": "FR", "parents": []}, {"parents": [{"FR": true}]}) == {"UNKNOWN_FACT"}
	codes({}, {"certificate": [{"HDS": true}]}) == {"CERT_MISSING"}
	codes({}, {"contract": [["dpa"]]}) == {"CONTRACT_MISSING"}
	codes({}, {"establishment": ["DE"]}) == {"ESTABLISHMENT"}
	codes({}, {"known": [["parents"]]}) == {"UNKNOWN_FACT"}
	codes({}, {"retention": [30]}) == {"UNKNOWN_FACT"}
	codes({"retention_days": "0"}, {"retention": [30]}) == {"UNKNOWN_FACT"}
}

test_a_certificate_counts_to_its_last_day_and_for_its_endpoint if {
	needs := {"certificate": [{"HDS": true}]}
	codes({"certs": ["HDS"]}, needs) == set()
	codes({"certs": [{"name": "HDS", "until": "2026-11-23", "scope": "endpoint"}]}, needs) == set()
	codes({"certs": [{"name": "HDS", "until": "2026-11-22", "scope": "endpoint"}]}, needs) == {"CERT_MISSING"}
	codes({"certs": [{"name": "HDS", "scope": "group"}]}, needs) == {"CERT_MISSING"}
}

test_binding_law_is_not_waived_whatever_the_input_says if {
	waivers := [{"rule": "R", "until": "2027-12-31"}]
	asked := call({"processing": ["US"], "storage": []})
	waiving := object.union(asked, {"tenant": object.union(asked.tenant, {"waivers": waivers})})
	decision := inland.decision with input as waiving with data.tables as tables(in_france)
	decision.waived == set()
	decision.allow == []
}
