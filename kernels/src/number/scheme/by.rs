//! Belarus.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // УНП, `200988541`, of persons `MA1953684`: region, serial, check digit modulo 11. Налоговый кодекс, ст. 70; постановление МНС.
    Scheme {
        kind: "by.unp",
        label: Label::TaxId,
        country: *b"BY",
        forms: &[form("000000000", &[], OneCheck), form("AA0000000", &[shape(&[2, 7])], OneCheck)],
        checks: &[Check::Own(Own::ByUnp)],
        words: &["УНП", "унп", "УНН", "unp", "учетный номер", "учётный номер", "плательщик", "tax number"],
    },
];
