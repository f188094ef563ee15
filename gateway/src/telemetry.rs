//! What operators see: counters for Prometheus. No content, no names of persons (E8).

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use inland_kernels::cuda;
use inland_policies::Class;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: &'static str,
    status: u16,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tried {
    backend: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPartition {
    partition: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Round {
    partition: String,
    outcome: &'static str,
}

/// How copies of the log come along.
#[derive(Default)]
struct Shipping {
    records: Family<OfPartition, Gauge>,
    lag_records: Family<OfPartition, Gauge>,
    lag_seconds: Family<OfPartition, Gauge>,
    alarm: Family<OfPartition, Gauge>,
    rounds: Family<Round, Counter>,
}

impl Shipping {
    fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("audit_ship");
        registry.register(
            "records",
            "Records that the checkpoint in the bucket covers",
            self.records.clone(),
        );
        registry.register(
            "lag_records",
            "Signed records of the log that the bucket does not have",
            self.lag_records.clone(),
        );
        registry.register(
            "lag_seconds",
            "For how long the bucket has lacked records",
            self.lag_seconds.clone(),
        );
        registry.register(
            "alarm",
            "1 while the bucket holds something else than the log wrote",
            self.alarm.clone(),
        );
        registry.register("rounds", "Attempts to bring a copy up to date, by outcome", self.rounds.clone());
    }
}

struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    attempts: Family<Tried, Counter>,
    redactions: Family<Taken, Counter>,
    unauthenticated: Family<Why, Counter>,
    seconds: Histogram,
    in_flight: Gauge,
    reloads: Counter,
    reload_failures: Counter,
    generation_is_newest: Gauge<i64>,
    policy_revision: Gauge,
    policy_refusals: Family<Code, Counter>,
    policy_polls: Family<Outcome, Counter>,
    shadow: Family<Outcome, Counter>,
    audit_signatures_failed: Counter,
    audit_witness_missing: Family<OfPartition, Gauge>,
    device: Device,
    shipping: Shipping,
}

/// What a GPU does that reads texts. The engine counts; a page shows what it has counted.
#[derive(Default)]
struct Device {
    serves: Gauge,
    texts: Gauge,
    bytes: Gauge,
    errors: Gauge,
    to_cpu: Family<Why, Gauge>,
}

impl Device {
    fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("detection_device");
        registry.register(
            "serves",
            "1 while a GPU takes texts, 0 without one or after it failed",
            self.serves.clone(),
        );
        registry.register("texts", "Texts that a GPU has read", self.texts.clone());
        registry.register("text_bytes", "Bytes of the texts that a GPU has read", self.bytes.clone());
        registry.register(
            "errors",
            "Faults of the GPU; after the first it gets no more texts",
            self.errors.clone(),
        );
        registry.register("to_cpu", "Texts that the processor read instead, by reason", self.to_cpu.clone());
    }

    fn set(&self, status: &cuda::Status) {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.serves.set(i64::from(status.device.is_some() && status.quarantined.is_none()));
        self.texts.set(gauge(status.texts));
        self.bytes.set(gauge(status.bytes));
        self.errors.set(gauge(status.device_errors));
        let cuda::ToCpu { small, large, full, overflow, failed, quarantined } = status.to_cpu;
        for (reason, count) in [
            ("small", small),
            ("large", large),
            ("full", full),
            ("overflow", overflow),
            ("failed", failed),
            ("quarantined", quarantined),
        ] {
            self.to_cpu.get_or_create(&Why { reason }).set(gauge(count));
        }
    }
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let mut metrics = Metrics {
        registry: Registry::with_prefix("inland"),
        requests: Family::default(),
        attempts: Family::default(),
        redactions: Family::default(),
        unauthenticated: Family::default(),
        // From a cached refusal to a long answer.
        seconds: Histogram::new([
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0, 30.0,
        ]),
        in_flight: Gauge::default(),
        reloads: Counter::<u64, AtomicU64>::default(),
        reload_failures: Counter::<u64, AtomicU64>::default(),
        generation_is_newest: Gauge::default(),
        policy_revision: Gauge::default(),
        policy_refusals: Family::default(),
        policy_polls: Family::default(),
        shadow: Family::default(),
        audit_signatures_failed: Counter::<u64, AtomicU64>::default(),
        audit_witness_missing: Family::default(),
        device: Device::default(),
        shipping: Shipping::default(),
    };
    metrics.generation_is_newest.set(1);
    metrics.device.register(&mut metrics.registry);
    metrics.shipping.register(&mut metrics.registry);
    let registry = &mut metrics.registry;
    registry.register("requests", "Requests by route, status and refusal code", metrics.requests.clone());
    registry.register("attempts", "Attempts at backends by outcome", metrics.attempts.clone());
    registry.register("redactions", "Findings that were taken out, by class", metrics.redactions.clone());
    registry.register(
        "unauthenticated",
        "Requests without a credential that holds",
        metrics.unauthenticated.clone(),
    );
    registry.register_with_unit(
        "head",
        "Time to the head of an answer",
        Unit::Seconds,
        metrics.seconds.clone(),
    );
    registry.register("in_flight", "Requests being worked on", metrics.in_flight.clone());
    registry.register("reloads", "Generations put in force", metrics.reloads.clone());
    registry.register(
        "reload_failures",
        "Configurations or policies that were refused",
        metrics.reload_failures.clone(),
    );
    registry.register(
        "generation_is_newest",
        "1 while the files on disk are the ones in force, 0 after a reload was refused",
        metrics.generation_is_newest.clone(),
    );
    registry.register("policy_revision", "Revision of the policy in force", metrics.policy_revision.clone());
    registry.register(
        "policy_refusals",
        "Bundles that were refused, by reason",
        metrics.policy_refusals.clone(),
    );
    registry.register("policy_polls", "Questions for a new bundle, by outcome", metrics.policy_polls.clone());
    registry.register(
        "shadow_decisions",
        "Decisions that the shadow policy would have made alike or otherwise",
        metrics.shadow.clone(),
    );
    registry.register(
        "audit_signatures_failed",
        "Times that an external signer gave no signature for a checkpoint of the log",
        metrics.audit_signatures_failed.clone(),
    );
    registry.register(
        "audit_witness_missing",
        "Cosignatures that the newest checkpoint of a partition lacks for its quorum, too long already",
        metrics.audit_witness_missing.clone(),
    );
    metrics
});

