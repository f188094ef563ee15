//! Bundles on their way from a folder to policies in force, and what `opa` says of the same file.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use inland_policies::{
    Bundle, Class, Decision, Manifest, PairSpec, Policies, Question, SigningKey, Tree, VerifyingKey, bundle,
};
use serde_json::Value;
use time::macros::date;

mod forge;
use forge::{SIGNATURES, TODAY, manifest};

/// One bundle of the default policies for all tests: building it runs every case.
fn shipped() -> &'static (Vec<u8>, SigningKey, VerifyingKey) {
    static SHIPPED: OnceLock<(Vec<u8>, SigningKey, VerifyingKey)> = OnceLock::new();
    SHIPPED.get_or_init(forge::shipped)
}

fn verified() -> Bundle {
    let (bytes, _, public) = shipped();
    Bundle::verify(bytes, public).unwrap()
}

fn decide(
    policies: &Policies,
    tenant: &str,
    classes: &[&str],
    today: time::Date,
) -> std::sync::Arc<Decision> {
    let tenant = policies.tenant(tenant).unwrap();
    let pairs = ["stand-in/fr", "stand-in/de", "stand-in/ch", "stand-in/us"];
    let pairs = pairs.map(|endpoint| PairSpec { id: endpoint, provider: endpoint });
    let question = Question {
        tenant,
        groups: &[],
        classes: classes.iter().map(|name| Class::from_name(name).unwrap()).collect(),
        subjects: &[],
        subjects_complete: true,
        features: &[],
        use_case: None,
        route: "chat/completions",
        model: "large",
        stream: false,
        candidates: &policies.candidates(tenant, &pairs).unwrap(),
        today,
    };
    policies.decide(&question).unwrap()
}

#[test]
fn what_was_built_comes_back_and_decides_as_the_folder_does() {
    let (bytes, ..) = shipped();
    let bundle = verified();
    assert_eq!(bundle.tree(), &Tree::embedded());
    assert_eq!(bundle.manifest(), &manifest(7));
    assert_eq!(bundle.digest(), forge::hex(bytes));
    let (folder, policies) = (Policies::embedded().unwrap(), bundle.activate().unwrap());
    assert_eq!(policies.manifest(), Some(&manifest(7)));
    assert_eq!(policies.digest(), bundle.digest());
    assert_eq!(folder.manifest(), None);
    for tenant in ["hopital-lyon", "bank-zuerich", "werk-stuttgart"] {
        let ask = |policies| decide(policies, tenant, &["person_name", "health"], TODAY);
        assert_eq!(ask(&policies).document(), ask(&folder).document(), "{tenant}");
    }
}

#[test]
fn equal_policies_have_equal_bytes_but_for_the_signature() {
    let (bytes, key, _) = shipped();
    let again = verified().resign(&manifest(7), key).unwrap();
    let tars = [bytes, &again].map(|archive| forge::gunzip(archive));
    let place = |tar: &[u8]| {
        let content = &forge::unpack(&forge::gzip(tar))[SIGNATURES];
        let at = tar.windows(content.len()).position(|window| window == content).unwrap();
        at..at + content.len()
    };
    let rests = tars.map(|mut tar| {
        let place = place(&tar);
        tar.splice(place, []);
        tar
    });
    assert!(rests[0] == rests[1]);
    assert!(rests[0].len() > 100_000);
}

#[test]
fn a_bundle_is_admitted_by_its_last_day_and_a_higher_revision() {
    let bundle = verified();
    let own = bundle.digest();
    let last = date!(2027 - 01 - 31);
    let (later, other) = (date!(2027 - 02 - 01), "00");
    for (today, in_force, expected) in [
        (TODAY, None, Ok(())),
        (last, None, Ok(())),
        (later, None, Err("bundle_expired")),
        (TODAY, Some((6, other)), Ok(())),
        (later, Some((6, other)), Err("bundle_expired")),
        (TODAY, Some((8, other)), Err("bundle_older")),
        (TODAY, Some((8, own)), Err("bundle_older")),
        (TODAY, Some((7, other)), Err("bundle_revision")),
        (TODAY, Some((7, own)), Ok(())),
        // What is in force stays, however late it is: calls go on and are marked stale.
        (later, Some((7, own)), Ok(())),
    ] {
        let answer = bundle.admit(today, in_force).map_err(|error| error.code());
        assert_eq!(answer, expected, "{today} {in_force:?}");
    }
    let error = bundle.admit(TODAY, Some((8, other))).unwrap_err().to_string();
    let expected = "the bundle has revision 7, and 8 is in force; build it with a higher revision; \
                    `inland policy rollback` does so for an old one";
    assert_eq!(error, expected);
}

