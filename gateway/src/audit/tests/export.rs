//! What comes out of a log, what does not, and what stays on the disk when it fails.

use super::*;

/// A log with two requests of one tenant, one of another, and a refusal; the writer has ended.
async fn filled(scratch: &Scratch) -> PathBuf {
    let directory = scratch.join("audit");
    let log = Log::open(&directory, "gw-1").unwrap();
    let mut world = World::new();
    world.sealed = log.seal_subject("hospital", "anna").unwrap();
    let french = log.partition("FR-health").unwrap();
    for (id, tenant, day) in [("a", "hospital", 0), ("b", "clinic\n\"=x\"", 1), ("c", "hospital", 2)] {
        let time_us = 1_785_231_000_000_000 + day * 86_400_000_000; // from 2026-07-28T09:30:00Z on
        let intent = Intent { tenant, time_us, ..world.intent(id) };
        let index = french.append(intent).await.unwrap();
        french.append(Outcome { time_us: time_us + 1, ..outcome(id, index) }).await.unwrap();
    }
    log.partition("DE-industry").unwrap().append(world.intent("d")).await.unwrap();
    log.partition("_gateway").unwrap().append(activation()).await.unwrap();
    log.close().await;
    directory
}

fn activation() -> Activation<'static> {
    Activation {
        time_us: 1_785_231_000_000_000,
        what: "policy",
        digest: "sha256:00",
        revision: Some(7),
        author: Some("@anna"),
        approver: None,
        previous: None,
    }
}

fn options(format: ExportFormat, path: &Path) -> Export<'static> {
    Export {
        window: Window::default(),
        countries: Vec::new(),
        tenants: Vec::new(),
        format,
        output: Output::Path { path: path.to_owned(), force: false },
        verify: true,
        vkeys: Vec::new(),
        subject_keys: None,
        progress: None,
    }
}

fn window(from: &str, to: &str) -> Window {
    Window::new(Some(ExportInstant::parse(from).unwrap()), Some(ExportInstant::parse(to).unwrap())).unwrap()
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `FR-health/0` of each line.
fn places(path: &Path) -> Vec<String> {
    let place =
        |line: &serde_json::Value| format!("{}/{}", line["partition"].as_str().unwrap(), line["index"]);
    lines(path).iter().map(place).collect()
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let name =
        |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = std::fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn json_lines_hold_every_record_as_it_stands_in_the_log() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let path = scratch.join("all.jsonl");
    let exported = export(&log, options(ExportFormat::Jsonl, &path)).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let mut expected = String::new();
    for name in ["DE-industry", "FR-health", "_gateway"] {
        for record in records(&log.join(name)).unwrap() {
            let (index, record) = record.unwrap();
            let record = String::from_utf8(record).unwrap();
            expected += &format!("{{\"partition\":\"{name}\",\"index\":{index},\"record\":{record}}}\n");
        }
    }
    assert_eq!(text, expected);
    assert_eq!(exported.records, text.lines().count() as u64);
    assert_eq!(exported.verified.unwrap().records, exported.records);
    assert!(!text.contains("anna\",\"record"), "nobody asked for names");
}

#[tokio::test]
async fn an_outcome_follows_its_intent_to_the_tenant_and_a_window_is_half_open() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let all = Window::default();
    for (window, countries, tenants, expected) in [
        (all, vec!["FR"], vec!["hospital"], "FR-health/0 FR-health/1 FR-health/4 FR-health/5"),
        (all, vec!["FR"], vec!["clinic\n\"=x\""], "FR-health/2 FR-health/3"),
        (all, vec![], vec!["hospital"], "DE-industry/0 FR-health/0 FR-health/1 FR-health/4 FR-health/5"),
        (all, vec!["_", "DE"], vec![], "DE-industry/0 _gateway/0"),
        (all, vec![], vec!["nobody"], ""),
        (window("2026-07-29", "2026-07-30"), vec!["FR"], vec![], "FR-health/2 FR-health/3"),
        // The end is not part of it: the INTENT of 09:30 is in, its OUTCOME a microsecond later is not.
        (
            window("2026-07-28T11:30:00+02:00", "2026-07-28T09:30:00.000001Z"),
            vec!["FR"],
            vec![],
            "FR-health/0",
        ),
    ] {
        let path = scratch.join("some.jsonl");
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let (countries, tenants) = (owned(countries), owned(tenants));
        let output = Output::Path { path: path.clone(), force: true };
        let asked = Export { window, countries, tenants, output, ..options(ExportFormat::Jsonl, &path) };
        export(&log, asked).unwrap();
        assert_eq!(places(&path).join(" "), expected);
    }
}

