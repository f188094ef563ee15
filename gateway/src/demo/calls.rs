//! The fixed calls of the demonstration, each with what must come of it.

use hyper::Method;
use serde_json::{Value, json};

use super::client::Heard;
use super::world::{AUDIENCE, World};
use crate::audit;

/// A letter with a social-security number (NIR) whose key is right; nobody's.
const LETTER: &str = "Compte rendu : patiente née en 1984, NIR 2 84 05 69 123 456 40, hospitalisée pour une pneumopathie. Résumez pour le médecin traitant.";
/// An IBAN from the standard's examples (ISO 13616).
const INVOICE: &str =
    "Bitte bestätigen: Überweisung von 1.240 Euro auf IBAN DE89 3704 0044 0532 0130 00 bis Freitag.";

/// How many reasons a line shows; the answer and the log hold all.
const REASONS_SHOWN_MAX: usize = 3;

/// What is done to the world before a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    ParisFalls,
    ParisRises,
    /// RP-09: a court annuls an adequacy decision; one line of the law data says so.
    AdequacyEnds,
}

/// One call.
pub(super) struct Call {
    what: &'static str,
    tenant: &'static str,
    before: Before,
    audience: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    expect: Expect,
}

/// What must come of it.
struct Expect {
    status: u16,
    refusal: Option<&'static str>,
    backend: Option<&'static str>,
    /// A text that the answer must hold.
    says: Option<&'static str>,
    /// A text that no model server may have received.
    unseen: Option<&'static str>,
    /// The reason that the refusal, or else the record's attempt, must name.
    reason: Option<&'static str>,
}

const CHAT: &str = "/v1/chat/completions";

impl Call {
    fn chat(what: &'static str, tenant: &'static str, model: &str, text: &str) -> Call {
        let body = json!({"model": model, "messages": [{"role": "user", "content": text}]}).to_string();
        let expect =
            Expect { status: 200, refusal: None, backend: None, says: None, unseen: None, reason: None };
        Call {
            what,
            tenant,
            before: Before::Nothing,
            audience: AUDIENCE,
            path: CHAT,
            headers: &[],
            body,
            expect,
        }
    }

    fn after(mut self, before: Before) -> Call {
        self.before = before;
        self
    }

    fn body(mut self, body: impl Into<String>) -> Call {
        self.body = body.into();
        self
    }

    fn answered_by(mut self, backend: &'static str) -> Call {
        self.expect.backend = Some(backend);
        self
    }

    fn saying(mut self, text: &'static str) -> Call {
        self.expect.says = Some(text);
        self
    }

    fn keeping(mut self, text: &'static str) -> Call {
        self.expect.unseen = Some(text);
        self
    }

    fn refused(mut self, status: u16, code: &'static str, reason: Option<&'static str>) -> Call {
        self.expect = Expect { status, refusal: Some(code), reason, ..self.expect };
        self
    }
}

