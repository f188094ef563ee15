#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const GOOD: &str = r#"[listen]
address = "127.0.0.1:8443"

[keys]
file = "keys.toml"

[[backend]]
id = "paris"
url = "https://llm.fr.example.test/v1"
country = "FR"
networks = ["127.33.0.0/16"]
provider = "stand-in/fr"
credential = { env = "PATH" }

[[model]]
name = "clinic-large"
offers = ["paris/large-4"]

[policy]
directory = "policies"

[audit]
directory = "audit"
node = "gw-1.example.test"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse("gateway.toml", text, PathBuf::from("."))
}

/// The error for the good file with one line changed.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    parse(&GOOD.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn a_good_file_is_taken_whole() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.limits.body_bytes_max, 8 << 20);
    assert_eq!(config.admin.address.to_string(), "127.0.0.1:9443");
    assert_eq!(config.digest.len(), 64);
}

#[test]
fn texts_are_read_on_the_processor_unless_the_file_says_otherwise() {
    assert_eq!(parse(GOOD).unwrap().detection.engine, Engine::Cpu);
    for (engine, expected) in [("cpu", Engine::Cpu), ("cuda", Engine::Cuda), ("auto", Engine::Auto)] {
        let text = format!("{GOOD}[detection]\nengine = \"{engine}\"\n");
        assert_eq!(parse(&text).unwrap().detection.engine, expected);
    }
    let wrong = parse(&format!("{GOOD}[detection]\nengine = \"gpu\"\n")).unwrap_err().to_string();
    assert!(wrong.contains("unknown variant `gpu`, expected one of `cpu`, `cuda`, `auto`"), "{wrong}");
}

#[test]
fn a_wrong_file_is_refused_with_line_and_what_to_write() {
    for (from, to, wanted) in [
        (
            "country = \"FR\"",
            "contry = \"FR\"",
            "gateway.toml:10: unknown field `contry`, expected one of `id`, `url`, `country`, `networks`, `pins`, `ca`, `provider`, `credential`\n  write: country = \"FR\"   # the country the machines stand in, ISO 3166-1",
        ),
        (
            "country = \"FR\"\n",
            "",
            "gateway.toml:7: missing field `country`\n  write: country = \"FR\"   # the country the machines stand in, ISO 3166-1",
        ),
        (
            "country = \"FR\"",
            "country = \"France\"",
            "gateway.toml:7: backend paris: \"France\" is not a country code of ISO 3166-1\n  write: country = \"FR\"   # the country the machines stand in",
        ),
        (
            "{ env = \"PATH\" }",
            "{ env = \"INLAND_NO_SUCH_VARIABLE\" }",
            "gateway.toml:7: backend paris: its credential is missing: the environment variable INLAND_NO_SUCH_VARIABLE is not set\n  write: credential = { env = \"PARIS_KEY\" } and set the variable, or { file = \"paris.key\" }",
        ),
        (
            "[\"paris/large-4\"]",
            "[\"pariss/large-4\"]",
            "gateway.toml:15: model clinic-large: offer \"pariss/large-4\" names no backend of this file\n  write: offers = [\"BACKEND/MODEL\"]   # BACKEND is the id of a [[backend]]",
        ),
        (
            "127.0.0.1:8443",
            "0.0.0.0:8443",
            "gateway.toml:1: a listener without TLS is possible on loopback only, not on 0.0.0.0:8443\n  write: certificate = \"gateway.pem\" and key = { file = \"gateway.key\" }",
        ),
        (
            "https://llm",
            "http://llm",
            "", // loopback networks may be spoken to without TLS
        ),
    ] {
        if wanted.is_empty() {
            assert!(parse(&GOOD.replace(from, to)).is_ok());
        } else {
            assert_eq!(changed(from, to), wanted);
        }
    }
}

