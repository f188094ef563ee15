//! Chains are judged by webpki, as a client judges them; files by what is on disk.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration as StdDuration, SystemTime};
use std::{fs, thread};

use proptest::prelude::*;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, aws_lc_rs::ECDSA_P256_SHA256};

use super::*;

/// A directory of its own for each test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("inland-certs-{}-{next}", std::process::id())))
    }

    fn open(&self) -> Authority {
        Authority::load_or_create(&self.0).unwrap()
    }

    fn mode(&self, file: &str) -> u32 {
        fs::metadata(self.0.join(file)).unwrap().permissions().mode() & 0o777
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// What a client that trusts `ca` says about this certificate under this name, at this time.
fn judge(ca: &str, pem: &str, name: &str, usage: KeyUsage, at: OffsetDateTime) -> Result<(), webpki::Error> {
    let ca = CertificateDer::from_pem_slice(ca.as_bytes()).unwrap();
    let anchor = webpki::anchor_from_trusted_cert(&ca)?;
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let leaf = EndEntityCert::try_from(&der)?;
    let at = UnixTime::since_unix_epoch(StdDuration::from_secs(at.unix_timestamp().unsigned_abs()));
    leaf.verify_for_usage(&[ECDSA_P256_SHA256], &[anchor], &[], at, usage, None, None)?;
    leaf.verify_is_valid_for_subject_name(&ServerName::try_from(name).unwrap())
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[test]
fn a_client_that_trusts_the_authority_accepts_each_name_and_address_and_no_other() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    let ips = ["127.33.0.10".parse().unwrap(), "::1".parse().unwrap()];
    let paris = authority.issue("paris", &["llm.fr.example.test", "localhost"], &ips).unwrap();
    for (name, accepted) in [
        ("llm.fr.example.test", true),
        ("localhost", true),
        ("127.33.0.10", true),
        ("::1", true),
        ("llm.us.example.test", false),
        ("127.33.0.11", false),
    ] {
        let verdict = judge(authority.ca_pem(), &paris.certificate_pem, name, KeyUsage::server_auth(), now());
        assert_eq!(verdict.is_ok(), accepted, "{name}: {verdict:?}");
    }
}

#[test]
fn a_certificate_is_not_valid_before_its_time_nor_after_nor_under_another_authority() {
    let scratch = Scratch::new();
    let other = Scratch::new();
    let authority = scratch.open();
    let leaf = authority.issue("leaf", &["a.test"], &[]).unwrap();
    let at = |when| judge(authority.ca_pem(), &leaf.certificate_pem, "a.test", KeyUsage::server_auth(), when);
    assert!(at(now()).is_ok());
    assert!(at(now() - Duration::days(2)).is_err());
    assert!(at(now() + LIFETIME + Duration::days(1)).is_err());
    let foreign = other.open();
    assert!(
        judge(foreign.ca_pem(), &leaf.certificate_pem, "a.test", KeyUsage::server_auth(), now()).is_err()
    );
}

#[test]
fn a_client_certificate_is_for_clients_and_a_server_certificate_for_servers() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    let ca = CertificateDer::from_pem_slice(authority.ca_pem().as_bytes()).unwrap();
    let at = UnixTime::since_unix_epoch(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap());
    let client = authority.client("werk-app", "werk-app").unwrap();
    let server = authority.issue("server", &["a.test"], &[]).unwrap();
    let usable = |issued: &Issued, usage| {
        let anchor = webpki::anchor_from_trusted_cert(&ca).unwrap();
        let der = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
        let leaf = EndEntityCert::try_from(&der).unwrap();
        leaf.verify_for_usage(&[ECDSA_P256_SHA256], &[anchor], &[], at, usage, None, None).is_ok()
    };
    assert!(usable(&client, KeyUsage::client_auth()) && !usable(&client, KeyUsage::server_auth()));
    assert!(usable(&server, KeyUsage::server_auth()) && !usable(&server, KeyUsage::client_auth()));
}

#[test]
fn names_outside_this_machine_are_refused_before_anything_is_signed() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    for dns in
        ["api.openai.com", "test.com", "evil.test.", "*.test", "a..test", "A.test", "", "-a.test", "xtest"]
    {
        let error = authority.issue("leaf", &[dns], &[]).unwrap_err();
        assert!(matches!(error, CertError::Name(_)), "{dns}: {error}");
    }
    for ip in ["10.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "fe80::1", "169.254.169.254"] {
        let error = authority.issue("leaf", &[], &[ip.parse().unwrap()]).unwrap_err();
        assert!(matches!(error, CertError::Name(_)), "{ip}: {error}");
    }
    assert!(matches!(authority.issue("leaf", &[], &[]).unwrap_err(), CertError::NameCount(0)));
    assert!(!scratch.0.join("leaf.pem").exists() && !scratch.0.join("leaf.key").exists());
}