/// The calls, in order.
pub(super) fn all() -> Vec<Call> {
    let (hospital, werk, bank) = ("hopital-lyon", "werk-stuttgart", "bank-zuerich");
    let streamed =
        json!({"model": "werk-large", "stream": true, "messages": [{"role": "user", "content": INVOICE}]});
    let image = json!({"model": "werk-large", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "Was steht hier?"},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/scan.png"}}]}]});
    let letter = || Call::chat("a discharge letter with a NIR", hospital, "clinic-large", LETTER);
    let atlantic = || {
        Call::chat(
            "an ordinary letter, to a US server",
            werk,
            "werk-atlantic",
            "Ein Brief an Frau Keller, bitte höflich.",
        )
    };
    vec![
        letter().answered_by("paris").keeping("2 84 05 69 123 456 40").saying("2 84 05 69 123 456 40"),
        Call { what: "the same, with the French server down", ..letter() }
            .after(Before::ParisFalls)
            .refused(503, "no_backend", Some("connect_failed")),
        Call { what: "the same, with it up again", ..letter() }.after(Before::ParisRises).answered_by("paris"),
        Call { path: "/v1/embeddings", what: "embeddings of a clinical note", ..letter() }
            .body(json!({"model": "clinic-embed", "input": ["Pneumopathie, sortie le 3 mai"]}).to_string())
            .answered_by("paris"),
        Call { what: "an invoice with an IBAN, streamed", ..Call::chat("", werk, "werk-large", "") }
            .body(streamed.to_string())
            .answered_by("frankfurt")
            .keeping("DE89 3704 0044 0532 0130 00")
            .saying("DE89 3704 0044 0532 0130 00"),
        Call::chat("a card number and a key pasted by mistake", werk, "werk-large",
            "Karte 4111 1111 1111 1111, Schlüssel AKIAIOSFODNN7EXAMPLE: geht die Zahlung durch?")
            .answered_by("frankfurt")
            .keeping("4111 1111 1111 1111")
            .saying("[card_pan]"),
        Call::chat("a client's portfolio; US and German servers are offered first", bank, "bank-large",
            "Das Depot von Frau Meier, AHV 756.1234.5678.97: Zusammenfassung bitte.")
            .answered_by("zurich")
            .keeping("756.1234.5678.97"),
        Call::chat("the same client, where no Swiss server is offered", bank, "werk-atlantic",
            "Das Depot von Frau Meier: Zusammenfassung bitte.")
            .refused(403, "policy_denied", Some("LOCATION")),
        Call::chat("a French name that now leads to the United States", hospital, "clinic-moved", "Bonjour")
            .refused(503, "no_backend", Some("address_outside")),
        Call { audience: "another-service", ..Call::chat("a token for another audience", werk, "werk-large", "Hallo") }
            .refused(401, "unauthenticated", None),
        Call::chat("an image that the server would fetch", werk, "werk-large", "")
            .body(image.to_string())
            .refused(403, "feature_denied", None),
        Call::chat("a body with two meanings", werk, "werk-large", "")
            .body(r#"{"model":"werk-large","model":"werk-atlantic","messages":[{"role":"user","content":"Hallo"}]}"#)
            .refused(400, "bad_json", None),
        Call::chat("a model that nobody offers", werk, "gpt-anywhere", "Hallo").refused(404, "unknown_model", None),
        Call { headers: &[("x-inland-subject-country", "CH")], ..atlantic() }
            .refused(403, "policy_denied", Some("NOT_ADEQUATE")),
        atlantic().answered_by("virginia"),
        Call { what: "the same, after a court ended the adequacy decision", ..atlantic() }
            .after(Before::AdequacyEnds)
            .refused(403, "policy_denied", Some("NOT_ADEQUATE")),
    ]
}

/// What became of a call.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) what: &'static str,
    pub(super) tenant: &'static str,
    pub(super) before: Option<&'static str>,
    pub(super) heard: Heard,
    pub(super) partition: Option<String>,
    pub(super) log_index: Option<u64>,
    pub(super) found: Vec<String>,
    pub(super) why: String,
    /// What was not as it must be.
    pub(super) faults: Vec<String>,
}

/// Plays one call through the front door and looks at what the log says of it.
pub(super) async fn play(number: usize, call: &Call, world: &mut World) -> Result<Line, String> {
    let before = prepare(call.before, world).await?;
    for (_, stand_in) in world.stand_ins() {
        stand_in.forget();
    }
    let token = world.token(call.tenant, "demo-user", call.audience);
    let heard = world.client()?.send(Method::POST, call.path, &token, call.headers, &call.body).await?;
    let decision = heard.header("x-inland-decision").unwrap_or_default().to_owned();
    // The OUTCOME follows its answer in the next batch.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let shown =
        audit::show(&world.directory().join("audit"), &decision).map_err(|error| error.to_string())?;
    let records: Vec<Value> =
        shown.iter().filter_map(|shown| serde_json::from_str(&shown.record).ok()).collect();
    let mut line = Line {
        number,
        what: call.what,
        tenant: call.tenant,
        before,
        partition: shown.first().map(|shown| shown.partition.clone()),
        log_index: shown.first().map(|shown| shown.index),
        found: found(&records),
        why: why(&heard, &records),
        faults: Vec::new(),
        heard,
    };
    line.faults = faults(call, &line, world);
    Ok(line)
}

async fn prepare(before: Before, world: &mut World) -> Result<Option<&'static str>, String> {
    match before {
        Before::Nothing => Ok(None),
        Before::ParisFalls => {
            world.fell("paris").await;
            Ok(Some("the French model server is stopped"))
        }
        Before::ParisRises => {
            world.raise("paris").await?;
            Ok(Some("the French model server is started again"))
        }
        Before::AdequacyEnds => {
            let path = world.directory().join("policies/law/adequacy.yaml");
            let told = |error: std::io::Error| format!("{}: {error}", path.display());
            let law = std::fs::read_to_string(&path).map_err(told)?;
            std::fs::write(&path, law.replace("disabled: []", "disabled: [\"eu:US\"]")).map_err(told)?;
            let reloaded = world.running()?.reload().await;
            // The folder may be used again: the next demonstration starts from the law as it is.
            std::fs::write(&path, law).map_err(told)?;
            reloaded?;
            Ok(Some("policies/law/adequacy.yaml now says: disabled: [\"eu:US\"]"))
        }
    }
}

