//! Classes: what kinds of data a call can carry.
//!
//! Invariant: the list is closed. A class that is not in it cannot be named, and law/vocabulary.yaml
//! is refused at load where it names another set, so that no rule waits for a class that never comes.

use std::fmt;

/// A kind of data, by its word in law/vocabulary.yaml.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(u8);

/// All classes, sorted by name: the order is that of the policy input.
const NAMES: [&str; 44] = [
    "account_id",
    "accounting_record",
    "bank_client",
    "biometric_id",
    "card_pan",
    "child",
    "civil_register",
    "classified",
    "company_id",
    "credentials",
    "criminal",
    "date_of_birth",
    "device_id",
    "education_record",
    "email",
    "employment",
    "ethnic_origin",
    "genetic",
    "health",
    "health_secondary",
    "iban",
    "ip_address",
    "licence_plate",
    "location_track",
    "machine_telemetry",
    "national_id",
    "official_secret",
    "passport_id",
    "patient",
    "person_name",
    "phone",
    "political",
    "postal_address",
    "professional_secret",
    "public_text",
    "religion",
    "security_act",
    "sex_life",
    "social_security",
    "source_code",
    "tax_id",
    "trade_secret",
    "trade_union",
    "whistleblower",
];

impl Class {
    /// The class of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Class> {
        let index = NAMES.binary_search(&name).ok()?;
        u8::try_from(index).ok().map(Class)
    }

    /// Its word in rules, headers and records.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("unknown")
    }

    /// Every class there is, in the order of their names.
    pub fn all() -> impl Iterator<Item = Class> {
        (0u8..).take(NAMES.len()).map(Class)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of classes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClassSet(u64);

impl ClassSet {
    /// No class. A call with no class is refused: nothing is known of it.
    pub const EMPTY: ClassSet = ClassSet(0);

    /// A set with nothing in it.
    pub fn new() -> ClassSet {
        ClassSet::EMPTY
    }

    /// Adds a class.
    pub fn insert(&mut self, class: Class) {
        self.0 |= 1 << class.0;
    }

    /// Is it in the set?
    pub fn contains(self, class: Class) -> bool {
        self.0 & (1 << class.0) != 0
    }

    /// What is in one or the other.
    #[must_use]
    pub fn union(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }

    /// Is there nothing in it?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes in the order of their names.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::all().filter(move |class| self.contains(*class))
    }

    /// Their names, sorted.
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Class::name).collect()
    }
}

impl FromIterator<Class> for ClassSet {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> ClassSet {
        let mut set = ClassSet::new();
        classes.into_iter().for_each(|class| set.insert(class));
        set
    }
}

impl fmt::Debug for ClassSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

/// How a class is taken out of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A stable name stands for the value; the answer gets the value back.
    Pseudonymise,
    /// The value is gone for good.
    Remove,
}

impl Action {
    /// Its word in the decision document.
    pub fn name(self) -> &'static str {
        match self {
            Action::Pseudonymise => "pseudonymise",
            Action::Remove => "remove",
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found_again() {
        assert!(NAMES.is_sorted());
        assert!(NAMES.len() <= 64, "a set holds 64 classes");
        for class in Class::all() {
            assert_eq!(Class::from_name(class.name()), Some(class));
        }
        for wrong in ["", "Health", "health ", "iban\n", "@personal"] {
            assert_eq!(Class::from_name(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let health = Class::from_name("health").unwrap();
        let whistleblower = Class::from_name("whistleblower").unwrap();
        let set: ClassSet = [whistleblower, health].into_iter().collect();
        assert_eq!(set.names(), ["health", "whistleblower"]);
        assert_eq!(set.union(ClassSet::EMPTY), set);
        assert!(ClassSet::EMPTY.is_empty() && !set.is_empty());
    }
}
