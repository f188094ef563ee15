//! The handle: what an engine holds of a device, and the way of a text to it and back.
//!
//! Invariant: whatever happens to the device, a caller has the findings that the processor alone would
//! give it, after a bounded time. Nothing waits for a slot: without one the caller reads its text itself.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::batch::{Answer, Part, Place};
use super::cost::{Cost, Routing, Sample};
use super::device::Device;
use super::fault::{Fault, Unavailable};
use super::lanes::Lanes;
use super::owner::{Owner, Watch};
use super::probe::{Driver, probe};
use super::ring::{Limits, Refused, Ring};
use super::slot::SLOT_BYTES_MAX;
use super::status::{Counters, Reason, Status};
use super::tables;
use crate::Finding;
use crate::scan::{self, Tables};

/// How a device is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// Slots of the ring, 4 to 8: so many batches wait or are under way.
    pub slots: usize,
    /// Bytes of a slot, a multiple of 4096, up to 4 MiB: longer texts are read on the processor.
    pub slot_bytes: usize,
    /// So many bytes are a batch, also while the device is busy.
    pub batch_bytes: usize,
    /// No text waits longer for others to join it.
    pub age_max: Duration,
    /// A device that does not answer within this time is lost.
    pub timeout: Duration,
    /// Who reads a text.
    pub routing: Routing,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            slots: 6,
            slot_bytes: SLOT_BYTES_MAX,
            batch_bytes: 1 << 20,
            age_max: Duration::from_micros(50),
            timeout: Duration::from_secs(2),
            routing: Routing::Measured,
        }
    }
}

impl Options {
    fn check(&self) -> Result<(), Unavailable> {
        let tiled = self.slot_bytes.is_multiple_of(4096) && self.slot_bytes > 0;
        if !(4..=8).contains(&self.slots) {
            Err(Unavailable::Options("a ring has 4 to 8 slots"))
        } else if !tiled || self.slot_bytes > SLOT_BYTES_MAX {
            Err(Unavailable::Options("a slot has a multiple of 4096 bytes, at most 4 MiB"))
        } else if self.timeout.is_zero() || self.timeout > Duration::from_secs(60) {
            Err(Unavailable::Options("a device has up to a minute to answer, and not no time"))
        } else {
            Ok(())
        }
    }
}

/// A device that takes texts.
pub(crate) struct Cuda {
    ring: Arc<Ring>,
    counters: Arc<Counters>,
    lanes: Lanes,
    cost: Option<Cost>,
    name: String,
    patience: Duration,
    owner: Option<JoinHandle<()>>,
}

impl Cuda {
    /// Looks for a device, starts its owner, tests what it finds and measures what it costs.
    pub(crate) fn open(options: &Options, tables: &Tables) -> Result<Cuda, Unavailable> {
        options.check()?;
        let driver = probe()?;
        let mut cuda = Cuda::start(options, driver)?;
        cuda.test(tables)?;
        if options.routing == Routing::Measured {
            cuda.cost = Some(cuda.measure(tables)?);
        }
        cuda.counters.reset();
        Ok(cuda)
    }

    fn start(options: &Options, driver: Driver) -> Result<Cuda, Unavailable> {
        let ring = Arc::new(Ring::new(Limits {
            slots: options.slots,
            slot_bytes: options.slot_bytes,
            batch_bytes: options.batch_bytes,
            age_max: options.age_max,
            flying_max: 2,
        }));
        let counters = Arc::new(Counters::default());
        let (ready, started) = mpsc::sync_channel(1);
        let (slots, bytes, timeout) = (options.slots, options.slot_bytes, options.timeout);
        let (watch, own, counts) = (Watch(Arc::clone(&ring)), Arc::clone(&ring), Arc::clone(&counters));
        let (name, blob) = (driver.name.clone(), tables::words()?);
        let work = move || {
            let _watch = watch;
            match Device::new(&driver, &blob, slots, bytes) {
                Ok(device) => {
                    // Whoever waits for it is there: `start` does not return before.
                    let _ = ready.send(Ok(device.lanes()));
                    Owner::new(device, own, counts, timeout).run();
                }
                Err(fault) => drop(ready.send(Err(fault))),
            }
        };
        let thread = std::thread::Builder::new().name("inland-cuda-0".to_owned());
        let owner = thread.spawn(work).map_err(|_| Fault::Stopped)?;
        let lanes = started.recv().unwrap_or(Err(Fault::Stopped));
        let patience = options.timeout.saturating_mul(u32::try_from(options.slots).unwrap_or(8) + 1);
        let lanes = match lanes {
            Ok(lanes) => lanes,
            Err(fault) => {
                let _ = owner.join();
                return Err(fault.into());
            }
        };
        Ok(Cuda { ring, counters, lanes, cost: None, name, patience, owner: Some(owner) })
    }

