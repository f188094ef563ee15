package inland_pack_hospital_group_test

import data.inland.packs.hospital_group

owned_by(owners) := {"id": "p", "operator": "FR", "parents": owners}

codes(classes, pair) := {entry.code | some entry in entries} if {
	entries := hospital_group.exclude with input as {"classes": classes, "candidates": [pair]}
}

test_minors_and_genes_only_where_every_owner_is_french if {
	every class in ["child", "genetic"] {
		codes([class], owned_by(["FR"])) == set()
		codes([class], owned_by(["FR", "US"])) == {"OWNERSHIP_EXPOSURE"}
		codes([class], owned_by("unknown")) == {"UNKNOWN_FACT"}
		codes([class], owned_by([])) == {"UNKNOWN_FACT"}
		codes([class], {"id": "p", "operator": "FR"}) == {"UNKNOWN_FACT"}
		codes([class], {"id": "p", "operator": "unknown", "parents": ["FR"]}) == {"UNKNOWN_FACT"}
		codes([class], {"id": "p", "parents": ["FR"]}) == {"UNKNOWN_FACT"}
		codes([class], {"id": "p", "operator": "DE", "parents": ["FR"]}) == {"OWNERSHIP_EXPOSURE"}
	}
	codes(["patient"], owned_by(["US"])) == set()
}

test_nothing_of_minors_and_genes_is_kept if {
	hospital_group.retention_days_max == {0} with input as {"classes": ["child"]}
	hospital_group.retention_days_max == {0} with input as {"classes": ["genetic"]}
	hospital_group.retention_days_max == set() with input as {"classes": ["patient"]}
}

test_what_makes_a_patient_recognisable_is_taken_out if {
	hospital_group.redact == {"date_of_birth", "licence_plate", "postal_address"} with input as {"classes": ["patient"]}
	hospital_group.remove == {"passport_id"} with input as {"classes": ["patient"]}
	hospital_group.redact == set() with input as {"classes": ["person_name"]}
	hospital_group.remove == set() with input as {"classes": ["person_name"]}
}

test_secondary_use_is_refused if {
	hospital_group.deny == {"NO_LEGAL_BASIS"} with input as {"classes": ["health_secondary"]}
	hospital_group.deny == set() with input as {"classes": ["health"]}
}

test_records_of_patients_are_kept_three_years_with_the_owners if {
	hospital_group.log_min_days == {1095} with input as {"classes": ["patient"]}
	hospital_group.audit_fields == {"ownership_chain"} with input as {"classes": ["patient"]}
	hospital_group.log_min_days == set() with input as {"classes": ["health"]}
	hospital_group.audit_fields == set() with input as {"classes": ["health"]}
}
