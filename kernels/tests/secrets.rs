//! Secrets of each kind. All are made up, most from a counting pattern, so that no scanner of this
//! repository takes one for a real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "secrets/examples.rs"]
mod examples;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use examples::{PREFIXED, capitals, filler, hex, uuid};
use inland_kernels::{Engine, Label};

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);

fn kinds(text: &str) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    assert!(found.iter().all(|f| f.kind.starts_with("secret.") == (f.label == Label::Credentials)), "{text}");
    // The digits of a token that was cut may pass for a number of some country, which other tests are about.
    let secrets = found.into_iter().filter(|found| found.label == Label::Credentials);
    secrets.map(|found| (found.kind, text.get(found.start..found.end).unwrap_or("?"))).collect()
}

/// Secrets that are one text: what they are made of, and their kind.
fn whole() -> Vec<(&'static str, String)> {
    let mut all: Vec<_> =
        PREFIXED.iter().map(|(prefix, body, kind)| (*kind, format!("{prefix}{}", body.text()))).collect();
    all.extend(with_marks());
    all.extend(addresses());
    all.extend(headers());
    all.extend(shapes());
    all.extend(web_tokens());
    all.extend(password_hashes());
    all.extend(azure_keys());
    all
}

/// Prefixes that end in a mark.
fn with_marks() -> Vec<(&'static str, String)> {
    vec![
        ("secret.google-access-token", format!("ya29.{}", filler(60))),
        ("secret.google-api-key", format!("AQ.Ab8{}", filler(47))),
        ("secret.google-refresh-token", format!("1//0{}", filler(60))),
        ("secret.google-auth-code", format!("4/0A{}", filler(60))),
        ("secret.sendgrid-api-key", format!("SG.{}.{}", filler(22), filler(43))),
        ("secret.vault-token", format!("hvs.{}", filler(24))),
        ("secret.vault-token", format!("s.{}", filler(24))),
        ("secret.vault-batch-token", format!("hvb.{}", filler(120))),
        ("secret.vault-recovery-token", format!("hvr.{}", filler(24))),
        ("secret.amazon-mws-token", format!("amzn.mws.{}", uuid())),
        ("secret.amazon-oauth-secret", format!("amzn1.oa2-cs.v1.{}", hex(64))),
        ("secret.dynatrace-token", format!("dt0c01.{}.{}", capitals(24), capitals(64))),
        ("secret.doppler-token", format!("dp.pt.{}", filler(43))),
        ("secret.cloudflare-origin-key", format!("v1.0-{}-{}", hex(24), hex(146))),
        ("secret.paseto", format!("v4.local.{}", filler(80))),
        ("secret.terraform-token", format!("{}.atlasv1.{}", filler(14), filler(67))),
        ("secret.infisical-token", format!("st.{}.{}.{}", hex(24), hex(32), hex(32))),
        ("secret.dropbox-token", format!("sl.{}", filler(135))),
        ("secret.mapbox-token", format!("sk.eyJ{}.{}", filler(70), filler(22))),
        ("secret.harness-token", format!("pat.{}.{}.{}", filler(22), hex(24), filler(20))),
        ("secret.twitch-token", format!("oauth:{}", filler(30))),
        ("secret.jetbrains-token", format!("perm:{}.{}.{}", filler(24), filler(8), filler(30))),
        ("secret.braintree-token", format!("access_token$production${}${}", filler(16), hex(32))),
        ("secret.ldap-password-hash", format!("{{SSHA}}{}=", filler(31))),
        ("secret.ifttt-webhook", format!("maker.ifttt.com/trigger/x/with/key/{}", filler(22))),
    ]
}

/// Addresses.
fn addresses() -> Vec<(&'static str, String)> {
    vec![
        ("secret.slack-webhook", format!("hooks.slack.com/services/T{0}/B{0}/{1}", filler(8), filler(24))),
        ("secret.discord-webhook", format!("discord.com/api/webhooks/123456789012345678/{}", filler(68))),
        (
            "secret.teams-webhook",
            format!("x.webhook.office.com/webhookb2/{0}@{0}/IncomingWebhook/{1}/{0}", uuid(), hex(32)),
        ),
        ("secret.feishu-webhook", format!("open.feishu.cn/open-apis/bot/v2/hook/{}", uuid())),
        ("secret.zapier-webhook", format!("hooks.zapier.com/hooks/catch/{}", filler(20))),
    ]
}