    /// The findings of one text.
    pub(crate) fn scan(&self, tables: &Tables, text: &str, country: Option<[u8; 2]>, out: &mut Vec<Finding>) {
        let submitted = if self.favours_device(text.len()) { self.submit(text) } else { Err(Reason::Small) };
        let text = Text { text, country };
        match submitted {
            Ok(place) => self.take(tables, text, &place, out),
            Err(reason) => self.on_cpu(tables, text, reason, out),
        }
    }

    /// The findings of each text, for which there is a list in `out`. The caller reads what has no room in the ring while the device reads.
    pub(crate) fn scan_all(&self, tables: &Tables, texts: &[&str], out: &mut [Vec<Finding>]) {
        let total = texts.iter().map(|text| text.len()).fold(0, usize::saturating_add);
        let device = self.favours_device(total);
        let mut waiting: VecDeque<(usize, Place)> = VecDeque::new();
        for (index, (text, found)) in texts.iter().zip(out.iter_mut()).enumerate() {
            match if device { self.submit(text) } else { Err(Reason::Small) } {
                Ok(place) => waiting.push_back((index, place)),
                Err(reason) => self.on_cpu(tables, Text::new(text), reason, found),
            }
        }
        for (index, place) in waiting {
            if let (Some(text), Some(found)) = (texts.get(index), out.get_mut(index)) {
                self.take(tables, Text::new(text), &place, found);
            }
        }
    }

    /// What was done so far.
    pub(crate) fn status(&self) -> Status {
        Status {
            device: Some(self.name.clone()),
            quarantined: self.ring.fault(),
            device_from: self.cost.and_then(|cost| cost.device_from()),
            ..self.counters.status()
        }
    }

    /// Does the device take texts?
    pub(crate) fn is_serving(&self) -> bool {
        self.ring.fault().is_none()
    }

    fn favours_device(&self, bytes: usize) -> bool {
        self.cost.is_none_or(|cost| cost.favours_device(bytes, self.ring.waiting()))
    }

    /// Puts a text into a slot.
    fn submit(&self, text: &str) -> Result<Place, Reason> {
        let place = self.ring.reserve(text.len()).map_err(|refused| match refused {
            Refused::Full => Reason::Full,
            Refused::TooLong => Reason::Large,
            Refused::Quarantined => Reason::Quarantined,
        })?;
        self.lanes.write(&place, text.as_bytes());
        self.ring.written(&place);
        Ok(place)
    }

    /// Waits for what the device says of a text, and finishes it here.
    fn take(&self, tables: &Tables, text: Text<'_>, place: &Place, out: &mut Vec<Finding>) {
        match place.batch.wait(self.patience) {
            Some(Answer::Hits(hits)) => {
                self.counters.on_device(text.text.len());
                text.finish(tables, place, hits, out);
            }
            Some(Answer::Overflow) => self.on_cpu(tables, text, Reason::Overflow, out),
            Some(Answer::Failed) => self.on_cpu(tables, text, Reason::Failed, out),
            None => {
                self.ring.quarantine(Fault::Stopped);
                self.on_cpu(tables, text, Reason::Failed, out);
            }
        }
    }

    fn on_cpu(&self, tables: &Tables, text: Text<'_>, reason: Reason, out: &mut Vec<Finding>) {
        self.counters.on_cpu(reason);
        scan::scan(tables, text.text, text.country, out);
    }

