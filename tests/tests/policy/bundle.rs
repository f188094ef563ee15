//! `policy key`, `build`, `verify`, `rollback`.

use inland_tests::{Folder, HOSPITAL};
use serde_json::Value;

use super::{Said, desk, edit, policy, read};

#[test]
fn a_key_is_its_owners_alone_and_never_replaced() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = desk("key");
    assert!(policy(desk.path(), &["key", "--out", "desk"]).good);
    let before = read(desk.path().join("desk.key"));
    assert_eq!(std::fs::metadata(desk.path().join("desk.key")).unwrap().permissions().mode() & 0o777, 0o600);
    policy(desk.path(), &["key", "--out", "desk"])
        .refused("inland: desk.key is there already\n  do: choose another name; a key is never replaced");
    std::fs::remove_file(desk.path().join("desk.key")).unwrap();
    assert!(
        !policy(desk.path(), &["key", "--out", "desk"]).good,
        "a public key without its private one stays"
    );
    assert!(!desk.path().join("desk.key").exists());
    assert!(before.contains("PRIVATE KEY"));
}

/// A desk with a pair of keys.
fn signing(name: &str) -> Folder {
    let desk = desk(name);
    assert!(policy(desk.path(), &["key", "--out", "desk"]).good);
    desk
}

const BY: [&str; 6] = ["--sign", "desk.key", "--author", "Ada", "--approver", "Ben"];

fn build(desk: &Folder, more: &[&str]) -> Said {
    policy(desk.path(), &[&["build", "law"], &BY[..], more].concat())
}

#[test]
fn a_bundle_is_built_verified_explained_and_refused_once_a_byte_changes() {
    let desk = signing("bundle");
    let built = build(&desk, &["-o", "p.tar.gz"]);
    assert!(built.good, "{}", built.err);
    assert!(
        built.out.contains("  revision  1\n  expires   2027-02-28\n  author    Ada\n  approver  Ben\n"),
        "{}",
        built.out
    );
    let verified = policy(desk.path(), &["verify", "p.tar.gz", "--key", "desk.pub", "--json"]).json();
    assert_eq!(
        (&verified["good"], &verified["revision"]),
        (&Value::from(true), &Value::from(1)),
        "{verified}"
    );
    let explain = ["explain", "--bundle", "p.tar.gz", "--key", "desk.pub", "--tenant", HOSPITAL, "--json"];
    assert_eq!(policy(desk.path(), &explain).json()["policy"], verified["digest"]);

    assert!(policy(desk.path(), &["key", "--out", "other"]).good);
    let other = policy(desk.path(), &["verify", "p.tar.gz", "--key", "other.pub"]);
    assert!(!other.good && other.err.contains("(bundle_signature)"), "{}", other.err);
    let mut bytes = std::fs::read(desk.path().join("p.tar.gz")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(desk.path().join("p.tar.gz"), bytes).unwrap();
    let changed = policy(desk.path(), &["verify", "p.tar.gz", "--key", "desk.pub"]);
    assert!(!changed.good && changed.err.starts_with("inland: p.tar.gz: "), "{}", changed.err);
    let gone = policy(desk.path(), &["verify", "gone.tar.gz", "--key", "desk.pub"]);
    assert!(!gone.good && gone.err.contains("(bundle_missing)"), "{}", gone.err);
}

#[test]
fn what_no_gateway_would_take_is_not_built() {
    let desk = signing("refused");
    let past = build(&desk, &["-o", "p.tar.gz", "--expires", "2020-01-01"]);
    assert!(
        past.err.contains("the bundle would have expired on 2020-01-01\n  write: --expires"),
        "{}",
        past.err
    );
    let alone =
        ["build", "law", "--sign", "desk.key", "--author", "Ada", "--approver", " ada", "-o", "p.tar.gz"];
    let alone = policy(desk.path(), &alone);
    assert!(!alone.good && alone.err.contains("author and approver are the same person"), "{}", alone.err);
    let wrong =
        ["build", "law", "--sign", "desk.pub", "--author", "Ada", "--approver", "Ben", "-o", "p.tar.gz"];
    assert!(policy(desk.path(), &wrong).err.contains("(bundle_key)"));
    let over = build(&desk, &["-o", "desk.key"]);
    assert!(over.err.contains("desk.key is no bundle and is not replaced"), "{}", over.err);
    edit(&desk, "law/cases/scenarios.yaml", &[("    allow: [fr-qualified, fr-hds]", "    allow: [fr-hds]")]);
    let case = build(&desk, &["-o", "p.tar.gz"]);
    assert!(!case.good && case.err.contains("RS-001"), "{}", case.err);
    assert!(!desk.path().join("p.tar.gz").exists());
}

#[test]
fn an_old_bundle_comes_back_under_a_revision_above_all_that_were_kept() {
    let desk = signing("rollback");
    std::fs::create_dir(desk.path().join("kept")).unwrap();
    policy(desk.path(), &["rollback", "--kept", "kept"]).refused(
        "inland: kept keeps no bundle\n  do: name the folder that [policy] kept of gateway.toml names",
    );
    for (revision, change) in [("7", "review_by: 2027-02-28"), ("9", "review_by: 2027-02-27")] {
        edit(&desk, "law/law/meta.yaml", &[("review_by: 2027-02-28", change)]);
        let file = format!("kept/{revision:0>10}-0123456789abcdef.tar.gz");
        let built = build(&desk, &["-o", &file, "--revision", revision, "--expires", "2099-12-31"]);
        assert!(built.good, "{}", built.err);
    }
    let listed = policy(desk.path(), &["rollback", "--kept", "kept", "--key", "desk.pub"]);
    let rows: Vec<Vec<&str>> = listed.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], ["7", "2099-12-31", "Ada", "Ben", "0000000007-0123456789abcdef.tar.gz"]);
    assert_eq!(rows[2][0], "9");

    let back =
        |more: &[&str]| policy(desk.path(), &[&["rollback", "--kept", "kept"], &BY[..], more].concat());
    back(&["--to", "8", "-o", "p.tar.gz"])
        .refused("inland: kept keeps 0 bundles of revision 8\n  write: --to one of 7, 9");
    let rolled = back(&["--to", "7", "-o", "p.tar.gz"]);
    assert!(
        rolled.good && rolled.out.contains("content of revision 7, as revision 10\n"),
        "{}{}",
        rolled.out,
        rolled.err
    );
    let verified = policy(desk.path(), &["verify", "p.tar.gz", "--key", "desk.pub", "--json"]).json();
    assert_eq!(
        (&verified["revision"], &verified["review_by"]),
        (&Value::from(10), &Value::from("2027-02-28"))
    );
    let missing = policy(desk.path(), &["rollback", "--kept", "kept", "--to", "7"]);
    assert!(missing.err.contains("--approver <APPROVER>"), "{}", missing.err);
    std::fs::write(desk.path().join("kept/0000000007-0123456789abcdef.tar.gz"), b"\x1f\x8bnothing").unwrap();
    assert!(!back(&["--to", "7", "-o", "p.tar.gz"]).good);
    assert!(!policy(desk.path(), &["rollback", "--kept", "kept", "--key", "desk.pub"]).good);
}
