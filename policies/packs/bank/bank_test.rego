package inland_pack_bank_test

import data.inland.packs.bank

codes(classes, pair) := {entry.code | some entry in entries} if {
	asked := {"classes": classes, "candidates": [object.union(pair, {"id": "p"})]}
	entries := bank.exclude with input as asked
}

test_client_data_is_reached_from_switzerland_and_liechtenstein_alone if {
	codes(["bank_client"], {"remote_access": ["CH", "LI"]}) == set()
	codes(["bank_client"], {"remote_access": []}) == set()
	codes(["bank_client"], {"remote_access": ["CH", "DE"]}) == {"REMOTE_ACCESS"}
	codes(["person_name"], {"remote_access": ["US"]}) == set()
}

test_staff_of_whom_nothing_is_known_is_a_reason if {
	codes(["bank_client"], {"remote_access": "unknown"}) == {"UNKNOWN_FACT"}
	codes(["bank_client"], {}) == {"UNKNOWN_FACT"}
}

test_nothing_is_kept_and_account_and_passport_are_taken_out if {
	bank.retention_days_max == {0} with input as {"classes": ["bank_client"]}
	bank.retention_days_max == set() with input as {"classes": ["person_name"]}
	bank.redact == {"account_id"} with input as {"classes": ["bank_client"]}
	bank.remove == {"passport_id"} with input as {"classes": []}
}

test_chat_with_clients_is_marked if {
	bank.response_headers == {"ai-disclosure"} with input as {"use_case": "public_chatbot"}
	bank.response_headers == set() with input as {"use_case": null}
}

test_records_are_kept_ten_years_with_the_outsourcing_block if {
	bank.log_min_days == {3650} with input as {"classes": ["bank_client"]}
	bank.audit_fields == {"dora_roi"} with input as {"classes": ["bank_client"]}
	bank.log_min_days == set() with input as {"classes": ["person_name"]}
	bank.audit_fields == set() with input as {"classes": ["person_name"]}
}

test_scoring_of_persons_is_refused if {
	bank.deny == {"PROHIBITED_PRACTICE"} with input as {"use_case": "social_scoring"}
	bank.deny == set() with input as {"use_case": null}
}