/// Words of a header.
fn headers() -> Vec<(&'static str, String)> {
    vec![
        ("secret.bearer-token", format!("Bearer {}", filler(40))),
        ("secret.basic-credentials", "Basic dXNlcjpodW50ZXIy".to_owned()),
        ("secret.basic-credentials", "Basic dTpwYXNzMQ==".to_owned()),
        ("secret.okta-token", format!("SSWS 00{}", filler(40))),
        ("secret.opsgenie-key", format!("GenieKey {}", uuid())),
        ("secret.splunk-token", format!("Splunk {}", uuid())),
        ("secret.elastic-api-key", format!("ApiKey {}", filler(60))),
        ("secret.deepl-key", format!("{}:fx", uuid())),
        ("secret.deepl-key", format!("DeepL-Auth-Key {}:fx", uuid())),
    ]
}

/// Shapes.
fn shapes() -> Vec<(&'static str, String)> {
    vec![
        ("secret.azure-devops-token", format!("{}AZDO{}", filler(76), filler(4))),
        ("secret.azure-identifiable-key", format!("{}JQQJ99{}", filler(52), filler(26))),
        ("secret.azure-search-key", format!("{}AzSe{}", filler(42), filler(6))),
        ("secret.azure-function-key", format!("{}AzFu{}", filler(44), filler(6))),
        ("secret.azure-client-secret", format!("abc8Q~{}", filler(34))),
        ("secret.newrelic-licence-key", format!("{}NRAL", hex(36))),
        ("secret.mailchimp-key", format!("{}-us12", hex(32))),
        ("secret.twilio-api-key", format!("SK{}", hex(32))),
        ("secret.mailgun-key", format!("{}-{}-{}", hex(32), hex(8), hex(8))),
        ("secret.zhipu-api-key", format!("{}.{}", hex(32), filler(16))),
        ("secret.fal-key", format!("{}:{}", uuid(), hex(32))),
        ("secret.asana-token", format!("2/1201234567890123/1209876543210987:{}", hex(32))),
        ("secret.salesforce-session", format!("00D{}!{}", filler(12), filler(96))),
        ("secret.discord-bot-token", format!("MTIzNDU2Nzg5MDEyMzQ1Njc4.{}.{}", filler(6), filler(38))),
        ("secret.telegram-bot-token", format!("123456789:AA{}", filler(33))),
        ("secret.airtable-token", format!("pat{}.{}", filler(14), hex(64))),
        ("secret.nostr-private-key", format!("nsec1{}", "qpzry9x8gf".repeat(6).get(..58).unwrap())),
    ]
}

/// Tokens and keys.
fn web_tokens() -> Vec<(&'static str, String)> {
    vec![
        ("secret.jwt", format!("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.{}", filler(86))),
        ("secret.jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.".to_owned()),
        (
            "secret.kubernetes-token",
            format!("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.{}", filler(86)),
        ),
        ("secret.supabase-jwt", format!("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJzdXBhYmFzZSJ9.{}", filler(43))),
        (
            "secret.entra-token",
            format!("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC94In0.{}", filler(86)),
        ),
        (
            "secret.jwe",
            format!("eyJhbGciOiJSU0EtT0FFUCJ9.{}.{}.{}.{}", filler(60), filler(16), filler(60), filler(22)),
        ),
    ]
}

/// Hashes of passwords.
fn password_hashes() -> Vec<(&'static str, String)> {
    vec![
        ("secret.bcrypt-hash", format!("$2y$10${}", filler(53))),
        ("secret.argon2-hash", format!("$argon2id$v=19$m=65536,t=3,p=4${}${}", filler(22), filler(43))),
        ("secret.sha512-crypt-hash", format!("$6${}${}", filler(16), filler(86))),
        ("secret.sha256-crypt-hash", format!("$5$rounds=5000${}${}", filler(16), filler(43))),
        ("secret.md5-crypt-hash", format!("$1${}${}", filler(8), filler(22))),
        ("secret.apr1-hash", format!("$apr1${}${}", filler(8), filler(22))),
        ("secret.yescrypt-hash", format!("$y$j9T${}${}", filler(22), filler(43))),
        ("secret.scrypt-hash", format!("$scrypt$ln=16,r=8,p=1${}${}", filler(22), filler(43))),
        ("secret.pbkdf2-hash", format!("pbkdf2_sha256$260000${}${}=", filler(22), filler(43))),
    ]
}

