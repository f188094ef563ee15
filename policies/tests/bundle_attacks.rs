//! Bundles that must not come into force: unsigned, signed otherwise, of another form, or signed well
//! and wrong all the same. Each row names the code that metrics show.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::OnceLock;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use inland_policies::{Bundle, SigningKey, Tree, VerifyingKey, bundle};
use proptest::prelude::*;
use serde_json::{Value, json};
use tar::EntryType;

mod folder;
mod forge;
use folder::Folder;
use forge::{Files, SIGNATURES, TODAY};

fn shipped() -> &'static (Vec<u8>, SigningKey, VerifyingKey) {
    static SHIPPED: OnceLock<(Vec<u8>, SigningKey, VerifyingKey)> = OnceLock::new();
    SHIPPED.get_or_init(forge::shipped)
}

/// The files of the good bundle, without its signature.
fn files() -> Files {
    let mut files = forge::unpack(&shipped().0);
    files.remove(SIGNATURES).unwrap();
    files
}

/// What becomes of a bundle in a gateway: its code and sentence, if it is refused.
fn fate(bytes: &[u8]) -> Result<(), (&'static str, String)> {
    let (_, _, public) = shipped();
    Bundle::verify(bytes, public)
        .and_then(|bundle| bundle.admit(TODAY, None).map(|()| bundle))
        .and_then(|bundle| bundle.activate())
        .map(drop)
        .map_err(|error| (error.code(), error.to_string()))
}

#[track_caller]
fn refused(what: &str, bytes: &[u8], code: &str, sentence: &str) {
    let Err((given, text)) = fate(bytes) else { panic!("{what}: it came into force") };
    assert_eq!(given, code, "{what}: {text}");
    assert!(text.contains(sentence), "{what}: {text}");
    assert!(text.contains("; "), "{what} says no remedy: {text}");
}

#[test]
fn what_these_tests_sign_themselves_is_accepted_where_nothing_is_wrong() {
    let (bytes, key, _) = shipped();
    assert_eq!(fate(bytes), Ok(()));
    assert_eq!(fate(&forge::signed(&files(), key)), Ok(()));
    // OPA's own `kid` and `typ`, and claims of `opa sign --claims-file` that mean nothing.
    let mut payload = forge::payload(&files());
    payload["keyid"] = json!("any");
    payload["iss"] = json!("compliance");
    payload["iat"] = json!(1_700_000_000);
    let header = json!({"alg": "ES256", "kid": "../../etc/passwd", "typ": "JWT"});
    assert_eq!(fate(&forge::signed_as(&files(), &forge::token(&header, &payload, key))), Ok(()));
}

