//! Moldova.

use super::prelude::*;

const CHECK: Check = Check::Sum {
    weights: weights(&[7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1]),
    modulus: 10,
    expected: REST,
    at: 12,
};

pub(super) const SCHEMES: &[Scheme] = &[
    // IDNO of companies, `1008600038413`: 1, year without its thousand, register, serial, weights 7, 3, 1. Hotărîrea Guvernului 272/2002.
    Scheme {
        kind: "md.idno",
        label: Label::CompanyId,
        country: *b"MD",
        forms: &[form("0000000000000", &[], OneCheck)],
        checks: &[Check::Among { from: 0, length: 1, ranges: &[(1, 1)] }, CHECK],
        words: &["idno", "cod fiscal", "codul fiscal", "număr de identificare", "cod unic", "tax number"],
    },
    // IDNP of persons, `2004001012346`: 2 and the year of the number's issue, 0 and that of the twentieth century; the same check. Legea 1320/1997.
    Scheme {
        kind: "md.idnp",
        label: Label::NationalId,
        country: *b"MD",
        forms: &[form("0000000000000", &[], OneCheck)],
        checks: &[Check::Among { from: 0, length: 4, ranges: &[(900, 999), (2000, 2040)] }, CHECK],
        words: &["idnp", "cod personal", "codul personal", "numeric personal", "personal number"],
    },
];