    /// Does the device find what the processor finds?
    fn test(&self, tables: &Tables) -> Result<(), Unavailable> {
        for text in [SAMPLE.repeat(4), SAMPLE.replace(' ', "\u{2009}"), String::new()] {
            let (mut own, mut found) = (Vec::new(), Vec::new());
            scan::scan(tables, &text, None, &mut own);
            self.only_on_device(tables, &text, &mut found)?;
            if own != found {
                return Err(Unavailable::SelfTest);
            }
        }
        Ok(())
    }

    fn measure(&self, tables: &Tables) -> Result<Cost, Unavailable> {
        let (small, large) = (&SAMPLE, SAMPLE.repeat(SAMPLE_BYTES / SAMPLE.len()));
        let mut out = Vec::new();
        let cpu = best_of(|| {
            scan::scan(tables, &large, None, &mut out);
            Ok(())
        })?;
        let launch = best_of(|| self.only_on_device(tables, small, &mut Vec::new()))?;
        let device = best_of(|| self.only_on_device(tables, &large, &mut Vec::new()))?;
        let sample = |bytes, took| Sample { bytes, took };
        Ok(Cost::new(sample(large.len(), cpu), sample(small.len(), launch), sample(large.len(), device)))
    }

    /// An error if the device cannot.
    fn only_on_device(&self, tables: &Tables, text: &str, out: &mut Vec<Finding>) -> Result<(), Unavailable> {
        let place = self.submit(text).map_err(|_| self.ring.fault().unwrap_or(Fault::Stopped))?;
        match place.batch.wait(self.patience) {
            Some(Answer::Hits(hits)) => {
                Text::new(text).finish(tables, &place, hits, out);
                Ok(())
            }
            Some(Answer::Overflow) => Err(Unavailable::SelfTest),
            Some(Answer::Failed) | None => Err(self.ring.fault().unwrap_or(Fault::Stopped).into()),
        }
    }
}

impl Drop for Cuda {
    fn drop(&mut self) {
        // The last handle: nobody writes to a slot or waits for one any more.
        self.ring.stop();
        if let Some(owner) = self.owner.take() {
            let _ = owner.join();
        }
    }
}

impl fmt::Debug for Cuda {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cuda")
            .field("name", &self.name)
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

/// A text, and the country that its subject lives in, where it is known.
#[derive(Clone, Copy)]
struct Text<'t> {
    text: &'t str,
    country: Option<[u8; 2]>,
}

impl Text<'_> {
    fn new(text: &str) -> Text<'_> {
        Text { text, country: None }
    }

    /// Runs the verifiers where the device named places.
    fn finish(self, tables: &Tables, place: &Place, hits: &[u32], out: &mut Vec<Finding>) {
        let part = Part::new(hits, place.start, self.text.len());
        let places = part.hits.iter().map(|&hit| part.place(hit));
        scan::finish(tables, self.text, self.country, places, out);
    }
}

/// The shortest of a few tries: whatever else runs on the machine only makes it longer.
fn best_of(mut work: impl FnMut() -> Result<(), Unavailable>) -> Result<Duration, Unavailable> {
    let (mut best, mut spent) = (Duration::MAX, Duration::ZERO);
    for _ in 0..TRIES {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed());
        spent += start.elapsed();
        if spent > ENOUGH {
            break;
        }
    }
    Ok(best)
}

/// Tries of a measurement, and how much time for them is enough: an engine is made while others wait.
const TRIES: usize = 5;
const ENOUGH: Duration = Duration::from_millis(100);

/// Bytes of a measurement.
const SAMPLE_BYTES: usize = 256 << 10;

/// Prose with an identifier of most kinds: those of examples and specimens.
const SAMPLE: &str = "The patient came in on Monday with chest pain, the ECG was normal. Der Patient wurde in \
    gutem Zustand entlassen. anna@example.org wrote about DE89 3704 0044 0532 0130 00 from 192.0.2.17 and \
    2001:db8::17, paid with 4111 1111 1111 1111, called +44 20 7946 0958, born 20.03.1980, AHV \
    756.9217.0769.85, password=hunter2hunter2 and https://user:secret@example.org/ \
    P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n";
