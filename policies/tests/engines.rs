//! Three engines read the same Rego, and give the same decision for the same input.
//!
//! The shipped WebAssembly (wasmtime), regorus' interpreter and OPA itself: each makes its own tables of
//! the law and decides every case and thousands of generated calls, hostile ones among them. A mistake
//! of one engine would show as a difference here before it lets a call through.
//!
//! `INLAND_INPUTS=100000 cargo test --release -p inland-policies --test engines` decides as many, and
//! `INLAND_SEED=7` others.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use inland_policies::{
    Candidates, CaseResult, Cases, Decision, PairSpec, Policies, Question, Tenant, Tree, find_opa,
};
use serde_json::{Value, json};

mod generator;
use generator::Generator;
use generator::law;
use generator::wasm::{self, Wasm};
use generator::world::{Call, World};

/// Generated inputs of an ordinary run.
const INPUTS: usize = 2000;
/// Calls over the same pairs, so that what is kept of them is used.
const CALLS_OF_A_TENANT: usize = 10;
/// Inputs that one start of `opa` decides.
const BATCH: usize = 500;

/// One engine over the embedded core and the tables that it made itself.
trait Rego {
    const NAME: &'static str;
    /// The decision for each input: null where it is undefined, nothing where the engine gave up.
    fn decide(&mut self, inputs: &[Value]) -> Vec<Option<Value>>;
}

impl Rego for Wasm {
    const NAME: &'static str = "WebAssembly";
    fn decide(&mut self, inputs: &[Value]) -> Vec<Option<Value>> {
        inputs.iter().map(|input| Some(Wasm::decide(self, input))).collect()
    }
}

/// regorus' interpreter. Its register machine is not even compiled (the feature `rvm` is off): it is
/// known to give fewer elements of a partial rule than OPA.
struct Regorus(regorus::Engine);

/// Undefined in OPA and an error in regorus: iterating over what is no collection, looking into what is no object.
const GIVES_UP: [&str; 2] = ["error: `some .. in collection` expects array/set/object", "not an object"];
/// The share of inputs that regorus may give up on: all of them have a part of the wrong form.
const GIVEN_UP_SHARE_MAX: f64 = 0.02;
/// The module that makes the tables of the law, and no decision.
const TABLES: &str = "core/tables.rego";

impl Regorus {
    fn over(tree: &Tree, data: &Value) -> Regorus {
        let mut engine = regorus::Engine::new();
        // As in OPA, a built-in over a value of the wrong form is undefined.
        engine.set_strict_builtin_errors(false);
        // In package inland, regorus takes `tables` of `import data.tables` for the package inland.tables
        // wherever that is loaded (and finds no rule): hence either the one or the other.
        let law = data.get("law").is_some();
        for (path, text) in rego(tree).filter(|(path, _)| (*path == TABLES) == law) {
            engine.add_policy(path.to_owned(), text.to_owned()).unwrap();
        }
        engine.add_data_json(&data.to_string()).unwrap();
        Regorus(engine)
    }

