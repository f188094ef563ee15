//! Numbers of European health insurance cards: `80` (health), the country, the insurer, the card.
//!
//! Invariant: reported are twenty digits that begin with 80 and the number of a country that issues the
//! card (ISO 3166-1), unless another thing's number is named right before; the other digits are the
//! insurer's own and have no check that all countries share. Source: Decision S2 of the Administrative
//! Commission (2010/C 106/10); EN 1867.

use crate::checks::value;
use crate::context::{Context, Topic};
use crate::digits::{MAX_DIGITS, Written};
use crate::{Finding, Label};

pub(crate) const LENGTH: usize = 20;

/// The card whose number is `number`, whose digits the values begin with.
#[inline]
pub(crate) fn find(
    values: &[u8; MAX_DIGITS],
    number: &Written,
    context: &mut Context<'_, '_>,
) -> Option<Finding> {
    if number.length == LENGTH { card(values, number, context) } else { None }
}

fn card(digits: &[u8], number: &Written, context: &mut Context<'_, '_>) -> Option<Finding> {
    let issuer = digits.get(..5).map(value)?;
    let code = issuer.checked_sub(80_000)?;
    let index = COUNTRIES.binary_search_by_key(&code, |&(code, _)| code).ok()?;
    let &(_, country) = COUNTRIES.get(index)?;
    let (start, end) = (number.start, number.end);
    let named = context.near(Topic::HEALTH_CARD, start, end);
    (named || !context.names_another(start)).then_some(Finding {
        start,
        end,
        label: Label::NationalId,
        kind: "ehic",
        country: Some(*country),
        score: if named { 100 } else { 80 },
    })
}

/// ISO 3166-1 numeric and alpha-2: the states of the EEA, Switzerland and the United Kingdom.
#[rustfmt::skip]
const COUNTRIES: &[(u64, &[u8; 2])] = &[
    (40, b"AT"), (56, b"BE"), (100, b"BG"), (191, b"HR"), (196, b"CY"), (203, b"CZ"), (208, b"DK"),
    (233, b"EE"), (246, b"FI"), (250, b"FR"), (276, b"DE"), (300, b"GR"), (348, b"HU"), (352, b"IS"),
    (372, b"IE"), (380, b"IT"), (428, b"LV"), (438, b"LI"), (440, b"LT"), (442, b"LU"), (470, b"MT"),
    (528, b"NL"), (578, b"NO"), (616, b"PL"), (620, b"PT"), (642, b"RO"), (703, b"SK"), (705, b"SI"),
    (724, b"ES"), (752, b"SE"), (756, b"CH"), (826, b"GB"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Words;
    use crate::digits::Run;

    fn cards(text: &str) -> Vec<(&str, Option<[u8; 2]>, u8)> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let run = Run::read_at(text.as_bytes(), text.find('8').unwrap_or(0));
        let found = run.each_written().filter_map(|number| find(&run.values(), &number, &mut context));
        found.filter_map(|it| Some((text.get(it.start..it.end)?, it.country, it.score))).collect()
    }

    #[test]
    fn a_card_is_one_of_a_country_that_issues_them() {
        let number = "80276883110000012345";
        assert_eq!(cards(number), [(number, Some(*b"DE"), 80)]);
        let said = format!("EHIC {number}");
        assert_eq!(cards(&said), [(number, Some(*b"DE"), 100)]);
        assert_eq!(cards("80 380 00012 1234567890"), [("80 380 00012 1234567890", Some(*b"IT"), 80)]);
        for text in ["80840883110000012345", "8027688311000001234", "order 80276883110000012345"] {
            assert_eq!(cards(text), [], "{text}");
        }
        assert!(COUNTRIES.is_sorted_by_key(|&(code, _)| code));
    }
}
