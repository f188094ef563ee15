//! The schemes: one file a country, every number with the source of its rule.

mod at;
mod be;
mod bg;
mod ch;
mod cy;
mod cz;
mod de;
mod dk;
mod ee;
mod es;
mod fi;
mod fr;
mod gb;
mod gr;
mod hr;
mod hu;
mod ie;
mod is;
mod it;
mod li;
mod lt;
mod lu;
mod lv;
mod mt;
mod nl;
mod no;
mod pl;
mod pt;
mod ro;
mod se;
mod si;
mod sk;

pub(super) use es::LETTERS as ES_LETTERS;

use super::Scheme;

/// In the order of the countries; a scheme's place in it is its number.
const COUNTRIES: &[&[Scheme]] = &[
    at::SCHEMES,
    be::SCHEMES,
    bg::SCHEMES,
    ch::SCHEMES,
    cy::SCHEMES,
    cz::SCHEMES,
    de::SCHEMES,
    dk::SCHEMES,
    ee::SCHEMES,
    es::SCHEMES,
    fi::SCHEMES,
    fr::SCHEMES,
    gb::SCHEMES,
    gr::SCHEMES,
    hr::SCHEMES,
    hu::SCHEMES,
    ie::SCHEMES,
    is::SCHEMES,
    it::SCHEMES,
    li::SCHEMES,
    lt::SCHEMES,
    lu::SCHEMES,
    lv::SCHEMES,
    mt::SCHEMES,
    nl::SCHEMES,
    no::SCHEMES,
    pl::SCHEMES,
    pt::SCHEMES,
    ro::SCHEMES,
    se::SCHEMES,
    si::SCHEMES,
    sk::SCHEMES,
];

/// Every scheme.
pub(crate) fn all() -> impl Iterator<Item = &'static Scheme> {
    COUNTRIES.iter().copied().flatten()
}

/// What a country's file needs.
mod prelude {
    pub(super) use crate::Label;
    pub(super) use crate::digits::shape;
    pub(super) use crate::number::Proof::{Check as OneCheck, Strong, Word};
    pub(super) use crate::number::check::{
        Check, Date, LACKS_10, LACKS_11, LACKS_11_ZERO, PLAIN, REST, REST_ZERO, table, weights, weights_from,
    };
    pub(super) use crate::number::own::Own;
    pub(super) use crate::number::{Scheme, form, free};
}
