//! `inland policy` from the outside, as a compliance officer meets it: with good files, with slips, and with
//! a log that is broken.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bundle;
mod check;
mod compare;
mod explain;
mod run;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use inland_tests::Folder;
use serde_json::Value;

/// What a command said and how it ended.
struct Said {
    good: bool,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| Value::from(format!("{error}: {}", self.out)))
    }

    /// Not good, and the complaint is this.
    #[track_caller]
    fn refused(&self, expected: &str) {
        assert!(!self.good, "{}", self.out);
        assert_eq!(self.err.trim_end(), expected);
    }
}

/// Runs `inland policy …` in a folder.
fn policy(inside: &Path, arguments: &[&str]) -> Said {
    let program = env!("CARGO_BIN_EXE_inland-under-test");
    let Output { status, stdout, stderr } =
        Command::new(program).arg("policy").args(arguments).current_dir(inside).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { good: status.success(), out: text(stdout), err: text(stderr) }
}

/// A folder with the default policies in `law`.
fn desk(name: &str) -> Folder {
    let folder = Folder::new(&format!("policy-{name}")).unwrap();
    inland_policies::write_default(&folder.path().join("law")).unwrap();
    folder
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Replaces texts in a file, each of which must be there.
fn edit(folder: &Folder, path: &str, changes: &[(&str, &str)]) {
    let path = folder.path().join(path);
    let mut text = read(path.clone());
    for (from, to) in changes {
        assert!(text.contains(from), "{} has no {from}", path.display());
        text = text.replacen(from, to, 1);
    }
    std::fs::write(path, text).unwrap();
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("policies")
}
