//! Numbers of telephones and of whatever has a SIM: IMEI and IMEISV (3GPP TS 23.003, 6.2).
//!
//! Invariant: one in ten numbers of fifteen digits passes Luhn's check, and sixteen have none, so without
//! a word that says so none is reported.

use crate::checks::luhn;
use crate::context::{Context, Topic};
use crate::digits::{Run, Written, shape};
use crate::{Finding, Label};

/// Digits with the check digit, and with the version of the software instead of it.
const IMEI: usize = 15;
const IMEISV: usize = 16;

/// The numbers that begin with the run's first group.
pub(crate) fn find(run: &Run<'_>, context: &mut Context<'_, '_>, out: &mut Vec<Finding>) {
    if run.digits() < IMEI {
        return;
    }
    out.extend(run.written().filter_map(|number| device(&number, context)));
}

fn device(number: &Written<'_>, context: &mut Context<'_, '_>) -> Option<Finding> {
    let kind = match number.digits.len() {
        IMEI if luhn(number.digits) => "imei",
        IMEISV => "imeisv",
        _ => return None,
    };
    let grouped = number.is_unbroken() || SHAPES.contains(&number.shape);
    let (start, end) = (number.start, number.end);
    (grouped && context.near(Topic::IMEI, start, end)).then_some(Finding {
        start,
        end,
        label: Label::DeviceId,
        kind,
        country: None,
        score: 100,
    })
}

/// Reporting body, type, serial and check digit; body and type apart or together.
const SHAPES: [u64; 8] = [
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

    fn devices(text: &str) -> Vec<(&'static str, &str)> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let mut found = Vec::new();
        let start = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(0);
        find(&Run::read(text.as_bytes(), start), &mut context, &mut found);
        found.iter().filter_map(|found| Some((found.kind, text.get(found.start..found.end)?))).collect()
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
