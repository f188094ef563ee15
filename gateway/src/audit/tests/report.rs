//! What is told of a log: of one person, at its end, and in reports. The log is written here, call by
//! call, and what must be told stands beside it.

use super::*;
use std::io::Write as _;

const FACTS: &str = r#""certs":[],"establishments":["FR"],"self_hosted":false,"#;

/// The policy's input of a bank that counts under DORA: a French pair, a US pair, and one of which little is known.
fn input(tenant: &str, country: &str, flags: &str) -> String {
    format!(
        r#"{{"candidates":[{{{FACTS}"conditions":[],"contracts":["dpa"],"id":"paris/large","operator":"FR","parents":["FR"],"processing":["FR","DE"],"provider":"host/fr","remote_access":["FR"],"retention_days":0,"storage":[]}},{{{FACTS}"conditions":["dpf_listed_eu"],"contracts":["dpa"],"id":"virginia/large","operator":"US","parents":["US"],"processing":["US"],"provider":"host/us","remote_access":["US","IN"],"retention_days":30,"storage":["US"],"tia":"approved","transfer_tools":["scc"]}},{{{FACTS}"conditions":[],"id":"somewhere/large","operator":"unknown","parents":"unknown","processing":"unbounded","provider":"host/any","remote_access":"unknown","retention_days":"unknown","storage":"unknown"}}],"classes":["email","person_name"],"features":[],"groups":[],"model":"m","route":"/v1/chat/completions","stream":false,"subjects":["DE"],"tenant":{{"country":"{country}","flags":[{flags}],"name":"{tenant}","packs":[],"public_body":false,"redact":{{}},"sector":"finance","strict":false,"waivers":[]}},"today":"2026-11-27","use_case":"support","v":"inland.input/v1"}}"#
    )
}

const DECISION: &str = r#"{"allow":["paris/large","virginia/large"],"audit_fields":[],"cache_scope":"none","exclude":{"somewhere/large":[{"code":"UNKNOWN_FACT","ref":"GDPR Art. 44","rule":"EU-TRANSFER"}]},"features_refused":[],"log_min_days":1826,"partition":"FR-finance","redact":{"email":"pseudonymise","iban":"pseudonymise"},"remote_access_unknown":[],"response_headers":[],"retention_days_max":30,"rules":["EU-TRANSFER","DORA-FACTS"],"stale":false,"v":"inland.decision/v1","waived":[]}"#;

/// Seconds after the first second of 27 November 2026.
fn at(second: u64) -> u64 {
    1_795_737_600_000_000 + second * 1_000_000
}

struct Bank {
    log: Log,
    findings: BTreeMap<&'static str, u32>,
}

impl Bank {
    fn open(directory: &Path) -> Bank {
        Bank { log: Log::open(directory, "gw-1").unwrap(), findings: BTreeMap::from([("email", 2)]) }
    }

    async fn intent(
        &self,
        partition: &str,
        second: u64,
        (tenant, subject): (&str, &str),
        id: &str,
        input: &str,
    ) -> u64 {
        let sealed = self.log.seal_subject(tenant, subject).unwrap();
        let world = World::new();
        let intent = Intent {
            time_us: at(second),
            tenant,
            subject: &sealed,
            input,
            decision: DECISION,
            findings: &self.findings,
            ..world.intent(id)
        };
        self.log.partition(partition).unwrap().append(intent).await.unwrap()
    }

