# METADATA
# title: Every scenario and near-miss pair of cases/, decided by the core
package inland_test

import data.inland

tables := data.inland.tables.document

decided(call) := decision if {
	decision := inland.decision with input as call with data.tables as tables
}

# What a case file says about one call, in the form of inland.input/v1.
asked(scenario, candidates) := {
	"v": "inland.input/v1",
	"today": object.get(scenario, "date", data.cases.meta.evaluate_at),
	"tenant": object.union(
		{"name": "case", "redact": {}, "strict": false, "waivers": []},
		scenario.tenant,
	),
	"groups": [],
	"classes": sort(scenario.data),
	"subjects": scenario.subjects,
	"features": [],
	"use_case": object.get(scenario, "use_case", null),
	"route": "chat/completions",
	"model": "any",
	"stream": false,
	"candidates": candidates,
}

fixture(name, country) := object.union(at_home(data.cases.fixtures[name], "TENANT", country), {"id": name})

at_home(facts, word, country) := {key: moved(value, word, country) | some key, value in facts}

moved(value, word, country) := [replaced(part, word, country) | some part in value] if is_array(value)

moved(value, word, country) := replaced(value, word, country) if not is_array(value)

replaced(word, word, country) := country

replaced(value, word, _) := value if value != word

answer(decision) := {
	"allow": decision.allow,
	"exclude": {id: {reason.code | some reason in reasons} | some id, reasons in decision.exclude},
	"redact": {class | some class, _ in decision.redact},
	"log_min_days": decision.log_min_days,
}

expected(expect) := {
	"allow": expect.allow,
	"exclude": {id: {code | some code in codes} | some id, codes in object.get(expect, "exclude", {})},
	"redact": {class | some class in expect.redact},
	"log_min_days": object.get(expect, "log_min_days", 0),
}

# A rule with an empty `when` applies to every call; the case files do not list it.
conditional(rules) := {id | some id in rules; count(data.law.rules[id].when) > 0}

test_every_scenario_is_decided_as_written[scenario.id] if {
	some scenario in data.cases.scenarios
	candidates := [fixture(name, scenario.tenant.country) | some name in scenario.backends]
	decision := decided(asked(scenario, candidates))
	answer(decision) == expected(scenario.expect)
	conditional(decision.rules) == {id | some id in scenario.expect.rules}
}

test_every_near_miss_fails_by_the_one_fact_that_was_changed[pair.id] if {
	some pair in data.cases.near_miss
	perfect := at_home(data.cases.near_miss_base, "HOME", pair.home)
	decision := decided(asked(pair, [
		object.union(perfect, {"id": "perfect"}),
		object.union(object.union(perfect, pair.near_miss_changes), {"id": "near-miss"}),
	]))
	answer(decision) == expected(pair.expect)
}