#[test]
fn what_could_leak_or_mislead_is_refused() {
    for (from, to, wanted) in [
        (
            "https://llm.fr.example.test/v1",
            "http://203.0.113.9/v1\"\nnetworks = [\"203.0.113.0/24\"]\n#",
            "http without TLS is possible to loopback networks only",
        ),
        ("https://llm", "https://user:secret@llm", "a URL here carries no credentials"),
        ("networks = [\"127.33.0.0/16\"]", "networks = []", "no network is declared"),
        ("provider =", "pins = [\"sha256/AAAA\"]\nprovider =", "a pin is the base64 of 32 bytes"),
        (
            "directory = \"policies\"",
            "bundle = \"policies.tar.gz\"",
            "a bundle without the key that it is signed with could be anybody's",
        ),
        (
            "directory = \"policies\"",
            "bundle = \"https://policies.example.test/inland.tar.gz\"\nkey = \"policy.pub\"",
            "policies.example.test: no network is declared, so no address could be right",
        ),
        (
            "directory = \"policies\"",
            "bundle = \"http://203.0.113.9/inland.tar.gz\"\nkey = \"policy.pub\"\nnetworks=[\"203.0.113.0/24\"]",
            "http without TLS is possible to loopback networks only",
        ),
        (
            "directory = \"policies\"",
            "directory = \"policies\"\nkey = \"policy.pub\"",
            "a directory carries no signature",
        ),
        (
            "directory = \"policies\"",
            "bundle = \"policies.tar.gz\"\nkey = \"policy.pub\"\nnetworks=[\"203.0.113.0/24\"]",
            "a file is not dialled",
        ),
        (
            "[policy]",
            "[hosts]\n\"metadata\" = [\"169.254.169.254\"]\n[policy]",
            "is never dialled: link-local",
        ),
        ("[keys]\nfile = \"keys.toml\"", "", "nobody could be authenticated"),
        ("credential = { env", "credential = { inline", "data did not match any variant"),
        (
            "[[model]]",
            "[[issuer]]\nurl = \"https://a.test\"\naudience = \"x\"\njwks = \"https://a.test/k\"\nnetworks = [\"127.0.0.0/8\"]\ntenants = [\"a\"]\n[[issuer]]\nurl = \"https://b.test\"\naudience = \"x\"\njwks = \"https://b.test/k\"\nnetworks = [\"127.0.0.0/8\"]\n[[model]]",
            "issuer https://b.test: with several issuers each must name the tenants that it may speak for",
        ),
        ("id = \"paris\"", "id = \"pa ris\"", "a backend id is letters, digits"),
    ] {
        let text = if to.contains("networks = [\"203") {
            GOOD.replace("networks = [\"127.33.0.0/16\"]\n", "").replace(from, to)
        } else {
            GOOD.replace(from, to)
        };
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn a_secret_prints_as_stars() {
    let secret = SecretSource::Env { env: "PATH".into() }.read(Path::new(".")).unwrap();
    assert_eq!(format!("{secret:?}"), "***");
}

#[test]
fn records_are_not_kept_for_less_than_six_months() {
    let node = "node = \"gw-1.example.test\"\n";
    let error = changed(node, &format!("{node}retention_days = 183\n"));
    assert!(error.starts_with("gateway.toml:"), "{error}");
    assert!(error.contains("retention_days is 183, and records must be kept six months at least"), "{error}");
    assert!(error.contains("write: retention_days = 184"), "{error}");
    assert!(parse(&GOOD.replace(node, &format!("{node}retention_days = 184\n"))).is_ok());
}

/// The good file with more in `[audit]`, which stands last in it.
fn with_audit(more: &str) -> Result<Config, ConfigError> {
    parse(&format!("{GOOD}{more}"))
}

#[test]
fn a_log_has_its_own_keys_and_no_witness_unless_the_file_names_them() {
    let config = parse(GOOD).unwrap();
    let keys = config.audit.keys(&config.base).unwrap();
    assert!(keys.key.is_none() && keys.old.is_none());
    assert_eq!((keys.overlap.as_secs(), config.audit.quorum()), (30 * 86_400, 0));
}

#[test]
fn keys_and_witnesses_that_cannot_work_are_refused_before_a_port_is_bound() {
    // The key of the example in c2sp.org/tlog-cosignature's library, type 4.
    let witness = |vkey: &str| {
        format!(
            "[[audit.witness]]\nurl = \"https://witness.example.test\"\nvkey = \"{vkey}\"\nnetworks = [\"203.0.113.0/24\"]\n"
        )
    };
    let log_key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    for (more, expected) in [
        ("key = { file = \"none.key\" }\n".to_owned(), "none.key: No such file"),
        ("key = { env = \"AUDIT_KEY\" }\n".to_owned(), "did not match any variant"),
        ("key = { command = [], public = \"x.pub\" }\n".to_owned(), "the command is empty"),
        ("overlap_days = 4000\n".to_owned(), "overlap_days is too long"),
        ("witness_quorum = 1\n".to_owned(), "a quorum of 1 out of 0 witnesses"),
        (witness(log_key), "the key is not one for Ed25519 cosignatures (type 4)"),
        (witness("a+b"), "a witness's key is NAME+HEX+BASE64"),
        (witness(log_key).replace("203.0.113.0/24", "").replace("[\"\"]", "[]"), "no network is declared"),
    ] {
        let error = with_audit(&more).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\n{expected}");
    }
}