    /// The value of a rule. What is undefined in OPA can be an error here, which decides nothing either.
    fn evaluate(&mut self, rule: &str, input: &Value) -> Result<Value, String> {
        self.0.set_input_json(&input.to_string()).unwrap();
        match self.0.eval_rule(rule.to_owned()) {
            Ok(regorus::Value::Undefined) => Ok(Value::Null),
            Ok(value) => Ok(serde_json::from_str(&value.to_json_str().unwrap()).unwrap()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Rego for Regorus {
    const NAME: &'static str = "regorus";
    fn decide(&mut self, inputs: &[Value]) -> Vec<Option<Value>> {
        let one = |input| match self.evaluate("data.inland.decision", input) {
            Ok(decision) => Some(decision),
            Err(error) if GIVES_UP.iter().any(|known| error.contains(known)) => None,
            Err(error) => panic!("{error} on {input}"),
        };
        inputs.iter().map(one).collect()
    }
}

/// The program `opa`, over a folder with the Rego and the data.
struct Opa(PathBuf);

impl Opa {
    fn over(tree: &Tree, data: &Value, name: &str) -> Opa {
        let folder = std::env::temp_dir().join(format!("inland-engines-{}-{name}", std::process::id()));
        for (path, text) in rego(tree) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        std::fs::write(folder.join("data.json"), data.to_string()).unwrap();
        Opa(folder)
    }

    fn evaluate(&self, query: &str, input: &Value) -> Value {
        let mut opa = Command::new(find_opa().unwrap());
        opa.args(["eval", "--format", "json", "--stdin-input", "--data"]).arg(&self.0).arg(query);
        let mut child = opa.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let mut answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{}", answer["errors"]);
        answer["result"][0]["expressions"][0]["value"].take()
    }
}

impl Rego for Opa {
    const NAME: &'static str = "opa";
    fn decide(&mut self, inputs: &[Value]) -> Vec<Option<Value>> {
        let query = "{i: d | some i, asked in input.inputs; d := data.inland.decision with input as asked}";
        let mut decided = Vec::new();
        for batch in inputs.chunks(BATCH) {
            let mut answers = self.evaluate(query, &json!({"inputs": batch}));
            decided.extend((0..batch.len()).map(|number| Some(answers[number.to_string()].take())));
        }
        decided
    }
}

impl Drop for Opa {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn rego(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.below("").filter(|(path, _)| path.ends_with(".rego"))
}

/// All three, each over its own tables.
struct Engines {
    wasm: Wasm,
    regorus: Regorus,
    opa: Opa,
    given_up: usize,
}

impl Engines {
    fn of(tree: &Tree, name: &str) -> Engines {
        let [by_wasm, by_regorus, by_opa] = tables_by_each(tree, name);
        Engines {
            wasm: Wasm::of_tables(&by_wasm),
            regorus: Regorus::over(tree, &json!({"tables": by_regorus})),
            opa: Opa::over(tree, &json!({"tables": by_opa}), name),
            given_up: 0,
        }
    }

    /// Decides all, and tells the first input on which two engines differ.
    fn agree(&mut self, inputs: &[Value]) -> Vec<Value> {
        let decided = Rego::decide(&mut self.wasm, inputs).into_iter().flatten();
        let expected: Vec<Value> = decided.map(in_order).collect();
        self.given_up += same(&mut self.regorus, inputs, &expected);
        assert_eq!(same(&mut self.opa, inputs, &expected), 0);
        expected
    }
}

/// Compares, and counts what the engine gave up on.
fn same<R: Rego>(engine: &mut R, inputs: &[Value], expected: &[Value]) -> usize {
    let given = engine.decide(inputs);
    assert_eq!((given.len(), expected.len()), (inputs.len(), inputs.len()));
    let mut given_up = 0;
    for ((input, given), expected) in inputs.iter().zip(given).zip(expected) {
        let Some(given) = given.map(in_order) else {
            given_up += 1;
            continue;
        };
        assert_eq!(&given, expected, "{} (left) and {} (right) differ on {input}", R::NAME, Wasm::NAME,);
    }
    given_up
}

fn tables_by_each(tree: &Tree, name: &str) -> [Value; 3] {
    let law = law::document(tree);
    let data = json!({"law": law, "packs": law::packs()});
    let rule = "data.inland.tables.document";
    let by_opa = Opa::over(tree, &data, &format!("{name}-tables")).evaluate(rule, &Value::Null);
    [wasm::tables(&law), Regorus::over(tree, &data).evaluate(rule, &Value::Null).unwrap(), by_opa]
}

/// What is a set in Rego has no order in JSON; what is a list keeps its own.
fn in_order(mut decision: Value) -> Value {
    let sets = ["audit_fields", "response_headers", "rules", "waived"];
    if let Some(document) = decision.as_object_mut() {
        let exclude = document.get_mut("exclude").and_then(Value::as_object_mut);
        exclude.into_iter().flat_map(|pairs| pairs.values_mut()).for_each(sort);
        sets.into_iter().filter_map(|key| document.get_mut(key).map(sort)).count();
    }
    decision
}

fn sort(value: &mut Value) {
    if let Some(list) = value.as_array_mut() {
        list.sort_by_cached_key(Value::to_string);
    }
}

fn sort_deep(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(sort_deep),
        Value::Object(map) => map.values_mut().for_each(sort_deep),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    sort(value);
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn the_law_becomes_the_same_tables_in_every_engine() {
    let [mut by_wasm, mut by_regorus, mut by_opa] = tables_by_each(&Tree::embedded(), "law");
    [&mut by_wasm, &mut by_regorus, &mut by_opa].into_iter().for_each(sort_deep);
    assert!(by_wasm["rules"].as_object().unwrap().len() >= 64);
    assert_eq!(by_regorus, by_wasm);
    assert_eq!(by_opa, by_wasm);
}

#[test]
fn every_case_is_decided_the_same_by_every_engine() {
    let tree = Tree::embedded();
    let policies = Policies::from_tree(&tree).unwrap();
    let mut decided: Vec<(Value, Value)> = Vec::new();
    for cases in Cases::of(&tree).unwrap() {
        let mut keep = |result: &CaseResult| {
            assert!(result.passed(), "{}: {:?}", result.id(), result.differences());
            let read = |text: &str| serde_json::from_str(text).unwrap();
            decided.push((read(result.input().unwrap()), read(result.decision().unwrap().document())));
        };
        policies.run(&cases, &mut keep).unwrap();
    }
    assert!(decided.len() >= 155, "only {} cases", decided.len());
    let (inputs, documents): (Vec<Value>, Vec<Value>) = decided.into_iter().unzip();
    let mut engines = Engines::of(&tree, "cases");
    let by_all = engines.agree(&inputs);
    assert_eq!(engines.given_up, 0);
    for ((input, document), decision) in inputs.iter().zip(documents).zip(by_all) {
        assert_eq!(
            in_order(without_references(document)),
            decision,
            "the gateway and the engines on {input}"
        );
    }
}

/// Instances are used again: nothing of an input may be left in one when it decides the next.
#[test]
fn an_instance_that_has_decided_much_decides_as_a_new_one_does() {
    let law = law::document(&Tree::embedded());
    let tables = wasm::tables(&law);
    let mut used = Wasm::of_tables(&tables);
    let mut generator = Generator::new(&law, setting("INLAND_SEED", 1) as u64);
    for number in 0..setting("INLAND_INPUTS", INPUTS) / 4 {
        let input = generator.input();
        let expected = Wasm::of_tables(&tables).decide(&input);
        assert_eq!(
            used.decide(&input),
            expected,
            "used (left) and new (right) differ on input {number}: {input}"
        );
    }
}

/// What the gateway records besides what the core says: the reference of each reason.
fn without_references(mut document: Value) -> Value {
    let reasons = document["exclude"].as_object_mut().unwrap().values_mut();
    let reasons = reasons.flat_map(|list| list.as_array_mut().unwrap());
    reasons.for_each(|reason| drop(reason.as_object_mut().unwrap().remove("ref")));
    document
}

#[test]
fn generated_calls_are_decided_the_same_by_every_engine() {
    let tree = Tree::embedded();
    let mut engines = Engines::of(&tree, "generated");
    let mut generator = Generator::new(&law::document(&tree), setting("INLAND_SEED", 1) as u64);
    let wanted = setting("INLAND_INPUTS", INPUTS);
    let started = std::time::Instant::now();
    let (mut done, mut pairs) = (0, 0);
    let mut seen = Seen::default();
    while done < wanted {
        let inputs: Vec<Value> = (0..BATCH.min(wanted - done)).map(|_| generator.input()).collect();
        pairs += inputs.iter().filter_map(|input| Some(input["candidates"].as_array()?.len())).sum::<usize>();
        engines.agree(&inputs).iter().for_each(|decision| seen.add(decision));
        done += inputs.len();
        // Not by print!, which a test keeps until it ends.
        let line = format!("{done} of {wanted} inputs, {pairs} pairs, {:.0?}\n", started.elapsed());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    let given_up = engines.given_up as f64 / wanted as f64;
    assert!(given_up < GIVEN_UP_SHARE_MAX, "regorus gave up on {given_up} of all inputs");
    // Other seeds draw rare reasons too, but not each of them in so few inputs.
    if wanted >= INPUTS && std::env::var_os("INLAND_SEED").is_none() {
        seen.check(&generator);
    }
}

/// The fast path puts a decision together from two halves, one of them kept for a day; a record is
/// decided anew from its text. All of them, and the other engines, say what the whole evaluation says.
#[test]
fn the_fast_path_the_whole_evaluation_and_a_replay_say_the_same() {
    let embedded = Tree::embedded();
    let mut generator = Generator::new(&law::document(&embedded), setting("INLAND_SEED", 1) as u64);
    let world = World::draw(embedded, &mut generator);
    let policies = Policies::from_tree(&world.tree).unwrap_or_else(|error| panic!("{error}"));
    let mut inputs = Vec::new();
    let mut documents = Vec::new();
    for _ in 0..setting("INLAND_INPUTS", INPUTS) / CALLS_OF_A_TENANT {
        let calls = world.calls(&mut generator, CALLS_OF_A_TENANT);
        let tenant = policies.tenant(&calls[0].tenant).unwrap();
        let pairs = calls[0].endpoints.iter().map(|name| PairSpec { id: name, provider: name });
        let candidates = policies.candidates(tenant, &pairs.collect::<Vec<_>>()).unwrap();
        for call in &calls {
            let fast = decided_four_times(&policies, tenant, &candidates, call);
            inputs.push(serde_json::from_str(fast.input()).unwrap());
            documents.push(serde_json::from_str(fast.document()).unwrap());
        }
    }
    let some = inputs.len().min(BATCH);
    let by_all = Engines::of(&world.tree, "world").agree(&inputs[..some]);
    for ((input, document), decision) in inputs.iter().zip(documents).zip(by_all) {
        assert_eq!(
            in_order(without_references(document)),
            decision,
            "the gateway and the engines on {input}"
        );
    }
}

fn decided_four_times(
    policies: &Policies,
    tenant: &Arc<Tenant>,
    candidates: &Arc<Candidates>,
    call: &Call,
) -> Arc<Decision> {
    let features: Vec<&str> = call.features.iter().map(String::as_str).collect();
    let question = Question {
        tenant,
        groups: &[],
        classes: call.classes,
        subjects: &call.subjects,
        subjects_complete: call.subjects_complete,
        features: &features,
        use_case: call.use_case.as_deref(),
        route: "chat/completions",
        model: "large",
        stream: false,
        candidates,
        today: call.today,
    };
    let fast = policies.decide(&question).unwrap();
    let afresh = policies.decide_afresh(&question).unwrap();
    let whole = policies.decide_whole(&question).unwrap();
    let replayed = policies.replay(fast.input()).unwrap();
    for (how, other) in [("afresh", &afresh), ("whole", &whole), ("replayed", &replayed)] {
        assert_eq!(other.document(), fast.document(), "{how} (left) and fast (right) on {}", fast.input());
        assert_eq!(other.input(), fast.input(), "{how}");
    }
    fast
}

/// What the decisions of a run have shown.
#[derive(Default)]
struct Seen {
    rules: BTreeSet<String>,
    codes: BTreeSet<String>,
    marks: BTreeSet<&'static str>,
}

impl Seen {
    fn add(&mut self, decision: &Value) {
        let marks = [
            ("undefined", decision.is_null()),
            ("allowed", decision["allow"] != json!([])),
            ("waived", decision["waived"] != json!([])),
            ("stale", decision["stale"] == true),
            ("a feature refused", decision["features_refused"] != json!([])),
            ("remote access unknown", decision["remote_access_unknown"] != json!([])),
            ("not cached", decision["cache_scope"] == "none"),
            ("no retention limit", decision["retention_days_max"].is_null()),
            ("a header", decision["response_headers"] != json!([])),
            ("an audit block", decision["audit_fields"] != json!([])),
        ];
        let kept =
            marks.into_iter().filter(|(name, is)| *is && (*name == "undefined" || !decision.is_null()));
        self.marks.extend(kept.map(|(name, _)| name));
        self.rules.extend(generator::strings(&decision["rules"]));
        let reasons = decision["exclude"].as_object().into_iter().flat_map(|pairs| pairs.values());
        let codes =
            reasons.flat_map(|list| list.as_array().unwrap()).filter_map(|reason| reason["code"].as_str());
        self.codes.extend(codes.map(str::to_owned));
    }

    /// Inputs that leave a rule or a code out would say nothing about it.
    fn check(&self, generator: &Generator) {
        let rules: BTreeSet<String> = generator.words.rules.iter().map(|(id, _)| id.clone()).collect();
        let missed: Vec<&String> = rules.difference(&self.rules).collect();
        assert!(missed.is_empty(), "rules that never bound: {missed:?}");
        let missed: Vec<&String> = generator.words.codes.difference(&self.codes).collect();
        assert!(missed.is_empty(), "reason codes that were never given: {missed:?}");
        assert_eq!(self.marks.len(), 10, "only {:?}", self.marks);
    }
}