fn found(records: &[Value]) -> Vec<String> {
    let findings = records.iter().find_map(|record| record.get("findings")).and_then(Value::as_object);
    let classes =
        findings.map(|findings| findings.iter().map(|(class, count)| format!("{class}={count}")).collect());
    classes.unwrap_or_default()
}

/// The reason of a refusal, or the place of an answer; attempts from the log.
fn why(heard: &Heard, records: &[Value]) -> String {
    let body = heard.json();
    if let Some(reasons) =
        body.pointer("/error/inland/reasons").and_then(Value::as_array).filter(|it| !it.is_empty())
    {
        let part = |reason: &Value, name: &str| {
            reason.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let one = |it: &Value| format!("{} by {} ({})", part(it, "code"), part(it, "rule"), part(it, "ref"));
        return reasons.iter().take(REASONS_SHOWN_MAX).map(one).collect::<Vec<_>>().join("; ");
    }
    let attempts = records.iter().find_map(|record| record.get("attempts")).and_then(Value::as_array);
    let failed = attempts.into_iter().flatten().filter_map(|attempt| {
        let reason = attempt.get("reason")?.as_str()?;
        Some(format!("{}: {reason}", attempt.get("backend")?.as_str()?))
    });
    let failed: Vec<String> = failed.collect();
    if heard.status >= 400 {
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        return if failed.is_empty() { message.to_owned() } else { failed.join(", ") };
    }
    let excluded =
        records.iter().find_map(|record| record.pointer("/decision/exclude")).and_then(Value::as_object);
    let excluded = excluded.into_iter().flatten().filter_map(|(pair, reasons)| {
        let first = reasons.get(0)?;
        Some(format!("{pair} out: {} {}", first.get("code")?.as_str()?, first.get("rule")?.as_str()?))
    });
    excluded.collect::<Vec<_>>().join("; ")
}

fn faults(call: &Call, line: &Line, world: &World) -> Vec<String> {
    let (expect, heard) = (&call.expect, &line.heard);
    let mut faults = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    check(heard.status == expect.status, format!("status {} instead of {}", heard.status, expect.status));
    check(
        heard.refusal().as_deref() == expect.refusal,
        format!("refusal {:?} instead of {:?}", heard.refusal(), expect.refusal),
    );
    let backend = heard.header("x-inland-backend");
    check(expect.backend.is_none_or(|wanted| backend == Some(wanted)), format!("answered by {backend:?}"));
    check(
        expect.says.is_none_or(|text| heard.text().contains(text)),
        "the answer lacks what it must say".into(),
    );
    check(expect.reason.is_none_or(|reason| line.why.contains(reason)), format!("reason {:?}", line.why));
    for (id, stand_in) in world.stand_ins() {
        let received = String::from_utf8_lossy(&stand_in.received()).into_owned();
        check(
            expect.unseen.is_none_or(|text| !received.contains(text)),
            format!("{id} saw what it must not see"),
        );
        check(
            received.is_empty() || expect.backend == Some(id),
            format!("{id} received bytes of a call that is not its"),
        );
    }
    let recorded = line.log_index.is_some() || expect.status == 401;
    check(recorded, "the log has no record of it".into());
    faults
}
