//! Article 30: rows of a controller's record of processing activities (GDPR Art. 30(1)(a) to (g)).
//!
//! Invariant: what stands in a row with the source `log` was recorded with a call of that tenant; what
//! only the controller can say is a row with the source `you`, and empty.

use super::{Call, Document, End, Rows, Section, Values, receivers};
use crate::audit::calls::Candidate;

/// The EEA (EEA Agreement; GDPR applies by Joint Committee Decision 154/2018): the free area of Chapter V.
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

const COLUMNS: [&str; 5] = ["tenant", "point", "what", "value", "source"];

/// What the controller has to say itself.
const YOURS: [(&str, &str); 6] = [
    (
        "(a)",
        "name and contact details of the controller, of joint controllers, of the representative and of the data protection officer",
    ),
    ("(b)", "purposes of the processing, beyond those that callers declared"),
    ("(c)", "categories of data subjects"),
    (
        "(e)",
        "for transfers under the second subparagraph of Art. 49(1): the documentation of suitable safeguards",
    ),
    ("(f)", "envisaged time limits for erasure in your own systems"),
    ("(g)", "your own technical and organisational measures"),
];

/// What the gateway does in each call (Art. 32(1)); gateway/README.md names the tests that hold it to it.
const MEASURES: [&str; 5] = [
    "every call is decided by a policy before it leaves; without an answer of the policy, or without a durable record of it, nothing is sent",
    "connections only to addresses inside the networks declared for a backend, over TLS; the server's key is recorded with each attempt",
    "what inspection finds of classes that have to go is pseudonymised or removed before a call leaves",
    "the log holds no prompt, no answer and no credential; who called is sealed with AES-256-GCM under a key of that person, whose destruction erases the person",
    "the log is append-only, its Merkle tree is signed with Ed25519, so a later change shows",
];

#[derive(Debug, Default)]
struct Tenant {
    calls: u64,
    refused: u64,
    countries: Values,
    sectors: Values,
    purposes: Values,
    classes: Values,
    subjects: Values,
    recipients: Values,
    transfers: Values,
    retention: Values,
    retention_max: Option<u32>,
    log_days: u32,
    redacted: Values,
    /// Connections that stood, and those of them whose server's key was recorded.
    connections: (u64, u64),
}

/// Gathers the rows.
#[derive(Debug, Default)]
pub(super) struct Art30 {
    tenants: Rows<String, Tenant>,
}

impl Art30 {
    pub(super) fn call(&mut self, call: &Call) {
        let Some(tenant) = self.tenants.row(call.tenant.clone()) else { return };
        tenant.calls += 1;
        tenant.refused += u64::from(matches!(call.end, End::Refused { .. }));
        let Some(input) = &call.input else { return };
        tenant.countries.add(&input.tenant.country);
        tenant.sectors.add(&input.tenant.sector);
        if let Some(decision) = &call.decision {
            // A duty that one call had is one of the processing.
            tenant.log_days = tenant.log_days.max(decision.log_min_days);
            tenant.retention_max =
                [tenant.retention_max, decision.retention_days_max].into_iter().flatten().min();
        }
        // What was refused was not processed by anybody else.
        if matches!(call.end, End::Refused { .. }) {
            return;
        }
        input.use_case.iter().for_each(|purpose| tenant.purposes.add(purpose));
        input.classes.iter().for_each(|class| tenant.classes.add(class));
        input.subjects.iter().for_each(|country| tenant.subjects.add(country));
        call.redacted().for_each(|(class, action)| tenant.redacted.add(format!("{class} ({action})")));
        for (attempt, candidate) in receivers(call) {
            tenant.connections.0 += 1;
            tenant.connections.1 += u64::from(attempt.pin.is_some());
            let provider = candidate.map_or("provider not recorded", |candidate| candidate.provider.as_str());
            tenant.recipients.add(format!("{provider}: {} in {}", attempt.backend, attempt.country));
            let Some(candidate) = candidate else { continue };
            tenant.retention.add(format!("{}: {} days", candidate.provider, candidate.retention_days));
            let rules = call.rules().join(" ");
            transfers(&input.tenant.country, &attempt.country, candidate, &rules)
                .for_each(|it| tenant.transfers.add(it));
        }
    }

