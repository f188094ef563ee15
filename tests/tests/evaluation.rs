//! What is found in generated documents does not fall below what was reached: tests/evaluation/README.md.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use inland_tests::python;

#[test]
fn precision_and_recall_of_each_class_stay_above_their_floors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("evaluation");
    let output = Command::new(python())
        .arg("evaluate.py")
        .args(["--only", "inland", "--count", "2", "--floors", "floors.json"])
        .args(["--inland", env!("CARGO_BIN_EXE_inland-under-test")])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{err}\n{out}");
    assert!(out.contains("448 documents in 16 languages"), "{out}");
}