#[test]
fn a_rollback_is_old_content_under_a_higher_revision() {
    let (_, key, public) = shipped();
    let old = verified();
    let back = Bundle::verify(&old.resign(&manifest(9), key).unwrap(), public).unwrap();
    assert_eq!(back.tree(), old.tree());
    assert_eq!(back.manifest().revision(), 9);
    assert_ne!(back.digest(), old.digest());
    assert_eq!(back.admit(TODAY, Some((8, "00"))), Ok(()));
}

#[test]
fn after_its_last_day_calls_go_on_and_are_marked_stale() {
    let policies = verified().activate().unwrap();
    let stale = |today| decide(&policies, "hopital-lyon", &["person_name"], today).stale();
    assert!(!stale(date!(2027 - 01 - 31)));
    assert!(stale(date!(2027 - 02 - 01)), "the law itself may be trusted until 2027-02-28");
}

#[test]
fn nobody_approves_what_he_wrote_and_every_bundle_names_both() {
    let day = date!(2027 - 01 - 31);
    for (revision, author, approver) in
        [(0, "a", "b"), (1, "a", "a"), (1, "Ann", " ann "), (1, "", "b"), (1, "a", " "), (1, "a\n", "b")]
    {
        let error = Manifest::new(revision, day, author, approver).unwrap_err();
        assert_eq!(error.code(), "bundle_manifest", "{revision} {author} {approver}");
    }
    assert!(Manifest::new(1, day, &"a".repeat(128), "b").is_ok());
    assert!(Manifest::new(1, day, &"a".repeat(129), "b").is_err());
}

#[test]
fn a_missing_file_is_a_sentence() {
    let error = Bundle::read(Path::new("/nowhere/policies.tar.gz")).unwrap_err();
    assert_eq!(error.code(), "bundle_missing");
    let text = error.to_string();
    assert!(text.starts_with("the bundle /nowhere/policies.tar.gz cannot be read: "), "{text}");
}

// --- what `opa` says of the same file

/// A folder of one test, gone afterwards.
struct Work(PathBuf);

