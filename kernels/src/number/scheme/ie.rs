//! Ireland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // PPS number, `6433435F`, `6433435OA`: letter modulo 23. Social Welfare Consolidation Act 2005 s. 262.
    Scheme {
        kind: "ie.pps",
        label: Label::NationalId,
        country: *b"IE",
        forms: &[form("0000000A", &[shape(&[7, 1])], Strong), form("0000000AA", &[shape(&[7, 2])], Strong)],
        checks: &[Check::Own(Own::IePps)],
        words: &["pps", "ppsn", "pps number", "pps no", "public service"],
    },
    // VAT number, `IE 6433435F`, `IE 8D79739I`: as the PPS number's letter. Revenue.
    Scheme {
        kind: "ie.vat",
        label: Label::CompanyId,
        country: *b"IE",
        forms: &[
            form("ie0000000A", &[shape(&[2, 8])], Strong),
            form("ie0000000AA", &[shape(&[2, 9])], Strong),
            form("ie0A00000A", &[shape(&[2, 8])], Strong),
        ],
        checks: &[Check::Own(Own::IeVat)],
        words: &["vat", "cbl", "vat no"],
    },
];
