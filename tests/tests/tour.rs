//! The tour of policies/README.md, step by step as it stands: files are written, commands run, and what the
//! reader is shown is what is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// One step of the tour, in the order of the text.
#[derive(Debug, PartialEq)]
enum Step {
    /// A block of YAML or Rego that begins with `# draft/PATH`: the reader writes it there.
    File { path: String, text: String },
    /// A line of a console block after `$ `, and the lines below it. `…` stands for what is left out.
    Command { line: String, shown: Vec<String> },
}

/// Blocks of other languages, and those without a path, are only to be read.
fn steps(document: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for fenced in document.split("\n```").skip(1).step_by(2) {
        let Some((language, block)) = fenced.split_once('\n') else { continue };
        match (language, block.split_once('\n').and_then(|(first, _)| first.strip_prefix("# draft/"))) {
            ("console", _) => steps.extend(commands(block)),
            ("yaml" | "rego", Some(path)) => {
                steps.push(Step::File { path: format!("draft/{path}"), text: format!("{block}\n") });
            }
            _ => {}
        }
    }
    steps
}

fn commands(block: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for text in block.lines() {
        if let Some(line) = text.strip_prefix("$ ") {
            steps.push(Step::Command { line: line.to_owned(), shown: Vec::new() });
        } else if let Some(Step::Command { shown, .. }) = steps.last_mut() {
            shown.push(text.to_owned());
        }
    }
    steps
}

/// The first shown line that was not said, in order, if there is one. A line `…` is any number of them.
fn missing<'a>(shown: &'a [String], said: &str) -> Option<&'a str> {
    let mut lines = said.lines();
    let has = |line: &str, shown: &str| {
        let mut rest = line;
        shown.split('…').all(|part| match rest.split_once(part.trim()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    let mut told = shown.iter().map(String::as_str).filter(|shown| *shown != "…");
    told.find(|shown| !lines.any(|line| has(line, shown)))
}

/// A folder for the tour, and the PATH on which `inland` and `opa` are.
fn prepare() -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("inland-tour-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_inland-under-test"));
    std::os::unix::fs::symlink(program, folder.join("bin/inland")).unwrap();
    let opa = inland_policies::find_opa().unwrap();
    let path = format!(
        "{}:{}:{}",
        folder.join("bin").display(),
        opa.parent().unwrap_or(Path::new(".")).display(),
        std::env::var("PATH").unwrap()
    );
    (folder, path)
}

#[test]
fn the_tour_of_the_policies_runs_and_says_what_it_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("policies/README.md")).unwrap();
    let (folder, path) = prepare();
    let mut ran = 0;
    for step in steps(&document) {
        match step {
            Step::File { path, text } => {
                let file = folder.join(path);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
            Step::Command { line, shown } => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &line]).current_dir(&folder).env("PATH", &path);
                let output = shell.output().unwrap();
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                let all = format!("{line}\n{said}{}", String::from_utf8_lossy(&output.stderr));
                assert!(output.status.success(), "{all}");
                assert_eq!(missing(&shown, &said), None, "{all}");
                ran += 1;
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(ran >= 15, "only {ran} commands were found in the tour");
}

#[test]
fn a_tour_is_read_as_a_person_reads_it() {
    let document = "a\n```yaml\n# draft/law/x.yaml\nX: 1\n```\nb\n```console\n$ one\nsaid 1 … 3\n$ two\n```\n```yaml\nY: 2\n```\n";
    let file = Step::File { path: "draft/law/x.yaml".into(), text: "# draft/law/x.yaml\nX: 1\n".into() };
    let one = Step::Command { line: "one".into(), shown: vec!["said 1 … 3".into()] };
    let two = Step::Command { line: "two".into(), shown: Vec::new() };
    assert_eq!(steps(document), [file, one, two]);
    let shown = ["said 1 … 3".to_owned(), "…".to_owned(), "end".to_owned()];
    assert_eq!(missing(&shown, "x\nsaid 1 2 3\nmore\nend\n"), None);
    assert_eq!(missing(&shown, "said 1 2 3\nend\n"), None);
    assert_eq!(missing(&shown, "said 1 2\nmore\nend\n"), Some("said 1 … 3"));
    assert_eq!(missing(&shown, "end\nsaid 1 2 3\nmore\n"), Some("end"));
}
