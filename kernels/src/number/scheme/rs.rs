//! Serbia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // PIB, `101134702`: ISO/IEC 7064 MOD 11,10. Zakon o poreskom postupku čl. 26.
    Scheme {
        kind: "rs.pib",
        label: Label::CompanyId,
        country: *b"RS",
        forms: &[
            form("000000000", &[shape(&[3, 3, 3])], OneCheck),
            form("rs000000000", &[shape(&[2, 9])], Strong),
        ],
        checks: &[Check::Any(&[
            &[Check::Length(9), Check::Iso11 { from: 0, length: 9 }],
            &[Check::Length(11), Check::Iso11 { from: 2, length: 9 }],
        ])],
        words: &["pib", "ПИБ", "пиб", "poreski", "порески", "Порески", "tax number"],
    },
    // JMBG, as Slovenia's EMŠO, of the registers 70 to 89 and 00 to 09 (citizens from abroad). Zakon o jedinstvenom matičnom broju građana.
    Scheme {
        kind: "rs.jmbg",
        label: Label::NationalId,
        country: *b"RS",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[Check::Among { from: 7, length: 2, ranges: &[(0, 9), (70, 89)] }, EMSO, EMSO_DATE],
        words: &["jmbg", "ЈМБГ", "јмбг", "matični broj", "матични број", "Матични број"],
    },
    // Broj računa, `160-0000000000000-35`: bank, account, modulo 97. Narodna banka Srbije, Odluka o računima.
    Scheme {
        kind: "rs.racun",
        label: Label::AccountId,
        country: *b"RS",
        forms: &[form("000000000000000000", &[shape(&[3, 13, 2])], Strong)],
        checks: MOD_97,
        words: &["račun", "žiro", "broj računa", "рачун", "број рачуна", "bank account"],
    },
];
