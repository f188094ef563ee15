//! Türkiye.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // T.C. kimlik numarası, `17291716060`: two check digits modulo 10. Nüfus Hizmetleri Kanunu (5490) md. 46.
    Scheme {
        kind: "tr.tckimlik",
        label: Label::NationalId,
        country: *b"TR",
        forms: &[form("00000000000", &[shape(&[3, 3, 3, 2])], Strong)],
        checks: &[
            Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
            Check::Sum {
                weights: weights(&[3, 1, 3, 1, 3, 1, 3, 1, 3]),
                modulus: 10,
                expected: LACKS_10,
                at: 9,
            },
            Check::Sum {
                weights: weights(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
                modulus: 10,
                expected: REST,
                at: 10,
            },
        ],
        words: &["kimlik", "tckn", "t.c. kimlik", "tc kimlik", "kimlik no", "vatandaşlık", "identity number"],
    },
    // Vergi kimlik numarası, `4540536920`: each digit moved and doubled by its place, modulo 9 and 10. Vergi Usul Kanunu.
    Scheme {
        kind: "tr.vkn",
        label: Label::TaxId,
        country: *b"TR",
        forms: &[form("0000000000", &[shape(&[3, 3, 4])], OneCheck)],
        checks: &[Check::Own(Own::TrVkn)],
        words: &["vkn", "vergi kimlik", "vergi no", "vergi numarası", "v.k.n", "tax number"],
    },
];