#[test]
fn a_signature_is_one_of_the_configured_key_with_es256_and_nothing_else() {
    let (_, key, public) = shipped();
    let (files, other) = (files(), forge::key());
    let (es256, payload) = (json!({"alg": "ES256"}), forge::payload(&files));
    let good = forge::token(&es256, &payload, key);
    let (message, signature) = good.rsplit_once('.').unwrap();

    let hs256 = forge::message(&json!({"alg": "HS256", "typ": "JWT"}), &payload);
    let pem = hmac::Key::new(hmac::HMAC_SHA256, public.to_pem().as_bytes());
    let hs256 = format!("{hs256}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&pem, hs256.as_bytes())));
    let none = forge::message(&json!({"alg": "none"}), &payload);
    let header = |header: Value| forge::token(&header, &payload, key);
    let mut scoped = payload.clone();
    scoped["scope"] = json!("write");
    let mut claim = payload.clone();
    claim["exclude_files"] = json!(["policy.wasm"]);

    for (what, token, sentence) in [
        ("the signature of another key", forge::token(&es256, &payload, &other), "the configured key"),
        ("no algorithm", format!("{none}."), "another algorithm than ES256"),
        ("no algorithm and a good signature", format!("{none}.{signature}"), "another algorithm"),
        ("the public key as a shared secret", hs256, "another algorithm"),
        ("ES384 in the header", header(json!({"alg": "ES384"})), "another algorithm"),
        ("small letters", header(json!({"alg": "es256"})), "another algorithm"),
        ("a header without algorithm", header(json!({"typ": "JWT"})), "says more than we know"),
        ("a key in the header", header(json!({"alg": "ES256", "jwk": {}})), "says more than we know"),
        ("a critical extension", header(json!({"alg": "ES256", "crit": ["b64"], "b64": false})), "says more"),
        (
            "a signature of zeros",
            format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
            "the configured key",
        ),
        ("an empty signature", format!("{message}."), "the configured key"),
        ("base64 with padding", format!("{good}=="), "not base64url"),
        ("two parts", message.to_owned(), "three parts"),
        ("four parts", format!("{good}.x"), "three parts"),
        ("another scope", forge::token(&es256, &scoped, key), "another scope"),
        ("a claim that could except files", forge::token(&es256, &claim, key), "covers something unknown"),
        ("no text", String::new(), "three parts"),
    ] {
        refused(what, &forge::signed_as(&files, &token), "bundle_signature", sentence);
    }
}

#[test]
fn there_is_exactly_one_signature() {
    let (_, key, _) = shipped();
    let token = forge::token(&json!({"alg": "ES256"}), &forge::payload(&files()), key);
    let with = |signatures: Value| {
        let mut files = files();
        files.insert(SIGNATURES.to_owned(), signatures.to_string().into_bytes());
        forge::pack(&files)
    };
    refused("no signature", &forge::pack(&files()), "bundle_unsigned", "is not signed; sign it with");
    refused("an empty list", &with(json!({"signatures": []})), "bundle_unsigned", "is not signed");
    refused("two", &with(json!({"signatures": [token, token]})), "bundle_signature", "more than one");
    refused(
        "a plugin",
        &with(json!({"signatures": [token], "plugin": "x"})),
        "bundle_signature",
        "OPA's form",
    );
    refused("another form", &with(json!([token])), "bundle_signature", "OPA's form");
}

#[test]
fn files_are_those_that_were_signed_no_more_no_fewer_no_other() {
    let (_, key, _) = shipped();
    let signed = files();
    let mut payload = forge::payload(&signed);
    let token = |payload: &Value| forge::token(&json!({"alg": "ES256"}), payload, key);
    let good = token(&payload);
    let changed = |change: &dyn Fn(&mut Files)| {
        let mut files = signed.clone();
        change(&mut files);
        forge::signed_as(&files, &good)
    };
    let edit = |files: &mut Files| files.get_mut("law/zones.yaml").unwrap().push(b'#');
    refused("a changed file", &changed(&edit), "bundle_content", "law/zones.yaml was changed after");
    let add = |files: &mut Files| drop(files.insert("law/rules/zz.yaml".into(), b"{}".to_vec()));
    refused("an extra file", &changed(&add), "bundle_content", "law/rules/zz.yaml is not signed");
    let take = |files: &mut Files| drop(files.remove("law/rules/fr.yaml"));
    refused("a missing file", &changed(&take), "bundle_content", "law/rules/fr.yaml is signed and missing");
    let swap = |files: &mut Files| {
        let (france, italy) = (files["law/rules/fr.yaml"].clone(), files["law/rules/it.yaml"].clone());
        files.insert("law/rules/fr.yaml".into(), italy);
        files.insert("law/rules/it.yaml".into(), france);
    };
    refused("two files under each other's names", &changed(&swap), "bundle_content", "was changed after");
    let control = |files: &mut Files| drop(files.insert(format!("law/{}.yaml", "x".repeat(90)), vec![]));
    refused("a long name", &changed(&control), "bundle_content", &format!("law/{} is not", "x".repeat(76)));

    let list = payload["files"].as_array_mut().unwrap();
    let first = list[0].clone();
    list.push(first);
    refused(
        "signed twice",
        &forge::signed_as(&signed, &token(&payload)),
        "bundle_content",
        "is signed twice",
    );
    let list = payload["files"].as_array_mut().unwrap();
    list.pop();
    list[0]["algorithm"] = json!("MD5");
    refused("MD5", &forge::signed_as(&signed, &token(&payload)), "bundle_content", "another algorithm");
    payload["files"][0]["algorithm"] = json!("");
    refused("no hash", &forge::signed_as(&signed, &token(&payload)), "bundle_content", "another algorithm");
    let slash = payload.to_string().replace("\"name\":\"", "\"name\":\"/").replace("\"\"", "\"SHA-256\"");
    let slash = token(&serde_json::from_str(&slash).unwrap());
    refused(
        "names with a slash, as OPA refuses them",
        &forge::signed_as(&signed, &slash),
        "bundle_content",
        "is not signed",
    );
}

/// The tar of the good bundle with blocks before its end.
fn with_entries(entries: &[u8]) -> Vec<u8> {
    let tar = forge::gunzip(&shipped().0);
    let end = tar.len() - 1024;
    forge::gzip(&[&tar[..end], entries, &tar[end..]].concat())
}

fn entry(name: &str, kind: EntryType, content: &[u8]) -> Vec<u8> {
    let mut entry = forge::header(name, kind, content.len() as u64).as_bytes().to_vec();
    entry.extend(content);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

#[test]
fn an_archive_holds_regular_files_once_each_under_plain_names() {
    for (what, kind) in [
        ("a symbolic link", EntryType::Symlink),
        ("a hard link", EntryType::Link),
        ("a folder", EntryType::Directory),
        ("a device", EntryType::Char),
        ("a pipe", EntryType::Fifo),
        ("a name for the next file (PAX)", EntryType::XHeader),
        ("a name for all files (PAX)", EntryType::XGlobalHeader),
        ("a long name (GNU)", EntryType::GNULongName),
        ("a sparse file", EntryType::GNUSparse),
        ("a kind that nobody knows", EntryType::new(b'Z')),
    ] {
        let bytes = with_entries(&entry("/law/x.yaml", kind, b""));
        refused(what, &bytes, "bundle_form", "not a regular file");
    }
    for name in
        ["../x", "/../x", "law/../../x", "//etc/passwd", "law//x", "law/./x", "law/", "a\\b", "\u{1}", "/"]
    {
        let bytes = with_entries(&entry(name, EntryType::Regular, b""));
        refused(name, &bytes, "bundle_form", "not a plain relative path");
    }
    let mut latin = forge::header("/law/x.yaml", EntryType::Regular, 0);
    latin.as_ustar_mut().unwrap().name[5] = 0xe9;
    latin.set_cksum();
    refused("Latin 1", &with_entries(latin.as_bytes()), "bundle_form", "not UTF-8");
    for name in ["law/zones.yaml", "/law/zones.yaml", ".signatures.json", "/policy.wasm"] {
        let bytes = with_entries(&entry(name, EntryType::Regular, b""));
        refused(name, &bytes, "bundle_form", "stands in it twice");
    }
    let absolute = with_entries(&entry("/etc/passwd", EntryType::Regular, b""));
    refused("an absolute path", &absolute, "bundle_content", "the file etc/passwd is not signed");
}

#[test]
fn an_archive_is_whole_and_nothing_hides_behind_or_between() {
    let (bytes, ..) = shipped();
    let tar = forge::gunzip(bytes);
    let end = tar.len() - 1024;
    for (what, bytes) in [
        ("nothing", vec![]),
        ("no gzip", b"policies".to_vec()),
        ("half of it", bytes[..bytes.len() / 2].to_vec()),
        ("all but its check sum", bytes[..bytes.len() - 8].to_vec()),
        ("all but one byte", bytes[..bytes.len() - 1].to_vec()),
        ("a byte more", [bytes, [0].as_slice()].concat()),
        ("a second stream", [bytes.as_slice(), &forge::gzip(&[0; 1024])].concat()),
        ("a tar without end", forge::gzip(&tar[..end])),
        ("a tar with half an end", forge::gzip(&tar[..end + 512])),
        ("a tar cut in a file", forge::gzip(&tar[..end - 600])),
        (
            "a file behind the end",
            forge::gzip(&[&tar, entry("/x", EntryType::Regular, b"").as_slice()].concat()),
        ),
        ("a wrong sum of a header", with_entries(&[1; 512])),
        (
            "a size that overflows",
            with_entries(forge::header("/x", EntryType::Regular, u64::MAX / 2).as_bytes()),
        ),
        ("a size beyond the end", with_entries(forge::header("/x", EntryType::Regular, 4096).as_bytes())),
    ] {
        refused(what, &bytes, "bundle_form", "the bundle cannot be read: ");
    }
    let mut padding = entry("/law/x.yaml", EntryType::Regular, b"text");
    padding[1000] = 1;
    refused("something in the padding", &with_entries(&padding), "bundle_form", "damaged or cut short");
}

#[test]
fn a_bundle_is_bounded_packed_unpacked_and_in_number_of_files() {
    refused("33 MiB", &vec![0; Bundle::BYTES_MAX + 1], "bundle_oversized", "larger than 33554432 bytes");
    // 65 MiB of zeros in some 300 KB.
    let bomb = forge::gzip(&vec![0; 65 << 20]);
    assert!(bomb.len() < 400_000, "{}", bomb.len());
    refused("a bomb", &bomb, "bundle_oversized", "unpacks to more than 67108864 bytes");
    let names: Vec<String> = (0..2100).map(|number| format!("law/{number}.yaml")).collect();
    let many = forge::tar(names.iter().map(|name| (name.as_str(), [].as_slice())));
    refused("many files", &forge::gzip(&many), "bundle_oversized", "more than 2004 files");
}

/// A well signed bundle in which one file is another.
fn with_file(name: &str, content: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut files = files();
    files.insert(name.to_owned(), content.into());
    forge::signed(&files, &shipped().1)
}

fn manifest() -> Value {
    serde_json::from_slice(&files()[".manifest"]).unwrap()
}

#[test]
fn a_manifest_has_exactly_the_keys_of_this_release() {
    let change = |pointer: &str, value: Option<Value>| {
        let mut manifest = manifest();
        let (object, key) = pointer.rsplit_once('/').unwrap();
        let object = manifest.pointer_mut(object).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => object.insert(key.to_owned(), value),
            None => object.remove(key),
        };
        with_file(".manifest", manifest.to_string())
    };
    for key in
        ["/revision", "/roots", "/rego_version", "/metadata", "/metadata/revision", "/metadata/expires"]
    {
        refused(key, &change(key, None), "bundle_manifest", "missing field");
    }
    for key in ["/metadata/author", "/metadata/approver", "/metadata/law_digest"] {
        refused(key, &change(key, None), "bundle_manifest", "missing field");
    }
    for key in ["/metadata/waive_all", "/wasm", "/file_rego_versions", "/x"] {
        refused(key, &change(key, Some(json!([]))), "bundle_manifest", "unknown field");
    }
    for (key, value, sentence) in [
        ("/revision", json!("8"), "its two revisions differ"),
        ("/revision", json!("07"), "its two revisions differ"),
        ("/metadata/revision", json!(-7), "invalid value"),
        ("/metadata/revision", json!("7"), "invalid type"),
        ("/roots", json!([""]), "its roots"),
        ("/rego_version", json!(0), "its version of Rego"),
        ("/metadata/expires", json!("31.01.2027"), "not a date"),
        ("/metadata/expires", json!("2027-02-30"), "not a date"),
        ("/metadata/author", json!(""), "the author is not a name"),
        ("/metadata/approver", json!("a\u{7}"), "the approver is not a name"),
        ("/metadata/approver", json!("ada lind"), "the same person"),
        ("/metadata/law_digest", json!("00"), "names another law"),
    ] {
        refused(key, &change(key, Some(value)), "bundle_manifest", sentence);
    }
    let twice = manifest().to_string().replacen("\"author\"", "\"author\":\"x\",\"author\"", 1);
    refused("a key twice", &with_file(".manifest", twice), "bundle_manifest", "duplicate field");
    refused("no JSON", &with_file(".manifest", "{"), "bundle_content", "is not JSON");
}

#[test]
fn a_signer_who_errs_is_stopped_as_well() {
    let (_, key, _) = shipped();
    refused("no tables", &with_file("data.json", "{}"), "bundle_tables", "other things than");
    let more = json!({"tables": {}, "inland": {"decision": {}}}).to_string();
    refused("data over the core", &with_file("data.json", more), "bundle_tables", "other things than");
    refused("a fraction", &with_file("data.json", r#"{"tables": 1.5}"#), "bundle_content", "not whole");
    refused("no module", &with_file("policy.wasm", "text"), "bundle_policies", "the compiled core");
    refused(
        "a huge module",
        &with_file("policy.wasm", vec![0; 9 << 20]),
        "bundle_oversized",
        "8388608 bytes",
    );
    for name in
        ["README.md", "law/data.yaml", "law/notes.txt", "core/decision_test.rego", "x.rego", "patch.json"]
    {
        let bytes = with_file(name, "{}");
        refused(name, &bytes, "bundle_content", &format!("the file {name} is no policy file"));
    }
    refused("a large file", &with_file("law/x.yaml", vec![b'#'; 2 << 20]), "bundle_oversized", "law/x.yaml");
    refused("no UTF-8", &with_file("law/x.yaml", vec![0xff]), "bundle_content", "not UTF-8");
    for name in [".manifest", "data.json", "policy.wasm"] {
        let mut files = files();
        files.remove(name);
        let bytes = forge::signed(&files, key);
        refused(name, &bytes, "bundle_content", &format!("the bundle has no file {name}"));
    }
    let mut late = manifest();
    late["metadata"]["expires"] = json!("2026-11-22");
    refused("expired", &with_file(".manifest", late.to_string()), "bundle_expired", "expired on 2026-11-22");
}

#[test]
fn tables_that_are_not_those_of_the_law_beside_them_are_refused() {
    let mut data: Value = serde_json::from_slice(&files()["data.json"]).unwrap();
    let free = data.pointer_mut("/tables/free/eu").unwrap().as_object_mut().unwrap();
    assert_eq!(free.insert("US".to_owned(), json!(true)), None);
    refused(
        "one country more",
        &with_file("data.json", data.to_string()),
        "bundle_tables",
        "data.json: the tables",
    );
    let mut longer = manifest();
    longer["metadata"]["expires"] = json!("2027-02-15");
    refused(
        "a longer life",
        &with_file(".manifest", longer.to_string()),
        "bundle_tables",
        "the tables are not",
    );
}

/// A well signed bundle of an edited folder with the tables and the core of the good one.
fn of_folder(folder: &Folder, change: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let tree = Tree::read(folder.path()).unwrap();
    let mut files = files();
    files.retain(|name, _| !name.contains('/'));
    files.extend(tree.below("").map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    let mut manifest = manifest();
    manifest["metadata"]["law_digest"] = json!(tree.digest());
    files.insert(".manifest".to_owned(), manifest.to_string().into_bytes());
    files.extend(change.iter().map(|(name, content)| ((*name).to_owned(), content.clone())));
    forge::signed(&files, &shipped().1)
}

#[test]
fn a_law_that_does_not_load_is_refused_with_its_line() {
    let folder = Folder::default_with(&[("tenants/x.yaml", "x: {country: NO, sector: health}\n")]);
    refused(
        "Norway",
        &of_folder(&folder, &[]),
        "bundle_policies",
        "tenants/x.yaml:1: OPA reads the bare word NO",
    );
}

#[test]
fn a_bundle_that_decides_one_of_its_cases_otherwise_is_refused() {
    let folder = Folder::default_with(&[]);
    folder.edit("cases/scenarios.yaml", "log_min_days: 184", "log_min_days: 185");
    let bytes = of_folder(&folder, &[]);
    refused(
        "one case",
        &bytes,
        "bundle_case",
        "cases are decided otherwise than written; cases/scenarios.yaml:",
    );
    std::fs::remove_dir_all(folder.path().join("cases")).unwrap();
    refused("no case", &of_folder(&folder, &[]), "bundle_case", "there is no case in it");
    let error = bundle::build(&Tree::read(folder.path()).unwrap(), &forge::manifest(7), &shipped().1);
    assert_eq!(error.unwrap_err().code(), "bundle_case", "nor is it built");
}

#[test]
fn a_module_of_other_rego_is_found_by_who_compiles_again() {
    let mut wasm = files()["policy.wasm"].clone();
    let at = wasm.windows(5).position(|window| window == b"HDS_X" || window == b"waive").unwrap();
    wasm[at] ^= 1;
    let bytes = with_file("policy.wasm", wasm);
    let error = Bundle::verify(&bytes, &shipped().2).unwrap().check_module().unwrap_err();
    assert_eq!(error.code(), "bundle_module");
}

#[test]
fn a_module_that_asks_its_host_to_compute_is_refused() {
    let folder = Folder::default_with(&[]);
    let call = "http.send({\"method\": \"get\", \"url\": \"https://example.test\"})";
    let core = std::fs::read_to_string(folder.path().join("core/tables.rego")).unwrap();
    let core =
        format!("{core}\ncalls if {call}\n").replacen("document := {", "document := {\n\t\"x\": calls,", 1);
    std::fs::write(folder.path().join("core/tables.rego"), core).unwrap();
    let wasm = compiled(&folder);
    refused("http.send", &of_folder(&folder, &[("policy.wasm", wasm)]), "bundle_builtin", "{\"http.send\":");
}

/// The folder's core as `opa` compiles it.
fn compiled(folder: &Folder) -> Vec<u8> {
    let archive = folder.path().join("core.tar.gz");
    let mut build = Command::new(forge::opa());
    build.args(["build", "--target", "wasm", "--entrypoint", "inland/tables/document"]);
    build.args(["--entrypoint", "inland/decision", "--output"]).arg(&archive).arg(folder.path().join("core"));
    let done = build.args(["--ignore", "*_test.rego"]).output().unwrap();
    if !done.status.success() {
        panic!("{}", String::from_utf8_lossy(&done.stderr));
    }
    let mut files = forge::unpack(&std::fs::read(archive).unwrap());
    files.remove("policy.wasm").unwrap()
}

proptest! {
    /// Bytes of the archive overwritten, cut out and doubled: never a panic, and what still verifies holds
    /// exactly what was signed (a gzip header has bytes that mean nothing).
    #[test]
    fn a_mutated_archive_never_brings_other_files(
        at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
        value in any::<u8>(), kind in 0..4,
    ) {
        let (bytes, _, public) = shipped();
        let mut mutated = bytes.clone();
        let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
        mutate(&mut mutated, at, other, value, kind);
        assert_same_or_refused(&mutated, public)?;
    }

    /// The same inside of the compression, where every byte arrives: most of them in headers.
    #[test]
    fn a_mutated_tar_never_brings_other_files(
        block in any::<prop::sample::Index>(), within in 0usize..600,
        other in any::<prop::sample::Index>(), value in any::<u8>(), kind in 0..4, mend in any::<bool>(),
    ) {
        let (bytes, _, public) = shipped();
        let mut tar = forge::gunzip(bytes);
        let headers = headers(&tar);
        let start = headers[block.index(headers.len())];
        let at = (start + within).min(tar.len() - 1);
        let other = headers[other.index(headers.len())];
        mutate(&mut tar, at, other, value, kind);
        if mend && let Some(block) = tar.get_mut(start..start + 512) {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes().copy_from_slice(block);
            header.set_cksum();
            block.copy_from_slice(header.as_bytes());
        }
        assert_same_or_refused(&forge::gzip(&tar), public)?;
    }

    /// The signature's text, character by character.
    #[test]
    fn a_mutated_signature_never_verifies(
        at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.=+/ -]",
    ) {
        let (bytes, _, public) = shipped();
        let mut files = forge::unpack(bytes);
        let parsed: Value = serde_json::from_slice(&files[SIGNATURES]).unwrap();
        let token = parsed["signatures"][0].as_str().unwrap();
        let at = at.index(token.len());
        let mut changed = token.to_owned();
        changed.replace_range(at..=at, &letter);
        prop_assume!(changed != token);
        files.remove(SIGNATURES);
        let error = Bundle::verify(&forge::signed_as(&files, &changed), public).unwrap_err();
        prop_assert_eq!(error.code(), "bundle_signature");
    }
}

fn mutate(bytes: &mut Vec<u8>, at: usize, other: usize, value: u8, kind: i32) {
    let (from, to) = (at.min(other), at.max(other));
    match kind {
        0 => bytes[at] = value,
        1 => bytes[at] ^= 1 << (value % 8),
        2 => drop(bytes.drain(from..to.min(from + 512))),
        _ => {
            let copy = bytes[from..to.min(from + 512)].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

fn assert_same_or_refused(bytes: &[u8], public: &VerifyingKey) -> Result<(), TestCaseError> {
    if let Ok(bundle) = Bundle::verify(bytes, public) {
        prop_assert_eq!(bundle.tree(), &Tree::embedded());
        prop_assert_eq!(bundle.manifest(), &forge::manifest(7));
    }
    Ok(())
}

/// Where the headers of a tar stand.
fn headers(tar: &[u8]) -> Vec<usize> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().unwrap().raw(true);
    entries.map(|entry| usize::try_from(entry.unwrap().raw_header_position()).unwrap()).collect()
}
