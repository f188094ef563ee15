//! Malta.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Identity card number, `0123487M`: number, year, register; no check. Identity Card Act.
    Scheme {
        kind: "mt.id",
        label: Label::NationalId,
        country: *b"MT",
        forms: &[form("0000000A", &[shape(&[7, 1])], Word), form("000000A", &[shape(&[6, 1])], Word)],
        checks: &[Check::Any(&[
            &[Check::Length(8), Check::OneOf { at: 7, characters: "MGAPLHBZ" }],
            &[Check::Length(7), Check::OneOf { at: 6, characters: "MGAPLHBZ" }],
        ])],
        words: &["id card", "identity card", "karta tal-identità", "karta ta", "id number", "identità"],
    },
    // VAT number, `MT 1167-9112`: modulo 37. CFR.
    Scheme {
        kind: "mt.vat",
        label: Label::CompanyId,
        country: *b"MT",
        forms: &[
            form("mt00000000", &[shape(&[2, 8]), shape(&[2, 4, 4])], Strong),
            form("00000000", &[shape(&[4, 4])], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Not { from: 2, length: 1, ranges: &[(0, 0)] },
                Check::Zero { weights: weights_from(2, &[3, 4, 6, 7, 8, 9, 10, 1]), modulus: 37 },
            ],
            &[
                Check::Length(8),
                Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
                Check::Zero { weights: weights(&[3, 4, 6, 7, 8, 9, 10, 1]), modulus: 37 },
            ],
        ])],
        words: &["malta", "vat no", "vat number", "vat reg"],
    },
];
