//! Secrets of each kind. All are made up, most from a counting pattern, so that no scanner of this
//! repository takes one for a real one.

use inland_kernels::{Engine, Label};

fn kinds(text: &str) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    Engine::cpu().scan(text, &mut found);
    assert!(found.iter().all(|f| f.kind.starts_with("secret.") == (f.label == Label::Credentials)), "{text}");
    found.into_iter().map(|found| (found.kind, text.get(found.start..found.end).unwrap_or("?"))).collect()
}

/// `length` characters of an alphabet that looks random enough.
fn filler(length: usize) -> String {
    "a1B2c3D4e5F6g7H8".chars().cycle().take(length).collect()
}

fn hex(length: usize) -> String {
    "0123456789abcdef".chars().cycle().take(length).collect()
}

#[test]
fn tokens_are_found_by_their_issuers_prefix() {
    for (kind, token) in [
        ("secret.openai-api-key", format!("sk-proj-{}", filler(48))),
        ("secret.openai-api-key", format!("sk-{}", filler(48))),
        ("secret.anthropic-api-key", format!("sk-ant-api03-{}", filler(90))),
        ("secret.openrouter-api-key", format!("sk-or-v1-{}", hex(64))),
        ("secret.aws-access-key", format!("AKIA{}", "ABCD2345".repeat(2))),
        ("secret.aws-access-key", format!("ASIA{}", "ABCD2345".repeat(2))),
        ("secret.aws-bedrock-key", format!("ABSK{}", filler(110))),
        ("secret.github-token", format!("ghp_{}", filler(36))),
        ("secret.github-token", format!("ghs_{}", filler(36))),
        ("secret.github-token", format!("github_pat_{}", filler(82))),
        ("secret.gitlab-token", format!("glpat-{}", filler(20))),
        ("secret.slack-token", format!("xoxb-{}", filler(50))),
        ("secret.slack-webhook", format!("hooks.slack.com/services/T{0}/B{0}/{1}", filler(8), filler(24))),
        ("secret.stripe-key", format!("sk_live_{}", filler(24))),
        ("secret.stripe-key", format!("rk_live_{}", filler(24))),
        ("secret.stripe-webhook-secret", format!("whsec_{}", filler(32))),
        ("secret.google-api-key", format!("AIza{}", filler(35))),
        ("secret.google-client-secret", format!("GOCSPX-{}", filler(28))),
        ("secret.google-access-token", format!("ya29.{}", filler(60))),
        ("secret.azure-client-secret", format!("abc8Q~{}", filler(34))),
        ("secret.huggingface-token", format!("hf_{}", filler(34))),
        ("secret.groq-api-key", format!("gsk_{}", filler(52))),
        ("secret.xai-api-key", format!("xai-{}", filler(80))),
        ("secret.perplexity-api-key", format!("pplx-{}", filler(48))),
        ("secret.nvidia-api-key", format!("nvapi-{}", filler(64))),
        ("secret.replicate-token", format!("r8_{}", filler(37))),
        ("secret.npm-token", format!("npm_{}", filler(36))),
        ("secret.pypi-token", format!("pypi-AgEI{}", filler(100))),
        ("secret.docker-token", format!("dckr_pat_{}", filler(27))),
        ("secret.vault-token", format!("hvs.{}", filler(24))),
        ("secret.databricks-token", format!("dapi{}", hex(32))),
        ("secret.digitalocean-token", format!("dop_v1_{}", hex(64))),
        ("secret.sendgrid-api-key", format!("SG.{}.{}", filler(22), filler(43))),
        ("secret.shopify-token", format!("shpat_{}", hex(32))),
        ("secret.atlassian-token", format!("ATATT3{}", filler(180))),
        ("secret.grafana-token", format!("glsa_{}_{}", filler(32), hex(8))),
        ("secret.sentry-token", format!("sntrys_{}", filler(80))),
        ("secret.tailscale-key", format!("tskey-auth-{}", filler(30))),
        ("secret.notion-token", format!("ntn_{}", filler(46))),
        (
            "secret.age-key",
            format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF".repeat(6).get(..58).unwrap_or_default()),
        ),
        ("secret.inland-api-key", format!("ink_{}", filler(43))),
        ("secret.telegram-bot-token", format!("123456789:AA{}", filler(33))),
        ("secret.jwt", format!("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.{}", filler(86))),
        ("secret.jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.".to_owned()),
        ("secret.bearer-token", format!("Bearer {}", filler(40))),
        ("secret.basic-credentials", "Basic dXNlcjpodW50ZXIy".to_owned()),
    ] {
        for (before, after) in [("", ""), ("use ", " now"), ("key=\"", "\";"), ("It is ", ".")] {
            let text = format!("{before}{token}{after}");
            let expected = [(kind, token.as_str())];
            // An empty signature ends with the dot that also ends the sentence.
            let found = kinds(&text);
            assert!(found == expected || token.ends_with('.') && found.len() == 1, "{text}: {found:?}");
        }
    }
}

