//! The schemes: one file a country, every number with the source of its rule.

mod ad;
mod al;
mod at;
mod az;
mod ba;
mod be;
mod bg;
mod by;
mod ch;
mod cy;
mod cz;
mod de;
mod dk;
mod ee;
mod es;
mod eu;
mod fi;
mod fo;
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
mod mc;
mod md;
mod me;
mod mk;
mod mt;
mod nl;
mod no;
mod pl;
mod pt;
mod ro;
mod rs;
mod ru;
mod se;
mod si;
mod sk;
mod sm;
mod tr;
mod ua;

pub(crate) use es::CCC;
pub(super) use es::LETTERS as ES_LETTERS;
pub(crate) use fr::RIB;
pub(crate) use hu::{ACCOUNT as HU_ACCOUNT, BANK as HU_BANK};
pub(crate) use no::KONTONR;

use super::Scheme;
use super::check::Check;
use super::own::Own;

/// ISO/IEC 7064 MOD 97-10 over all of it.
pub(crate) const MOD_97: &[Check] = &[Check::Own(Own::Mod97)];

/// In the order of the countries; a scheme's place in it is its number.
const COUNTRIES: &[&[Scheme]] = &[
    ad::SCHEMES,
    al::SCHEMES,
    at::SCHEMES,
    az::SCHEMES,
    ba::SCHEMES,
    be::SCHEMES,
    bg::SCHEMES,
    by::SCHEMES,
    ch::SCHEMES,
    cy::SCHEMES,
    cz::SCHEMES,
    de::SCHEMES,
    dk::SCHEMES,
    ee::SCHEMES,
    es::SCHEMES,
    eu::SCHEMES,
    fi::SCHEMES,
    fo::SCHEMES,
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
    mc::SCHEMES,
    md::SCHEMES,
    me::SCHEMES,
    mk::SCHEMES,
    mt::SCHEMES,
    nl::SCHEMES,
    no::SCHEMES,
    pl::SCHEMES,
    pt::SCHEMES,
    ro::SCHEMES,
    rs::SCHEMES,
    ru::SCHEMES,
    se::SCHEMES,
    si::SCHEMES,
    sk::SCHEMES,
    sm::SCHEMES,
    tr::SCHEMES,
    ua::SCHEMES,
];

/// Every scheme.
pub(crate) fn all() -> impl Iterator<Item = &'static Scheme> {
    COUNTRIES.iter().copied().flatten()
}

/// What a country's file needs.
mod prelude {
    pub(super) use super::MOD_97;
    pub(super) use super::si::{EMSO, EMSO_DATE};
    pub(super) use crate::Label;
    pub(super) use crate::digits::shape;
    pub(super) use crate::number::Proof::{Check as OneCheck, Strong, Word};
    pub(super) use crate::number::check::{
        Check, Date, LACKS_10, LACKS_11, LACKS_11_ZERO, PLAIN, REST, REST_ZERO, table, weights, weights_from,
    };
    pub(super) use crate::number::own::Own;
    pub(super) use crate::number::{Scheme, form, free};
}
