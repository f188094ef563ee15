//! What a decision costs at 24 candidates out of 72 endpoints, and what it costs to get ready for it.
//!
//! `cargo bench -p inland-policies`
#![expect(clippy::unwrap_used, reason = "a measuring program fails by panicking")]

use std::sync::{Arc, LazyLock};

use divan::Bencher;
use inland_policies::{Candidates, Class, ClassSet, Decision, PairSpec, Policies, Question, Tenant, Tree};

/// Whose calls: of one under the law alone, and of two with a pack that looks at every fact.
const CALLS: [&str; 3] = ["werk-stuttgart", "hopital-lyon", "bank-zuerich"];
const ENDPOINTS: usize = 72;
const CANDIDATES: usize = 24;

/// Facts of very different kinds, so that most rules find something to say.
const PLACES: [(&str, &str, &str, &str); 8] = [
    ("FR", "[FR]", "[FR]", "[{name: HDS, until: 2029-12-31, scope: endpoint}]"),
    ("DE", "[DE]", "[DE]", "[{name: C5-T2, until: 2029-12-31, scope: endpoint}]"),
    ("CH", "[CH]", "[CH]", "[{name: FINMA-outsourcing, until: 2029-12-31, scope: endpoint}]"),
    ("US", "[US]", "[US, IN]", "[]"),
    ("IE", "{zone: EU}", "unknown", "[{name: HDS, until: 2026-01-31, scope: endpoint}]"),
    ("GB", "[\"NO\"]", "[GB, \"NO\"]", "[]"),
    ("EE", "unbounded", "unknown", "[]"),
    ("IT", "[IT, FR]", "[IT]", "[{name: ACN-QC2, until: 2029-12-31, scope: endpoint}]"),
];

fn provider() -> String {
    let mut text = String::from("bench:\n  name: Bench\n  as_of: 2026-11-23\n  endpoints:\n");
    for (number, (home, places, staff, certs)) in PLACES.iter().cycle().take(ENDPOINTS).enumerate() {
        let days = if number % 3 == 0 { "0" } else { "30" };
        text.push_str(&format!(
            "    e{number}: {{operator: {home}, parents: [{home}], establishments: [{home}], processing: {places}, \
             storage: {places}, remote_access: {staff}, certs: {certs}, retention_days: {days}, evidence: {{operator: D, \
             parents: D, establishments: D, processing: D, storage: D, remote_access: D, certs: D, retention_days: D}}}}\n"
        ));
    }
    text
}

static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
    let tree = Tree::embedded().with("providers/bench.yaml", provider());
    Policies::from_tree(&tree).unwrap()
});

struct Call {
    tenant: &'static Arc<Tenant>,
    classes: ClassSet,
    candidates: Arc<Candidates>,
}

impl Call {
    fn new(tenant: &str, model: &str) -> Call {
        let tenant = POLICIES.tenant(tenant).unwrap();
        let more = ["email", "iban"].into_iter().filter_map(Class::from_name).collect();
        let named: Vec<(String, String)> = (0..CANDIDATES)
            .map(|number| {
                (format!("backend-{number}/{model}"), format!("bench/e{}", number * ENDPOINTS / CANDIDATES))
            })
            .collect();
        let pairs: Vec<PairSpec<'_>> = named.iter().map(|(id, provider)| PairSpec { id, provider }).collect();
        let candidates = POLICIES.candidates(tenant, &pairs).unwrap();
        Call { tenant, classes: tenant.assume().union(more), candidates }
    }

    fn question<'a>(&'a self, groups: &'a [String]) -> Question<'a> {
        Question {
            tenant: self.tenant,
            groups,
            classes: self.classes,
            subjects: &[],
            subjects_complete: false,
            features: &["stream", "tools"],
            use_case: None,
            route: "chat/completions",
            model: "large",
            stream: true,
            candidates: &self.candidates,
            today: time::macros::date!(2026 - 11 - 23),
        }
    }
}

fn main() {
    divan::main();
}

/// A call like none before, among candidates that were judged before today: the usual miss.
#[divan::bench(args = CALLS)]
fn uncached(bencher: Bencher<'_, '_>, tenant: &str) {
    let call = Call::new(tenant, "large");
    let groups = ["staff".to_owned()];
    bencher.bench_local(|| -> Decision { POLICIES.decide_afresh(&call.question(&groups)).unwrap() });
}

/// The first call among candidates on a day: all of the law is held against all of them.
#[divan::bench(args = CALLS, sample_count = 50, sample_size = 1)]
fn first_of_the_day(bencher: Bencher<'_, '_>, tenant: &str) {
    let mut model = 0;
    let next = || {
        model += 1;
        Call::new(tenant, &format!("{tenant}-{model}"))
    };
    bencher.with_inputs(next).bench_local_values(|call| POLICIES.decide_afresh(&call.question(&[])).unwrap());
}

/// The specification in one evaluation: what `inland policy replay` pays per record.
#[divan::bench(args = CALLS, sample_count = 50, sample_size = 1)]
fn whole(bencher: Bencher<'_, '_>, tenant: &str) {
    let call = Call::new(tenant, "large");
    bencher.bench_local(|| POLICIES.decide_whole(&call.question(&[])).unwrap());
}

/// A call like one before.
#[divan::bench(args = CALLS)]
fn cached(bencher: Bencher<'_, '_>, tenant: &str) {
    let call = Call::new(tenant, "large");
    bencher.bench_local(|| POLICIES.decide(&call.question(&[])).unwrap());
}

/// A generation from files in memory, with a module that is compiled already.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn load() -> Policies {
    Policies::embedded().unwrap()
}
