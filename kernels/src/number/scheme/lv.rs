//! Latvia.

use super::prelude::*;

/// One more than the remainder modulo 11; 10 does not fit and is written as 0.
const CHECK: Check = Check::Sum {
    weights: weights(&[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]),
    modulus: 11,
    expected: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0],
    at: 10,
};

pub(super) const SCHEMES: &[Scheme] = &[
    // Personas kods, `161175-19997`: ddmmyy, century, serial, modulo 11; since 2017 numbers begin with 32 and tell nothing. Fizisko personu reģistra likums.
    Scheme {
        kind: "lv.personaskods",
        label: Label::NationalId,
        country: *b"LV",
        forms: &[form("00000000000", &[shape(&[6, 5])], Strong)],
        checks: &[Check::Any(&[
            // python-stdnum knows of a check digit here too; the law speaks of none, so the hyphen counts.
            &[Check::Among { from: 0, length: 2, ranges: &[(32, 32)] }, CHECK],
            &[Check::Among { from: 0, length: 2, ranges: &[(32, 39)] }, Check::Sign(b'-')],
            &[
                Check::Among { from: 6, length: 1, ranges: &[(0, 2)] },
                Check::Date(Date { year: 4, month: 2, day: 0, ..PLAIN }),
                CHECK,
            ],
        ])],
        words: &["personas kods", "personas koda", "p.k.", "personal code"],
    },
    // PVN reģistrācijas numurs, `LV 4000 3521 600`: modulo 11 leaves 3. VID.
    Scheme {
        kind: "lv.pvn",
        label: Label::CompanyId,
        country: *b"LV",
        forms: &[form("lv00000000000", &[shape(&[2, 11])], Strong), form("00000000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            &[
                Check::Length(13),
                Check::Among { from: 2, length: 1, ranges: &[(4, 9)] },
                Check::Own(Own::LvPvn),
            ],
            &[
                Check::Length(11),
                Check::Among { from: 0, length: 1, ranges: &[(4, 9)] },
                Check::Own(Own::LvPvn),
            ],
        ])],
        words: &["pvn", "reģistrācijas", "vat"],
    },
];