/// Counts an answered or refused request.
pub fn request(route: &'static str, status: u16, code: &'static str, took: Duration) {
    METRICS.requests.get_or_create(&Request { route, status, code }).inc();
    METRICS.seconds.observe(took.as_secs_f64());
}

/// Counts an attempt at a backend.
pub fn attempt(backend: &str, outcome: &'static str) {
    METRICS.attempts.get_or_create(&Tried { backend: backend.to_owned(), outcome }).inc();
}

/// Counts what was taken out of a request.
pub fn redacted(counts: &BTreeMap<Class, u32>) {
    for (class, count) in counts {
        METRICS.redactions.get_or_create(&Taken { class: class.name() }).inc_by(u64::from(*count));
    }
}

/// Counts a request without a credential that holds.
pub fn unauthenticated(reason: &'static str) {
    METRICS.unauthenticated.get_or_create(&Why { reason }).inc();
}

/// Counts a reload.
pub fn reloaded(succeeded: bool) {
    if succeeded { &METRICS.reloads } else { &METRICS.reload_failures }.inc();
    METRICS.generation_is_newest.set(i64::from(succeeded));
}

/// Notes which policy is in force.
pub fn policy(revision: u64) {
    METRICS.policy_revision.set(i64::try_from(revision).unwrap_or(i64::MAX));
}

/// Counts a bundle that was refused.
pub fn policy_refused(code: &'static str) {
    METRICS.policy_refusals.get_or_create(&Code { code }).inc();
}

/// Counts a question for a new bundle.
pub fn polled(outcome: &'static str) {
    METRICS.policy_polls.get_or_create(&Outcome { outcome }).inc();
}

/// Counts a decision that the shadow policy was asked for too.
pub fn shadow(differs: bool) {
    METRICS.shadow.get_or_create(&Outcome { outcome: if differs { "differs" } else { "same" } }).inc();
}

/// Counts an external signer that did not sign.
pub fn audit_signature_failed() {
    METRICS.audit_signatures_failed.inc();
}

/// Notes how many cosignatures a partition has lacked for too long; none is good.
pub fn audit_witness_missing(partition: &str, missing: usize) {
    let gauge = METRICS.audit_witness_missing.get_or_create(&OfPartition { partition: partition.to_owned() });
    gauge.set(i64::try_from(missing).unwrap_or(i64::MAX));
}

/// Notes how far a partition's copy is behind.
pub fn ship_lag(partition: &str, shipped: u64, records: u64, behind: Duration) {
    let partition = || OfPartition { partition: partition.to_owned() };
    let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    METRICS.shipping.records.get_or_create(&partition()).set(gauge(shipped));
    METRICS.shipping.lag_records.get_or_create(&partition()).set(gauge(records));
    METRICS.shipping.lag_seconds.get_or_create(&partition()).set(gauge(behind.as_secs()));
}

/// Notes whether a bucket holds something else than this log wrote.
pub fn ship_alarm(partition: &str, alarm: bool) {
    let partition = OfPartition { partition: partition.to_owned() };
    METRICS.shipping.alarm.get_or_create(&partition).set(i64::from(alarm));
}

/// Counts an attempt to bring a copy up to date.
pub fn ship_round(partition: &str, outcome: &'static str) {
    METRICS.shipping.rounds.get_or_create(&Round { partition: partition.to_owned(), outcome }).inc();
}

/// A request being worked on, as long as this lives.
pub struct InFlight(());

impl InFlight {
    /// One more.
    pub fn enter() -> InFlight {
        METRICS.in_flight.inc();
        InFlight(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        METRICS.in_flight.dec();
    }
}

/// All of it, in the OpenMetrics text format, with what reads the texts.
pub fn page(engine: &cuda::Status) -> String {
    METRICS.device.set(engine);
    let mut page = String::new();
    // Writing to a String does not fail; were it to, an empty page shows it.
    let _ = prometheus_client::encoding::text::encode(&mut page, &METRICS.registry);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_a_gpu_did_and_that_it_was_lost() {
        let mut status =
            cuda::Status { device: Some("a device".into()), texts: 7, ..cuda::Status::default() };
        status.to_cpu.small = 30;
        let served = page(&status);
        for line in [
            "inland_detection_device_serves 1",
            "inland_detection_device_texts 7",
            "inland_detection_device_to_cpu{reason=\"small\"} 30",
        ] {
            assert!(served.lines().any(|found| found == line), "{line}: {served}");
        }
        status.quarantined = Some(cuda::Fault::Timeout(2000));
        status.device_errors = 1;
        let lost = page(&status);
        for line in ["inland_detection_device_serves 0", "inland_detection_device_errors 1"] {
            assert!(lost.lines().any(|found| found == line), "{line}: {lost}");
        }
    }
}
