//! Business identifier codes (ISO 9362): `DEUTDEFF500`, beside a word that says so.
//!
//! Invariant: a code has no check digit, so without such a word it is never reported; letters of a code
//! are capitals, because small ones make words.

use crate::bytes::{at, ends_word, run_end, starts_word};
use crate::context::{Context, Topic};
use crate::{Finding, Label};

/// Characters without and with the branch.
const SHORT: usize = 8;
const LONG: usize = 11;

/// The code that starts at `place`, where a run of at least six capitals starts.
pub(crate) fn find(text: &[u8], place: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let character = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let end = run_end(text, place, LONG + 1, character);
    if !matches!(end - place, SHORT | LONG) || !starts_word(text, place) || !ends_word(text, end) {
        return None;
    }
    let country = [at(text, place + 4), at(text, place + 5)];
    let letters = text.get(place..place + 6)?.iter().all(u8::is_ascii_uppercase);
    // The first letter of a branch is an X only where all of them are: the head office.
    let branch = end - place == SHORT || at(text, place + SHORT) != b'X' || text.get(end - 3..end)? == b"XXX";
    let fits = letters && branch && COUNTRIES.binary_search(&country).is_ok();
    (fits && context.near(Topic::BIC, place, end)).then_some(Finding {
        start: place,
        end,
        label: Label::CompanyId,
        kind: "bic",
        country: Some(country),
        score: 90,
    })
}

/// ISO 3166-1 alpha-2, with XK for Kosovo as SWIFT has it.
#[rustfmt::skip]
const COUNTRIES: &[[u8; 2]] = &[
    *b"AD", *b"AE", *b"AF", *b"AG", *b"AI", *b"AL", *b"AM", *b"AO", *b"AQ", *b"AR", *b"AS", *b"AT",
    *b"AU", *b"AW", *b"AX", *b"AZ", *b"BA", *b"BB", *b"BD", *b"BE", *b"BF", *b"BG", *b"BH", *b"BI",
    *b"BJ", *b"BL", *b"BM", *b"BN", *b"BO", *b"BQ", *b"BR", *b"BS", *b"BT", *b"BV", *b"BW", *b"BY",
    *b"BZ", *b"CA", *b"CC", *b"CD", *b"CF", *b"CG", *b"CH", *b"CI", *b"CK", *b"CL", *b"CM", *b"CN",
    *b"CO", *b"CR", *b"CU", *b"CV", *b"CW", *b"CX", *b"CY", *b"CZ", *b"DE", *b"DJ", *b"DK", *b"DM",
    *b"DO", *b"DZ", *b"EC", *b"EE", *b"EG", *b"EH", *b"ER", *b"ES", *b"ET", *b"FI", *b"FJ", *b"FK",
    *b"FM", *b"FO", *b"FR", *b"GA", *b"GB", *b"GD", *b"GE", *b"GF", *b"GG", *b"GH", *b"GI", *b"GL",
    *b"GM", *b"GN", *b"GP", *b"GQ", *b"GR", *b"GS", *b"GT", *b"GU", *b"GW", *b"GY", *b"HK", *b"HM",
    *b"HN", *b"HR", *b"HT", *b"HU", *b"ID", *b"IE", *b"IL", *b"IM", *b"IN", *b"IO", *b"IQ", *b"IR",
    *b"IS", *b"IT", *b"JE", *b"JM", *b"JO", *b"JP", *b"KE", *b"KG", *b"KH", *b"KI", *b"KM", *b"KN",
    *b"KP", *b"KR", *b"KW", *b"KY", *b"KZ", *b"LA", *b"LB", *b"LC", *b"LI", *b"LK", *b"LR", *b"LS",
    *b"LT", *b"LU", *b"LV", *b"LY", *b"MA", *b"MC", *b"MD", *b"ME", *b"MF", *b"MG", *b"MH", *b"MK",
    *b"ML", *b"MM", *b"MN", *b"MO", *b"MP", *b"MQ", *b"MR", *b"MS", *b"MT", *b"MU", *b"MV", *b"MW",
    *b"MX", *b"MY", *b"MZ", *b"NA", *b"NC", *b"NE", *b"NF", *b"NG", *b"NI", *b"NL", *b"NO", *b"NP",
    *b"NR", *b"NU", *b"NZ", *b"OM", *b"PA", *b"PE", *b"PF", *b"PG", *b"PH", *b"PK", *b"PL", *b"PM",
    *b"PN", *b"PR", *b"PS", *b"PT", *b"PW", *b"PY", *b"QA", *b"RE", *b"RO", *b"RS", *b"RU", *b"RW",
    *b"SA", *b"SB", *b"SC", *b"SD", *b"SE", *b"SG", *b"SH", *b"SI", *b"SJ", *b"SK", *b"SL", *b"SM",
    *b"SN", *b"SO", *b"SR", *b"SS", *b"ST", *b"SV", *b"SX", *b"SY", *b"SZ", *b"TC", *b"TD", *b"TF",
    *b"TG", *b"TH", *b"TJ", *b"TK", *b"TL", *b"TM", *b"TN", *b"TO", *b"TR", *b"TT", *b"TV", *b"TW",
    *b"TZ", *b"UA", *b"UG", *b"UM", *b"US", *b"UY", *b"UZ", *b"VA", *b"VC", *b"VE", *b"VG", *b"VI",
    *b"VN", *b"VU", *b"WF", *b"WS", *b"XK", *b"YE", *b"YT", *b"ZA", *b"ZM", *b"ZW",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Words;

    fn code(text: &str) -> Option<(&str, Option<[u8; 2]>)> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let bytes = text.as_bytes();
        let mut places = (0..bytes.len()).filter(|&place| {
            let capitals = run_end(bytes, place, 6, |byte| byte.is_ascii_uppercase()) - place;
            capitals == 6 && !crate::bytes::before(bytes, place).is_ascii_uppercase()
        });
        let found = places.find_map(|place| find(bytes, place, &mut context))?;
        Some((text.get(found.start..found.end)?, found.country))
    }

    #[test]
    fn a_code_is_found_beside_its_name() {
        for (text, expected) in [
            ("BIC: DEUTDEFF500", ("DEUTDEFF500", *b"DE")),
            ("SWIFT/BIC BARCGB22, London", ("BARCGB22", *b"GB")),
            ("code NEDSZAJJXXX (BIC)", ("NEDSZAJJXXX", *b"ZA")),
            ("Swift-Code: SOGEFRPP", ("SOGEFRPP", *b"FR")),
        ] {
            assert_eq!(code(text), Some((expected.0, Some(expected.1))), "{text}");
        }
    }

    #[test]
    fn what_is_no_code_or_has_no_name_is_not_reported() {
        for text in [
            "DEUTDEFF500",
            "BIC: DEUTZZFF",
            "BIC: DEUTDEFF5",
            "BIC: DEUTDEFFX00",
            "SWIFT TRANSFERS",
            "BIC: DEUT5EFF",
            "BIC: XDEUTDEFFX",
            "BIC: deutdeff",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn countries_are_in_order_for_the_search() {
        assert!(COUNTRIES.is_sorted());
    }
}