/// Keys of Azure with the mark of their service.
fn azure_keys() -> Vec<(&'static str, String)> {
    let base64 = |length| filler(length).replace("6g", "+/");
    let mut all = Vec::new();
    for (mark, length, kind) in [
        ("+ASt", 76, "secret.azure-storage-key"),
        ("ACDb", 76, "secret.azure-cosmos-key"),
        ("+ABa", 76, "secret.azure-batch-key"),
        ("+AMC", 76, "secret.azure-ml-key"),
        ("APIM", 76, "secret.azure-api-management-key"),
        ("+ASb", 33, "secret.azure-service-bus-key"),
        ("+AEh", 33, "secret.azure-event-hub-key"),
        ("+ARm", 33, "secret.azure-relay-key"),
        ("AIoT", 33, "secret.azure-iot-key"),
        ("AzCa", 33, "secret.azure-redis-key"),
        ("AzEG", 33, "secret.azure-event-grid-key"),
        ("+ACR", 33, "secret.azure-registry-key"),
    ] {
        let end = if length == 76 { "==" } else { "=" };
        all.push((kind, format!("{}{mark}{}A{end}", base64(length), filler(5))));
    }
    all
}

#[test]
fn tokens_are_found_with_their_exact_place() {
    let mut missed = Vec::new();
    for (kind, token) in whole() {
        for (before, after) in [("", ""), ("use ", " now"), ("x=\"", "\";"), ("It is ", "."), ("(", ")")] {
            let text = format!("{before}{token}{after}");
            let found = kinds(&text);
            // An empty signature ends with the dot that also ends the sentence.
            if found != [(kind, token.as_str())] && !(token.ends_with('.') && found.len() == 1) {
                missed.push(format!("{kind}: {text}: {found:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn tokens_that_are_cut_short_are_not_found() {
    let mut wrong = Vec::new();
    for (prefix, body, kind) in PREFIXED {
        let body = body.text();
        for text in [
            format!("{prefix}{}", body.get(..6).unwrap()),
            format!("{prefix}{} ", body.get(..8.min(body.len() - 1)).unwrap()),
        ] {
            if !kinds(&text).is_empty() {
                wrong.push(format!("{kind}: {text}: {:?}", kinds(&text)));
            }
        }
    }
    for text in [
        format!("xAKIA{}", capitals(16)),
        format!("AKIA{}X", capitals(16)),
        format!("AIza{}", filler(20)),
        format!("{}-us", hex(32)),
        format!("123456789:AA{}", filler(20)),
        "eyJhbGciOiJFUzI1NiJ9".to_owned(),
        "$2y$10$tooshort".to_owned(),
        format!("{}AZDO", filler(76)),
        "-----BEGIN CERTIFICATE-----\nMIIBa1B2c3D4e5F6g7H8\n-----END CERTIFICATE-----".to_owned(),
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".to_owned(),
        "between -----BEGIN PRIVATE KEY----- and incomprehensibilities-of-any-kind".to_owned(),
    ] {
        if !kinds(&text).is_empty() {
            wrong.push(format!("{text}: {:?}", kinds(&text)));
        }
    }
    assert!(wrong.is_empty(), "{} found:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn place_holders_are_not_found() {
    let mut wrong = Vec::new();
    for (prefix, body, _) in PREFIXED {
        let length = body.text().len();
        for body in ["x".repeat(length), "X".repeat(length), "your-api-key-here".to_owned()] {
            let text = format!("{prefix}{body}");
            if !kinds(&text).is_empty() {
                wrong.push(text);
            }
        }
    }
    for text in [
        "token=none",
        "token: your_token_123456_here",
        "api_key = \"<your key>\"",
        "API_KEY=${API_KEY_FROM_VAULT_1}",
        "api_key: xxxxxxxxxxxxxxxxxxxx1",
        "secret = get_secret(\"prod/db/1234567890\")",
        "token = tokens[0].value_of_1234567890abc",
        "access_token: https://auth.example.org/token/v2",
        "password: <your password>",
        "password=********",
        "Basic understanding-of-things",
        "Bearer authentication-is-required",
        "sk-learn-documentation-pages-of-version-2",
        "the password is very secret",
        "a-very-long-word-with-many-hyphens-in-it",
    ] {
        if !kinds(text).is_empty() {
            wrong.push(format!("{text}: {:?}", kinds(text)));
        }
    }
    assert!(wrong.is_empty(), "{} found:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_token_is_found_behind_an_underscore_a_quote_and_an_escaped_line_break() {
    let token = format!("ghp_{}", filler(36));
    for text in ["key_", "x-api-key-", "\"", "url=?sig=", "a\\n", "Authorization: Bearer ", "https://u/"] {
        let text = format!("{text}{token}");
        assert!(
            kinds(&text).contains(&("secret.github-token", token.as_str())),
            "{text}: {:?}",
            kinds(&text)
        );
    }
}

#[test]
fn a_check_sum_makes_a_token_surer() {
    let score = |token: &str| {
        let mut found = Vec::new();
        ENGINE.scan(token, &mut found);
        found.first().unwrap().score
    };
    // The check sum of thirty zeros is the last six.
    let body = "abcdefghij0123456789KLMNOPQRST";
    let good = format!("ghp_{body}{}", base62(crc(body.as_bytes())));
    assert_eq!(score(&good), 99);
    assert!(score(&format!("ghp_{body}000000")) < 99);
}

/// Bit by bit, beside the product's.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn base62(mut value: u32) -> String {
    let digits: Vec<char> =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".chars().collect();
    let mut text = String::new();
    for _ in 0..6 {
        text.insert(0, *digits.get(usize::try_from(value % 62).unwrap()).unwrap());
        value /= 62;
    }
    text
}

/// Names, values and what they are.
fn named() -> Vec<(String, &'static str, String)> {
    let token = filler(40);
    let mut all = written_out();
    all.extend(drawn(&token).into_iter().map(|(text, kind, value)| (text.to_owned(), kind, value)));
    for (word, kind) in issuers() {
        all.push((format!("{}_KEY=\u{1}", word.to_uppercase()), kind, token.clone()));
    }
    all
}

/// Passwords as people write them.
fn written_out() -> Vec<(String, &'static str, String)> {
    [
        ("password=", "secret.password", "hunter2", ""),
        ("PASSWORD = '", "secret.password", "correct horse", "'"),
        ("{\"db_password\": \"", "secret.password", "s3cr3t!", "\"}"),
        ("Passwort: ", "secret.password", "Sommer2024", ""),
        ("mot de passe : ", "secret.password", "azerty12", ""),
        ("contraseña: ", "secret.password", "abc123", ""),
        ("lösenord: ", "secret.password", "abc123", ""),
        ("password=", "secret.password", "changeme", ""),
        ("my password is ", "secret.password", "hunter2", "."),
        ("Das Passwort lautet ", "secret.password", "Sommer2024!", ""),
        ("the password is \"", "secret.password", "swordfish1", "\""),
        ("the password is ", "secret.password", "correct-horse-battery", ""),
        ("Server=db;User Id=sa;Password=", "secret.password", "Pa55w0rd", ";Encrypt=true"),
        ("Driver={X};Server=db;Uid=sa;Pwd=", "secret.odbc-password", "Pa55w0rd", ";"),
        ("jdbc:postgresql://db/x?user=a&password=", "secret.jdbc-password", "Pa55w0rd", "&ssl=true"),
        ("machine example.org login anna password ", "secret.netrc-password", "hunter2", ""),
        ("Pwd=", "secret.password", "abc", ";"),
        ("api_key: '", "secret.api-key", "abcdef1234567890", "'"),
        ("postgres://", "secret.postgres-credentials", "app:pa55", "@db.example.org:5432/x"),
        ("mysql+pymysql://", "secret.mysql-credentials", "app:pa55", "@db/x"),
        ("mongodb+srv://", "secret.mongodb-credentials", "app:pa55", "@db.example.org/x"),
        ("rediss://", "secret.redis-credentials", ":pa55", "@cache:6379"),
        ("amqps://", "secret.amqp-credentials", "app:pa55", "@queue/x"),
        ("sqlserver://", "secret.mssql-credentials", "sa:pa55", "@db/x"),
        ("clickhouse://", "secret.clickhouse-credentials", "app:pa55", "@db/x"),
        ("cloudinary://", "secret.cloudinary-credentials", "1234:pa55", "@name"),
        ("smtps://", "secret.smtp-credentials", "app:pa55", "@mail/x"),
        ("sftp://", "secret.ftp-credentials", "app:pa55", "@host/x"),
        ("ldap://", "secret.ldap-credentials", "app:pa55", "@host/x"),
        ("https://", "secret.url-credentials", "user:p%40ss", "@example.org/"),
    ]
    .iter()
    .map(|(before, kind, value, after)| (format!("{before}\u{1}{after}"), *kind, (*value).to_owned()))
    .collect()
}

/// Values that are drawn, behind the names that software gives them.
fn drawn(token: &str) -> Vec<(&'static str, &'static str, String)> {
    let token = token.to_owned();
    let key = format!("{}==", filler(86));
    let curve = format!("{}=", "AbCd1234".repeat(6).get(..43).unwrap());
    vec![
        ("aws_secret_access_key = \u{1}", "secret.aws-secret-key", token.clone()),
        ("aws_session_token = \u{1}", "secret.aws-session-token", filler(120)),
        ("AccountName=x;AccountKey=\u{1};EndpointSuffix=y", "secret.azure-storage-key", key.clone()),
        (
            "AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=\u{1};",
            "secret.azure-cosmos-key",
            key.clone(),
        ),
        (
            "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=y;SharedAccessKey=\u{1}",
            "secret.azure-service-bus-key",
            curve.clone(),
        ),
        ("SharedAccessKey=\u{1}", "secret.azure-access-key", curve.clone()),
        ("HostName=x.azure-devices.net;SharedAccessKey=\u{1}", "secret.azure-iot-key", curve.clone()),
        ("https://x.blob.core.windows.net/y?sv=1&sig=\u{1}", "secret.azure-sas", filler(43)),
        ("Ocp-Apim-Subscription-Key: \u{1}", "secret.azure-api-key", hex(32)),
        ("client_secret=\u{1}", "secret.client-secret", token.clone()),
        ("signing_secret: \u{1}", "secret.signing-secret", token.clone()),
        ("WEBHOOK_SECRET=\u{1}", "secret.webhook-secret", token.clone()),
        ("secret: \u{1}", "secret.shared-secret", token.clone()),
        ("secretKey=\u{1}", "secret.secret-key", token.clone()),
        ("access_key=\u{1}", "secret.access-key", token.clone()),
        ("encryption_key=\u{1}", "secret.encryption-key", token.clone()),
        ("access_token=\u{1}", "secret.access-token", token.clone()),
        ("refresh_token=\u{1}", "secret.refresh-token", token.clone()),
        ("id_token=\u{1}", "secret.id-token", token.clone()),
        ("Cookie: PHPSESSID=\u{1}; a=b", "secret.session-cookie", filler(26)),
        ("private_key = \u{1}", "secret.private-key-value", hex(64)),
        ("psk\npre_shared_key = \u{1}", "secret.pre-shared-key", token.clone()),
        ("[Interface]\nPrivateKey = \u{1}", "secret.wireguard-private-key", curve.clone()),
        ("[Peer]\nPresharedKey = \u{1}", "secret.wireguard-preshared-key", curve.clone()),
        ("PVEAPIToken=\u{1}", "secret.proxmox-token", format!("root@pam!ci={}", uuid())),
        ("https://\u{1}@o123.ingest.sentry.io/456", "secret.sentry-dsn", hex(32)),
        (
            "kubeadm join --token \u{1} ",
            "secret.kubernetes-bootstrap-token",
            "abc123.0123456789abcdef".to_owned(),
        ),
        ("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"\u{1}\"}", "secret.jwk-private-key", filler(43)),
        ("Authorization: token \u{1}", "secret.access-token", hex(40)),
    ]
}

/// Issuers that are known by their name only, as the source lists them.
fn issuers() -> Vec<(&'static str, &'static str)> {
    let source = include_str!("../src/secrets/names.rs").split("const ISSUERS").nth(1).unwrap();
    let table = source.split("];").next().unwrap();
    let rows = table.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", \""));
    rows.map(|(word, kind)| (word, kind.split('"').next().unwrap())).collect()
}

#[test]
fn a_value_is_a_secret_by_the_name_before_it() {
    let mut missed = Vec::new();
    for (text, kind, value) in named() {
        let text = text.replace('\u{1}', &value);
        if !kinds(&text).contains(&(kind, value.as_str())) {
            missed.push(format!("{kind}: {text}: {:?}", kinds(&text)));
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Prose that tells a word without a digit or sign: it is in quotes, or behind the name and a colon.
#[test]
fn a_password_that_is_a_mere_word_is_found_where_it_is_told() {
    let mut missed = Vec::new();
    for text in [
        "the password is \"swordfish\".",
        "The password was \"sword fish\", they said",
        "password \"swordfish\" was refused",
        "ALTER ROLE a WITH PASSWORD \"swordfish\";",
        "Das Passwort lautet \"Schwertfisch\"",
        "le mot de passe est \"espadon\"",
        "la contraseña es \"espada\"",
        "la password è \"spada\"",
        "a senha é \"espada\"",
        "hasło to \"miecz\"",
        "heslo je \"mečoun\"",
        "lösenordet är \"svärd\"",
        "passordet er \"sverd\"",
        "salasana on \"miekka\"",
        "a jelszó \"kardhal\"",
        "parola este \"sabie\"",
        "паролата е \"меч\"",
        "ο κωδικός πρόσβασης είναι \"ξίφος\"",
        "password: swordfish",
        "Passwort: Schwertfisch",
        "mot de passe : espadon",
        "contraseña: espada",
        "contrasenya: espasa",
        "senha: espada",
        "palavra-passe: espada",
        "hasło: miecz",
        "Jelszó: kardhal",
        "Lösenord: svärd",
        "LÖSENORD: svärd",
        "passord: sverd",
        "kodeord: sværd",
        "wachtwoord: zwaard",
        "lozinka: sablja",
        "slaptažodis: kardas",
        "salasõna: mõõk",
        "Пароль: меч",
        "парола: меч",
        "Κωδικός πρόσβασης: ξίφος",
        "parola: \"sabie\"",
        "heslo: mecoun1",
    ] {
        if !kinds(text).iter().any(|(kind, _)| *kind == "secret.password") {
            missed.push(text);
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}

#[test]
fn what_is_said_of_a_password_is_not_one() {
    let mut wrong = Vec::new();
    for text in [
        "the password is wrong",
        "the password is required",
        "password is required",
        "the password is \"required\"",
        "password: required",
        "password: \"required\"",
        "Password: wrong",
        "Passwort: erforderlich",
        "Passwort: falsch",
        "mot de passe : obligatoire",
        "contraseña: incorrecta",
        "hasło: wymagane",
        "he said \"swordfish\" and passed the word \"on\"",
        "the word is \"password\"",
        "Antwort: \"morgen\"",
        "parola: bella",
        "parole: denied",
        "the password is \"",
        "the password is \"<your password>\"",
    ] {
        if !kinds(text).is_empty() {
            wrong.push(format!("{text}: {:?}", kinds(text)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const FRAMES: [(&str, &str); 8] = [
    ("PRIVATE KEY", "secret.private-key"),
    ("RSA PRIVATE KEY", "secret.rsa-private-key"),
    ("EC PRIVATE KEY", "secret.ec-private-key"),
    ("DSA PRIVATE KEY", "secret.dsa-private-key"),
    ("OPENSSH PRIVATE KEY", "secret.ssh-private-key"),
    ("SSH2 ENCRYPTED PRIVATE KEY", "secret.ssh-private-key"),
    ("ENCRYPTED PRIVATE KEY", "secret.encrypted-private-key"),
    ("PGP PRIVATE KEY BLOCK", "secret.pgp-private-key"),
];

#[test]
fn a_private_key_is_covered_from_its_first_to_its_last_dash() {
    for (name, kind) in FRAMES {
        for line in ["\n", "\r\n", "\\n", " ", "", "\nVersion: 1\n\n", "\nProc-Type: 4,ENCRYPTED\n\n"] {
            for body in [filler(200), format!("ab+cd/{}\n{}", filler(58), filler(40))] {
                let key = format!("-----BEGIN {name}-----{line}{body}\n-----END {name}-----");
                let text = format!("here: {key}\n.");
                assert_eq!(kinds(&text), [(kind, key.as_str())], "{text}");
            }
        }
    }
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{}", filler(100));
    assert_eq!(kinds(&cut), [("secret.private-key", cut.as_str())]);
    let putty = format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: a\nPublic-Lines: 1\n{}\nPrivate-Lines: 1\n{}\nPrivate-MAC: {}",
        filler(64),
        filler(48),
        hex(64)
    );
    assert_eq!(kinds(&format!("{putty}\n")), [("secret.putty-private-key", putty.as_str())]);
}

#[test]
fn every_kind_of_the_source_has_an_example_and_there_are_at_least_150() {
    let sources = [
        include_str!("../src/secrets/around.rs"),
        include_str!("../src/secrets/hash.rs"),
        include_str!("../src/secrets/keys.rs"),
        include_str!("../src/secrets/marked.rs"),
        include_str!("../src/secrets/named.rs"),
        include_str!("../src/secrets/names.rs"),
        include_str!("../src/secrets/url.rs"),
        include_str!("../src/secrets/table/business.rs"),
        include_str!("../src/secrets/table/cloud.rs"),
        include_str!("../src/secrets/table/code.rs"),
        include_str!("../src/secrets/table/messages.rs"),
        include_str!("../src/secrets/table/models.rs"),
    ];
    let in_source: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| source.split('"').filter(|part| part.starts_with("secret.")))
        .collect();
    let mut shown: BTreeSet<_> = whole().into_iter().map(|(kind, _)| kind).collect();
    shown.extend(named().into_iter().map(|(_, kind, _)| kind));
    shown.extend(FRAMES.map(|(_, kind)| kind));
    shown.insert("secret.putty-private-key");
    let missing: Vec<_> = in_source.difference(&shown).collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
    assert!(shown.len() >= 150, "{}", shown.len());
    println!("{} kinds", shown.len());
}

/// What a secret covers is not looked at again: the findings of an earlier text must not count for that.
#[test]
fn a_text_is_scanned_the_same_whatever_was_found_before() {
    let engine = Engine::cpu();
    let token = format!("x ghp_{}", filler(36));
    let mut found = Vec::new();
    engine.scan(&format!("glpat-{}", filler(200)), &mut found);
    engine.scan(&token, &mut found);
    assert_eq!(
        found.iter().map(|f| f.kind).collect::<Vec<_>>(),
        ["secret.gitlab-token", "secret.github-token"]
    );
}

/// A value is read on where its first bytes were enough to know it.
#[test]
fn a_long_secret_behind_a_name_is_covered_to_its_end() {
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{}.{}", filler(900), filler(86));
    for name in ["token=", "password=", "\"access_token\": \"", "password=a=", "x_secret: "] {
        let text = format!("{name}{token}");
        let found = kinds(&text);
        assert!(found.len() == 1 && found.first().unwrap().1.ends_with(&token), "{text}: {found:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(512))]

    /// Beginnings, marks and halves of secrets in any order, with letters of several bytes between.
    #[test]
    fn places_are_characters_whatever_the_text(
        parts in proptest::collection::vec(0..48usize, 0..24),
        letters in "[a-zA-Z0-9é漢/+=._~$-]{0,40}",
    ) {
        const PIECES: [&str; 28] = [
            "eyJ", "-----BEGIN EC PRIVATE KEY-----", "-----END", "\n", "\\n", "PuTTY-User-Key-File-3: ",
            "Private-Lines: ", "password=", "é", "token: \"", "漢", "://u:", "@", "$2y$10$", "$argon2id$v=19",
            "bearer ", "Basic ", "/webhooks/", "hooks.slack.com/", "AzCa", "+ASt", "==", "8Q~", "{SSHA}", "sk-",
            "the password is ", "1", "\"d\":\"",
        ];
        let filler = filler(33);
        let text: String = parts.iter().map(|&part| match PIECES.get(part) {
            Some(piece) => piece,
            None if part < 36 => filler.as_str(),
            None => letters.as_str(),
        }).collect();
        let mut reach = 0;
        let mut found = Vec::new();
        ENGINE.scan(&text, &mut found);
        for found in found {
            proptest::prop_assert!(reach <= found.start && found.start < found.end, "{:?}", found);
            proptest::prop_assert!(text.get(found.start..found.end).is_some(), "{:?}", found);
            reach = found.end;
        }
    }
}
