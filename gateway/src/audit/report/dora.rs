//! DORA: rows of the register of information, as far as a log knows them.
//!
//! Templates and columns are those of Commission Implementing Regulation (EU) 2024/2956, Annex I; a
//! column `B_02.02.0130` of the regulation is `c0130` of template B_02.02, as in the taxonomy of the
//! European supervisory authorities.
//!
//! Invariant: no code, name or judgement that the log does not hold is made up. A place of which only
//! `unknown` or `unbounded` is recorded stays empty.

use super::{Attempt, Call, Candidate, Document, Rows, Section, Tally, Values, receivers};

/// Columns of a template: code, what it is, and whether the log can fill it.
type Columns = &'static [(&'static str, &'static str, bool)];

const B_02_02: Columns = &[
    ("c0010", "Contractual arrangement reference number", false),
    ("c0020", "LEI of the financial entity making use of the ICT service(s)", false),
    ("c0030", "Identification code of the ICT third-party service provider", false),
    ("c0040", "Type of code to identify the ICT third-party service provider", false),
    ("c0050", "Function identifier (as in B_06.01)", false),
    ("c0060", "Type of ICT services: one of Annex III", false),
    ("c0070", "Start date of the contractual arrangement", false),
    ("c0080", "End date of the contractual arrangement", false),
    ("c0090", "Reason of the termination or ending of the contractual arrangement", false),
    ("c0100", "Notice period for the financial entity making use of the ICT service(s)", false),
    ("c0110", "Notice period for the ICT third-party service provider", false),
    ("c0120", "Country of the governing law of the contractual arrangement", false),
    ("c0130", "Country of provision of the ICT services", true),
    ("c0140", "Storage of data", true),
    ("c0150", "Location of the data at rest (storage)", true),
    ("c0160", "Location of management of the data (processing)", true),
    ("c0170", "Sensitiveness of the data stored by the ICT third-party service provider", false),
    ("c0180", "Level of reliance on the ICT service supporting the critical or important function", false),
];

const B_05_01: Columns = &[
    ("c0010", "Identification code of the ICT third-party service provider", false),
    ("c0020", "Type of code to identify the ICT third-party service provider", false),
    ("c0030", "Additional identification code of the ICT third-party service provider", false),
    ("c0040", "Type of additional identification code of the ICT third-party service provider", false),
    ("c0050", "Legal name of the ICT third-party service provider", false),
    ("c0060", "Name of the ICT third-party service provider in Latin alphabet", false),
    ("c0070", "Type of person of the ICT third-party service provider", false),
    (
        "c0080",
        "Country of the ICT third-party service provider's headquarters (operator_country is what the policy's facts say)",
        false,
    ),
    ("c0090", "Currency of the amount reported in c0100", false),
    ("c0100", "Total annual expense or estimated cost of the ICT third-party service provider", false),
    (
        "c0110",
        "Identification code of the ICT third-party service provider's ultimate parent undertaking (parent_countries is what the policy's facts say)",
        false,
    ),
    (
        "c0120",
        "Type of code to identify the ICT third-party service provider's ultimate parent undertaking",
        false,
    ),
];

const B_05_02: Columns = &[
    ("c0010", "Contractual arrangement reference number", false),
    ("c0020", "Type of ICT services: one of Annex III", false),
    ("c0030", "Identification code of the ICT third-party service provider", false),
    ("c0040", "Type of code to identify the ICT third-party service provider", false),
    (
        "c0050",
        "Rank: 1 where the tenant's own contract is recorded; add a row for each subcontractor, from rank 2",
        true,
    ),
    ("c0060", "Identification code of the recipient of sub-contracted ICT services", true),
    ("c0070", "Type of code to identify the recipient of sub-contracted ICT services", true),
];

/// Tenant, provider, and c0130, c0140, c0150, c0160: each country its own row, as each cell of the
/// template holds one.
type Arrangement = [String; 6];

