//! Checks as programs: instructions that lead forward, to the next if they hold and elsewhere if not.
//!
//! Invariant: a program has at most [`STEPS_MAX`] instructions on any way through it, and each of them reads
//! characters that a number can have.

use super::{Blob, Unfit, fit};
use crate::number::check::{Check, Date, NEVER, WIDTH, Weights, value};
use crate::number::own::Own;

/// Instructions of the longest way through a program.
pub(crate) const STEPS_MAX: usize = 64;
/// The device adds up remainders in 32 bits: a modulus times a hundred fits.
const MODULUS_MAX: u64 = 1 << 24;

const ACCEPT: u32 = 0;
const SUM: u32 = 1;
const DIGITS: u32 = 2;
const ZERO: u32 = 3;
const TWICE: u32 = 4;
const LUHN: u32 = 5;
const ISO_11: u32 = 6;
const REMAINDER: u32 = 7;
const DATE: u32 = 8;
const AMONG: u32 = 9;
const NOT: u32 = 10;
const ONE_OF: u32 = 11;
const MIXED: u32 = 12;
const LETTER: u32 = 13;
const LENGTH: u32 = 14;
const OWN: u32 = 15;
const JUMP: u32 = 16;
const NEVER_HOLDS: u32 = 17;
const SIGN: u32 = 18;

/// The names that the device has for the instructions.
#[cfg(test)]
pub(crate) const OPERATIONS: [(&str, u32); 19] = [
    ("CHECK_ACCEPT", ACCEPT),
    ("CHECK_SUM", SUM),
    ("CHECK_DIGITS", DIGITS),
    ("CHECK_ZERO", ZERO),
    ("CHECK_TWICE", TWICE),
    ("CHECK_LUHN", LUHN),
    ("CHECK_ISO_11", ISO_11),
    ("CHECK_REMAINDER", REMAINDER),
    ("CHECK_DATE", DATE),
    ("CHECK_AMONG", AMONG),
    ("CHECK_NOT", NOT),
    ("CHECK_ONE_OF", ONE_OF),
    ("CHECK_MIXED", MIXED),
    ("CHECK_LETTER", LETTER),
    ("CHECK_LENGTH", LENGTH),
    ("CHECK_OWN", OWN),
    ("CHECK_JUMP", JUMP),
    ("CHECK_NEVER", NEVER_HOLDS),
    ("CHECK_SIGN", SIGN),
];

/// The rules that the device has code for, and its names for them.
pub(crate) const OWN_RULES: [(&str, Own); 28] = [
    ("OWN_DE_IDNR", Own::DeIdnr),
    ("OWN_DE_SVNR", Own::DeSvnr),
    ("OWN_DE_KVNR", Own::DeKvnr),
    ("OWN_FR_NIR", Own::FrNir),
    ("OWN_FR_TVA", Own::FrTva),
    ("OWN_FR_RIB", Own::FrRib),
    ("OWN_IT_CODICE_FISCALE", Own::ItCodiceFiscale),
    ("OWN_NO_CENTURY", Own::NoCentury),
    ("OWN_FI_HETU", Own::FiHetu),
    ("OWN_ES_NIE", Own::EsNie),
    ("OWN_ES_NIF", Own::EsNif),
    ("OWN_ES_CIF", Own::EsCif),
    ("OWN_CY_VAT", Own::CyVat),
    ("OWN_GB_NINO", Own::GbNino),
    ("OWN_GB_VAT", Own::GbVat),
    ("OWN_GB_UPN", Own::GbUpn),
    ("OWN_IE_PPS", Own::IePps),
    ("OWN_IE_VAT", Own::IeVat),
    ("OWN_LU_VERHOEFF", Own::LuVerhoeff),
    ("OWN_LV_PVN", Own::LvPvn),
    ("OWN_MOD_97", Own::Mod97),
    ("OWN_PL_NRB", Own::PlNrb),
    ("OWN_CH_ESR", Own::ChEsr),
    ("OWN_BY_UNP", Own::ByUnp),
    ("OWN_TR_VKN", Own::TrVkn),
    ("OWN_RO_ONRC", Own::RoOnrc),
    ("OWN_PT_CC", Own::PtCc),
    ("OWN_RO_CUI", Own::RoCui),
];

/// The device's number of a rule; nothing for one that it has no code for, which then always holds there.
pub(crate) fn own_number(own: Own) -> Option<u32> {
    (1..).zip(OWN_RULES).find(|&(_, (_, known))| known == own).map(|(number, _)| number)
}

/// Which characters an instruction reads.
#[derive(Clone, Copy, Default)]
struct Fields {
    at: usize,
    from: usize,
    length: usize,
}

