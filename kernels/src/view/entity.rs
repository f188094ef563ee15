//! Character references of HTML (WHATWG HTML 13.2.5.72 and following) and XML.
//!
//! Invariant: a unit is read from at most [`LENGTH_MAX`] bytes. Numbers may lack their semicolon, as
//! browsers allow; names may not.

use super::unit::Unit;
use crate::bytes::{at, run_end};

/// Of digits or letters behind `&` or `&#`.
const LENGTH_MAX: usize = 16;

/// What the ampersand at `index` starts.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    if at(text, index + 1) == b'#' { number(text, index) } else { name(text, index) }
}

fn number(text: &[u8], index: usize) -> Option<Unit> {
    let (start, radix) =
        if matches!(at(text, index + 2), b'x' | b'X') { (index + 3, 16) } else { (index + 2, 10) };
    let end = run_end(text, start, LENGTH_MAX, |byte| char::from(byte).is_digit(radix));
    let digits = std::str::from_utf8(text.get(start..end)?).ok()?;
    let letter = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    if letter.is_control() && !letter.is_whitespace() {
        return None;
    }
    let end = end + usize::from(at(text, end) == b';');
    Some(Unit::new(letter, end - index))
}

fn name(text: &[u8], index: usize) -> Option<Unit> {
    let start = index + 1;
    let end = run_end(text, start, LENGTH_MAX, |byte| byte.is_ascii_alphanumeric());
    if at(text, end) != b';' {
        return None;
    }
    let name = text.get(start..end)?;
    let place = NAMES.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
    let &(_, letter) = NAMES.get(place)?;
    Some(Unit::new(letter, end + 1 - index))
}

/// WHATWG HTML 13.5: marks, spaces, what is invisible, and the letters of Latin-1.
#[rustfmt::skip]
const NAMES: &[(&str, char)] = &[
    ("AElig", 'Æ'), ("Aacute", 'Á'), ("Acirc", 'Â'), ("Agrave", 'À'), ("Aring", 'Å'), ("Atilde", 'Ã'),
    ("Auml", 'Ä'), ("Ccedil", 'Ç'), ("Eacute", 'É'), ("Ecirc", 'Ê'), ("Egrave", 'È'), ("Euml", 'Ë'),
    ("Iacute", 'Í'), ("Icirc", 'Î'), ("Igrave", 'Ì'), ("Iuml", 'Ï'), ("NewLine", '\n'),
    ("NoBreak", '\u{2060}'), ("Ntilde", 'Ñ'), ("Oacute", 'Ó'), ("Ocirc", 'Ô'), ("Ograve", 'Ò'),
    ("Oslash", 'Ø'), ("Otilde", 'Õ'), ("Ouml", 'Ö'), ("Tab", '\t'), ("Uacute", 'Ú'), ("Ucirc", 'Û'),
    ("Ugrave", 'Ù'), ("Uuml", 'Ü'), ("ZeroWidthSpace", '\u{200b}'), ("aacute", 'á'), ("acirc", 'â'),
    ("aelig", 'æ'), ("agrave", 'à'), ("amp", '&'), ("apos", '\''), ("aring", 'å'), ("ast", '*'),
    ("atilde", 'ã'), ("auml", 'ä'), ("bsol", '\\'), ("ccedil", 'ç'), ("colon", ':'), ("comma", ','),
    ("commat", '@'), ("dash", '-'), ("dollar", '$'), ("eacute", 'é'), ("ecirc", 'ê'), ("egrave", 'è'),
    ("emsp", '\u{2003}'), ("ensp", '\u{2002}'), ("equals", '='), ("euml", 'ë'), ("excl", '!'),
    ("gt", '>'), ("hyphen", '-'), ("iacute", 'í'), ("icirc", 'î'), ("igrave", 'ì'), ("iuml", 'ï'),
    ("lbrack", '['), ("lcub", '{'), ("lowbar", '_'), ("lpar", '('), ("lrm", '\u{200e}'), ("lsqb", '['),
    ("lt", '<'), ("mdash", '\u{2014}'), ("minus", '\u{2212}'), ("nbsp", '\u{a0}'), ("ndash", '\u{2013}'),
    ("ntilde", 'ñ'), ("num", '#'), ("oacute", 'ó'), ("ocirc", 'ô'), ("ograve", 'ò'), ("oslash", 'ø'),
    ("otilde", 'õ'), ("ouml", 'ö'), ("percnt", '%'), ("period", '.'), ("plus", '+'), ("quest", '?'),
    ("quot", '"'), ("rbrack", ']'), ("rcub", '}'), ("rlm", '\u{200f}'), ("rpar", ')'), ("rsqb", ']'),
    ("semi", ';'), ("shy", '\u{ad}'), ("sol", '/'), ("szlig", 'ß'), ("thinsp", '\u{2009}'),
    ("uacute", 'ú'), ("ucirc", 'û'), ("ugrave", 'ù'), ("uuml", 'ü'), ("vert", '|'), ("yacute", 'ý'),
    ("zwj", '\u{200d}'), ("zwnj", '\u{200c}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_longer_than_what_they_stand_for() {
        assert!(NAMES.is_sorted_by_key(|&(name, _)| name));
        assert!(
            NAMES
                .iter()
                .all(|(name, letter)| name.len() <= LENGTH_MAX && letter.len_utf8() <= name.len() + 2)
        );
    }
}
