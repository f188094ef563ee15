//! `inland inspect` from the outside: places, forms of input, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use inland_tests::Folder;
use serde_json::{Value, json};

const IBAN: &str = "DE89 3704 0044 0532 0130 00";

/// What a command said and how it ended.
struct Said {
    good: bool,
    out: String,
    err: String,
}

impl Said {
    fn lines(&self) -> Vec<Value> {
        assert!(self.good, "{}", self.err);
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Label, start and end of each finding of each text.
    fn places(&self) -> Vec<Vec<(String, u64, u64)>> {
        let place = |span: &Value| {
            let number = |name: &str| span[name].as_u64().unwrap();
            (span["label"].as_str().unwrap().to_owned(), number("start"), number("end"))
        };
        let of_text = |line: &Value| line["spans"].as_array().unwrap().iter().map(place).collect();
        self.lines().iter().map(of_text).collect()
    }

    /// Not good, and the complaint starts with this.
    #[track_caller]
    fn refused(&self, expected: &str) {
        assert!(!self.good, "{}", self.out);
        assert!(self.err.starts_with(&format!("inland: {expected}")), "{}", self.err);
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    command.env("CUDA_VISIBLE_DEVICES", "-1"); // what a machine with a device finds is asked of the kernels
    command.arg("inspect").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `inland inspect …` with this on standard input, inside a folder.
fn inside(folder: &Path, arguments: &[&str], input: &[u8]) -> Said {
    let mut child = program().args(arguments).current_dir(folder).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = pipe.write_all(&input); // it may have ended at a fault before it read everything
    });
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { good: status.success(), out: text(stdout), err: text(stderr) }
}

fn inspect(arguments: &[&str], input: impl AsRef<[u8]>) -> Said {
    inside(&std::env::temp_dir(), arguments, input.as_ref())
}

fn at(label: &str, start: u64, end: u64) -> (String, u64, u64) {
    (label.to_owned(), start, end)
}

#[test]
fn a_finding_has_place_class_scheme_country_and_score() {
    let said = inspect(&[], format!("pay {IBAN} now\n"));
    let span = json!({"start": 4, "end": 31, "label": "iban", "kind": "iban", "country": "DE", "score": 99});
    assert_eq!(said.lines(), [json!({"spans": [span]})]);
}

#[test]
fn places_count_characters_and_on_demand_bytes() {
    let text = "🦀 naïve: anna@example.org";
    assert_eq!(inspect(&[], text).places(), [[at("email", 9, 25)]]);
    assert_eq!(inspect(&["--bytes"], text).places(), [[at("email", 13, 29)]]);
}

#[test]
fn each_line_is_a_text_whatever_ends_it_and_an_empty_one_is_too() {
    let said = inspect(&[], format!("\r\n{IBAN}\r\n\nanna@example.org"));
    assert_eq!(said.places(), [vec![], vec![at("iban", 0, 27)], vec![], vec![at("email", 0, 16)]]);
    assert_eq!(inspect(&[], "").lines().len(), 0);
}

#[test]
fn only_as_a_whole_do_lines_belong_together() {
    let zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n";
    assert_eq!(inspect(&["--whole"], zone).places(), [[at("passport_id", 0, 89)]]);
    assert!(inspect(&[], zone).places().iter().flatten().all(|(.., end)| *end < 89));
    assert_eq!(inspect(&["--whole"], "").places(), [[]]);
}

#[test]
fn json_lines_are_known_by_the_files_name_or_by_the_flag() {
    let folder = Folder::new("inspect-jsonl").unwrap();
    let lines = format!(
        "{{\"text\":\"é {IBAN}\",\"lang\":\"de\",\"country\":\"DE\"}}\n{{\"text\":\"\\ud83e\\udd80\"}}\n"
    );
    std::fs::write(folder.path().join("calls.jsonl"), &lines).unwrap();
    let expected = [vec![at("iban", 2, 29)], vec![]];
    assert_eq!(inside(folder.path(), &["calls.jsonl"], b"").places(), expected);
    assert_eq!(inspect(&["--jsonl"], &lines).places(), expected);
    // Read as plain text, the second line would be as good a text as the first.
    assert_eq!(inspect(&[], &lines).places().len(), 2);
}

#[test]
fn what_is_found_is_taken_out_in_the_form_in_which_it_came() {
    let said = inspect(&["--redact"], format!("an {IBAN}\r\n\nund anna@example.org"));
    assert_eq!((said.good, said.out.as_str()), (true, "an [iban]\r\n\nund [email]"));
    let said = inspect(&["--redact", "--jsonl"], format!("{{\"country\":\"DE\",\"text\":\"an\\n{IBAN}\"}}"));
    assert_eq!(said.lines(), [json!({"text": "an\n[iban]", "country": "DE"})]);
}

#[test]
fn files_are_read_in_order_and_a_dash_is_standard_input() {
    let folder = Folder::new("inspect-files").unwrap();
    std::fs::write(folder.path().join("one.txt"), "nothing\n").unwrap();
    let said = inside(folder.path(), &["one.txt", "-", "one.txt"], b"anna@example.org");
    assert_eq!(said.places(), [vec![], vec![at("email", 0, 16)], vec![]]);
}

#[test]
fn what_is_not_as_agreed_is_refused_with_name_line_and_remedy() {
    let json = |line: &str| inspect(&["--jsonl"], format!("{{\"text\":\"\"}}\n{line}\n"));
    let said = json(r#"{"text":"","langg":"de"}"#);
    said.refused("standard input:2:18: unknown field `langg`, expected one of `text`, `lang`, `country`\n");
    assert!(said.err.contains("write: {\"text\":"), "{}", said.err);
    assert_eq!(said.out, "{\"spans\":[]}\n"); // what came before is answered
    json(r#"{"text":""} {}"#).refused("standard input:2:13: trailing characters");
    json(r#"{"lang":"de"}"#).refused("standard input:2:13: missing field `text`");
    json(r#"{"text":"","text":""}"#).refused("standard input:2:17: duplicate field `text`");
    json(r#"{"text":"\ud800"}"#).refused("standard input:2:");
    json("").refused("standard input:2:0: EOF while parsing a value");
    json(r#"{"text":"","country":"UK"}"#).refused("standard input:2:26: a country is written as DE");
    inspect(&[], b"good\nna\xefve\n").refused("standard input:2: byte 3 is not UTF-8\n  do: iconv");
    inspect(&["--whole"], b"good\n\nna\xefve\n").refused("standard input:3: byte 3 is not UTF-8");
    inspect(&["no-such-file.txt"], "").refused("no-such-file.txt: No such file or directory");
    assert!(!inspect(&["--country", "XX"], "").good);
    assert!(!inspect(&["--jsonl", "--whole"], "").good);
}

#[test]
fn a_text_beyond_the_bound_is_refused_and_not_cut() {
    const BOUND: usize = 64 << 20;
    let mut text = vec![b'a'; BOUND];
    text.push(b'\n');
    assert_eq!(inspect(&[], &text).places(), [[]]);
    text.insert(0, b'a');
    inspect(&[], &text).refused("standard input:1: longer than 64 MiB");
    inspect(&["--whole"], &text).refused("standard input:1: longer than 64 MiB");
}

#[test]
fn a_pipe_that_nobody_reads_any_more_is_no_error() {
    let mut child = program().spawn().unwrap();
    drop(child.stdout.take().unwrap());
    let mut pipe = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // More than any buffer on the way; the program may well end before it has read all of it.
        let _ = pipe.write_all("anna@example.org\n".repeat(100_000).as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn who_sends_a_line_and_waits_is_answered() {
    let mut child = program().spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        pipe.write_all(b"anna@example.org\n").unwrap();
        assert!(answers.next().unwrap().unwrap().contains("email"));
    }
    drop(pipe);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_engine_that_is_not_there_is_said_to_be_missing() {
    assert_eq!(inspect(&["--engine", "cpu"], IBAN).places(), [[at("iban", 0, 27)]]);
    let said = inspect(&["--engine", "cuda"], IBAN);
    said.refused("--engine cuda: ");
    assert_eq!(said.out, "");
}