impl Blob {
    /// The program of checks of which all must hold.
    pub(super) fn program(&mut self, checks: &[Check]) -> Result<u32, Unfit> {
        let here = self.here()?;
        if steps(checks) > STEPS_MAX {
            return Err(Unfit("a program is too long"));
        }
        // Where nothing else is tried a check that fails leads to 0, which is no place: the number is none.
        self.sequence(checks)?;
        self.words.push(ACCEPT);
        Ok(here)
    }

    /// Gives the words that must say where to go on if one of them fails.
    fn sequence(&mut self, checks: &[Check]) -> Result<Vec<usize>, Unfit> {
        let mut fails = Vec::new();
        for check in checks {
            // A rule that the device has no code for is the host's to ask.
            let unknown = matches!(check, Check::Own(own) if own_number(*own).is_none());
            if let Check::Any(all) = check {
                fails.extend(self.any(all)?);
            } else if !unknown {
                fails.push(self.instruction(check)?);
            }
        }
        Ok(fails)
    }

    fn any(&mut self, all: &[&[Check]]) -> Result<Vec<usize>, Unfit> {
        let (mut ends, mut fails) = (Vec::new(), Vec::new());
        if all.is_empty() {
            fails.push(self.open(NEVER_HOLDS, Fields::default())?);
            self.close()?;
        }
        for checks in all {
            let here = self.here()?;
            fails.drain(..).for_each(|fail| self.set(fail, here));
            fails = self.sequence(checks)?;
            ends.push(self.open(JUMP, Fields::default())? + 1);
        }
        let here = self.here()?;
        ends.into_iter().for_each(|end| self.set(end, here));
        Ok(fails)
    }

    /// Writes the head of an instruction: the word that must say where to go on if it fails.
    fn open(&mut self, operation: u32, fields: Fields) -> Result<usize, Unfit> {
        let Fields { at, from, length } = fields;
        if at >= WIDTH || from + length > WIDTH {
            return Err(Unfit("a check reads beyond the longest number"));
        }
        let [at, from, length] = [at, from, length].map(|place| u32::try_from(place).unwrap_or(u32::MAX));
        self.words.push(operation | at << 8 | from << 16 | length << 24);
        let fail = self.words.len();
        self.words.extend([0, 0]);
        self.open = fail + 1;
        Ok(fail)
    }

    /// What is behind the instruction that was opened last is what follows it.
    fn close(&mut self) -> Result<(), Unfit> {
        let here = self.here()?;
        self.set(self.open, here);
        Ok(())
    }

    fn instruction(&mut self, check: &Check) -> Result<usize, Unfit> {
        let span = |from: &usize, length: &usize| Fields { at: 0, from: *from, length: *length };
        let place = |at: &usize| Fields { at: *at, ..Fields::default() };
        let fail = match check {
            Check::Sum { weights, modulus, expected, at } => {
                let fail = self.open(SUM, place(at))?;
                self.expected(weights, *modulus, expected)?;
                fail
            }
            Check::Digits { weights, modulus, expected, at } => {
                let fail = self.open(DIGITS, place(at))?;
                self.expected(weights, *modulus, expected)?;
                fail
            }
            Check::Zero { weights, modulus } => {
                let fail = self.open(ZERO, Fields::default())?;
                self.words.push(positive(*modulus)?);
                self.weights(weights);
                fail
            }
            Check::Twice { first, second, at } => {
                let fail = self.open(TWICE, place(at))?;
                self.weights(first);
                self.weights(second);
                fail
            }
            Check::Luhn { from, length } => self.open(LUHN, span(from, length))?,
            Check::Iso11 { from, length } => self.open(ISO_11, span(from, length))?,
            Check::Remainder { lead, from, length, modulus, complement, at, width } => {
                let fail = self.open(REMAINDER, Fields { at: *at, from: *from, length: *length })?;
                self.remainder(*lead, *modulus, *complement, at + width, *width)?;
                fail
            }
            Check::Date(date) => {
                let fail = self.open(DATE, Fields::default())?;
                self.date(date)?;
                fail
            }
            Check::Among { from, length, ranges } => {
                let fail = self.open(AMONG, span(from, length))?;
                self.ranges(ranges)?;
                fail
            }
            Check::Not { from, length, ranges } => {
                let fail = self.open(NOT, span(from, length))?;
                self.ranges(ranges)?;
                fail
            }
            Check::OneOf { at, characters } => {
                let fail = self.open(ONE_OF, place(at))?;
                let bit = |byte: u8| 1u64.checked_shl(u32::from(value(byte))).ok_or(Unfit("no character"));
                let known = characters.bytes().try_fold(0, |bits, byte| Ok(bits | bit(byte)?))?;
                self.long(known);
                fail
            }
            Check::Mixed { from, length } => self.open(MIXED, span(from, length))?,
            Check::Letter { from, length, letters, at } => {
                let fail = self.open(LETTER, Fields { at: *at, from: *from, length: *length })?;
                self.words.push(fit(letters.len().max(1), "more letters than a word counts")?);
                self.bytes(letters.iter().copied().chain([NEVER]));
                fail
            }
            Check::Length(length) => self.open(LENGTH, Fields { length: *length, ..Fields::default() })?,
            Check::Sign(sign) => {
                let fail = self.open(SIGN, Fields::default())?;
                self.words.push(u32::from(*sign));
                fail
            }
            Check::Own(own) => {
                let fail = self.open(OWN, Fields::default())?;
                self.words.push(own_number(*own).unwrap_or(0));
                fail
            }
            // A sequence takes it apart.
            Check::Any(_) => return Err(Unfit("alternatives are no instruction")),
        };
        self.close()?;
        Ok(fail)
    }

