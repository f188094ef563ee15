//! Countries, by ISO 3166-1 alpha-2.
//!
//! Invariant: a [`Country`] is one of the officially assigned codes in upper case. `UK`, `EU`, `no` and
//! `XX` are none: a misspelt country must not silently fall outside every rule.

use std::fmt;

/// A country code of ISO 3166-1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// The officially assigned codes, separated by one space.
const ASSIGNED: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Country {
    /// The country of that code, if the code is assigned.
    pub fn parse(code: &str) -> Option<Country> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        ASSIGNED.split(' ').any(|assigned| assigned == code).then_some(Country(bytes))
    }

    /// Its code, as two letters of ASCII.
    pub fn letters(self) -> [u8; 2] {
        self.0
    }

    /// Its code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_assigned_codes_in_upper_case_are_countries() {
        assert_eq!(ASSIGNED.split(' ').count(), 249);
        for code in ["FR", "NO", "GB", "SJ", "ZW"] {
            assert_eq!(Country::parse(code).map(|country| country.to_string()).as_deref(), Some(code));
        }
        for wrong in ["", "F", "FRA", "fr", "UK", "EU", "XX", "F ", " F", "R G", "\u{e9}", "unknown"] {
            assert_eq!(Country::parse(wrong), None, "{wrong:?}");
        }
    }
}
