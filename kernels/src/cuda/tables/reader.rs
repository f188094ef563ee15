//! A second reader of the words: every offset leads into them, every program to its end.

use super::part::*;
use super::*;

/// Words of the operands of an instruction.
fn operands(words: &[u32], place: usize) -> usize {
    let word = |offset: usize| words[place + 3 + offset] as usize;
    let weights = |offset: usize| 1 + (word(offset) >> 8);
    let name = OPERATIONS[words[place] as usize & 0xff].0;
    match name {
        "CHECK_SUM" | "CHECK_DIGITS" => {
            let expected = 1 + weights(1);
            expected + 1 + word(expected).div_ceil(4)
        }
        "CHECK_ZERO" => 1 + weights(1),
        "CHECK_TWICE" => weights(0) + weights(weights(0)),
        "CHECK_REMAINDER" => 3,
        "CHECK_DATE" => 4 + 2 * word(2) + word(3) + if word(1) == 255 { 0 } else { 10 },
        "CHECK_AMONG" | "CHECK_NOT" => 1 + 4 * word(0),
        "CHECK_ONE_OF" => 2,
        "CHECK_LETTER" => 1 + (word(0) + 1).div_ceil(4),
        "CHECK_OWN" | "CHECK_SIGN" => 1,
        _ => 0,
    }
}

/// Follows every way through a program, and gives the instructions of the longest.
fn follow(words: &[u32], place: usize) -> usize {
    let operation = OPERATIONS[words[place] as usize & 0xff].0;
    if operation == "CHECK_ACCEPT" {
        return 1;
    }
    let [fail, next] = [1, 2].map(|offset| words[place + offset] as usize);
    assert!(
        place + 3 + operands(words, place) <= next || operation == "CHECK_JUMP",
        "{operation} at {place}"
    );
    assert!(next > place && next < words.len() && (fail == 0 || fail > place && fail < words.len()));
    1 + follow(words, next).max(if fail == 0 { 0 } else { follow(words, fail) })
}

#[test]
fn every_offset_leads_into_the_words_and_every_program_to_its_end() {
    let words = words().unwrap();
    assert_eq!(words[..3], [MAGIC, VERSION, u32::try_from(words.len()).unwrap()]);
    let index = Index::new();
    let list = words[FORMS] as usize;
    let numbers = (0..=WIDTH).map(|length| (words[NUMBERS] as usize + length, index.of_digits(length)));
    let codes = (0..=LETTERS_MAX).flat_map(|letters| (0..=WIDTH).map(move |length| (letters, length)));
    let codes = codes.map(|(letters, length)| {
        let key = letters * (WIDTH + 1) + length;
        (words[CODES] as usize + key, index.of_code(letters, length))
    });
    let mut longest = 0;
    for (key, entries) in numbers.chain(codes) {
        let (first, end) = (words[key] as usize, words[key + 1] as usize);
        assert_eq!(end - first, entries.len());
        for (entry, &form) in entries.iter().zip(&words[list + first..list + end]) {
            let form = &words[form as usize..];
            let classes: Vec<u8> = form[1..=CLASS_WORDS].iter().flat_map(|word| word.to_le_bytes()).collect();
            assert_eq!(&classes[..form[0] as usize], entry.form.classes.as_bytes());
            let [count, shapes, program] = form[CLASS_WORDS + 1..CLASS_WORDS + 4] else { panic!() };
            match entry.form.grouping {
                Grouping::Free => assert_eq!(count, FREE),
                Grouping::Shapes(known) => {
                    let pairs = words[shapes as usize..].as_chunks::<2>().0.iter().take(count as usize);
                    let read = pairs.map(|&[low, high]| u64::from(low) | u64::from(high) << 32);
                    assert_eq!(read.collect::<Vec<_>>(), known);
                }
            }
            longest = longest.max(follow(&words, program as usize));
        }
    }
    assert!(longest <= STEPS_MAX, "{longest}");
}

#[test]
fn accounts_cards_and_creditors_are_those_of_the_crate() {
    let words = words().unwrap();
    for &(country, structure) in iban::REGISTRY {
        let at = words[words[IBANS] as usize + country_rank(country).unwrap()] as usize;
        let mut place = 0;
        for part in structure.split_inclusive(['n', 'a', 'c']) {
            let (count, class) = part.split_at(part.len() - 1);
            for _character in 0..count.parse().unwrap() {
                let bits = words[at + 1 + place / 16] >> (place % 16 * 2) & 3;
                assert_eq!(["", "n", "a", "c"][bits as usize], class, "{structure}");
                place += 1;
            }
        }
        assert_eq!(words[at] as usize, place);
    }
    let cards = &words[words[CARDS] as usize..];
    for (range, read) in card::BRANDS.iter().zip(cards[1..=cards[0] as usize * 3].as_chunks::<3>().0) {
        assert_eq!([range.first, range.last, range.lengths], *read);
    }
    let creditors = &words[words[CREDITORS] as usize..][..676];
    assert_eq!(creditors.iter().filter(|&&word| word != 0).count(), creditor::COUNTRIES.len());
    assert_eq!(creditors[country_rank(*b"DE").unwrap()], 18 << 8 | 1);
}

#[test]
fn what_has_no_room_in_its_field_makes_no_words() {
    use crate::number::Check;
    let program = |checks: &[Check]| Blob::default().program(checks).unwrap_err();
    assert_eq!(program(&[Check::Luhn { from: 20, length: 20 }]).0, "a check reads beyond the longest number");
    assert_eq!(program(&[Check::Zero { weights: [0; WIDTH], modulus: 0 }]).0, "a modulus is positive");
    let large = Check::Remainder {
        lead: 0,
        from: 0,
        length: 1,
        modulus: 1 << 40,
        complement: false,
        at: 0,
        width: 1,
    };
    assert_eq!(program(&[large]).0, "a remainder does not fit");
    let many: Vec<Check> = (0..STEPS_MAX).map(Check::Length).collect();
    assert_eq!(program(&many).0, "a program is too long");
}
