//! The owner: the one thread that speaks to the device.
//!
//! Invariant: every launch is answered, with what the device found or by failing it; a device that errs or
//! is late gets no more launches. However the thread ends, nobody waits for it any longer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::device::{Device, Load};
use super::fault::Fault;
use super::ring::{Next, Ring};
use super::status::Counters;

/// So long after a launch its answer is looked for without pause.
const EAGER: Duration = Duration::from_micros(200);
/// Looks at the answers between two looks at the ring.
const LOOKS: u32 = 64;
/// Between two looks when an answer takes longer.
const PAUSE: Duration = Duration::from_micros(100);
/// Between two looks at the ring when nothing is under way; it wakes for work and for the end.
const IDLE: Duration = Duration::from_secs(1);
/// So often is a driver asked that answers with errors.
const ERRORS_MAX: u32 = 4;

pub(super) struct Owner {
    device: Device,
    ring: Arc<Ring>,
    counters: Arc<Counters>,
    flights: Vec<Flight>,
    timeout: Duration,
    /// What the device was lost to.
    lost: Option<Fault>,
}

/// A launch under way.
#[derive(Clone, Copy)]
struct Flight {
    load: Load,
    since: Instant,
}

/// Fails everybody who waits, if the thread ends in a way that was not meant.
pub(super) struct Watch(pub(super) Arc<Ring>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.quarantine(Fault::Stopped);
    }
}

impl Owner {
    pub(super) fn new(device: Device, ring: Arc<Ring>, counters: Arc<Counters>, timeout: Duration) -> Owner {
        Owner { device, ring, counters, flights: Vec::new(), timeout, lost: None }
    }

    /// Works until the engine is dropped, then gives everything back.
    pub(super) fn run(mut self) {
        loop {
            match self.ring.next(self.patience()) {
                Next::Launch(load) => self.launch(load),
                Next::Idle => {}
                Next::Stop => break,
            }
            self.look();
        }
        self.close();
    }

    fn patience(&self) -> Duration {
        let latest = self.flights.iter().map(|flight| flight.since).max();
        latest.map_or(IDLE, |since| if since.elapsed() < EAGER { Duration::ZERO } else { PAUSE })
    }

    fn launch(&mut self, load: Load) {
        match self.device.launch(load) {
            Ok(()) => self.flights.push(Flight { load, since: Instant::now() }),
            Err(fault) => self.lose(fault),
        }
    }

    /// Takes what has arrived; asks the driver about what is late.
    fn look(&mut self) {
        for _look in 0..LOOKS {
            if self.flights.is_empty() {
                return;
            }
            if let Err(fault) = self.take_arrived() {
                return self.lose(fault);
            }
            std::hint::spin_loop();
        }
        let late: Vec<Flight> =
            self.flights.iter().filter(|flight| flight.since.elapsed() >= EAGER).copied().collect();
        for flight in late {
            if let Err(fault) = self.ask(flight) {
                return self.lose(fault);
            }
        }
    }

    fn take_arrived(&mut self) -> Result<(), Fault> {
        while let Some(index) = self.flights.iter().position(|flight| self.device.has_arrived(flight.load)) {
            let Flight { load, .. } = self.flights.swap_remove(index);
            let answer = self.device.answer(load)?;
            self.counters.batches.fetch_add(1, Ordering::Relaxed);
            self.ring.landed(load, answer);
        }
        Ok(())
    }

    /// A launch that the driver calls done has sent its sequence: the driver is asked first.
    fn ask(&self, flight: Flight) -> Result<(), Fault> {
        if self.device.is_done(flight.load)? {
            let arrived = self.device.has_arrived(flight.load);
            return arrived.then_some(()).ok_or(Fault::Damaged("it ended without its sequence"));
        }
        let late = flight.since.elapsed() > self.timeout;
        if late { Err(Fault::Timeout(self.timeout.as_millis())) } else { Ok(()) }
    }

    fn lose(&mut self, fault: Fault) {
        self.flights.clear();
        self.counters.device_errors.fetch_add(1, Ordering::Relaxed);
        self.ring.quarantine(fault.clone());
        self.lost = Some(fault);
    }

    /// Gives everything back, when nothing is under way any more. What a device that does not answer may
    /// still write to is left to it.
    fn close(mut self) {
        self.ring.quarantine(Fault::Stopped);
        while self.lost.is_none() && !self.flights.is_empty() {
            self.look();
            std::thread::sleep(PAUSE);
        }
        if self.is_quiet() {
            drop(self.device);
        } else {
            self.device.abandon();
        }
    }

    /// Is nothing under way, also of what was launched before a fault? A driver that only errs cannot say.
    fn is_quiet(&self) -> bool {
        if matches!(self.lost, Some(Fault::Timeout(_) | Fault::Stopped)) {
            return false;
        }
        let until = Instant::now() + self.timeout;
        let mut errors = 0;
        while errors < ERRORS_MAX && Instant::now() < until {
            match self.device.is_quiet() {
                Ok(true) => return true,
                Ok(false) => {}
                Err(_) => errors += 1,
            }
            std::thread::sleep(PAUSE);
        }
        false
    }
}