/// The key is stolen and signs without our checks: the constraint in the certificate still holds.
#[test]
fn a_stolen_authority_key_cannot_speak_for_a_public_name() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    for (name, san) in [
        ("api.openai.com", rcgen::SanType::DnsName("api.openai.com".try_into().unwrap())),
        ("192.0.2.1", rcgen::SanType::IpAddress("192.0.2.1".parse().unwrap())),
    ] {
        let mut params = leaf("forged");
        params.subject_alt_names = vec![san];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        date(&mut params, now(), now() + Duration::days(1)).unwrap();
        let issuer = Issuer::from_params(&authority.params, &authority.key);
        let forged = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let verdict = judge(authority.ca_pem(), &forged.pem(), name, KeyUsage::server_auth(), now());
        assert!(matches!(verdict, Err(webpki::Error::NameConstraintViolation)), "{name}: {verdict:?}");
    }
}

#[test]
fn file_stems_cannot_leave_the_directory_or_replace_the_authority() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    for stem in
        ["ca", "CA", "Ca", "", ".", "..", ".lock", "../ca", "a/b", "a\0b", "a\nb", "é", &"a".repeat(65)]
    {
        let error = authority.issue(stem, &["a.test"], &[]).unwrap_err();
        assert!(matches!(error, CertError::Stem(_)), "{stem:?}: {error}");
    }
}

#[test]
fn keys_are_for_their_owner_only_and_certificates_for_everyone() {
    let scratch = Scratch::new();
    scratch.open().issue("leaf", &["a.test"], &[]).unwrap();
    assert_eq!([scratch.mode("ca.key"), scratch.mode("leaf.key")], [0o600, 0o600]);
    assert_eq!([scratch.mode("ca.pem"), scratch.mode("leaf.pem")], [0o644, 0o644]);
    let names: BTreeSet<_> =
        fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let expected = [".lock", "ca.key", "ca.pem", "leaf.key", "leaf.pem"].map(Into::into);
    assert_eq!(names, BTreeSet::from(expected), "nothing is left over");
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let scratch = Scratch::new();
    scratch.open();
    fs::set_permissions(scratch.0.join("ca.key"), fs::Permissions::from_mode(0o640)).unwrap();
    let error = Authority::load_or_create(&scratch.0).unwrap_err();
    assert!(matches!(error, CertError::KeyReadable(_)), "{error}");
}

