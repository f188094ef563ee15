# METADATA
# title: Hospital group, house rules for patient data
# description: |
#   Adds reasons, redactions and limits for the hospitals of one group. A pack can only add: whatever it
#   says, nothing becomes allowed.
# custom:
#   law: Group directive on AI services, sections 2-6 (worked example)
package inland.packs.hospital_group

# Section 2: who owns the operator must be known, and be French, where minors or genes are concerned.
exclude contains {"pair": pair.id, "code": "OWNERSHIP_EXPOSURE"} if {
	some class in ["child", "genetic"]
	class in input.classes
	some pair in input.candidates
	is_array(pair.parents)
	some owner in pair.parents
	owner != "FR"
}

exclude contains {"pair": pair.id, "code": "OWNERSHIP_EXPOSURE"} if {
	some class in ["child", "genetic"]
	class in input.classes
	some pair in input.candidates
	operator := object.get(pair, "operator", "unknown")
	not operator in ["FR", "unknown"]
}

# What is said of a list or an operator says nothing where that is missing, empty or unknown: hence a
# rule for each about what is not known.
exclude contains {"pair": pair.id, "code": "UNKNOWN_FACT"} if {
	some class in ["child", "genetic"]
	class in input.classes
	some pair in input.candidates
	object.get(pair, "operator", "unknown") == "unknown"
}

exclude contains {"pair": pair.id, "code": "UNKNOWN_FACT"} if {
	some class in ["child", "genetic"]
	class in input.classes
	some pair in input.candidates
	count([owner | is_array(pair.parents); some owner in pair.parents]) == 0
}

# Section 3: nothing of them is kept by the operator.
retention_days_max contains 0 if {
	some class in ["child", "genetic"]
	class in input.classes
}

# Section 4: what makes a patient recognisable besides the name.
redact contains class if {
	"patient" in input.classes
	some class in ["date_of_birth", "licence_plate", "postal_address"]
}

remove contains "passport_id" if "patient" in input.classes

# Section 5: research goes through the data office.
deny contains "NO_LEGAL_BASIS" if "health_secondary" in input.classes

# Section 6.
log_min_days contains 1095 if "patient" in input.classes

audit_fields contains "ownership_chain" if "patient" in input.classes