    /// First and number of those that count, and each of them.
    fn weights(&mut self, weights: &Weights) {
        let first = weights.iter().position(|&weight| weight != 0).unwrap_or(0);
        let end = weights.iter().rposition(|&weight| weight != 0).map_or(first, |last| last + 1);
        let word = u32::try_from(first | (end - first) << 8).unwrap_or(0);
        self.words.push(word);
        let all = weights.iter().take(end).skip(first);
        self.words.extend(all.map(|&weight| i32::from(weight).cast_unsigned()));
    }

    fn expected(&mut self, weights: &Weights, modulus: i32, expected: &[u8]) -> Result<(), Unfit> {
        self.words.push(positive(modulus)?);
        self.weights(weights);
        self.words.push(fit(expected.len(), "more characters than a word counts")?);
        self.bytes(expected.iter().copied());
        Ok(())
    }

    fn remainder(
        &mut self,
        lead: u64,
        modulus: u64,
        complement: bool,
        end: usize,
        width: usize,
    ) -> Result<(), Unfit> {
        if modulus == 0 || modulus > MODULUS_MAX || end > WIDTH {
            return Err(Unfit("a remainder does not fit"));
        }
        let width = fit(width, "a remainder does not fit")?;
        for value in [lead % modulus, modulus] {
            self.words.push(u32::try_from(value).map_err(|_| Unfit("a remainder does not fit"))?);
        }
        self.words.push(u32::from(complement) | width << 8);
        Ok(())
    }

    fn ranges(&mut self, ranges: &[(u64, u64)]) -> Result<(), Unfit> {
        self.words.push(fit(ranges.len(), "more ranges than a word counts")?);
        for &(first, last) in ranges {
            self.long(first);
            self.long(last);
        }
        Ok(())
    }

    fn date(&mut self, date: &Date) -> Result<(), Unfit> {
        let Date { year, year_digits, month, day, months, days, century } = date;
        let places = [*year, *year_digits, *month, *day];
        if year + year_digits > WIDTH || month + 2 > WIDTH || day + 2 > WIDTH {
            return Err(Unfit("a date reads beyond the longest number"));
        }
        let small = |value: u64| u32::try_from(value).map_err(|_| Unfit("a date does not fit"));
        self.bytes(places.map(|place| u8::try_from(place).unwrap_or(u8::MAX)));
        let told = century.map_or(usize::from(NEVER), |(place, _)| place);
        if century.is_some_and(|(place, _)| place >= WIDTH) {
            return Err(Unfit("a date reads beyond the longest number"));
        }
        for count in [told, months.len(), days.len()] {
            self.words.push(fit(count, "a date does not fit")?);
        }
        for &(offset, of_month) in *months {
            self.words.extend([small(offset)?, small(of_month)?]);
        }
        for &offset in *days {
            self.words.push(small(offset)?);
        }
        for &century in century.iter().flat_map(|(_, centuries)| centuries) {
            self.words.push(small(century)?);
        }
        Ok(())
    }
}

fn positive(modulus: i32) -> Result<u32, Unfit> {
    u32::try_from(modulus).ok().filter(|&modulus| modulus > 0).ok_or(Unfit("a modulus is positive"))
}

/// Instructions on the longest way, and one for the end.
fn steps(checks: &[Check]) -> usize {
    let of_one = |check: &Check| {
        if let Check::Any(all) = check {
            all.iter().map(|checks| steps(checks)).sum::<usize>().max(1)
        } else {
            1
        }
    };
    1 + checks.iter().map(of_one).sum::<usize>()
}
