//! National numbers: one file a country, each with the full check of its scheme.
//!
//! Invariant: a number is reported when its check digits, and its date where it has one, are right; a
//! missing context word never hides it. The one exception is named in `gb.rs`.

mod ch;
mod de;
mod es;
mod fi;
mod fr;
mod gb;
mod it;
mod no;
mod se;

use crate::context::{Context, Topic};
use crate::digits::Run;
use crate::{Finding, Label};

/// The name of a scheme, its class, its country and the words that speak of it.
pub(crate) struct Scheme {
    kind: &'static str,
    label: Label,
    country: [u8; 2],
    topic: Option<Topic>,
}

/// What a context word makes of a score.
const CONFIRMED: u8 = 100;

impl Scheme {
    fn finding(&self, start: usize, end: usize, score: u8) -> Finding {
        let &Scheme { kind, label, country, .. } = self;
        Finding { start, end, label, kind, country: Some(country), score }
    }
}

/// Numbers that begin with the run's first group and are made of digits, with perhaps a letter inside
/// or at the end.
pub(crate) fn numbers(run: &Run<'_>, context: &mut Context<'_, '_>, out: &mut Vec<Finding>) {
    let base = out.len();
    for written in run.written() {
        let (scheme, score) = match written.digits.len() {
            10 => {
                out.extend(gb::nhs(&written, context));
                (&se::PERSONNUMMER, se::personnummer(&written))
            }
            11 => {
                let score = de::steuer_id(&written);
                out.extend(score.map(|score| de::STEUER_ID.finding(written.start, written.end, score)));
                (&no::FODSELSNUMMER, no::fodselsnummer(&written))
            }
            12 => (&se::PERSONNUMMER, se::personnummer(&written)),
            13 => (&ch::AHV, ch::ahv(&written)),
            15 => (&fr::NIR, fr::nir(&written)),
            _ => continue,
        };
        out.extend(score.map(|score| scheme.finding(written.start, written.end, score)));
    }
    out.extend(fr::corsican_nir(run));
    out.extend(fi::henkilotunnus(run));
    out.extend(es::dni(run, context));
    confirm(out, base, context);
}

/// Codes with a letter in front, whose first digit is at `digit`.
pub(crate) fn codes(text: &[u8], digit: usize, out: &mut Vec<Finding>) {
    out.extend(es::nie(text, digit));
    out.extend(it::codice_fiscale(text, digit));
}

/// Where a number can be read in two ways, the words around it decide.
fn confirm(out: &mut [Finding], base: usize, context: &mut Context<'_, '_>) {
    let Some(readings) = out.get_mut(base..).filter(|readings| readings.len() > 1) else { return };
    for reading in readings {
        let topic = SCHEMES.iter().find(|scheme| scheme.kind == reading.kind).and_then(|scheme| scheme.topic);
        if topic.is_some_and(|topic| context.near(topic, reading.start, reading.end)) {
            reading.score = CONFIRMED;
        }
    }
}

const SCHEMES: &[&Scheme] = &[
    &ch::AHV,
    &de::STEUER_ID,
    &es::DNI,
    &es::NIE,
    &fi::HENKILOTUNNUS,
    &fr::NIR,
    &gb::NHS,
    &it::CODICE_FISCALE,
    &no::FODSELSNUMMER,
    &se::PERSONNUMMER,
];
