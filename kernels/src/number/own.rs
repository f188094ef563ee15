//! Rules that only one scheme has.

use super::check::Characters;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// DE IdNr, § 139b AO: of the first ten digits one stands twice, or three times but not three in a
    /// row, and no other repeats; the first is not 0.
    DeIdnr,
    /// FR NIR: the key over thirteen characters, 2A counting as 19 and 2B as 18 (décret 82-103).
    FrNir,
    /// IT codice fiscale, D.M. 23.12.1976: omocodia, month letter, date, check letter.
    ItCodiceFiscale,
    /// NO fødselsnummer: the individual number fits the century, and the date is one of it.
    NoCentury,
    /// FI henkilötunnus: the sign between date and serial number, the date of its century.
    FiHetu,
    /// ES NIE: X, Y and Z count as 0, 1 and 2.
    EsNie,
}

impl Own {
    pub(super) fn holds(self, characters: &Characters) -> bool {
        match self {
            Own::DeIdnr => de_idnr(characters),
            Own::FrNir => fr_nir(characters),
            Own::ItCodiceFiscale => it_codice_fiscale(characters),
            Own::NoCentury => no_century(characters),
            Own::FiHetu => fi_hetu(characters),
            Own::EsNie => es_nie(characters),
        }
    }
}

fn de_idnr(characters: &Characters) -> bool {
    let body = characters.values.get(..10).unwrap_or_default();
    let count = |wanted: u8| body.iter().filter(|&&digit| digit == wanted).count();
    let mut repeated = (0..10).map(count).filter(|&times| times > 1);
    let once = matches!((repeated.next(), repeated.next()), (Some(2 | 3), None));
    let three_in_a_row = body.array_windows().any(|[a, b, c]| a == b && b == c);
    characters.at(0) != 0 && once && !three_in_a_row
}

/// `A` is 10 and `B` is 11: 2A is read as 19, 2B as 18.
fn fr_nir(characters: &Characters) -> bool {
    let (department, corsica) = match (characters.at(5), characters.at(6)) {
        (2, 10) => (19, true),
        (2, 11) => (18, true),
        (_, 10..) => return false,
        (tens, ones) => (u64::from(tens) * 10 + u64::from(ones), false),
    };
    let number = (characters.number(0, 5) * 100 + department) * 1_000_000 + characters.number(7, 6);
    (corsica || department != 0) && 97 - number % 97 == characters.number(13, 2)
}

/// Letters of the months, January first, as values.
const MONTHS: [u8; 12] = super::check::table(b"ABCDEHLMPRST");
/// Letters that stand for the digits 0 to 9 in omocodia.
const OMOCODIA: [u8; 10] = super::check::table(b"LMNPQRSTUV");
/// What a letter counts at an odd place; a digit counts what the letter of that rank does.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

fn it_codice_fiscale(characters: &Characters) -> bool {
    let digit = |place: usize| match characters.at(place) {
        digit @ 0..=9 => Some(u64::from(digit)),
        letter => OMOCODIA.iter().position(|&known| known == letter).map(|rank| rank as u64),
    };
    let two = |place: usize| Some(digit(place)? * 10 + digit(place + 1)?);
    let month = MONTHS.iter().position(|&letter| letter == characters.at(8));
    let (Some(year), Some(month), Some(day)) = (two(6), month, two(9)) else { return false };
    let rank = |value: u8| if value < 10 { value } else { value - 10 };
    let sum: u32 = (0..15)
        .map(|place| match place % 2 {
            0 => ODD.get(usize::from(rank(characters.at(place)))).copied().unwrap_or(0),
            _ => u32::from(rank(characters.at(place))),
        })
        .sum();
    (12..15).all(|place| digit(place).is_some())
        && crate::checks::is_date(year, month as u64 + 1, if day > 40 { day - 40 } else { day })
        && u32::from(characters.at(15)) == 10 + sum % 26
}

/// Day plus 40: D-nummer; month plus 40: a hospital's H-nummer; plus 80: the tax administration's
/// synthetic persons. Source: folkeregisterforskriften § 2-2-1; Skatteetaten.
fn no_century(characters: &Characters) -> bool {
    let year = characters.number(4, 2);
    let century = match (characters.number(6, 3), year) {
        (0..=499, _) => 1900,
        (500..=749, 54..) => 1800,
        (500..=999, 0..=39) => 2000,
        (900..=999, 40..) => 1900,
        _ => return false,
    };
    let day = match characters.number(0, 2) {
        day @ 41.. => day - 40,
        day => day,
    };
    crate::checks::is_date_of_year(century + year, characters.number(2, 2) % 40, day)
}

/// Source: valtioneuvoston asetus 128/2010 and 690/2022 (signs since 2023).
fn fi_hetu(characters: &Characters) -> bool {
    let (century, serial) = match (characters.length, characters.sign, characters.at(6)) {
        (10, b'+', _) => (1800, 6),
        (10, b'-', _) => (1900, 6),
        (11, 0, 30..=34) => (1900, 7),
        (11, 0, 10..=15) => (2000, 7),
        _ => return false,
    };
    const LETTERS: [u8; 31] = super::check::table(b"0123456789ABCDEFHJKLMNPRSTUVWXY");
    let number = characters.number(0, 6) * 1000 + characters.number(serial, 3);
    let letter = usize::try_from(number % 31).ok().and_then(|rest| LETTERS.get(rest));
    let (day, month, year) = (characters.number(0, 2), characters.number(2, 2), characters.number(4, 2));
    letter == Some(&characters.at(serial + 3))
        && number % 1000 >= 2
        && crate::checks::is_date_of_year(century + year, month, day)
}

fn es_nie(characters: &Characters) -> bool {
    let first = match characters.at(0) {
        letter @ 33..=35 => u64::from(letter - 33),
        _ => return false,
    };
    super::scheme::ES_LETTERS.get(((first * 10_000_000 + characters.number(1, 7)) % 23) as usize)
        == Some(&characters.at(8))
}