impl Work {
    fn new() -> Work {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("inland-bundle-test-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Work(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `opa` in this folder: its output, or what it complains about.
    fn opa(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let done = Command::new(forge::opa()).current_dir(&self.0).args(arguments).output().unwrap();
        let complaint = [done.stderr.as_slice(), done.stdout.as_slice()].concat();
        done.status.success().then_some(done.stdout).ok_or(String::from_utf8_lossy(&complaint).into_owned())
    }

    /// Does `opa` accept the signature?
    fn verify(&self, bundle: &[u8], public: &VerifyingKey) -> Result<Vec<u8>, String> {
        let bundle = self.file("bundle.tar.gz", bundle);
        let public = self.file("key.pub", public.to_pem());
        let key = ["--verification-key", &public, "--signing-alg", "ES256"];
        self.opa(&[&["build", "--bundle", &bundle, "--output", "out.tar.gz"], key.as_slice()].concat())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn opa_verifies_the_bundle_and_refuses_it_with_another_key_or_a_changed_byte() {
    let (bytes, _, public) = shipped();
    let work = Work::new();
    work.verify(bytes, public).unwrap_or_else(|complaint| panic!("{complaint}"));
    let other = forge::key().verifying().unwrap();
    assert!(work.verify(bytes, &other).unwrap_err().contains("failed to verify JWT signature"));
    for name in ["law/rules/fr.yaml", "core/decision.rego", "policy.wasm", "data.json", ".manifest"] {
        let mut files = forge::unpack(bytes);
        // A digit of a date, a version or a comment; a byte of the module.
        let content = files.get_mut(name).unwrap();
        let digit = content.iter().rposition(|byte| byte.is_ascii_digit()).unwrap();
        content[digit] ^= 1;
        let changed = forge::pack(&files);
        let complaint = work.verify(&changed, public).unwrap_err();
        assert!(complaint.contains(&format!("{name}: digest mismatch")), "{complaint}");
        assert_eq!(Bundle::verify(&changed, public).unwrap_err().code(), "bundle_content", "{name}");
    }
}

#[test]
fn opa_decides_from_the_bundle_as_we_do() {
    let (bytes, ..) = shipped();
    let policies = verified().activate().unwrap();
    for (tenant, classes, today) in [
        ("hopital-lyon", vec!["person_name", "health", "patient"], TODAY),
        ("bank-zuerich", vec!["person_name", "iban"], TODAY),
        ("werk-stuttgart", vec!["person_name", "email", "credentials"], TODAY),
        // After the bundle's last day, before the law's: the tables must hold the bundle's.
        ("werk-stuttgart", vec!["person_name"], date!(2027 - 02 - 01)),
        ("werk-stuttgart", vec![], TODAY),
    ] {
        let ours = decide(&policies, tenant, &classes, today);
        let document = comparable(&serde_json::from_str(ours.document()).unwrap());
        assert_eq!(asked_of_opa(bytes, ours.input()), document, "{tenant}");
    }
}

/// What `opa eval` decides from the bundle.
fn asked_of_opa(bundle: &[u8], input: &str) -> Value {
    let work = Work::new();
    let (bundle, input) = (work.file("bundle.tar.gz", bundle), work.file("input.json", input));
    let query = ["--format", "json", "data.inland.decision"];
    let told = work.opa(&[&["eval", "--bundle", &bundle, "--input", &input], query.as_slice()].concat());
    let told: Value = serde_json::from_slice(&told.unwrap()).unwrap();
    comparable(&told["result"][0]["expressions"][0]["value"])
}

/// The document with its sets in one order, and without the references that we add to reasons. What is
/// allowed has an order of its own, which stays.
fn comparable(decision: &Value) -> Value {
    match decision {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| *key != "ref");
            let same =
                |key: &str, value: &Value| if key == "allow" { value.clone() } else { comparable(value) };
            kept.map(|(key, value)| (key.clone(), same(key, value))).collect()
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(comparable).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => decision.clone(),
    }
}

#[test]
fn we_verify_what_opa_signs() {
    let (bytes, ..) = shipped();
    let (work, key) = (Work::new(), forge::key());
    let bundle = work.file("bundle.tar.gz", bytes);
    let secret = work.file("secret.pem", key.to_pem().unwrap());
    let key_of_opa = ["--signing-key", &secret, "--signing-alg", "ES256"];
    work.opa(&[&["sign", "--bundle", &bundle], key_of_opa.as_slice()].concat()).unwrap();
    let mut files = forge::unpack(bytes);
    files.insert(SIGNATURES.to_owned(), std::fs::read(work.0.join(SIGNATURES)).unwrap());
    let resigned = forge::pack(&files);
    let bundle = Bundle::verify(&resigned, &key.verifying().unwrap()).unwrap();
    assert_eq!(bundle.tree(), verified().tree());
    assert_eq!(Bundle::verify(&resigned, &shipped().2).unwrap_err().code(), "bundle_signature");
}

#[test]
fn names_of_any_alphabet_are_hashed_as_opa_hashes_them() {
    let key = forge::key();
    let names = "Zo\u{eb} \u{2028}<&>\u{2029} \"\\/ \u{7f4e}\u{1f600}\u{e000}";
    let manifest = Manifest::new(3, date!(2027 - 01 - 31), names, "Bo Ek").unwrap();
    let bytes = bundle::build(&Tree::embedded(), &manifest, &key).unwrap();
    let public = key.verifying().unwrap();
    Work::new().verify(&bytes, &public).unwrap_or_else(|complaint| panic!("{complaint}"));
    assert_eq!(Bundle::verify(&bytes, &public).unwrap().manifest().author(), names);
}

#[test]
fn a_changed_core_is_built_and_equal_rego_compiles_to_equal_bytes() {
    let text = "default cache_scope := \"tenant\"";
    let tree = changed("core/call.rego", text, &format!("# Nobody shares an answer.\n{text}"));
    let key = forge::key();
    let bytes = bundle::build(&tree, &manifest(1), &key).unwrap_or_else(|error| panic!("{error}"));
    let bundle = Bundle::verify(&bytes, &key.verifying().unwrap()).unwrap();
    assert_eq!(bundle.tree(), &tree);
    assert_eq!(bundle.check_module(), Ok(()), "compiled a second time, in another folder");
    assert_eq!(verified().check_module(), Ok(()));
}

#[test]
fn a_core_that_forgets_the_certificates_is_not_built() {
    let text = "certified(pair, names) if {\n\tsome certificate in pair.certs\n\tnames[certificate]\n";
    let tree = changed(
        "core/verdicts.rego",
        text,
        "certified(_, _)\n\ncertified(pair, names) if {\n\tsome certificate in pair.certs\n\tnames[certificate]\n",
    );
    let error = bundle::build(&tree, &manifest(1), &forge::key()).unwrap_err();
    assert_eq!(error.code(), "bundle_case", "{error}");
    assert!(error.to_string().contains(" cases are decided otherwise than written; cases/"), "{error}");
}

fn changed(path: &str, from: &str, to: &str) -> Tree {
    let tree = Tree::embedded();
    let text = tree.below(path).map(|(_, text)| text).collect::<String>();
    assert!(text.contains(from), "{path} has no {from}");
    let changed = text.replacen(from, to, 1);
    tree.with(path, changed)
}

#[test]
fn the_emergency_switch_goes_live_although_the_cases_speak_of_the_law_without_it() {
    let switched = changed("law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]");
    let key = forge::key();
    let bytes = bundle::build(&switched, &manifest(8), &key).unwrap_or_else(|error| panic!("{error}"));
    let policies = Bundle::verify(&bytes, &key.verifying().unwrap()).unwrap().activate().unwrap();
    let codes = |policies: &Policies| -> Vec<String> {
        let decision = decide(policies, "werk-stuttgart", &["person_name"], TODAY);
        let reasons = decision.exclude().get("stand-in/us").cloned().unwrap_or_default();
        reasons.iter().map(|reason| format!("{} {}", reason.code(), reason.rule())).collect()
    };
    let before = codes(&Policies::embedded().unwrap());
    let after = codes(&policies);
    assert!(!before.iter().any(|code| code.starts_with("NOT_ADEQUATE")), "{before:?}");
    assert!(after.iter().any(|code| code.starts_with("NOT_ADEQUATE")), "{after:?}");
}

#[test]
fn a_pack_of_ones_own_is_built_in_and_opa_decides_with_it_as_well() {
    let pack =
        "package inland.packs.quiet\n\ndeny contains \"PROHIBITED_PRACTICE\" if \"email\" in input.classes\n";
    let about = "title: No mail\nplain: No mail addresses.\nref: House rule 1\napplies_to: {tenants: [werk-stuttgart]}\n";
    let tree = Tree::embedded().with("packs/quiet/quiet.rego", pack).with("packs/quiet/pack.yaml", about);
    let key = forge::key();
    let bytes = bundle::build(&tree, &manifest(1), &key).unwrap_or_else(|error| panic!("{error}"));
    let bundle = Bundle::verify(&bytes, &key.verifying().unwrap()).unwrap();
    assert_eq!(bundle.check_module(), Ok(()));
    let policies = bundle.activate().unwrap();
    for (class, allowed) in [("email", false), ("person_name", true)] {
        let ours = decide(&policies, "werk-stuttgart", &[class], TODAY);
        assert_eq!(!ours.allow().is_empty(), allowed, "{class}");
        assert_eq!(
            asked_of_opa(&bytes, ours.input()),
            comparable(&serde_json::from_str(ours.document()).unwrap())
        );
    }
}