    pub(super) fn document(self) -> Document {
        let mut notes = vec![
            "One processing activity: calls of AI models through this gateway. Third countries are those outside the EEA; for a tenant outside it, all but its own. Which of them are adequate the law data decides; the rules that allowed a transfer stand beside it.".to_owned(),
            "Remote access from a third country counts as a transfer (EDPB Guidelines 05/2021).".to_owned(),
        ];
        notes.extend(self.tenants.note());
        let mut missing = Vec::new();
        let mut rows = Vec::new();
        for (name, tenant) in &self.tenants.rows {
            let mut mine = tenant.rows();
            mine.extend(YOURS.map(|(point, what)| (point, what, String::new())));
            mine.sort_by_key(|(point, _, value)| (*point, value.is_empty()));
            for (point, what, value) in mine {
                let source = if value.is_empty() { "you" } else { "log" };
                rows.push(vec![name.clone(), point.into(), what.into(), value, source.into()]);
            }
        }
        if !rows.is_empty() {
            missing.extend(YOURS.map(|(point, what)| ["Art. 30(1)".into(), point.into(), what.into()]));
        }
        Document {
            title: "Record of processing activities: GDPR Art. 30(1)".to_owned(),
            notes,
            sections: vec![Section {
                name: "Art. 30(1)".to_owned(),
                about: "Points (a) to (g) of each tenant.".to_owned(),
                columns: COLUMNS.into(),
                rows,
            }],
            missing,
        }
    }
}

impl Tenant {
    /// Point, what it is, and what the log says; never an empty value.
    fn rows(&self) -> Vec<(&'static str, &'static str, String)> {
        let or = |values: &Values, other: &str| {
            if values.is_empty() { other.to_owned() } else { values.joined("; ") }
        };
        let limit = self.retention_max.map_or_else(
            || "no rule bounded it".to_owned(),
            |days| format!("at most {days} days at a provider by the strictest rule"),
        );
        let calls = format!("{} calls, {} of them refused and not sent", self.calls, self.refused);
        let (stood, keys) = self.connections;
        let mut measures = MEASURES.join("; ");
        measures += &format!("; recorded in this span: the server's key in {keys} of {stood} connections");
        measures += &format!("; taken out: {}", or(&self.redacted, "nothing was found that had to go"));
        vec![
            (
                "(a)",
                "the tenant's country and sector",
                format!("{}; {}", or(&self.countries, "not recorded"), or(&self.sectors, "not recorded")),
            ),
            ("(b)", "extent", calls),
            ("(b)", "purposes that callers declared", or(&self.purposes, "none was declared")),
            (
                "(c)",
                "categories of personal data (classes that calls counted as)",
                or(&self.classes, "none was sent"),
            ),
            (
                "(c)",
                "countries of the data subjects, as far as known",
                or(&self.subjects, "not known: treated as EU"),
            ),
            ("(d)", "recipients", or(&self.recipients, "none")),
            ("(e)", "transfers to third countries, with what safeguards them", or(&self.transfers, "none")),
            ("(f)", "retention at the recipients", format!("{}; {limit}", or(&self.retention, "none"))),
            (
                "(f)",
                "retention of this log",
                format!(
                    "at least {} days by the strictest rule, and never under the log's floor; a person is erased by destroying a key",
                    self.log_days
                ),
            ),
            ("(g)", "measures of the gateway", measures),
        ]
    }
}

/// The third countries in which a recipient holds the data, and from which it is reached.
fn transfers(home: &str, machine: &str, candidate: &Candidate, rules: &str) -> impl Iterator<Item = String> {
    let mut found = Values::default();
    let safeguards = safeguards(candidate);
    let mut add = |country: &str, what: &str| {
        if is_third(country, home) {
            let provider = &candidate.provider;
            found.add(format!("{country}: {what} by {provider} ({safeguards}; allowed under {rules})"));
        }
    };
    add(machine, "processing");
    for (places, what) in [
        (&candidate.processing, "processing"),
        (&candidate.storage, "storage"),
        (&candidate.remote_access, "remote access"),
    ] {
        match places.listed() {
            Some(countries) => countries.iter().for_each(|country| add(country, what)),
            None => add("not known where", what),
        }
    }
    found.values.into_iter()
}

fn is_third(country: &str, home: &str) -> bool {
    if EEA.contains(&home) { !EEA.contains(&country) } else { country != home }
}

fn safeguards(candidate: &Candidate) -> String {
    let list = |name: &str, values: &[String]| {
        let values = if values.is_empty() { "none recorded".to_owned() } else { values.join(" ") };
        format!("{name}: {values}")
    };
    let assessment = candidate.tia.as_deref().unwrap_or("none recorded");
    format!(
        "{}, {}, assessment: {assessment}, {}",
        list("conditions", &candidate.conditions),
        list("transfer tools", &candidate.transfer_tools),
        list("contracts", &candidate.contracts)
    )
}
