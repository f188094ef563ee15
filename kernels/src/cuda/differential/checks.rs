//! Every form of every scheme: the device's interpreter and the CPU's checks agree on numbers of its classes.

use super::bodies::{Bodies, ORACLE};
use super::runner::Runner;
use super::slot::word;
use crate::cuda::tables::{self, part::FORMS};
use crate::cuda::twin;
use crate::number::check::{Characters, NEVER, WIDTH, value};
use crate::number::index::{Entry, LETTERS_MAX};
use crate::number::{Grouping, Index};

/// Random numbers of each form.
const CANDIDATES: usize = 3_000;

/// Kinds with a form of which neither chance nor the oracle has a valid number.
const UNMET: &[&str] = &["ba.jmbg", "lu.matricule", "fr.nir", "ro.onrc"];

/// Every key of the index with where its forms start in the list.
fn keys(index: &Index) -> Vec<&[Entry]> {
    let numbers = (0..=WIDTH).map(|length| index.of_digits(length));
    let codes = (0..=LETTERS_MAX).flat_map(|letters| (0..=WIDTH).map(move |length| (letters, length)));
    numbers.chain(codes.map(|(letters, length)| index.of_code(letters, length))).collect()
}

/// Valid numbers of the scheme that have the form's length.
fn known(entry: &Entry) -> Vec<Vec<u8>> {
    let of_scheme =
        ORACLE.lines().filter_map(|line| line.strip_prefix(entry.scheme.kind)?.strip_prefix('\t'));
    let values = of_scheme
        .flat_map(|line| line.split('\t'))
        .map(|number| number.bytes().map(value).filter(|&value| value != NEVER).collect::<Vec<u8>>());
    values.filter(|values| values.len() == entry.form.classes.len()).collect()
}

/// A number of the form's classes, with a sign and a shape that may be its own: random, or nearly a known one.
fn candidate(bodies: &mut Bodies, entry: &Entry, known: &[Vec<u8>]) -> (Characters, u64, bool) {
    let mut characters = Characters { length: entry.form.classes.len(), ..Characters::default() };
    let near = if bodies.draw(2) == 0 { known.get(bodies.draw(known.len())) } else { None };
    let changed = [bodies.draw(2 * characters.length), bodies.draw(2 * characters.length)];
    for (place, (slot, class)) in characters.values.iter_mut().zip(entry.form.classes.bytes()).enumerate() {
        if let Some(known) = near.filter(|_| !changed.contains(&place)) {
            *slot = known[place];
            continue;
        }
        let drawn = match class {
            b'0' => bodies.draw(10),
            b'A' => 10 + bodies.draw(26),
            b'*' => bodies.draw(36),
            letter => usize::from(letter - b'a') + 10,
        };
        *slot = u8::try_from(drawn).unwrap();
    }
    if bodies.draw(50) == 0 {
        characters.values[bodies.draw(characters.length)] = u8::try_from(bodies.draw(36)).unwrap();
    }
    characters.has_letters = characters.values.iter().any(|&value| value >= 10);
    characters.sign = [0, b' ', b'-', b'.', b'/', b'+'][bodies.draw(6)];
    let shape = match entry.form.grouping {
        Grouping::Shapes(shapes) if !shapes.is_empty() => shapes[bodies.draw(shapes.len())],
        Grouping::Free | Grouping::Shapes(_) => 0x0304,
    };
    (characters, shape ^ u64::from(bodies.draw(20) == 0), characters.sign == 0 || bodies.draw(3) == 0)
}

#[test]
fn the_interpreter_of_the_device_holds_what_the_checks_hold() {
    let index = Index::new();
    let words = tables::words().unwrap();
    let list = &words[words[FORMS] as usize..];
    let mut bodies = Bodies::new(3);
    let mut seen = std::collections::BTreeSet::new();
    for (entry, &form) in keys(&index).into_iter().flatten().zip(list) {
        if !seen.insert(std::ptr::from_ref(entry.form)) {
            continue;
        }
        let known = known(entry);
        let drawn: Vec<_> = (0..CANDIDATES).map(|_| candidate(&mut bodies, entry, &known)).collect();
        let requests: Vec<[u32; 14]> =
            drawn.iter().map(|(all, shape, unbroken)| request(form, all, *shape, *unbroken)).collect();
        let answers = Runner::with(|runner| runner.checks(&requests, 2));
        let mut held = 0;
        for ((all, shape, unbroken), answer) in drawn.iter().zip(answers) {
            assert_eq!(
                answer,
                twin::is_of_form(entry, all, *shape, *unbroken),
                "{} {:?} {shape:x} {}",
                entry.scheme.kind,
                all.values,
                all.sign
            );
            held += usize::from(answer);
        }
        let met = held > 0 || UNMET.contains(&entry.scheme.kind);
        assert!(met, "{} {}: no number shows that it can hold", entry.scheme.kind, entry.form.classes);
    }
}

fn request(form: u32, all: &Characters, shape: u64, unbroken: bool) -> [u32; 14] {
    let mut values = [0u8; 32];
    values[..WIDTH].copy_from_slice(&all.values);
    let mut words = [0; 14];
    let [low, high] = [shape & u64::from(u32::MAX), shape >> 32].map(|half| u32::try_from(half).unwrap());
    let head = [form, word(all.length), u32::from(all.sign), low, high, u32::from(unbroken)];
    words[..6].copy_from_slice(&head);
    for (word, four) in words[6..].iter_mut().zip(values.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*four);
    }
    words
}
