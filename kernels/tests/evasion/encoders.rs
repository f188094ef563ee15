//! Encoders written from the specifications, apart from the decoders that they are to test.

/// A way to write one character as another text.
pub(crate) type Encoder = fn(char) -> String;

/// Each with its name.
pub(crate) const ENCODERS: [(&str, Encoder); 8] = [
    ("percent", |letter| bytes(letter, "%", true)),
    ("percent in small letters", |letter| bytes(letter, "%", false)),
    ("decimal reference", |letter| format!("&#{};", u32::from(letter))),
    ("hexadecimal reference", |letter| format!("&#x{:x};", u32::from(letter))),
    ("UTF-16 escapes", |letter| {
        letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    }),
    ("escaped bytes", |letter| bytes(letter, "\\x", false)),
    ("braced escapes", |letter| format!("\\u{{{:X}}}", u32::from(letter))),
    ("full width", |letter| match letter {
        '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap_or(letter).to_string(),
        _ => letter.to_string(),
    }),
];

pub(crate) fn quoted_printable(letter: char) -> String {
    bytes(letter, "=", true)
}

/// Cyrillic, where there is a letter that looks the same.
pub(crate) fn alike(letter: char) -> String {
    const LATIN: &str = "ABCEHIJKMOPSTXYaceijopsxy";
    const CYRILLIC: &str = "АВСЕНІЈКМОРЅТХУасеіјорѕху";
    let mut pairs = LATIN.chars().zip(CYRILLIC.chars());
    pairs.find(|&(latin, _)| latin == letter).map_or(letter, |(_, cyrillic)| cyrillic).to_string()
}

fn bytes(letter: char, mark: &str, capitals: bool) -> String {
    let utf8 = letter.to_string().into_bytes();
    utf8.iter()
        .map(|byte| if capitals { format!("{mark}{byte:02X}") } else { format!("{mark}{byte:02x}") })
        .collect()
}

/// RFC 4648 4 or 5, bit by bit.
pub(crate) fn base64(text: &str, url: bool) -> String {
    let letters = if url { "-_" } else { "+/" };
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(letters.chars()).collect();
    let bits: Vec<u8> = text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let sextets =
        bits.chunks(6).map(|bits| (0..6).fold(0, |sum, place| sum << 1 | bits.get(place).unwrap_or(&0)));
    let mut encoded: String = sextets.filter_map(|sextet| alphabet.get(usize::from(sextet))).collect();
    while !url && !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}
