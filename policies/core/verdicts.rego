# What each rule holds against each candidate.
#
# Tests the facts of a backend against the demands of the rules. What is not known fails every demand
# that needs it. Nothing of the call is read but the date.
# Law: the effects of law/vocabulary.yaml that look at a backend.
package inland

import data.tables

# METADATA
# title: The half of a decision that depends on the candidates
# description: Every rule is tried here, also those that will not bind the call at hand.
# entrypoint: true
verdicts := {
	"v": "inland.verdicts/v1",
	"against": {pair.id: failures(pair, demands) | some pair in input.candidates},
	"remote_access_unknown": remote_access_gaps,
} if {
	candidates_are_whole
	demands := demands_of(object.keys(tables.rules))
}

remote_access_gaps := [pair.id | some pair in input.candidates; not remote_access_known(pair)]

remote_access_known(pair) if is_array(pair.remote_access)

# METADATA
# title: Why the rules with these demands do not let a call go to that pair
failures(pair, demands) := checks(pair, demands.hosted) if not self_hosted(pair)

failures(pair, demands) := checks(pair, demands.own) if self_hosted(pair)

# What rules ask of others' backends, and of those that a tenant runs itself.
demands_of(ids) := {
	"hosted": needs_of(ids),
	"own": needs_of({id | some id in ids; not tables.rules[id].not_for_self_hosted}),
}

self_hosted(pair) if pair.self_hosted == true

# What these rules demand of a backend, by what is looked at: [rule, demand].
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

condition_met(condition, _) if condition == ""

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
