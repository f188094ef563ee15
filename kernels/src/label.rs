//! Labels: the policy's words for what a scheme is evidence of.
//!
//! Invariant: closed. Each label is a class of the law data, spelt as the law data spells it.

/// What a finding is, in the policy's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Personal, social-security and health numbers.
    NationalId,
    /// Tax numbers of persons.
    TaxId,
    /// Passports and identity documents.
    PassportId,
    /// International bank account numbers.
    Iban,
    /// Payment card numbers.
    CardPan,
    /// Other accounts.
    AccountId,
    /// Numbers of devices: MAC, IMEI.
    DeviceId,
    /// Numbers of companies: not personal.
    CompanyId,
    /// Keys, tokens, passwords.
    Credentials,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// IPv4 and IPv6 addresses.
    IpAddress,
    /// Dates of birth.
    DateOfBirth,
    /// Licence plates.
    LicencePlate,
}

impl Label {
    /// Every label, in the order of [`Label`].
    pub const ALL: [Label; 14] = [
        Label::NationalId,
        Label::TaxId,
        Label::PassportId,
        Label::Iban,
        Label::CardPan,
        Label::AccountId,
        Label::DeviceId,
        Label::CompanyId,
        Label::Credentials,
        Label::Email,
        Label::Phone,
        Label::IpAddress,
        Label::DateOfBirth,
        Label::LicencePlate,
    ];

    /// The class's name in the law data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Label::NationalId => "national_id",
            Label::TaxId => "tax_id",
            Label::PassportId => "passport_id",
            Label::Iban => "iban",
            Label::CardPan => "card_pan",
            Label::AccountId => "account_id",
            Label::DeviceId => "device_id",
            Label::CompanyId => "company_id",
            Label::Credentials => "credentials",
            Label::Email => "email",
            Label::Phone => "phone",
            Label::IpAddress => "ip_address",
            Label::DateOfBirth => "date_of_birth",
            Label::LicencePlate => "licence_plate",
        }
    }
}
