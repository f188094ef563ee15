//! Finland: henkilötunnus, `131052-308T`.
//!
//! Rule: ddmmyy, a sign for the century (`+` 1800; `-`, U–Y 1900; A–F 2000), 002–999, and a letter:
//! the nine digits modulo 31. 900–999 are temporary ones that hospitals give: persons' all the same.
//! Source: Valtioneuvoston asetus 128/2010, 690/2022 (new signs since 2023); DVV.

use super::Scheme;
use crate::bytes::{at, ends_word};
use crate::checks::{is_date_of_year, value};
use crate::context::Topic;
use crate::digits::Run;
use crate::{Finding, Label};

pub(super) const HENKILOTUNNUS: Scheme =
    Scheme { kind: "fi.hetu", label: Label::NationalId, country: *b"FI", topic: Some(Topic::Finland) };

const LETTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

pub(super) fn henkilotunnus(run: &Run<'_>) -> Option<Finding> {
    if run.first_group() != 6 {
        return None;
    }
    let (date, _) = run.leading(1)?;
    let sign = run.start + 6;
    let century = match at(run.text, sign).to_ascii_uppercase() {
        b'+' => 1800,
        b'-' | b'U'..=b'Y' => 1900,
        b'A'..=b'F' => 2000,
        _ => return None,
    };
    let serial = run.text.get(sign + 1..sign + 4)?;
    let number = serial.iter().try_fold(value(date), |sum, &byte| {
        byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte.wrapping_sub(b'0')))
    })?;
    let letter = usize::try_from(number % 31).ok().and_then(|rest| LETTERS.get(rest))?;
    let (day, month, year) = (value(date) / 10_000, value(date) / 100 % 100, value(date) % 100);
    (*letter == at(run.text, sign + 4).to_ascii_uppercase()
        && ends_word(run.text, sign + 5)
        && number % 1000 >= 2
        && is_date_of_year(century + year, month, day))
    .then(|| HENKILOTUNNUS.finding(run.start, sign + 5, 95))
}
