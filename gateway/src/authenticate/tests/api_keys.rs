//! Static keys: their text, their file, their end.

use super::super::{ApiKeyEntry, ApiKeyError, CredentialKind, new_api_key};
use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use time::macros::date;

/// A directory of this test alone, gone when it ends.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("inland-api-keys-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("api-keys.toml")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(name: &str, expires: Option<time::Date>) -> (String, ApiKeyEntry) {
    new_api_key(name, "bank", &["traders".to_owned(), "audit \"q\" \\ é".to_owned()], expires).unwrap()
}

fn gateway_with(path: &Path) -> Keys {
    Keys::new(Vec::new(), ApiKeys::load(path).unwrap(), Documents::with("", ""))
}

fn load(text: &str, test: &str) -> Result<ApiKeys, ApiKeyError> {
    let directory = Directory::new(test);
    fs::write(directory.file(), text).unwrap();
    ApiKeys::load(&directory.file())
}

#[tokio::test]
async fn a_key_that_was_written_is_recognised_with_its_tenant_and_groups() {
    let directory = Directory::new("written");
    let (text, entry) = key("batch.1", None);
    entry.append(&directory.file()).unwrap();
    let keys = gateway_with(&directory.file());
    let caller = ask(&keys, &text).await.unwrap();
    assert_eq!((caller.tenant(), caller.subject()), ("bank", "api-key/batch.1"));
    assert_eq!(caller.groups(), ["audit \"q\" \\ é", "traders"]);
    assert_eq!(caller.kind(), CredentialKind::ApiKey);
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", text.parse().unwrap());
    assert!(keys.authenticate(&headers, at(NOW)).await.is_ok());
}

#[tokio::test]
async fn a_key_works_on_its_last_day_and_not_on_the_next() {
    let directory = Directory::new("day");
    let (text, entry) = key("batch", Some(date!(2027 - 01 - 15)));
    entry.append(&directory.file()).unwrap();
    assert!(fs::read_to_string(directory.file()).unwrap().ends_with("expires = 2027-01-15\n"));
    let keys = gateway_with(&directory.file());
    let midnight = 1_800_057_600; // 2027-01-16T00:00:00Z
    assert_eq!(ask_at(&keys, &text, midnight - 1).await.err(), None);
    assert_eq!(ask_at(&keys, &text, midnight).await.err(), Some("api_key_expired"));
}

#[tokio::test]
async fn a_key_that_is_changed_or_not_ours_is_refused() {
    let directory = Directory::new("changed");
    let (text, entry) = key("batch", None);
    entry.append(&directory.file()).unwrap();
    let keys = gateway_with(&directory.file());
    for (wrong, reason) in [
        (key("other", None).0, "api_key_unknown"),
        (text.chars().take(59).collect(), "api_key_malformed"),
        (format!("{text}a"), "api_key_malformed"),
        (text.to_uppercase().replace("INK_", "ink_"), "api_key_malformed"),
        ("ink_".to_owned(), "api_key_malformed"),
        (format!("ink_{}", "a".repeat(56)), "api_key_malformed"),
        (text.replace("ink_", "ink-"), "token_not_three_parts"),
    ] {
        assert_eq!(refusal(&keys, &wrong).await, Some(reason), "{wrong}");
    }
}

#[test]
fn a_key_has_256_random_bits_and_is_stored_as_its_hash_only() {
    let directory = Directory::new("hash");
    let (text, entry) = key("batch", None);
    assert_eq!(text.len(), 60);
    assert_ne!(text, key("batch", None).0);
    entry.append(&directory.file()).unwrap();
    let file = fs::read_to_string(directory.file()).unwrap();
    assert!(!file.contains(&text) && !file.contains(text.get(4..20).unwrap()));
    assert!(!format!("{entry:?}").contains(&text));
}

#[test]
fn the_file_is_private_and_what_stood_in_it_stays() {
    let directory = Directory::new("append");
    let path = directory.file();
    fs::write(&path, "# keys of the night batch\n").unwrap();
    key("one", None).1.append(&path).unwrap();
    key("two", Some(date!(2027 - 12 - 31))).1.append(&path).unwrap();
    assert_eq!(ApiKeys::load(&path).unwrap().len(), 2);
    assert!(fs::read_to_string(&path).unwrap().starts_with("# keys of the night batch\n\n[[key]]\n"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 1); // no temporary file is left
}

#[test]
fn keys_that_are_appended_at_once_are_all_there() {
    let directory = Directory::new("race");
    let path = directory.file();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let path = &path;
            scope.spawn(move || key(&format!("key-{number}"), None).1.append(path).unwrap());
        }
    });
    assert_eq!(ApiKeys::load(&path).unwrap().len(), 16);
}