    async fn outcome(
        &self,
        partition: &str,
        second: u64,
        id: &str,
        intent: u64,
        attempts: &[Attempt<'_>],
    ) -> u64 {
        let outcome = Outcome { time_us: at(second), attempts, ..outcome(id, intent) };
        self.log.partition(partition).unwrap().append(outcome).await.unwrap()
    }

    async fn refusal(
        &self,
        partition: &str,
        second: u64,
        (tenant, subject): (&str, &str),
        id: &str,
        input: &str,
    ) -> u64 {
        let sealed = self.log.seal_subject(tenant, subject).unwrap();
        let refusal = Refusal {
            id,
            time_us: at(second),
            tenant,
            subject: Some(&sealed),
            route: "/v1/chat/completions",
            model: Some("m"),
            status: 403,
            code: "policy_denied",
            reasons: &[Reason { code: "LOCATION", rule: "CH-BANK-47" }],
            input: Some(input),
            decision: Some(DECISION),
            digests: DIGESTS,
            findings: &self.findings,
        };
        self.log.partition(partition).unwrap().append(refusal).await.unwrap()
    }
}

fn attempt(pair: &'static str, country: &'static str, reason: Option<&'static str>) -> Attempt<'static> {
    let backend = pair.split('/').next().unwrap();
    let address = (reason != Some("connect_failed")).then_some("10.0.0.1:443");
    Attempt { pair, backend, country, address, pin: address.map(|_| "sha256/AA"), reason }
}

/// Anna of the bank calls three times (answered in France after the US pair timed out; open; refused),
/// Ben of the bank once (not reached), Anna of another tenant once.
async fn written(directory: &Path) {
    let bank = Bank::open(directory);
    let (own, other) = (input("bank", "FR", "\"dora_entity\""), input("shop", "CH", ""));
    let (anna, ben) = (("bank", "anna"), ("bank", "ben"));
    let first = bank.intent("FR-finance", 1, anna, "A", &own).await;
    let second = bank.intent("FR-finance", 2, ben, "B", &own).await;
    let tried =
        [attempt("virginia/large", "US", Some("first_byte_timeout")), attempt("paris/large", "FR", None)];
    bank.outcome("FR-finance", 3, "A", first, &tried).await;
    bank.outcome("FR-finance", 4, "B", second, &[attempt("paris/large", "FR", Some("connect_failed"))]).await;
    bank.refusal("FR-finance", 5, anna, "C", &own).await;
    bank.intent("FR-finance", 6, anna, "D", &own).await;
    let third = bank.intent("CH-retail", 7, ("shop", "anna"), "E", &other).await;
    bank.outcome("CH-retail", 8, "E", third, &[attempt("somewhere/large", "FR", None)]).await;
    bank.log.close().await;
}

fn found(directory: &Path, tenant: &str, subject: &str) -> (Person, Vec<Found>, Summary) {
    let person = person(directory, tenant, subject, None, None).unwrap();
    let mut calls = Vec::new();
    let summary = find(directory, tenant, &person.key, &mut |found| calls.push(found)).unwrap();
    (person, calls, summary)
}

#[tokio::test]
async fn one_person_is_found_with_the_secret_and_nobody_else_is() {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    let (person, calls, summary) = found(&scratch.0, "bank", "anna");
    assert_eq!(person.state, Some(KeyState::Present));
    let told: Vec<String> = calls
        .iter()
        .map(|it| {
            let sent: Vec<String> = it
                .sent
                .iter()
                .map(|sent| format!("{} {} {}", sent.backend, sent.country, sent.result))
                .collect();
            format!(
                "{} #{} {} {:?} [{}] {}",
                it.id,
                it.index,
                it.end,
                it.status,
                sent.join(", "),
                it.reasons.join(", ")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "A #0 answered Some(200) [virginia US first_byte_timeout, paris FR answered] ",
            "C #4 refused Some(403) [] LOCATION by CH-BANK-47",
            "D #5 end not known None [] ",
        ]
    );
    assert_eq!((calls[0].found["email"], &*calls[0].redacted["email"]), (2, "pseudonymise"));
    assert_eq!(calls[0].sent[0].provider.as_deref(), Some("host/us"));
    assert_eq!(
        (calls[0].rules.join(" "), calls[0].references.join(" ")),
        ("DORA-FACTS EU-TRANSFER".into(), "GDPR Art. 44".into())
    );
    assert_eq!((summary.records, summary.calls), (4, 3));
    assert_eq!(summary.first.as_deref(), Some("2026-11-27T00:00:01.000000Z"));
    assert_eq!(summary.last.as_deref(), Some("2026-11-27T00:00:06.000000Z"));
    for (tenant, subject, calls) in
        [("bank", "ben", 1), ("shop", "anna", 1), ("bank", "carla", 0), ("ban", "kanna", 0)]
    {
        assert_eq!(found(&scratch.0, tenant, subject).2.calls, calls, "{tenant} {subject}");
    }
    // One partition alone: the secret lies above it.
    assert_eq!(found(&scratch.join("FR-finance"), "bank", "anna").2, summary);
}

#[tokio::test]
async fn without_the_secret_the_error_says_where_it_is() {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    std::fs::rename(scratch.join("subject-secret"), scratch.join("elsewhere")).unwrap();
    let error = person(&scratch.0, "bank", "anna", None, None).unwrap_err().to_string();
    assert!(error.contains("write: --subject-secret FILE"), "{error}");
    let there = person(&scratch.0, "bank", "anna", Some(&scratch.join("elsewhere")), None).unwrap();
    assert_eq!(there.state, Some(KeyState::Present));
    std::fs::write(scratch.join("elsewhere"), "short").unwrap();
    let error = person(&scratch.0, "bank", "anna", Some(&scratch.join("elsewhere")), None).unwrap_err();
    assert!(error.to_string().ends_with("is no subject-secret: it has not 32 bytes"), "{error}");
}

#[tokio::test]
async fn an_erased_key_is_told_and_its_records_are_still_found() {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    let key = found(&scratch.0, "bank", "anna").0.key;
    let path = scratch.join("subject-keys");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.starts_with(&key)).unwrap().to_owned();
    let erased = format!("{key} {} 00000000", "-".repeat(44));
    std::fs::write(&path, text.replace(&line, &erased)).unwrap();
    let (person, calls, _) = found(&scratch.0, "bank", "anna");
    assert_eq!((person.state, calls.len()), (Some(KeyState::Erased), 3));
    // The person comes back: the next key of the name is another.
    std::fs::write(&path, format!("{}{line}\n", text.replace(&line, &erased))).unwrap();
    assert_eq!(found(&scratch.0, "bank", "anna").0.state, Some(KeyState::Renewed));
    std::fs::write(&path, text.replace(&format!("{line}\n"), "")).unwrap();
    assert_eq!(found(&scratch.0, "bank", "anna").0.state, Some(KeyState::Absent));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(found(&scratch.0, "bank", "anna").0.state, None);
}

fn ids(records: &[Tailed]) -> Vec<String> {
    records.iter().map(|it| format!("{} {}", it.partition, it.index)).collect()
}

#[tokio::test]
async fn the_last_records_are_those_of_all_partitions_in_the_order_of_time() {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    let last = Tail::new(&scratch.0, None, None).unwrap().last(3).unwrap();
    assert_eq!(ids(&last), ["FR-finance 5", "CH-retail 0", "CH-retail 1"]);
    let last = Tail::new(&scratch.0, Some("FR-finance"), Some("outcome")).unwrap().last(9).unwrap();
    assert_eq!(ids(&last), ["FR-finance 2", "FR-finance 3"]);
    assert!(Tail::new(&scratch.0, None, Some("NOTHING")).is_err());
    assert!(Tail::new(&scratch.0, Some("DE-none"), None).is_err());
    assert_eq!(Tail::new(&scratch.0, None, None).unwrap().last(0).unwrap(), []);
}

#[tokio::test]
async fn a_follower_sees_each_record_once_across_segments_and_new_partitions() {
    let scratch = Scratch::new();
    let settings = Settings { segment_bytes_max: 50_000, ..Settings::default() };
    let log = Log::open_with(&scratch.0, "gw-1", settings).unwrap();
    let partition = log.partition("FR-finance").unwrap();
    append_pairs(&partition, 300).await;
    let mut tail = Tail::new(&scratch.0, None, None).unwrap();
    let mut seen: Vec<u64> = tail.last(5).unwrap().iter().map(|it| it.index).collect();
    let before = segment::list(&scratch.join("FR-finance")).unwrap().len();
    for _ in 0..4 {
        append_pairs(&partition, 200).await;
        tail.new_records(&mut |it| {
            seen.push(it.index);
            true
        })
        .unwrap();
    }
    append_pairs(&log.partition("DE-late").unwrap(), 1).await;
    log.close().await;
    let mut late = Vec::new();
    tail.new_records(&mut |it| {
        if it.partition == "DE-late" {
            late.push(it.index)
        } else {
            seen.push(it.index)
        }
        true
    })
    .unwrap();
    let after = segment::list(&scratch.join("FR-finance")).unwrap().len();
    assert!(after > before + 2, "{before} segments became {after}");
    let first = seen[0];
    assert_eq!(seen, (first..2_200).collect::<Vec<_>>());
    assert_eq!(late, [0, 1]);
    assert!(tail.new_records(&mut |_| panic!("nothing is new")).unwrap());
}

#[tokio::test]
async fn a_follower_that_says_stop_is_not_asked_again() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-finance").unwrap();
    let mut tail = Tail::new(&scratch.0, None, None).unwrap();
    tail.last(0).unwrap();
    append_pairs(&partition, 3).await;
    let mut asked = 0;
    let goes_on = tail.new_records(&mut |_| {
        asked += 1;
        asked < 2
    });
    assert_eq!((goes_on.unwrap(), asked), (false, 2));
    log.close().await;
}

#[tokio::test]
async fn half_a_frame_is_not_shown_until_it_is_whole() {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    let path = segment::path(&scratch.join("FR-finance"), 1);
    let whole = std::fs::read(&path).unwrap();
    // The frame that comes next, as the writer would write it.
    let mut next = Vec::new();
    frame::write_unsealed(br#"{"kind":"HEARTBEAT","time":"Z"}"#, &mut next);
    frame::seal(&mut next, 6);
    let mut tail = Tail::new(&scratch.0, Some("FR-finance"), None).unwrap();
    assert_eq!(tail.last(1).unwrap()[0].index, 5);
    for cut in 0..=next.len() {
        std::fs::write(&path, [&whole, &next[..cut]].concat()).unwrap();
        let mut seen = Vec::new();
        tail.new_records(&mut |it| {
            seen.push(it.index);
            true
        })
        .unwrap();
        assert_eq!(seen, if cut == next.len() { vec![6] } else { vec![] }, "{cut} of {} bytes", next.len());
    }
}

#[test]
fn what_a_disk_error_made_void_and_wrote_anew_is_shown_again_and_the_rest_is_not() {
    let scratch = Scratch::new();
    let partition = scratch.join("FR-finance");
    std::fs::create_dir_all(partition.join("segments")).unwrap();
    let segment = |number: u64, first: u64, records: &[&str]| {
        let mut bytes = segment::header(first, 0).to_vec();
        for (offset, record) in records.iter().enumerate() {
            let start = bytes.len();
            frame::write_unsealed(record.as_bytes(), &mut bytes);
            frame::seal(&mut bytes[start..], first + offset as u64);
        }
        let mut file = std::fs::File::create(segment::path(&partition, number)).unwrap();
        file.write_all(&bytes).unwrap();
    };
    segment(1, 0, &["{\"a\":0}", "{\"a\":1}", "{\"a\":2}"]);
    let mut tail = Tail::new(&partition, None, None).unwrap();
    assert_eq!(tail.last(9).unwrap().len(), 3);
    segment(2, 0, &["{\"a\":0}", "{\"a\":1}", "{\"b\":2}", "{\"b\":3}"]);
    let mut seen = Vec::new();
    tail.new_records(&mut |it| {
        seen.push((it.index, it.record));
        true
    })
    .unwrap();
    assert_eq!(seen, [(2, "{\"b\":2}".to_owned()), (3, "{\"b\":3}".to_owned())]);
    // A reader who comes now sees only what holds.
    let last = Tail::new(&partition, None, None).unwrap().last(9).unwrap();
    assert_eq!(
        last.iter().map(|it| &*it.record).collect::<Vec<_>>(),
        ["{\"a\":0}", "{\"a\":1}", "{\"b\":2}", "{\"b\":3}"]
    );
    segment(3, 512, &["{}"]);
    let error = tail.new_records(&mut |_| true).unwrap_err().to_string();
    assert_eq!(
        error,
        "FR-finance, record 4: its segment ends before it, and the next one starts at record 512"
    );
}

async fn reported(kind: Kind, span: Span, tenant: Option<&str>) -> Document {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    let first = report(kind, &scratch.0, &span, tenant).unwrap();
    let again = report(kind, &scratch.0, &span, tenant).unwrap();
    assert_eq!(first.render(Format::Json), again.render(Format::Json));
    first
}

#[tokio::test]
async fn the_map_of_flows_has_every_call_and_every_backend_that_may_have_got_it() {
    let flows = reported(Kind::Flows, Span::default(), None).await;
    assert_eq!(
        flows.render(Format::Csv).replace("\r\n", "\n"),
        "\
tenant,tenant_country,model,classes,backend,provider,country,address,result,redacted,rules,found,bytes_sent,bytes_received,calls,first,last
bank,FR,clinic-large,email person_name,,,,,end not known: it may have been sent,email: pseudonymise,DORA-FACTS EU-TRANSFER,email=2,0,0,1,2026-11-27T00:00:06.000000Z,2026-11-27T00:00:06.000000Z
bank,FR,clinic-large,email person_name,paris,host/fr,FR,,not sent: connect_failed,email: pseudonymise,DORA-FACTS EU-TRANSFER,email=2,0,0,1,2026-11-27T00:00:02.000000Z,2026-11-27T00:00:02.000000Z
bank,FR,clinic-large,email person_name,paris,host/fr,FR,10.0.0.1:443,answered,email: pseudonymise,DORA-FACTS EU-TRANSFER,email=2,1024,2048,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z
bank,FR,clinic-large,email person_name,virginia,host/us,US,10.0.0.1:443,failed: first_byte_timeout,email: pseudonymise,DORA-FACTS EU-TRANSFER,email=2,1024,0,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z
bank,FR,m,email person_name,,,,,refused: 403 policy_denied,nothing,CH-BANK-47,email=2,0,0,1,2026-11-27T00:00:05.000000Z,2026-11-27T00:00:05.000000Z
shop,CH,clinic-large,email person_name,somewhere,host/any,FR,10.0.0.1:443,answered,email: pseudonymise,DORA-FACTS EU-TRANSFER,email=2,1024,2048,1,2026-11-27T00:00:07.000000Z,2026-11-27T00:00:07.000000Z
"
    );
    assert_eq!(flows.notes[1], "5 calls; bytes left to: FR, US.");
}

#[tokio::test]
async fn a_span_and_a_tenant_narrow_a_report() {
    let span = Span::parse(Some("2026-11-27T00:00:02Z"), Some("2026-11-27T00:00:05Z")).unwrap();
    let flows = reported(Kind::Flows, span, Some("bank")).await;
    let rows: Vec<&String> = flows.sections[0].rows.iter().map(|row| &row[8]).collect();
    assert_eq!(rows, ["not sent: connect_failed"]);
    assert_eq!(
        flows.notes[0],
        "Calls of tenant bank, 2026-11-27T00:00:02.000000Z to 2026-11-27T00:00:05.000000Z, by the time of their records (UTC)."
    );
    let nobody = reported(Kind::Art30, Span::default(), Some("nobody")).await;
    assert_eq!(nobody.sections[0].rows, Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn the_register_has_a_row_for_each_place_and_nothing_that_the_log_does_not_know() {
    let dora = reported(Kind::Dora, Span::default(), None).await;
    assert_eq!(
        dora.render(Format::Csv).replace("\r\n", "\n"),
        "\
template,tenant,provider,c0010,c0020,c0030,c0040,c0050,c0060,c0070,c0080,c0090,c0100,c0110,c0120,c0130,c0140,c0150,c0160,c0170,c0180,classes,calls,first,last,operator_country,parent_countries,self_hosted,contracts
B_02.02,bank,host/fr,,,,,,,,,,,,,FR,No,,DE,,,email person_name,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,,,,
B_02.02,bank,host/fr,,,,,,,,,,,,,FR,No,,FR,,,email person_name,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,,,,
B_02.02,bank,host/us,,,,,,,,,,,,,US,Yes,US,US,,,email person_name,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,,,,
B_05.01,bank,host/fr,,,,,,,,,,,,,,,,,,,,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,FR,FR,no,
B_05.01,bank,host/us,,,,,,,,,,,,,,,,,,,,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,US,US,no,
B_05.02,bank,host/fr,,,,,1,Not applicable,Not applicable,,,,,,,,,,,,,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,,,,dpa
B_05.02,bank,host/us,,,,,1,Not applicable,Not applicable,,,,,,,,,,,,,1,2026-11-27T00:00:01.000000Z,2026-11-27T00:00:01.000000Z,,,,dpa
"
    );
    let others =
        "Not in here, because their tenant file does not say dora_entity: shop. One of them: --tenant.";
    assert!(dora.notes.iter().any(|note| note == others), "{:?}", dora.notes);
    let missing: Vec<String> =
        dora.missing.iter().map(|[template, code, _]| format!("{template} {code}")).collect();
    assert_eq!(missing.len(), 14 + 12 + 4, "{missing:?}");
    let shop = reported(Kind::Dora, Span::default(), Some("shop")).await;
    // Nothing is known of its places, and no contract is recorded: the cells are empty.
    assert_eq!(shop.sections[0].rows[0][14..18], ["FR", "", "", ""]);
    assert_eq!(shop.sections[2].rows[0][6..9], ["", "", ""]);
    assert!(
        shop.notes.iter().any(|note| note.contains("host/any (processing), host/any (storage)")),
        "{:?}",
        shop.notes
    );
}

#[tokio::test]
async fn the_record_of_processing_names_recipients_transfers_and_what_only_you_know() {
    let art30 = reported(Kind::Art30, Span::default(), Some("bank")).await;
    let told: Vec<String> =
        art30.sections[0].rows.iter().filter(|row| row[1] != "(g)").map(|row| row[1..].join(" | ")).collect();
    assert_eq!(
        told,
        [
            "(a) | the tenant's country and sector | FR; finance | log",
            "(a) | name and contact details of the controller, of joint controllers, of the representative and of the data protection officer |  | you",
            "(b) | extent | 4 calls, 1 of them refused and not sent | log",
            "(b) | purposes that callers declared | support | log",
            "(b) | purposes of the processing, beyond those that callers declared |  | you",
            "(c) | categories of personal data (classes that calls counted as) | email; person_name | log",
            "(c) | countries of the data subjects, as far as known | DE | log",
            "(c) | categories of data subjects |  | you",
            "(d) | recipients | host/fr: paris in FR; host/us: virginia in US | log",
            "(e) | transfers to third countries, with what safeguards them | IN: remote access by host/us (conditions: dpf_listed_eu, transfer tools: scc, assessment: approved, contracts: dpa; allowed under DORA-FACTS EU-TRANSFER); US: processing by host/us (conditions: dpf_listed_eu, transfer tools: scc, assessment: approved, contracts: dpa; allowed under DORA-FACTS EU-TRANSFER); US: remote access by host/us (conditions: dpf_listed_eu, transfer tools: scc, assessment: approved, contracts: dpa; allowed under DORA-FACTS EU-TRANSFER); US: storage by host/us (conditions: dpf_listed_eu, transfer tools: scc, assessment: approved, contracts: dpa; allowed under DORA-FACTS EU-TRANSFER) | log",
            "(e) | for transfers under the second subparagraph of Art. 49(1): the documentation of suitable safeguards |  | you",
            "(f) | retention at the recipients | host/fr: 0 days; host/us: 30 days; at most 30 days at a provider by the strictest rule | log",
            "(f) | retention of this log | at least 1826 days by the strictest rule, and never under the log's floor; a person is erased by destroying a key | log",
            "(f) | envisaged time limits for erasure in your own systems |  | you",
        ]
    );
    let measures = &art30.sections[0].rows.iter().find(|row| row[1] == "(g)").unwrap()[3];
    assert!(
        measures.ends_with(
            "recorded in this span: the server's key in 2 of 2 connections; taken out: email (pseudonymise)"
        ),
        "{measures}"
    );
}

#[tokio::test]
async fn more_open_calls_than_are_remembered_are_given_without_their_end_and_counted() {
    let scratch = Scratch::new();
    written(&scratch.0).await;
    let mut told = Vec::new();
    let read = calls::each_within(1, &scratch.join("FR-finance"), &|_| true, &mut |call| {
        told.push(format!("{} {}", call.id, matches!(call.end, calls::End::Unknown)));
    });
    // A waits when B comes, and its OUTCOME finds nobody; B ends; D is open at the end.
    assert_eq!(told, ["A true", "B false", "C false", "D true"]);
    assert_eq!(read.unwrap().given_up, 1);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_ends_a_report_and_is_named() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-finance").unwrap();
    let world = World::new(); // its input is {}: of no version that we know
    partition.append(world.intent("A")).await.unwrap();
    log.close().await;
    let error = report(Kind::Flows, &scratch.0, &Span::default(), None).unwrap_err().to_string();
    assert!(error.starts_with("FR-finance, record 0: its input is of another version or damaged"), "{error}");
}
