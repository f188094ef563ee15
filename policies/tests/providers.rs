//! The shipped provider files: all of the material, and nothing in them that has no evidence.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use inland_policies::{Class, Decision, PAIRS_MAX, PairSpec, Policies, Question, Tree};
use serde_json::Value;

mod folder;
use folder::{Folder, day};

/// Every provider with its endpoints, in the order of the files. `self-hosted` stands for vLLM, NVIDIA NIM,
/// Text Generation Inference, Ollama and llama.cpp on the tenant's own premises; `stand-in` is the demo's.
const PROVIDERS: [(&str, &[&str]); 27] = [
    ("aleph-alpha", &["aleph-alpha"]),
    ("aws-bedrock", &["bedrock-eu", "bedrock-eusc", "bedrock-global", "bedrock-region"]),
    ("azure-openai", &["azure-datazone-eu", "azure-global", "azure-regional"]),
    ("berget", &["berget"]),
    ("cloud-temple", &["cloud-temple"]),
    ("domyn", &["domyn"]),
    ("dt-industrial-ai-cloud", &["dt-iaic"]),
    ("exoscale", &["exoscale"]),
    ("fastweb-miia", &["fastweb"]),
    ("google-vertex", &["vertex-eu", "vertex-global", "vertex-region"]),
    ("infomaniak", &["infomaniak"]),
    ("ionos", &["ionos"]),
    ("mistral", &["mistral-eu", "mistral-global", "mistral-us"]),
    ("nebius", &["nebius-dedicated", "nebius-shared"]),
    ("nscale", &["nscale"]),
    ("nvidia-centres", &["nvidia-centres"]),
    ("orange-live-intelligence", &["orange-li"]),
    ("ovh-ai-endpoints", &["ovh"]),
    ("scaleway", &["scaleway"]),
    ("self-hosted", &["on-premises"]),
    ("silo-amd", &["silo"]),
    ("stackit", &["stackit"]),
    ("stand-in", &["ch", "de", "fr", "us"]),
    ("swisscom-ai", &["swisscom-llm"]),
    ("telefonica-edge", &["telefonica-edge"]),
    ("telekom-llm-hub", &["tsi-cat1", "tsi-cat2"]),
    ("telenor-ai-factory", &["telenor"]),
];

/// Files that describe no provider on the market.
const NO_TEMPLATE: [&str; 2] = ["self-hosted", "stand-in"];

fn endpoints() -> Vec<String> {
    let pairs =
        PROVIDERS.iter().flat_map(|(file, names)| names.iter().map(move |name| format!("{file}/{name}")));
    pairs.collect()
}

/// The provider files as they stand, by provider: text and parsed.
fn files() -> BTreeMap<String, (String, Value)> {
    let tree = Tree::embedded();
    let read = tree.below("providers/").map(|(path, text)| {
        let name = path.trim_start_matches("providers/").trim_end_matches(".yaml");
        let parsed: Value = serde_saphyr::from_str(text).unwrap();
        (name.to_owned(), (text.to_owned(), parsed[name].clone()))
    });
    read.collect()
}

#[test]
fn every_provider_has_a_file_and_all_its_endpoints_load() {
    let policies = Policies::embedded().unwrap();
    let loaded: BTreeSet<String> = policies.endpoints().map(str::to_owned).collect();
    assert_eq!(loaded, endpoints().into_iter().collect::<BTreeSet<_>>());
    assert_eq!(files().len(), PROVIDERS.len());
}

#[test]
fn what_rests_on_background_knowledge_or_on_nothing_is_unknown() {
    let mut open = 0;
    for (provider, (_, file)) in files() {
        for (endpoint, facts) in file["endpoints"].as_object().unwrap() {
            for (fact, evidence) in facts["evidence"].as_object().unwrap() {
                if ["V", "S", "D"].contains(&evidence.as_str().unwrap()) {
                    continue;
                }
                let unknown = match facts[fact].as_array() {
                    Some(certificates) => certificates.iter().all(|cert| cert["scope"] == "unknown"),
                    None => facts[fact] == "unknown",
                };
                assert!(unknown, "{provider}/{endpoint} states {fact} = {}", facts[fact]);
                open += 1;
            }
        }
    }
    assert!(open > 100, "only {open} facts without evidence: the search is broken");
}

