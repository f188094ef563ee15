//! Switzerland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // AHV number (AVS), `756.9217.0769.85`: 756, nine digits, EAN-13 check digit. AHVV (SR 831.101) Art. 133; ZAS, «NAVS13».
    Scheme {
        kind: "ch.ssn",
        label: Label::NationalId,
        country: *b"CH",
        forms: &[form("0000000000000", &[shape(&[3, 4, 4, 2])], Strong)],
        checks: &[
            Check::Among { from: 0, length: 3, ranges: &[(756, 756)] },
            Check::Zero { weights: weights(&[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]), modulus: 10 },
        ],
        words: &["ahv", "avs", "ahv-nr", "svnr", "navs", "sozialversicherung", "oasi", "assurance sociale"],
    },
    // Unternehmens-Identifikationsnummer, `CHE-116.281.710`; the words MWST, TVA or IVA may follow. UIDV (SR 431.031) Art. 3.
    Scheme {
        kind: "ch.uid",
        label: Label::CompanyId,
        country: *b"CH",
        forms: &[form("che000000000", &[shape(&[3, 9]), shape(&[3, 3, 3, 3])], Strong)],
        checks: &[Check::Sum {
            weights: weights_from(3, &[5, 4, 3, 2, 7, 6, 5, 4]),
            modulus: 11,
            expected: LACKS_11,
            at: 11,
        }],
        words: &["uid", "ide", "idi", "mwst", "tva", "iva", "unternehmens-identifik"],
    },
    // Reference of a payment slip (ESR, QR), `21 00000 00003 13947 14300 09017`: 26 digits, recursive check digit modulo 10. Swiss Implementation Guidelines QR-bill, Annex B.
    Scheme {
        kind: "ch.esr",
        label: Label::AccountId,
        country: *b"CH",
        forms: &[form("000000000000000000000000000", &[shape(&[2, 5, 5, 5, 5, 5])], OneCheck)],
        checks: &[Check::Own(Own::ChEsr)],
        words: &[
            "referenz",
            "référence",
            "riferimento",
            "esr",
            "isr",
            "qr-rechnung",
            "einzahlung",
            "reference",
        ],
    },
];
