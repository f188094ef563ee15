//! Generated tenants, endpoints and questions, in the form that files and the gateway give them.

use inland_policies::{Class, ClassSet, Country, Tree};
use serde_json::{Map, Value, json};

use crate::generator::{Draft, Generator, facts};

/// Tenants of a generated tree.
const TENANTS: usize = 100;
/// Endpoints of a generated tree, and those of them that a tenant has signed terms for.
const ENDPOINTS: usize = 120;
const CONTRACTS_MAX: usize = 60;
/// What of a pair is the tenant's contract, and not the provider's fact.
const SIGNED: [&str; 3] = ["contracts", "transfer_tools", "tia"];

/// A tree with drawn providers and tenants instead of the embedded ones, and the tenants' drafts.
pub(crate) struct World {
    pub(crate) tree: Tree,
    tenants: Vec<(String, Draft, usize)>,
}

/// A call of one of the tenants, owned: what a `Question` borrows.
pub(crate) struct Call {
    pub(crate) tenant: String,
    pub(crate) endpoints: Vec<String>,
    pub(crate) classes: ClassSet,
    pub(crate) subjects: Vec<Country>,
    pub(crate) subjects_complete: bool,
    pub(crate) features: Vec<String>,
    pub(crate) use_case: Option<String>,
    pub(crate) today: time::Date,
}

impl World {
    pub(crate) fn draw(tree: Tree, generator: &mut Generator) -> World {
        let endpoints: Map<String, Value> =
            (0..ENDPOINTS).map(|number| (format!("e{number:03}"), endpoint(generator))).collect();
        let (mut tenants, mut file) = (Vec::new(), Map::new());
        for number in 0..TENANTS {
            let rule = number % generator.words.rules.len();
            let mut draft = generator.draft();
            generator.aim(&mut draft, rule);
            let name = format!("t{number:03}");
            file.insert(name.clone(), tenant(generator, &draft));
            tenants.push((name, draft, rule));
        }
        let provider = json!({"drawn": {"name": "drawn", "as_of": "2026-11-23", "endpoints": endpoints}});
        let tree = tree.with("providers/drawn.yaml", provider.to_string());
        let tree = for_sectors(tree, &["finance", "health"]);
        World { tree: tree.with("tenants/drawn.yaml", Value::Object(file).to_string()), tenants }
    }

    /// Calls of one tenant over the same pairs, on several days.
    pub(crate) fn calls(&self, generator: &mut Generator, count: usize) -> Vec<Call> {
        let (name, draft, rule) = generator.random.pick(&self.tenants).clone();
        let mut numbers: Vec<usize> =
            (0..1 + generator.random.below(24)).map(|_| generator.random.below(ENDPOINTS)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let endpoints: Vec<String> = numbers.iter().map(|number| format!("drawn/e{number:03}")).collect();
        let one = |_| {
            let mut asked = generator.draft();
            asked.country.clone_from(&draft.country);
            generator.aim(&mut asked, rule);
            let features = generator.random.some_of(&generator.words.features, 2);
            Call {
                tenant: name.clone(),
                endpoints: endpoints.clone(),
                classes: asked.classes.iter().map(|name| Class::from_name(name).unwrap()).collect(),
                subjects: asked.subjects.iter().filter_map(|code| Country::parse(code)).collect(),
                subjects_complete: !asked.subjects.contains("unknown"),
                features,
                use_case: asked.use_case,
                today: asked.today,
            }
        };
        (0..count).map(one).collect()
    }
}

/// The same tree with each pack for one sector, in the order of their names.
fn for_sectors(tree: Tree, sectors: &[&str]) -> Tree {
    let about: Vec<(String, String)> = tree
        .below("packs/")
        .filter(|(path, _)| path.ends_with("/pack.yaml"))
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    let mut tree = tree;
    for ((path, text), sector) in about.into_iter().zip(sectors) {
        let text =
            text.replace("applies_to: {tenants:", &format!("applies_to: {{sectors: [{sector}], tenants:"));
        tree = tree.with(&path, text);
    }
    tree
}

/// What a provider's file says of an endpoint; some the tenant runs itself.
fn endpoint(generator: &mut Generator) -> Value {
    let (random, words) = (&mut generator.random, &generator.words);
    let own = random.one_in(6);
    let home = if own { json!("TENANT") } else { json!(random.pick(&["FR", "DE", "CH", "GB", "IT", "US"])) };
    let mut facts = facts::perfect(words, &home);
    let keys: Vec<String> = facts.keys().filter(|key| *key != "self_hosted").cloned().collect();
    for _ in 0..random.below(4) {
        let key = random.pick(&keys);
        let fact = facts::fact(random, words, key, &home, time::macros::date!(2026 - 11 - 23));
        facts.insert(key.clone(), fact);
    }
    facts.retain(|key, _| !SIGNED.contains(&key.as_str()));
    facts.insert("self_hosted".into(), json!(own));
    let evidence: Map<String, Value> = facts
        .keys()
        .filter(|key| !["conditions", "self_hosted"].contains(&key.as_str()))
        .map(|key| (key.clone(), json!("D")))
        .collect();
    facts.insert("evidence".into(), Value::Object(evidence));
    Value::Object(facts)
}

fn tenant(generator: &mut Generator, draft: &Draft) -> Value {
    let (random, words) = (&mut generator.random, &generator.words);
    let mut contracts = Map::new();
    for _ in 0..random.below(CONTRACTS_MAX) {
        let mut signed = Map::new();
        for key in SIGNED {
            if key == "contracts" || random.one_in(2) {
                signed.insert(key.into(), facts::fact(random, words, key, &Value::Null, draft.today));
            }
        }
        if random.one_in(4) {
            signed.insert("retention_days".into(), json!(random.pick(&[0, 30, 31])));
        }
        contracts.insert(format!("drawn/e{:03}", random.below(ENDPOINTS)), Value::Object(signed));
    }
    let waivable: Vec<&String> = words
        .rules
        .iter()
        .filter(|(_, rule)| {
            ["engineering_default", "supervisory"].contains(&rule["strength"].as_str().unwrap())
        })
        .map(|(id, _)| id)
        .collect();
    let waivers: Vec<Value> = (0..random.below(6))
        .map(|_| {
            let until = random.pick(&words.days).to_string();
            json!({"rule": random.pick(&waivable), "until": until, "reason": "drawn", "approver": "nobody"})
        })
        .collect();
    let redact: Map<String, Value> =
        random.some_of(&words.classes, 3).into_iter().map(|class| (class, json!("pseudonymise"))).collect();
    json!({
        "country": draft.country,
        "sector": draft.sector,
        "public_body": draft.public_body,
        "flags": draft.flags,
        "assume": ["person_name"],
        "redact": redact,
        "strict": random.one_in(2),
        "contracts": contracts,
        "waivers": waivers,
    })
}