#[test]
fn a_name_that_is_taken_changes_nothing() {
    let directory = Directory::new("taken");
    key("one", None).1.append(&directory.file()).unwrap();
    let before = fs::read_to_string(directory.file()).unwrap();
    let error = key("one", None).1.append(&directory.file()).unwrap_err().to_string();
    assert!(error.contains("api-keys.toml:7: two keys have this name"), "{error}");
    assert_eq!(fs::read_to_string(directory.file()).unwrap(), before);
}

#[test]
fn a_wrong_file_is_refused_with_its_line() {
    let hash = "a".repeat(64);
    let row = |name: &str, rest: &str| {
        format!("[[key]]\nname = \"{name}\"\nsha256 = \"{hash}\"\ntenant = \"bank\"\n{rest}")
    };
    for (text, expected) in [
        (row("a", "groop = []\n"), ":5: unknown field `groop`"),
        (row("a", "expires = 2027-12-31T00:00:00Z\n"), ":1: expires is not a day"),
        (row("a", "expires = \"2027-12-31\"\n"), ":5: "),
        (row("a", "expires = 2027-02-30\n"), ":5: "),
        (row("a", "groups = [\"\"]\n"), ":1: the groups are too many or not names"),
        (row("a", "groups = \"x\"\n"), ":5: "),
        (row("", ""), ":1: the name is not usable"),
        (row("a b", ""), ":1: the name is not usable"),
        (row("a", "").replace("bank", "../bank"), ":1: the tenant is not one"),
        (row("a", "").replace(&hash, "abc"), ":1: the sha256 is not 64 digits"),
        (row("a", "").replace(&hash, &"A".repeat(64)), ":1: the sha256 is not 64 digits"),
        (row("a", "").replace("sha256", "secret"), ":3: unknown field `secret`"),
        (row("a", "") + &row("a", "").replace("aaaa", "bbbb"), ":5: two keys have this name"),
        (row("a", "") + &row("b", ""), ":5: this key stands twice"),
        ("[[key]\n".to_owned(), ":1: "),
        ("[key]\n".to_owned(), ":1: "),
        ("keys = []\n".to_owned(), ":1: unknown field `keys`"),
    ] {
        let error = load(&text, "wrong").unwrap_err().to_string();
        assert!(error.contains(&format!("api-keys.toml{expected}")), "{error}\n{text}");
        assert!(error.contains("\n  "), "no remedy: {error}");
    }
}

#[test]
fn a_file_that_is_missing_or_open_to_all_is_refused() {
    let directory = Directory::new("open");
    assert!(ApiKeys::load(&directory.file()).unwrap_err().to_string().contains("cannot be read"));
    fs::write(directory.file(), "").unwrap();
    assert!(ApiKeys::load(&directory.file()).unwrap().is_empty());
    fs::set_permissions(directory.file(), fs::Permissions::from_mode(0o666)).unwrap();
    assert!(ApiKeys::load(&directory.file()).unwrap_err().to_string().contains("everybody may write"));
}

#[test]
fn a_key_for_nobody_is_not_made() {
    for (name, tenant, group) in
        [("", "bank", "g"), ("a", "Bank", "g"), ("a", "bank", ""), ("a", "bank", "a\nb")]
    {
        assert!(new_api_key(name, tenant, &[group.to_owned()], None).is_err());
    }
}

proptest! {
    /// The check sum finds every slip of one character, so that it is told apart from an unknown key.
    #[test]
    fn one_wrong_character_is_a_malformed_key(at in 4..60_usize, digit in "[a-z2-7]") {
        let text = key("batch", None).0;
        let mut wrong = text.clone();
        wrong.replace_range(at..=at, &digit);
        let found = ApiKeys::empty().find(&wrong, NOW).err();
        let reason = if wrong == text { "ApiKeyUnknown" } else { "ApiKeyMalformed" };
        prop_assert_eq!(format!("{:?}", found.unwrap()), reason);
    }
}
