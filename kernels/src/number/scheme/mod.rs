//! The schemes: one file a country, every number with the source of its rule.

mod ch;
mod de;
mod es;
mod fi;
mod fr;
mod gb;
mod it;
mod no;
mod se;

pub(super) use es::LETTERS as ES_LETTERS;

use super::Scheme;

/// In the order of the countries; a scheme's place in it is its number.
const COUNTRIES: &[&[Scheme]] = &[
    ch::SCHEMES,
    de::SCHEMES,
    es::SCHEMES,
    fi::SCHEMES,
    fr::SCHEMES,
    gb::SCHEMES,
    it::SCHEMES,
    no::SCHEMES,
    se::SCHEMES,
];

/// Every scheme.
pub(crate) fn all() -> impl Iterator<Item = &'static Scheme> {
    COUNTRIES.iter().copied().flatten()
}

/// What a country's file needs.
mod prelude {
    pub(super) use crate::Label;
    pub(super) use crate::digits::shape;
    pub(super) use crate::number::check::{
        Check, Date, LACKS_10, LACKS_11, LACKS_11_X, LACKS_11_ZERO, NEVER, PLAIN, REST, REST_X, REST_ZERO,
        table, weights, weights_from,
    };
    pub(super) use crate::number::own::Own;
    pub(super) use crate::number::{Form, Grouping, Proof, Scheme};
}
