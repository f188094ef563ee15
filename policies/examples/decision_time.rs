//! What a decision costs: uncached, cached, and what loading a generation costs.
//!
//! `cargo run --release -p inland-policies --example decision_time [-- DIRECTORY]`
#![expect(clippy::print_stdout, reason = "a measuring program prints")]

use std::error::Error;
use std::time::{Duration, Instant};

use inland_policies::{Class, PairSpec, Policies, Question};

const ROUNDS: usize = 2000;
const MODELS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let load = || match std::env::args().nth(1) {
        Some(directory) => Policies::load(directory.as_ref()),
        None => Policies::embedded(),
    };
    let policies = load()?;
    println!("load, module compiled      {:>10.1} ms", millis(start.elapsed()));
    let start = Instant::now();
    load()?;
    println!("load, module known         {:>10.1} ms", millis(start.elapsed()));

    for (name, classes) in [
        ("hopital-lyon", vec!["person_name", "health", "patient", "national_id"]),
        ("werk-stuttgart", vec!["person_name", "email", "iban"]),
        ("bank-zuerich", vec!["person_name", "bank_client", "iban"]),
    ] {
        for backends in [1, 4, 24] {
            measure(&policies, name, &classes, backends)?;
        }
    }
    Ok(())
}

fn measure(policies: &Policies, name: &str, classes: &[&str], backends: usize) -> Result<(), Box<dyn Error>> {
    let tenant = policies.tenant(name).ok_or("no such tenant")?;
    let endpoints = ["stand-in/fr", "stand-in/de", "stand-in/ch", "stand-in/us"];
    let named =
        MODELS.iter().flat_map(|model| endpoints.map(|endpoint| (format!("{endpoint}/{model}"), endpoint)));
    let named: Vec<(String, &str)> = named.take(backends).collect();
    let pairs: Vec<PairSpec<'_>> = named.iter().map(|(id, provider)| PairSpec { id, provider }).collect();
    let candidates = policies.candidates(tenant, &pairs)?;
    let question = Question {
        tenant,
        groups: &["staff".to_owned()],
        classes: classes.iter().filter_map(|class| Class::from_name(class)).collect(),
        subjects: &[],
        subjects_complete: true,
        features: &["stream"],
        use_case: None,
        route: "chat/completions",
        model: "large",
        stream: true,
        candidates: &candidates,
        today: time::macros::date!(2026 - 11 - 23),
    };
    let input = policies.decide(&question)?.input().len();
    let afresh = percentiles(|| policies.decide_afresh(&question).map(drop))?;
    let remembered = percentiles(|| policies.decide(&question).map(drop))?;
    println!(
        "{name:<15} {backends:>2} pairs, input {input:>5} B: uncached p50 {:>7.1} p99 {:>7.1} us, cached p50 {:>5.2} p99 {:>5.2} us",
        micros(afresh.0),
        micros(afresh.1),
        micros(remembered.0),
        micros(remembered.1),
    );
    Ok(())
}

fn percentiles<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<(Duration, Duration), E> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(ROUNDS * percent / 100).copied().unwrap_or_default();
    Ok((at(50), at(99)))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