#[tokio::test]
async fn persons_are_named_only_with_the_key_file_and_an_erased_one_is_counted() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let keys = Some(log.join("subject-keys"));
    let path = scratch.join("named.jsonl");
    let asked = Export { subject_keys: keys.clone(), ..options(ExportFormat::Jsonl, &path) };
    let exported = export(&log, asked).unwrap();
    let named = lines(&path).iter().filter(|line| line["subject"] == "anna").count();
    // Three requests of the hospital, four records with their outcomes; the clinic's subject was
    // sealed for the hospital, so no key opens it (the tenant is authenticated data).
    assert_eq!((named, exported.sealed), (5, 2));
    let other = scratch.join("other-keys");
    std::fs::write(&other, b"not a key file").unwrap();
    for wrong in [other, scratch.join("missing"), PathBuf::from("/dev/zero")] {
        let path = scratch.join("wrong.jsonl");
        let asked = Export { subject_keys: Some(wrong), ..options(ExportFormat::Jsonl, &path) };
        assert!(export(&log, asked).unwrap_err().to_string().starts_with("--subject-keys: "));
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn a_log_that_does_not_verify_is_not_exported_unless_that_is_said() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let tile = log.join("FR-health/tile/0");
    let tile = tile.join(&names(&tile)[0]);
    let tile = if tile.is_dir() { tile.join(&names(&tile)[0]) } else { tile };
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let path = scratch.join("bad.csv");
    let error = export(&log, options(ExportFormat::Csv, &path)).unwrap_err().to_string();
    assert!(
        error.starts_with("the log does not verify, so nothing was exported: FR-health, record "),
        "{error}"
    );
    assert!(!names(&scratch.0).iter().any(|name| name.contains("bad.csv")), "{:?}", names(&scratch.0));
    let asked = Export { verify: false, ..options(ExportFormat::Csv, &path) };
    assert_eq!(export(&log, asked).unwrap().verified, None);
    let foreign = scratch.join("foreign");
    Log::open(&foreign, "gw-2").unwrap().partition("CH-bank").unwrap();
    let vkeys = vec![std::fs::read_to_string(foreign.join("CH-bank/vkey")).unwrap()];
    let path = scratch.join("other.csv");
    let error = export(&log, Export { vkeys, ..options(ExportFormat::Csv, &path) }).unwrap_err().to_string();
    assert_eq!(error, "none of the given keys is a key of DE-industry");
}

#[tokio::test]
async fn what_no_checkpoint_covers_is_left_out_and_a_torn_tail_is_no_record() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let segment = log.join("FR-health/segments/0001.seg");
    let whole = std::fs::read(&segment).unwrap();
    // A whole frame behind the checkpoint, and the start of another: a writer that was killed.
    let mut frame = Vec::new();
    frame::write_unsealed(br#"{"kind":"HEARTBEAT","v":1}"#, &mut frame);
    frame::seal(&mut frame, 6);
    let torn = [&whole[..], &frame, &frame[..30]].concat();
    std::fs::write(&segment, torn).unwrap();
    let path = scratch.join("signed.jsonl");
    let exported = export(&log, options(ExportFormat::Jsonl, &path)).unwrap();
    assert_eq!((exported.records, exported.unsigned), (8, 1));
    let path = scratch.join("all.jsonl");
    let asked = Export { verify: false, ..options(ExportFormat::Jsonl, &path) };
    assert_eq!(export(&log, asked).unwrap().records, 9);
    // That record has no time: nobody can say on which side of a window it is.
    let path = scratch.join("window.jsonl");
    let asked = Export {
        verify: false,
        window: window("2026-01-01", "2027-01-01"),
        ..options(ExportFormat::Jsonl, &path)
    };
    let error = export(&log, asked).unwrap_err().to_string();
    assert!(error.starts_with("FR-health, record 6: the record has no time"), "{error}");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_record_of_a_later_version_comes_out_verbatim_and_is_counted() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let later = r#"{"id":["of","another","type"],"kind":"DREAM","status":"200","time":"soon","v":2}"#;
    let mut frame = Vec::new();
    frame::write_unsealed(later.as_bytes(), &mut frame);
    frame::seal(&mut frame, 6);
    let segment = log.join("FR-health/segments/0001.seg");
    let bytes = [std::fs::read(&segment).unwrap(), frame].concat();
    std::fs::write(&segment, bytes).unwrap();
    for format in [ExportFormat::Jsonl, ExportFormat::Csv, ExportFormat::Parquet] {
        let path = scratch.join(&format!("later-{format:?}"));
        let asked = Export { verify: false, ..options(format, &path) };
        assert_eq!(export(&log, asked).unwrap().newer, 1, "{format:?}");
    }
    let text = std::fs::read_to_string(scratch.join("later-Jsonl")).unwrap();
    assert!(text.contains(&format!("{{\"partition\":\"FR-health\",\"index\":6,\"record\":{later}}}\n")));
    let text = std::fs::read_to_string(scratch.join("later-Csv")).unwrap();
    let line = text.split("\r\n").find(|line| line.contains("DREAM")).unwrap();
    assert!(line.starts_with("FR-health,FR,,health,6,2,DREAM,,"), "{line}");
    let folder = scratch.join("later-Parquet/country=FR/date=__HIVE_DEFAULT_PARTITION__");
    assert_eq!(names(&folder).len(), 1);
    let path = scratch.join("later.ocsf");
    let exported = export(&log, Export { verify: false, ..options(ExportFormat::Ocsf, &path) }).unwrap();
    assert_eq!(exported.omitted, BTreeMap::from([("ACTIVATION".to_owned(), 1), ("DREAM".to_owned(), 1)]));
    assert_eq!(exported.records, lines(&path).len() as u64);
}

