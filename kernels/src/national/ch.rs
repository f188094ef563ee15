//! Switzerland: AHV number (AVS), 13 digits, `756.9217.0769.85`.
//!
//! Rule: 756, nine digits, EAN-13 check digit. Source: AHVV (SR 831.101) Art. 133; ZAS, «NAVS13».

use super::Scheme;
use crate::Label;
use crate::checks::ean13;
use crate::context::Topic;
use crate::digits::{Written, shape};

pub(super) const AHV: Scheme =
    Scheme { kind: "ch.ssn", label: Label::NationalId, country: *b"CH", topic: Some(Topic::Switzerland) };

pub(super) fn ahv(number: &Written<'_>) -> Option<u8> {
    let known = number.is_unbroken() || number.shape == const { shape(&[3, 4, 4, 2]) };
    (known && number.digits.starts_with(&[7, 5, 6]) && ean13(number.digits)).then_some(96)
}