#[test]
fn a_key_file_that_holds_something_else_is_left_as_it_is() {
    let rsa = "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n";
    for text in ["", "hello", "\u{fffd}", rsa] {
        let scratch = Scratch::new();
        scratch.open();
        let path = scratch.0.join("ca.key");
        fs::write(&path, text).unwrap();
        let error = Authority::load_or_create(&scratch.0).unwrap_err();
        assert!(matches!(error, CertError::KeyMalformed(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn what_is_on_disk_is_used_again_while_it_says_the_same() {
    let scratch = Scratch::new();
    let first = scratch.open();
    let one = first.issue("leaf", &["a.test"], &[]).unwrap();
    let second = scratch.open();
    let two = second.issue("leaf", &["a.test"], &[]).unwrap();
    assert_eq!(first.ca_pem(), second.ca_pem());
    assert_eq!(
        (&one.certificate_pem, &one.key_pem, &one.pin),
        (&two.certificate_pem, &two.key_pem, &two.pin)
    );
    assert_eq!(fs::read_to_string(&two.certificate_path).unwrap(), two.certificate_pem);
    assert_eq!(fs::read_to_string(&two.key_path).unwrap(), two.key_pem);
}

#[test]
fn other_names_or_another_purpose_make_another_certificate_for_the_same_key() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    let local = ["127.0.0.1".parse().unwrap()];
    let mut seen = BTreeSet::new();
    let first = authority.issue("leaf", &["a.test"], &[]).unwrap();
    seen.insert(first.certificate_pem.clone());
    for issued in [
        authority.issue("leaf", &["a.test", "b.test"], &[]),
        authority.issue("leaf", &["b.test"], &[]),
        authority.issue("leaf", &["b.test"], &local),
        authority.client("leaf", "b.test"),
    ] {
        let issued = issued.unwrap();
        assert_eq!(issued.pin, first.pin);
        assert!(seen.insert(issued.certificate_pem));
    }
}

#[test]
fn a_certificate_near_its_end_is_renewed_and_its_pin_stays() {
    let scratch = Scratch::new();
    let start = now() - LIFETIME;
    let old = Authority::open(&scratch.0, start).unwrap();
    let old_leaf = old.issue_at("leaf", &["a.test"], &[], start).unwrap();
    // 31 days before the end nothing happens yet.
    let early = Authority::open(&scratch.0, start + LIFETIME - Duration::days(31)).unwrap();
    assert_eq!(early.ca_pem(), old.ca_pem());
    let renewed = scratch.open();
    let leaf = renewed.issue("leaf", &["a.test"], &[]).unwrap();
    assert_ne!(renewed.ca_pem(), old.ca_pem());
    assert_ne!(leaf.certificate_pem, old_leaf.certificate_pem);
    assert_eq!(leaf.pin, old_leaf.pin);
    let judged = |ca: &str, pem: &str, at| judge(ca, pem, "a.test", KeyUsage::server_auth(), at);
    let ended = now() + Duration::minutes(1);
    assert!(judged(old.ca_pem(), &old_leaf.certificate_pem, ended).is_err(), "the old one has ended");
    assert!(judged(renewed.ca_pem(), &leaf.certificate_pem, now()).is_ok());
    // The key is the same, so who still trusts the old file is not cut off.
    assert!(judged(old.ca_pem(), &leaf.certificate_pem, now()).is_ok());
}

#[test]
fn no_certificate_outlives_its_authority_nor_is_made_again_at_each_call_for_that() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    let late = now() + LIFETIME - Duration::days(10);
    let first = authority.issue_at("leaf", &["a.test"], &[], late).unwrap();
    let again = authority.issue_at("leaf", &["a.test"], &[], late).unwrap();
    assert_eq!(first.certificate_pem, again.certificate_pem);
    let leaf = Signed::from_pem(&first.certificate_pem).unwrap();
    assert_eq!(leaf.not_after(), authority.certificate.not_after());
}

#[test]
fn a_new_authority_signs_everything_again() {
    let scratch = Scratch::new();
    let before = scratch.open().issue("leaf", &["a.test"], &[]).unwrap();
    fs::remove_file(scratch.0.join("ca.key")).unwrap();
    let authority = scratch.open();
    let after = authority.issue("leaf", &["a.test"], &[]).unwrap();
    assert_ne!(before.certificate_pem, after.certificate_pem);
    assert_eq!(before.pin, after.pin);
    let usage = KeyUsage::server_auth();
    assert!(judge(authority.ca_pem(), &after.certificate_pem, "a.test", usage, now()).is_ok());
}

#[test]
fn processes_that_start_together_share_one_authority() {
    let scratch = Scratch::new();
    let start = || {
        let authority = scratch.open();
        let leaf = authority.issue("leaf", &["a.test"], &[]).unwrap();
        (authority.ca_pem().to_owned(), leaf.certificate_pem)
    };
    let seen: BTreeSet<_> = thread::scope(|scope| {
        let handles: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(seen.len(), 1);
}

#[test]
fn neither_debug_form_shows_a_key() {
    let scratch = Scratch::new();
    let authority = scratch.open();
    let leaf = authority.issue("leaf", &["a.test"], &[]).unwrap();
    let shown = format!("{authority:?} {leaf:?}");
    assert!(!shown.contains("PRIVATE") && shown.contains("***"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The unsigned copy of the algorithm was once not compared, and byte 377 made a certificate that no client
    /// takes. A damaged certificate file is replaced, whatever the damage; a crash never comes of it.
    #[test]
    fn a_certificate_with_one_changed_byte_is_never_taken_for_ours(at in 0_usize..400, flip in 1_u8..=255) {
        let scratch = Scratch::new();
        let authority = scratch.open();
        let leaf = authority.issue("leaf", &["a.test"], &[]).unwrap();
        let mut der = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap().to_vec();
        let at = at % der.len();
        der[at] ^= flip;
        let damaged = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&der));
        fs::write(&leaf.certificate_path, &damaged).unwrap();
        let again = authority.issue("leaf", &["a.test"], &[]).unwrap();
        let verdict = judge(authority.ca_pem(), &again.certificate_pem, "a.test", KeyUsage::server_auth(), now());
        prop_assert!(verdict.is_ok(), "byte {at}: {verdict:?}");
    }

    /// Names that look local, and do not belong to us: what is accepted, a client accepts too.
    #[test]
    fn what_is_signed_is_accepted_by_a_client(name in "([a-z0-9*.-]{0,6}[.]?){0,3}(test|localhost|example|com|Test)?[.]?") {
        let scratch = Scratch::new();
        let authority = scratch.open();
        if let Ok(leaf) = authority.issue("leaf", &[&name], &[]) {
            let verdict = judge(authority.ca_pem(), &leaf.certificate_pem, &name, KeyUsage::server_auth(), now());
            prop_assert!(verdict.is_ok(), "{name}: {verdict:?}");
        }
    }
}
