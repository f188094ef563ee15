//! Slovenia.

use super::prelude::*;

/// Modulo 11 over twelve digits, of the numbers that the successor states of Yugoslavia have in common.
pub(super) const EMSO: Check = Check::Sum {
    weights: weights(&[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
    modulus: 11,
    expected: LACKS_11_ZERO,
    at: 12,
};
/// Their day of birth, the year without its thousand.
pub(super) const EMSO_DATE: Check = Check::Date(Date { year: 4, year_digits: 3, month: 2, day: 0, ..PLAIN });

pub(super) const SCHEMES: &[Scheme] = &[
    // EMŠO, `0101006500006`: ddmmyyy, register (50 to 59 in Slovenia, any other for those born elsewhere), serial, modulo 11. Zakon o centralnem registru prebivalstva.
    Scheme {
        kind: "si.emso",
        label: Label::NationalId,
        country: *b"SI",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[EMSO, EMSO_DATE],
        words: &["emšo", "emŠo", "emso", "matična številka"],
    },
    // Davčna številka and ID za DDV, `SI 5022 3054`: weights 8 to 2, modulo 11. ZDavP.
    Scheme {
        kind: "si.ddv",
        label: Label::TaxId,
        country: *b"SI",
        forms: &[form("si00000000", &[shape(&[2, 8])], Strong), form("00000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Not { from: 2, length: 1, ranges: &[(0, 0)] },
                Check::Sum {
                    weights: weights_from(2, &[8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: LACKS_11_ZERO,
                    at: 9,
                },
            ],
            &[
                Check::Length(8),
                Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
                Check::Sum {
                    weights: weights(&[8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: LACKS_11_ZERO,
                    at: 7,
                },
            ],
        ])],
        words: &["davčna", "davčna številka", "ddv", "id za ddv", "vat", "tax number"],
    },
    // Matična številka of companies, `9331310000`: modulo 11. AJPES.
    Scheme {
        kind: "si.maticna",
        label: Label::CompanyId,
        country: *b"SI",
        forms: &[form("0000000", &[], OneCheck), form("0000000000", &[shape(&[7, 3])], OneCheck)],
        checks: &[Check::Sum {
            weights: weights(&[7, 6, 5, 4, 3, 2]),
            modulus: 11,
            expected: &[255, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1],
            at: 6,
        }],
        words: &["matična številka", "matična", "poslovni register"],
    },
];
