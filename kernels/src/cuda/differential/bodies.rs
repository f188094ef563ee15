//! Bodies: numbers that are valid, numbers that nearly are, and what attackers write.

/// Prefixes, labels, separators, halves of numbers, NULs and characters that look like others.
pub(super) const ATTACK: &str = "(sk-|ghp_|eyJ|AKIA|-----BEGIN PRIVATE KEY-----|-----END|password=|\"token\": \"|\
    Passwort lautet |Bearer |://|u:p@|@|@example\\.org|a@b\\.de|\"a b\"@x\\.fr|DE89|DE89 3704 0044 0532 0130 00|GB82 WEST|4111|\
    4111 1111 1111 1111|756\\.9217\\.0769\\.85|131052-308T|880320-0016|2 53 07 2A 073 004 43|X2482300W|\
    RCCMNL83S18D969H|\\+49|\\(0\\)|tel |NHS |192\\.0\\.2\\.1|::|fe80:|00:1A:2B:3C:4D:5E|[0-9]{1,20}|[0-9]{4}|\
    [ ./:=+,;~'\"()@_\\\\<-]|[a-zA-Z]{1,8}|[A-Z]{2,7}|[A-Za-z0-9_-]{14,40}|é|ß|漢字|\u{200b}|\u{a0}|＠|\u{660}|\n|\0){0,40}";

pub(super) const ORACLE: &str = include_str!("../../../tests/oracle/national.txt");

/// Numbers that the generator of the other tests does not have.
const NUMBERS: &[&str] = &[
    "anna@example.org",
    "o'neil+x@mail.example.co.uk",
    "jörg@müller.example",
    "DE89 3704 0044 0532 0130 00",
    "GB82WEST12345698765432",
    "DE 89370400440532013000",
    "GB-82WEST12345698765432",
    "FR14 2004 1010 0505 0001 3M02 606",
    "4111 1111 1111 1111",
    "378282246310005",
    "3782 822463 10005",
    "6011000990139424",
    "192.0.2.1",
    "2001:db8::1",
    "::ffff:192.0.2.1",
    "00:1A:2B:3C:4D:5E",
    "+33 6 12 34 56 78",
    "+44 (0)20 7946 0958",
    "030/901820",
    "20.03.1980",
    "20. März 1980",
    // Between day and year 24 bytes, the most that are passed over, and one more.
    "3 Septembers of the years 1980",
    "3 Septembers of that years 1980",
    "1980-03-20",
    "born March 20, 1980",
    "DOB: Mar. 20th 1980",
    "DOB: 20-Mar-1980",
    "born 19800320",
    "született 1986. november 5.",
    "née le 1er mars 1980",
    "AT U13585627",
    "ESJ99216582",
    "M XY 1234",
    "AB-123-CD",
    "191-C-12345",
    "licence plate 12 D 123456",
    "1912-C-12345",
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "sk-ant-api03-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5mN7pQ9rS1tU3vW5xY7zA9bC1dE3f-aB3dEAA",
    "AKIAIOSFODNN7EXAMPLE",
    "postgres://anna:s3cret!pass@db.example.org/x",
    "password=hunter2x",
    "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    "123456789:AAhx3kS9dQ7w2LmN5pRtYvB8cZfG1jH4uEo",
    "Ab18Q~aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z",
];

const WORDS: &[&str] = &[
    " ",
    "\n",
    ", ",
    " is ",
    " Nummer ",
    "Tel. ",
    "geboren am ",
    "IBAN",
    " (",
    ")",
    "\"",
    "'",
    ".",
    ":",
    "=",
    "<",
    ">",
    "/",
    "-",
    "order ",
    "von ",
    " et ",
    "é",
    "漢",
    "\u{200b}",
    "x",
    "A",
    "0",
    "12",
    "\0",
    "_",
    "@",
    "~",
    "\\",
    "%40",
    "&amp;",
    "  ",
];

/// A stream of bodies: the same for the same seed.
pub(super) struct Bodies {
    state: u64,
    oracle: Vec<&'static str>,
}

impl Bodies {
    pub(super) fn new(seed: u64) -> Bodies {
        let national =
            ORACLE.lines().flat_map(|line| line.split('\t').skip(1)).filter(|number| !number.is_empty());
        let oracle = national.chain(NUMBERS.iter().copied());
        Bodies { state: seed, oracle: oracle.collect() }
    }

    /// Splitmix64 (Steele, Lea, Flood 2014).
    pub(super) fn draw(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % below.max(1) as u64).unwrap_or(0)
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.draw(all.len())).copied().unwrap_or_default()
    }

    /// A number, in most cases as it is, else with one character changed, lost or doubled.
    fn number(&mut self) -> String {
        let oracle = std::mem::take(&mut self.oracle);
        let mut number: Vec<char> = self.one_of(&oracle).chars().collect();
        self.oracle = oracle;
        let place = self.draw(number.len());
        match self.draw(12) {
            0 => number[place] = char::from(b'0' + u8::try_from(self.draw(10)).unwrap_or(0)),
            1 => number[place] = char::from(b'A' + u8::try_from(self.draw(26)).unwrap_or(0)),
            2 => drop(number.remove(place)),
            3 => number.insert(place, char::from(b' ' + u8::try_from(self.draw(94)).unwrap_or(0))),
            4 => number.iter_mut().for_each(|letter| *letter = letter.to_ascii_lowercase()),
            5 => number.truncate(place),
            6 => number.retain(|letter| *letter != ' ' && *letter != '-'),
            _ => {}
        }
        number.into_iter().collect()
    }

    pub(super) fn numbers(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.number()).collect()
    }

    /// Random characters of an alphabet of digits, capitals, marks and a few others.
    fn noise(&mut self) -> String {
        const ALPHABETS: [&[u8]; 5] = [
            b"0123456789 ",
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -./",
            b"0123456789abcdefABCDEF:.-",
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
            b"@:=~.\"' <>0a+/\\()\n",
        ];
        let alphabet = ALPHABETS[self.draw(5)];
        let length = self.draw(50);
        (0..length).map(|_| char::from(alphabet[self.draw(alphabet.len())])).collect()
    }

    /// Words and blanks of so many bytes.
    pub(super) fn filler(&mut self, bytes: usize) -> String {
        (0..bytes).map(|place| if (place + bytes) % 7 == 6 { ' ' } else { 'n' }).collect()
    }

    /// The next body: of most the size is small, and a few are larger than a tile.
    pub(super) fn next(&mut self) -> String {
        let parts = match self.draw(100) {
            0 => 200 + self.draw(800),
            1..10 => 30 + self.draw(60),
            _ => self.draw(8),
        };
        let mut body = String::new();
        for _part in 0..parts {
            match self.draw(6) {
                0 | 1 => body += self.one_of(WORDS),
                2 => body += &self.noise(),
                3 => {
                    let bytes = self.draw(120);
                    body += &self.filler(bytes);
                }
                _ => {
                    body += &self.number();
                    body += self.one_of(WORDS);
                }
            }
        }
        body
    }
}