#[derive(Debug, Default)]
struct Use {
    tally: Tally,
    classes: Values,
}

#[derive(Debug, Default)]
struct Provider {
    tally: Tally,
    operators: Values,
    parents: Values,
    contracts: Values,
    self_hosted: bool,
}

/// Gathers the rows.
#[derive(Debug)]
pub(super) struct Dora {
    /// A tenant was named: it is in, whatever its flags are.
    named: bool,
    arrangements: Rows<Arrangement, Use>,
    providers: Rows<(String, String), Provider>,
    other_tenants: Values,
    unknown_places: Values,
}

impl Dora {
    pub(super) fn new(named: bool) -> Dora {
        Dora {
            named,
            arrangements: Rows::default(),
            providers: Rows::default(),
            other_tenants: Values::default(),
            unknown_places: Values::default(),
        }
    }

    pub(super) fn call(&mut self, call: &Call) {
        let Some(input) = &call.input else { return };
        if !self.named && !input.tenant.flags.iter().any(|flag| flag == "dora_entity") {
            self.other_tenants.add(&call.tenant);
            return;
        }
        for (attempt, candidate) in receivers(call) {
            let Some(candidate) = candidate else { continue };
            self.provider(call, candidate);
            for arrangement in self.arrangement(call, attempt, candidate) {
                let Some(used) = self.arrangements.row(arrangement) else { continue };
                used.tally.add(&call.time);
                input.classes.iter().for_each(|class| used.classes.add(class));
            }
        }
    }

    fn provider(&mut self, call: &Call, candidate: &Candidate) {
        let key = (call.tenant.clone(), candidate.provider.clone());
        let Some(provider) = self.providers.row(key) else { return };
        provider.tally.add(&call.time);
        provider.self_hosted |= candidate.self_hosted;
        provider.operators.add(&candidate.operator);
        candidate.contracts.iter().for_each(|contract| provider.contracts.add(contract));
        match candidate.parents.listed() {
            Some(parents) => parents.iter().for_each(|parent| provider.parents.add(parent)),
            None => provider.parents.add("unknown"),
        }
    }

    fn arrangement(&mut self, call: &Call, attempt: &Attempt, candidate: &Candidate) -> Vec<Arrangement> {
        let mut known = |places: &crate::audit::calls::Places, what: &str| {
            if let Some(list) = places.listed() {
                return list.to_vec();
            }
            self.unknown_places.add(format!("{} ({what})", candidate.provider));
            Vec::new()
        };
        let storage = known(&candidate.storage, "storage");
        let processing = known(&candidate.processing, "processing");
        let stores = match candidate.storage.listed() {
            None => "",
            Some([]) => "No",
            Some(_) => "Yes",
        };
        let mut rows = Vec::new();
        for at_rest in or_empty(storage) {
            for managed in or_empty(processing.clone()) {
                rows.push([
                    call.tenant.clone(),
                    candidate.provider.clone(),
                    attempt.country.clone(),
                    stores.to_owned(),
                    at_rest.clone(),
                    managed,
                ]);
            }
        }
        rows
    }