#[test]
fn tokens_that_are_cut_short_are_not_found() {
    for text in [
        format!("sk-{}", filler(12)),
        "AKIAABCD".to_owned(),
        format!("xAKIA{}", "ABCD2345".repeat(2)),
        format!("AKIA{}X", "ABCD2345".repeat(2)),
        format!("hf_{}", filler(12)),
        format!("AIza{}", filler(20)),
        "eyJhbGciOiJFUzI1NiJ9".to_owned(),
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----".to_owned(),
    ] {
        assert_eq!(kinds(&text), [], "{text}");
    }
}

#[test]
fn a_private_key_is_covered_from_its_first_to_its_last_dash() {
    for name in
        ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
    {
        let key = format!("-----BEGIN {name}-----\n{}\n-----END {name}-----", filler(200));
        assert_eq!(kinds(&format!("here: {key}\n.")), [("secret.private-key", key.as_str())]);
    }
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{}", filler(100));
    assert_eq!(kinds(&cut), [("secret.private-key", cut.as_str())]);
}

#[test]
fn a_value_is_a_secret_by_the_name_before_it() {
    let key = format!("{}==", filler(86));
    for (text, kind, value) in [
        ("password=hunter2", "secret.password", "hunter2"),
        ("PASSWORD = 'correct horse'", "secret.password", "correct horse"),
        ("{\"db_password\": \"s3cr3t!\"}", "secret.password", "s3cr3t!"),
        ("Passwort: Sommer2024", "secret.password", "Sommer2024"),
        ("mot de passe : azerty12", "secret.password", "azerty12"),
        ("contraseña: abc123", "secret.password", "abc123"),
        ("lösenord: abc123", "secret.password", "abc123"),
        ("my password is hunter2.", "secret.password", "hunter2"),
        ("Das Passwort lautet Sommer2024!", "secret.password", "Sommer2024!"),
        ("the password is \"swordfish\"", "secret.password", "swordfish"),
        ("Server=db;User Id=sa;Password=Pa55w0rd;Encrypt=true", "secret.password", "Pa55w0rd"),
        ("Pwd=abc;", "secret.password", "abc"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "secret.aws-secret-key",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("api_key: 'abcdef1234567890'", "secret.api-key", "abcdef1234567890"),
        ("postgres://app:pa55@db.example.org:5432/x", "secret.url-credentials", "app:pa55"),
        ("https://user:p%40ss@example.org/", "secret.url-credentials", "user:p%40ss"),
    ] {
        assert_eq!(kinds(text).first(), Some(&(kind, value)), "{text}");
    }
    let text = format!("AccountName=x;AccountKey={key};EndpointSuffix=y");
    assert_eq!(kinds(&text), [("secret.azure-storage-key", key.as_str())]);
}
