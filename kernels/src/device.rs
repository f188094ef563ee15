//! Numbers of telephones and of whatever has a SIM: IMEI and IMEISV (3GPP TS 23.003, 6.2).
//!
//! Invariant: one in ten numbers of fifteen digits passes Luhn's check, and sixteen have none, so without
//! a word that says so none is reported.

use crate::checks::luhn;
use crate::context::{Context, Topic};
use crate::digits::{MAX_DIGITS, Written, shape};
use crate::{Finding, Label};

/// Digits with the check digit, and with the version of the software instead of it.
pub(crate) const IMEI: usize = 15;
pub(crate) const IMEISV: usize = 16;

/// The device whose number is `number`, whose digits the values begin with.
#[inline]
pub(crate) fn find(
    values: &[u8; MAX_DIGITS],
    number: &Written,
    context: &mut Context<'_, '_>,
) -> Option<Finding> {
    if !matches!(number.length, IMEI | IMEISV) || !(number.is_unbroken() || SHAPES.contains(&number.shape)) {
        return None;
    }
    device(values.get(..number.length)?, number, context)
}

fn device(digits: &[u8], number: &Written, context: &mut Context<'_, '_>) -> Option<Finding> {
    let kind = match digits.len() {
        IMEI if luhn(digits) => "imei",
        IMEISV => "imeisv",
        _ => return None,
    };
    let (start, end) = (number.start, number.end);
    context.near(Topic::IMEI, start, end).then_some(Finding {
        start,
        end,
        label: Label::DeviceId,
        kind,
        country: None,
        score: 100,
    })
}

/// Reporting body, type, serial and check digit; body and type apart or together.
pub(crate) const SHAPES: [u64; 8] = [
    shape(&[2, 6, 6, 1]),
    shape(&[8, 6, 1]),
    shape(&[6, 2, 6, 1]),
    shape(&[2, 4, 2, 6, 1]),
    shape(&[2, 6, 6, 2]),
    shape(&[8, 6, 2]),
    shape(&[6, 2, 6, 2]),
    shape(&[2, 4, 2, 6, 2]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Words;
    use crate::digits::Run;

    fn devices(text: &str) -> Vec<(&'static str, &str)> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let start = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(0);
        let run = Run::read_at(text.as_bytes(), start);
        let found = run.each_written().filter_map(|number| find(&run.values(), &number, &mut context));
        found.filter_map(|found| Some((found.kind, text.get(found.start..found.end)?))).collect()
    }

    #[test]
    fn a_device_is_one_that_is_said_to_be_one() {
        assert_eq!(devices("IMEI: 352099001761481"), [("imei", "352099001761481")]);
        assert_eq!(devices("35-209900-176148-1 (IMEI)"), [("imei", "35-209900-176148-1")]);
        assert_eq!(devices("IMEISV 35-209900-176148-23"), [("imeisv", "35-209900-176148-23")]);
        for text in
            ["352099001761481", "IMEI: 352099001761482", "IMEI 35209900176148", "IMEI 3-52099001761481"]
        {
            assert_eq!(devices(text), [], "{text}");
        }
    }
}