#[tokio::test]
async fn nothing_that_exists_is_written_over_unless_asked_and_a_log_never_is() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let of = |format, path: &Path, force| {
        let output = Output::Path { path: path.to_owned(), force };
        export(&log, Export { output, ..options(format, path) })
    };
    let (file, folder, foreign) = (scratch.join("file"), scratch.join("folder"), scratch.join("foreign"));
    std::fs::write(&file, b"old").unwrap();
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("thesis.txt"), b"years").unwrap();
    for (format, path, force, expected) in [
        (ExportFormat::Csv, &file, false, "exists: name another, or replace it with --force"),
        (ExportFormat::Parquet, &file, true, "is not an export of this kind"),
        (ExportFormat::Csv, &foreign, true, "is not an export of this kind"),
        (ExportFormat::Parquet, &foreign, true, "is not an export of this kind"),
        (ExportFormat::Csv, &log.join("subject-keys"), true, "an export is not written into a log"),
        (
            ExportFormat::Csv,
            &log.join("FR-health/segments/0001.seg"),
            true,
            "an export is not written into a log",
        ),
        (ExportFormat::Parquet, &log.join("new"), false, "an export is not written into a log"),
        (ExportFormat::Csv, &scratch.join("no/such/folder"), false, "its folder"),
    ] {
        let error = of(format, path, force).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    assert_eq!(std::fs::read(foreign.join("thesis.txt")).unwrap(), b"years");
    of(ExportFormat::Csv, &file, true).unwrap();
    of(ExportFormat::Parquet, &folder, false).unwrap();
    of(ExportFormat::Parquet, &folder, true).unwrap();
    assert_eq!(names(&folder), ["country=DE", "country=FR", "country=_"]);
    assert_eq!(names(&scratch.0), ["audit", "file", "folder", "foreign"]);
    checked(&log);
}

#[tokio::test]
async fn a_country_that_the_log_does_not_have_is_an_error_and_not_an_empty_export() {
    let scratch = Scratch::new();
    let log = filled(&scratch).await;
    let path = scratch.join("none.csv");
    let asked = Export { countries: vec!["FX".to_owned()], ..options(ExportFormat::Csv, &path) };
    let error = export(&log, asked).unwrap_err().to_string();
    assert_eq!(error, "no partition is of country FX: this log has DE, FR, _");
    let (from, to) =
        (ExportInstant::parse("2026-11-27").unwrap(), ExportInstant::parse("2026-11-27").unwrap());
    assert!(Window::new(Some(from), Some(to)).is_err());
    for text in ["yesterday", "2026-13-01", "2026-11-27 10:00", ""] {
        assert!(ExportInstant::parse(text).unwrap_err().contains("write a date like 2026-11-27"), "{text}");
    }
}

/// A RECOVERY names the tenant's open request: without it an export would hide that its end is not known.
#[tokio::test]
async fn a_recovery_comes_out_with_the_tenant_whose_request_it_names() {
    let scratch = Scratch::new();
    let log = scratch.join("audit");
    let open = Log::open(&log, "gw-1").unwrap();
    let (world, partition) = (World::new(), open.partition("FR-health").unwrap());
    let index = partition.append(world.intent("lost")).await.unwrap();
    let recovery = Recovery {
        time_us: 1_785_231_000_000_000,
        open: &[Open { id: "lost".into(), intent: index }],
        cut_bytes: 0,
        cut_sha256: None,
    };
    partition.append(recovery).await.unwrap();
    open.close().await;
    for (tenant, expected) in [("hospital", "FR-health/0 FR-health/1"), ("clinic", "")] {
        let path = scratch.join(tenant);
        let asked = Export { tenants: vec![tenant.to_owned()], ..options(ExportFormat::Jsonl, &path) };
        export(&log, asked).unwrap();
        assert_eq!(places(&path).join(" "), expected);
    }
}
