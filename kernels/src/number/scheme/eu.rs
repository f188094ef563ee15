//! The European Union.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // One Stop Shop, `EU372022452`, and import scheme, `IM3720000224`: the member state's number (ISO 3166-1, 900: Northern Ireland). Directive 2006/112/EC Art. 362, 369q; the check digit's rule is not published.
    Scheme {
        kind: "eu.oss",
        label: Label::CompanyId,
        country: *b"EU",
        forms: &[
            form("eu000000000", &[shape(&[2, 9])], Strong),
            form("im0000000000", &[shape(&[2, 10])], Strong),
        ],
        checks: &[Check::Among { from: 2, length: 3, ranges: MEMBERS }],
        words: &["oss", "ioss", "moss", "one stop shop", "one-stop-shop", "vat", "mwst", "tva", "iva"],
    },
];

const MEMBERS: &[(u64, u64)] = &[
    (40, 40),
    (56, 56),
    (100, 100),
    (191, 191),
    (196, 196),
    (203, 203),
    (208, 208),
    (233, 233),
    (246, 246),
    (250, 250),
    (276, 276),
    (300, 300),
    (348, 348),
    (372, 372),
    (380, 380),
    (428, 428),
    (440, 440),
    (442, 442),
    (470, 470),
    (528, 528),
    (616, 616),
    (620, 620),
    (642, 642),
    (703, 703),
    (705, 705),
    (724, 724),
    (752, 752),
    (900, 900),
];
