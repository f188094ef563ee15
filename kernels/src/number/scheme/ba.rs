//! Bosnia and Herzegovina.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // JMBG, as Slovenia's EMŠO, of the registers 10 to 19. Zakon o jedinstvenom matičnom broju.
    Scheme {
        kind: "ba.jmbg",
        label: Label::NationalId,
        country: *b"BA",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[Check::Among { from: 7, length: 2, ranges: &[(10, 19)] }, EMSO, EMSO_DATE],
        words: &["jmbg", "jmb", "matični broj", "ЈМБГ", "матични број"],
    },
];
