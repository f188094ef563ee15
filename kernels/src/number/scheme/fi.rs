//! Finland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Henkilötunnus, `131052-308T`: ddmmyy, the sign of the century, 002–999 (900–999: temporary ones), a letter. Asetus 128/2010, 690/2022; DVV.
    Scheme {
        kind: "fi.hetu",
        label: Label::NationalId,
        country: *b"FI",
        forms: &[form("000000000*", &[shape(&[6, 4])], Strong), form("000000A000*", &[], Strong)],
        checks: &[Check::Own(Own::FiHetu)],
        words: &["henkilötunnus", "henkilÖtunnus", "henkilotunnus", "hetu", "sotu", "personbeteckning"],
    },
    // Y-tunnus, `2077474-0`: modulo 11. PRH.
    Scheme {
        kind: "fi.ytunnus",
        label: Label::CompanyId,
        country: *b"FI",
        forms: &[form("00000000", &[shape(&[7, 1])], OneCheck)],
        checks: &[Check::Zero { weights: weights(&[7, 9, 10, 5, 8, 4, 2, 1]), modulus: 11 }],
        words: &["y-tunnus", "y‑tunnus", "ytunnus", "fo-nummer", "liike- ja yhteisötun", "business id"],
    },
    // Arvonlisäveronumero, `FI20774740`: the Y-tunnus without its hyphen. AVL 209 e §.
    Scheme {
        kind: "fi.alv",
        label: Label::CompanyId,
        country: *b"FI",
        forms: &[form("fi00000000", &[shape(&[2, 8]), shape(&[2, 7, 1])], Strong)],
        checks: &[Check::Zero { weights: weights_from(2, &[7, 9, 10, 5, 8, 4, 2, 1]), modulus: 11 }],
        words: &["alv", "arvonlisävero", "moms", "vat"],
    },
    // Veronumero of construction workers, twelve digits without a check that is published. Laki 1231/2011.
    Scheme {
        kind: "fi.veronumero",
        label: Label::TaxId,
        country: *b"FI",
        forms: &[form("000000000000", &[], Word)],
        checks: &[],
        words: &["veronumero", "skattenummer", "tax number"],
    },
    // Number of an association, `123.123`: three to six digits without a check. Yhdistyslaki 503/1989 47 §.
    Scheme {
        kind: "fi.associationid",
        label: Label::CompanyId,
        country: *b"FI",
        forms: &[
            form("000", &[], Word),
            form("0000", &[shape(&[1, 3])], Word),
            form("00000", &[shape(&[2, 3])], Word),
            form("000000", &[shape(&[3, 3])], Word),
        ],
        checks: &[],
        words: &["yhdistysrekisteri", "rekisterinumero", "föreningsregist", "registernummer", "association"],
    },
];
