# METADATA
# title: Bank, outsourcing directive
# description: |
#   Adds reasons, redactions and limits for client data of one bank. A pack can only add: whatever it
#   says, nothing becomes allowed.
# custom:
#   law: Outsourcing directive of the bank, sections 4-9 (worked example)
package inland.packs.bank

# Section 4: client data is reached from Switzerland and Liechtenstein alone.
exclude contains {"pair": pair.id, "code": "REMOTE_ACCESS"} if {
	"bank_client" in input.classes
	some pair in input.candidates
	is_array(pair.remote_access)
	some country in pair.remote_access
	not country in ["CH", "LI"]
}

exclude contains {"pair": pair.id, "code": "UNKNOWN_FACT"} if {
	"bank_client" in input.classes
	some pair in input.candidates
	not is_array(object.get(pair, "remote_access", "unknown"))
}

# Section 5: nothing of it is kept by the operator.
retention_days_max contains 0 if "bank_client" in input.classes

# Section 6: a passport number is never needed.
remove contains "passport_id"

redact contains "account_id" if "bank_client" in input.classes

# Section 7: nobody talks to a machine unknowingly.
response_headers contains "ai-disclosure" if input.use_case == "public_chatbot"

# Section 8: ten years, as for business records, with the block for the outsourcing register.
log_min_days contains 3650 if "bank_client" in input.classes

audit_fields contains "dora_roi" if "bank_client" in input.classes

# Section 9: persons are not scored, whatever the law of their country says.
deny contains "PROHIBITED_PRACTICE" if input.use_case == "social_scoring"
