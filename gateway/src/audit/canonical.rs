//! Canonical: JSON in the one spelling of RFC 8785, written in one pass.
//!
//! Invariant: equal records have equal bytes, so their hash means something. Keys are written in
//! order by whoever writes an object (checked in debug builds, and for every kind of record by a
//! test against a general canonicaliser); numbers are integers that every JSON reader holds exactly.

/// The largest integer of I-JSON (RFC 7493): larger ones lose digits in many readers.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// An object that is being written.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
    #[cfg(debug_assertions)]
    last: String,
}

impl<'o> Object<'o> {
    /// Opens an object; [`Object::end`] closes it.
    pub(super) fn begin(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object {
            out,
            empty: true,
            #[cfg(debug_assertions)]
            last: String::new(),
        }
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        #[cfg(debug_assertions)]
        {
            debug_assert!(self.empty || self.last.as_str() < key, "{key} stands after {}", self.last);
            key.clone_into(&mut self.last);
        }
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        string(key, self.out);
        self.out.push(b':');
        self.out
    }

    /// A string.
    pub(super) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        string(value, self.key(key));
        self
    }

    /// A string, or null.
    pub(super) fn text_or_null(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// An integer.
    pub(super) fn number(&mut self, key: &str, value: u64) -> &mut Self {
        integer(value, self.key(key));
        self
    }

    /// An integer, or null.
    pub(super) fn number_or_null(&mut self, key: &str, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.number(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// JSON that is canonical already.
    pub(super) fn raw(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).extend_from_slice(value.as_bytes());
        self
    }

    /// A value that `write` writes.
    pub(super) fn value(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        write(self.key(key));
        self
    }

    /// An object of integers. Its keys are ASCII labels, so the order of bytes is RFC 8785's.
    pub(super) fn counts<'k>(
        &mut self,
        key: &str,
        counts: impl Iterator<Item = (&'k str, u64)>,
    ) -> &mut Self {
        let mut object = Object::begin(self.key(key));
        for (label, count) in counts {
            object.number(label, count);
        }
        object.end();
        self
    }

    /// Closes the object.
    pub(super) fn end(&mut self) {
        self.out.push(b'}');
    }
}

/// An array whose items `write` writes.
pub(super) fn array<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// A string with the escapes of RFC 8785 section 3.2.2.2 and no others.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        escape(byte, out);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        _ => {
            let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// An integer. What I-JSON cannot hold is a counter that ran wild: it stays at the largest.
pub(super) fn integer(value: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut rest = value.min(INTEGER_MAX);
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.last_chunk::<20>().map_or(&[][..], |all| all.split_at(20 - used).1));
}

/// `2026-07-28T09:30:00.000123Z` from microseconds since 1970.
pub(super) fn timestamp(time_us: u64, out: &mut Vec<u8>) {
    let (seconds, micros) = (time_us / 1_000_000, time_us % 1_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    out.push(b'"');
    padded(year, 4, out);
    for (separator, value) in
        [(b'-', month), (b'-', day), (b'T', second / 3_600), (b':', second / 60 % 60), (b':', second % 60)]
    {
        out.push(separator);
        padded(value, 2, out);
    }
    out.push(b'.');
    padded(micros, 6, out);
    out.extend_from_slice(b"Z\"");
}

/// Year, month and day of a day count since 1970 (Howard Hinnant's `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

fn padded(value: u64, digits: u32, out: &mut Vec<u8>) {
    for place in (0..digits).rev() {
        out.push(b'0' + u8::try_from(value / 10_u64.pow(place) % 10).unwrap_or(0));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_rfc_3339_in_utc_with_microseconds() {
        for (time_us, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(written(|out| timestamp(time_us, out)), format!("\"{expected}\""));
        }
    }

    #[test]
    fn integers_stop_where_json_readers_lose_digits() {
        for (value, expected) in [
            (0, "0"),
            (10, "10"),
            (9_007_199_254_740_991, "9007199254740991"),
            (u64::MAX, "9007199254740991"),
        ] {
            assert_eq!(written(|out| integer(value, out)), expected);
        }
    }

    #[test]
    fn the_string_of_rfc_8785_is_written_as_there() {
        // Section 3.2.2: what stands there as input and as output.
        let text = "\u{20ac}$\u{f}\nA'B\"\\\\\"/";
        assert_eq!(written(|out| string(text, out)), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    }

    proptest! {
        /// Whatever the text, a JSON reader gets it back.
        #[test]
        fn strings_survive(text in any::<String>()) {
            let written = written(|out| string(&text, out));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