#[test]
fn no_template_carries_a_certificate_or_a_listing_that_counts() {
    for (provider, (_, file)) in files() {
        for (endpoint, facts) in file["endpoints"].as_object().unwrap() {
            if NO_TEMPLATE.contains(&provider.as_str()) {
                continue;
            }
            assert!(facts["conditions"].is_null(), "{provider}/{endpoint}");
            let certificates = facts["certs"].as_array().unwrap();
            assert!(certificates.iter().all(|cert| cert["scope"] == "unknown"), "{provider}/{endpoint}");
            assert!(facts["self_hosted"].is_null(), "{provider}/{endpoint}");
        }
    }
}

#[test]
fn every_template_says_what_it_is_and_names_its_sources() {
    for (provider, (text, file)) in files() {
        assert!(!text.contains("FILL-IN"), "{provider}");
        assert_eq!(file["as_of"], "2026-11-23", "{provider}");
        if NO_TEMPLATE.contains(&provider.as_str()) {
            continue;
        }
        let first = text.lines().next().unwrap();
        assert!(
            first.contains("not legal advice") && first.contains("its own contract"),
            "{provider}: {first}"
        );
        assert!(file["note"].as_str().is_some_and(|note| note.contains("Retention: ")), "{provider}");
        assert!(file["sources"].as_array().is_some_and(|sources| !sources.is_empty()), "{provider}");
        assert!(text.lines().all(|line| line.len() <= 165), "{provider} has a line that nobody reads");
    }
}

/// Where a call about ordinary persons may go, among all endpoints.
fn allowed(contracts: &str, tenant: &str) -> Vec<String> {
    let signed: String =
        endpoints().iter().map(|endpoint| format!("    {endpoint}: {{contracts: {contracts}}}\n")).collect();
    let file = format!("{tenant}  public_body: false\n  assume: [person_name]\n  contracts:\n{signed}");
    let folder = Folder::default_with(&[("tenants/probe.yaml", &file)]);
    let policies = folder.load().unwrap();
    let all = endpoints();
    let pairs: Vec<PairSpec<'_>> = all.iter().map(|name| PairSpec { id: name, provider: name }).collect();
    let decided = pairs.chunks(PAIRS_MAX).map(|pairs| decide(&policies, pairs).allow().to_vec());
    decided.collect::<Vec<_>>().concat()
}

fn decide(policies: &Policies, pairs: &[PairSpec<'_>]) -> Decision {
    let tenant = policies.tenant("probe").unwrap();
    let candidates = policies.candidates(tenant, pairs).unwrap();
    let question = Question {
        tenant,
        groups: &[],
        classes: [Class::from_name("person_name").unwrap()].into_iter().collect(),
        subjects: &[],
        subjects_complete: true,
        features: &[],
        use_case: None,
        route: "chat/completions",
        model: "large",
        stream: false,
        candidates: &candidates,
        today: day("2026-11-23"),
    };
    policies.decide_afresh(&question).unwrap()
}

/// Signing a processor contract is the tenant's part; the shipped files cannot stand in for it.
#[test]
fn personal_data_goes_to_no_provider_before_a_contract_is_recorded() {
    let open = allowed("[]", "probe:\n  country: DE\n  sector: manufacturing\n");
    assert_eq!(open, ["self-hosted/on-premises"]);
}

/// With a contract for each, what is unknown about place, storage or retention still closes all but these.
#[test]
fn with_every_contract_signed_only_what_is_known_is_open() {
    let german = allowed("[dpa]", "probe:\n  country: DE\n  sector: manufacturing\n");
    let demo = ["stand-in/ch", "stand-in/de", "stand-in/fr", "stand-in/us"];
    let expected = [&["scaleway/scaleway", "self-hosted/on-premises"][..], &demo[..]].concat();
    assert_eq!(german, expected);
    // On the EU list of the Data Privacy Framework, and on no other: not for Swiss persons.
    let swiss = allowed("[dpa]", "probe:\n  country: CH\n  sector: manufacturing\n");
    let expected = [&["scaleway/scaleway", "self-hosted/on-premises"][..], &demo[..3]].concat();
    assert_eq!(swiss, expected);
}
