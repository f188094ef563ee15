//! Czech bank accounts, `19-2000145399/0800`: a prefix, an account and a bank.
//!
//! Invariant: reported are numbers with a bank's code of the list behind a slash, whose account and prefix
//! are multiples of eleven by their weights, and whose account has enough digits to be no date or law.

use crate::bytes::at;
use crate::digits::{MAX_DIGITS, Written};
use crate::{Finding, Label};

/// A law has a number and a year, `263/2010`; accounts are written without leading zeros, but hardly any
/// is this short.
const DIGITS_MIN: usize = 6;
/// In front of the bank.
pub(crate) const SEPARATOR: u8 = b'/';
/// Vyhláška 169/2011 Sb.: weights of an account; a prefix has the last six.
const WEIGHTS: [u32; 10] = [6, 3, 7, 9, 10, 5, 8, 4, 2, 1];

/// Is the number written like an account?
#[inline]
pub(crate) fn may_be(number: &Written) -> bool {
    number.separator == SEPARATOR && number.shape & 0xff == 4
}

/// The account that is `number`, whose digits the values begin with.
#[inline]
pub(crate) fn find(text: &[u8], values: &[u8; MAX_DIGITS], number: &Written) -> Option<Finding> {
    if may_be(number) { account(text, values.get(..number.length)?, number) } else { None }
}

fn account(text: &[u8], digits: &[u8], number: &Written) -> Option<Finding> {
    let [0, 0, 0, 0, 0, prefix, account, _] = number.shape.to_be_bytes() else { return None };
    let (prefix, account) = (usize::from(prefix), usize::from(account));
    let (first, rest) = digits.split_at_checked(prefix)?;
    let (root, bank) = rest.split_at_checked(account)?;
    let joined = prefix == 0 || at(text, number.start + prefix) == b'-';
    let sized = prefix <= 6 && (2..=10).contains(&account) && prefix + account >= DIGITS_MIN;
    let bank = u16::try_from(crate::checks::value(bank)).ok()?;
    let fits =
        joined && sized && is_multiple(first) && is_multiple(root) && BANKS.binary_search(&bank).is_ok();
    fits.then_some(Finding {
        start: number.start,
        end: number.end,
        label: Label::AccountId,
        kind: "cz.bankaccount",
        country: Some(*b"CZ"),
        score: 95,
    })
}

/// Is it a prefix or a number whose weighted digits are a multiple of eleven?
pub(super) fn is_multiple(digits: &[u8]) -> bool {
    let weighted = digits.iter().rev().zip(WEIGHTS.iter().rev());
    weighted.map(|(&digit, weight)| u32::from(digit) * weight).sum::<u32>().is_multiple_of(11)
}

/// Česká národní banka, Číselník kódů platebního styku.
#[rustfmt::skip]
const BANKS: &[u16] = &[
    100, 300, 600, 710, 800, 2010, 2060, 2070, 2100, 2200, 2220, 2250, 2260, 2600,
    2700, 3030, 3060, 3500, 4300, 5500, 5800, 6000, 6200, 6210, 6300, 6363, 6700, 6800,
    7910, 7950, 7960, 7970, 7990, 8030, 8040, 8060, 8090, 8150, 8190, 8198, 8220, 8250,
    8255, 8265, 8500, 8610, 8660,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::Run;

    fn accounts(text: &str) -> Vec<&str> {
        let run = Run::read_at(text.as_bytes(), 0);
        let found: Vec<_> =
            run.each_written().filter_map(|number| find(text.as_bytes(), &run.values(), &number)).collect();
        found.iter().filter_map(|found| text.get(found.start..found.end)).collect()
    }

    #[test]
    fn an_account_needs_its_checks_and_a_bank() {
        for text in ["34278-0727558021/0100", "19-2000145399/0800", "2000145399/0800"] {
            assert_eq!(accounts(text), [text]);
        }
        for text in [
            "34278-0727558031/0100",
            "4278-727558021/0100",
            "34278-727558021/0001",
            "34278/727558021/0100",
            "263/2010",
            "12/2010",
        ] {
            assert_eq!(accounts(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn banks_are_in_order_for_the_search() {
        assert!(BANKS.is_sorted());
    }
}