    pub(super) fn document(self) -> Document {
        let mut notes = vec![
            "A row of B_02.02 is one tenant, provider endpoint and combination of places, because a cell of the template holds one country. c0130 is the country of the machines that were connected to; c0140 to c0160 are the provider's facts that the policy decided with.".to_owned(),
            "tenant, provider, classes, operator_country, parent_countries, contracts, calls, first and last are no columns of the templates: they are there so that you find your contract. Providers that the tenant runs itself (self_hosted) may not belong into the register.".to_owned(),
        ];
        if !self.other_tenants.is_empty() {
            notes.push(format!(
                "Not in here, because their tenant file does not say dora_entity: {}. One of them: --tenant.",
                self.other_tenants.joined(", ")
            ));
        }
        if !self.unknown_places.is_empty() {
            notes.push(format!(
                "Places that are not known or not bounded, left empty: {}.",
                self.unknown_places.joined(", ")
            ));
        }
        notes.extend(self.arrangements.note().into_iter().chain(self.providers.note()));
        let missing = [("B_02.02", B_02_02), ("B_05.01", B_05_01), ("B_05.02", B_05_02)];
        let missing = missing.into_iter().flat_map(|(template, columns)| {
            let empty = columns.iter().filter(|(_, _, is_known)| !is_known);
            empty.map(move |(code, what, _)| [template.to_owned(), (*code).to_owned(), (*what).to_owned()])
        });
        Document {
            title: "DORA register of information: Implementing Regulation (EU) 2024/2956".to_owned(),
            notes,
            missing: missing.collect(),
            sections: vec![
                arrangements(self.arrangements),
                providers(&self.providers),
                supply_chain(&self.providers),
            ],
        }
    }
}

/// A template's table between our own columns.
fn section(
    name: &str,
    about: &str,
    template: Columns,
    own: &[&'static str],
    rows: Vec<Vec<String>>,
) -> Section {
    let mut columns = vec!["tenant", "provider"];
    columns.extend(template.iter().map(|(code, _, _)| *code));
    columns.extend(own);
    columns.extend(["calls", "first", "last"]);
    Section { name: name.to_owned(), about: about.to_owned(), columns, rows }
}

fn arrangements(rows: Rows<Arrangement, Use>) -> Section {
    let rows =
        rows.rows.into_iter().map(|([tenant, provider, provision, stores, at_rest, managed], used)| {
            let mut row = vec![tenant, provider];
            row.extend(B_02_02.iter().map(|(code, _, _)| match *code {
                "c0130" => provision.clone(),
                "c0140" => stores.clone(),
                "c0150" => at_rest.clone(),
                "c0160" => managed.clone(),
                _ => String::new(),
            }));
            row.push(used.classes.joined(" "));
            row.extend(used.tally.cells());
            row
        });
    let about = "Contractual arrangements: specific information.";
    section("B_02.02", about, B_02_02, &["classes"], rows.collect())
}

fn providers(rows: &Rows<(String, String), Provider>) -> Section {
    let rows = rows.rows.iter().map(|((tenant, name), provider)| {
        let mut row = vec![tenant.clone(), name.clone()];
        row.extend(B_05_01.iter().map(|_| String::new()));
        row.push(provider.operators.joined(" "));
        row.push(provider.parents.joined(" "));
        row.push(if provider.self_hosted { "yes" } else { "no" }.to_owned());
        row.extend(provider.tally.clone().cells());
        row
    });
    let own = ["operator_country", "parent_countries", "self_hosted"];
    section("B_05.01", "ICT third-party service providers.", B_05_01, &own, rows.collect())
}

fn supply_chain(rows: &Rows<(String, String), Provider>) -> Section {
    let rows = rows.rows.iter().map(|((tenant, name), provider)| {
        // Annex I, B_05.02.0050: a provider that signs with the financial entity itself has rank 1, and
        // then B_05.02.0060 and 0070 are not applicable.
        let is_direct = !provider.contracts.is_empty();
        let mut row = vec![tenant.clone(), name.clone()];
        row.extend(B_05_02.iter().map(|(code, _, _)| match *code {
            "c0050" if is_direct => "1".to_owned(),
            "c0060" | "c0070" if is_direct => "Not applicable".to_owned(),
            _ => String::new(),
        }));
        row.push(provider.contracts.joined(" "));
        row.extend(provider.tally.clone().cells());
        row
    });
    section("B_05.02", "ICT service supply chains.", B_05_02, &["contracts"], rows.collect())
}

/// A combination with a place that is not there is still a combination.
fn or_empty(list: Vec<String>) -> Vec<String> {
    if list.is_empty() { vec![String::new()] } else { list }
}
