//! Germany: steuerliche Identifikationsnummer, 11 digits, `86 095 742 719`.
//!
//! Rule: not 0 first; of the first ten digits one stands twice, or three times but not three in a row,
//! and no other repeats; ISO/IEC 7064 MOD 11,10. Source: § 139b AO; BZSt, «Aufbau der IdNr».

use super::Scheme;
use crate::Label;
use crate::checks::mod_11_10;
use crate::context::Topic;
use crate::digits::{Written, shape};

pub(super) const STEUER_ID: Scheme =
    Scheme { kind: "de.idnr", label: Label::TaxId, country: *b"DE", topic: Some(Topic::Germany) };

pub(super) fn steuer_id(number: &Written<'_>) -> Option<u8> {
    let canonical = number.shape == const { shape(&[2, 3, 3, 3]) };
    let known = canonical || number.is_unbroken();
    (known && repeats_one_digit(number.digits) && mod_11_10(number.digits)).then_some(if canonical {
        93
    } else {
        80
    })
}

fn repeats_one_digit(digits: &[u8]) -> bool {
    let Some((_, body)) = digits.split_last() else { return false };
    let count = |wanted: u8| body.iter().filter(|&&digit| digit == wanted).count();
    let mut repeated = (0..10).map(count).filter(|&times| times > 1);
    let once = matches!((repeated.next(), repeated.next()), (Some(2 | 3), None));
    let three_in_a_row = body.array_windows().any(|[a, b, c]| a == b && b == c);
    body.first() != Some(&0) && once && !three_in_a_row
}
