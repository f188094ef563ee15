//! The development issuer, taken like any other.

use super::super::mint::{Mint, MintError};
use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn token(mint: &Mint) -> String {
    mint.token("clinic", "anna", &["doctors".to_owned()], "inland", Duration::from_secs(3600))
}

async fn ask_today(keys: &Keys, token: &str) -> Result<Arc<Caller>, &'static str> {
    keys.authenticate(&bearer(token), SystemTime::now()).await.map_err(|reason| reason.label())
}

#[tokio::test]
async fn a_minted_token_is_taken_and_another_mints_is_not() {
    let mint = Mint::generate(ISSUER).unwrap();
    let keys = gateway(&mint.jwks_json());
    let caller = ask_today(&keys, &token(&mint)).await.unwrap();
    assert_eq!(
        (caller.tenant(), caller.subject(), caller.groups()),
        ("clinic", "anna", ["doctors".to_owned()].as_slice())
    );
    let other = Mint::generate(ISSUER).unwrap();
    assert_eq!(ask_today(&keys, &token(&other)).await.err(), Some("key_unknown"));
    let two_days = mint.token("clinic", "anna", &[], "inland", Duration::from_secs(2 * 86400));
    assert_eq!(ask_today(&keys, &two_days).await.err(), Some("lifetime_too_long"));
    let dead = mint.token("clinic", "anna", &[], "inland", Duration::ZERO);
    assert_eq!(ask_today(&keys, &dead).await.err(), Some("expired"));
}

#[tokio::test]
async fn a_key_is_made_once_and_is_its_owners_alone() {
    let directory = std::env::temp_dir().join(format!("inland-mint-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join("issuer.pem");
    let first = Mint::load_or_create(&path, ISSUER).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = Mint::load_or_create(&path, ISSUER).unwrap();
    assert_eq!(first.jwks_json(), second.jwks_json());
    assert!(ask_today(&gateway(&first.jwks_json()), &token(&second)).await.is_ok());
    assert!(!format!("{first:?}").contains("PRIVATE"));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Mint::load_or_create(&path, ISSUER), Err(MintError::Open(_))));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    assert!(matches!(Mint::load_or_create(&path, ISSUER), Err(MintError::NotAKey(_))));
    fs::remove_dir_all(&directory).unwrap();
}
