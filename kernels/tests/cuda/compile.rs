//! Compiles the emulator, the stand-in driver and the kernels with g++.
//!
//! Invariant: what lies under a name was compiled from exactly the sources whose hash the name holds.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Warnings are errors in the tests' own C++. A kernel's are nvcc's business, but for those that find real mistakes.
const OURS: &[&str] = &["-Wall", "-Wextra", "-Werror"];
const KERNELS: &[&str] = &["-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-unused-function", "-Werror"];
const BOTH: &[&str] = &["-std=c++20", "-O2", "-g1", "-fPIC", "-shared", "-fno-extern-tls-init", "-pthread"];

/// One thread of one process compiles at a time; another process may compile the same, and one of them comes first.
static COMPILING: Mutex<()> = Mutex::new(());

/// The folder of `libemulator.so` and of the stand-in `libcuda.so`.
pub(crate) fn libraries() -> PathBuf {
    let _guard = COMPILING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let emulator = sources(&here().join("emulator"), "cpp");
    let driver = sources(&here().join("driver"), "cpp");
    cached("libraries", &[&here().join("emulator"), &here().join("driver")], "", |folder| {
        let shared = |name: &str| vec![format!("-Wl,-soname,{name}"), "-o".into(), path(&folder.join(name))];
        gxx(&[OURS, BOTH], shared("libemulator.so"), &emulator);
        if driver.is_empty() {
            return;
        }
        let mut options = shared("libcuda.so");
        options.extend([format!("-L{}", path(folder)), "-lemulator".into(), "-Wl,-rpath,$ORIGIN".into()]);
        options.push(format!("-I{}", path(&here().join("emulator"))));
        gxx(&[OURS, BOTH], options, &driver);
        // cudarc looks for the first name, other programs for the second.
        fs::copy(folder.join("libcuda.so"), folder.join("libcuda.so.1")).expect("libcuda.so.1");
    })
}

/// The library of the kernels in one `.cu` file, which is compiled unmodified inside a generated source.
pub(crate) fn kernels(source: &Path) -> PathBuf {
    let libraries = libraries();
    let _guard = COMPILING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let source = source.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let text = fs::read_to_string(&source).expect("a readable source");
    let name = source.file_stem().expect("a file name").to_string_lossy().into_owned();
    let folder = source.parent().expect("a folder");
    let made = cached(&name, &[&here().join("emulator"), folder], &path(&source), |made| {
        let dynamic = dynamic_array(&text);
        let mut generated = vec![made.join("kernels.cpp")];
        fs::write(&generated[0], wrapper(&source, &entries(&text), dynamic.is_some())).expect("wrapper");
        if let Some(array) = dynamic {
            generated.push(made.join("dynamic.cpp"));
            fs::write(&generated[1], format!("#include \"emulator.h\"\nEMULATOR_DYNAMIC({array})\n"))
                .expect("array");
        }
        let options = vec![
            format!("-I{}", path(&here().join("emulator"))),
            format!("-L{}", path(&libraries)),
            format!("-Wl,-rpath,{}", path(&libraries)),
            "-Wl,-Bsymbolic".into(),
            "-o".into(),
            path(&made.join("kernels.so")),
        ];
        let mut inputs = generated;
        inputs.push("-lemulator".into());
        gxx(&[KERNELS, BOTH], options, &inputs);
    });
    made.join("kernels.so")
}

/// This folder of the source tree.
pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cuda")
}

/// The names of the kernels in a source, in its order.
pub(crate) fn entries(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut names = Vec::new();
    for part in text.split("__global__").skip(1) {
        let part = without_call(part, "__launch_bounds__");
        let head = part.split('(').next().expect("split gives one part at least");
        let name = head.split_whitespace().last().expect("a kernel's name");
        names.push(name.to_owned());
    }
    names
}

/// The name of the source's `extern __shared__` array. CUDA gives all of them one address, so there is one.
fn dynamic_array(text: &str) -> Option<String> {
    let text = without_comments(text);
    let mut names: Vec<String> = text
        .split("extern __shared__")
        .skip(1)
        .map(|part| {
            let head = part.split('[').next().expect("split gives one part at least");
            head.split_whitespace().last().expect("an array's name").to_owned()
        })
        .collect();
    names.dedup();
    assert!(names.len() < 2, "one `extern __shared__` name in a file, not {names:?}");
    names.pop()
}

fn wrapper(source: &Path, entries: &[String], dynamic: bool) -> String {
    let array = if dynamic { "emulator_dynamic" } else { "nullptr" };
    let mut text =
        String::from("#include \"emulator.h\"\nEMULATOR_SHARED()\nunsigned char* emulator_dynamic();\n");
    text += &format!("#include {:?}\n", path(source));
    for entry in entries {
        text += &format!("EMULATOR_KERNEL({entry}, {array})\n");
    }
    text
}

/// `text` without `name(…)`.
fn without_call(text: &str, name: &str) -> String {
    let Some((before, after)) = text.split_once(name) else {
        return text.to_owned();
    };
    // Only one that stands before the kernel's own parameters.
    match after.split_once(')') {
        Some((_, after)) if !before.contains('(') => format!("{before}{after}"),
        _ => text.to_owned(),
    }
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    loop {
        let line = rest.find("//");
        let block = rest.find("/*");
        let (start, end) = match (line, block) {
            (Some(line), block) if block.is_none_or(|block| line < block) => (line, "\n"),
            (_, Some(block)) => (block, "*/"),
            _ => return kept + rest,
        };
        kept += &rest[..start];
        kept.push('\n');
        let Some(length) = rest[start..].find(end) else {
            return kept;
        };
        rest = &rest[start + length + end.len()..];
    }
}

/// The folder `NAME-HASH`, made by `make` unless it is there.
fn cached(name: &str, folders: &[&Path], more: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cuda");
    let folder = root.join(format!("{name}-{:016x}", hash(folders, more)));
    if folder.exists() {
        return folder;
    }
    // Made under another name, so that one that broke off is never taken for whole.
    let making = root.join(format!("{name}-making-{}", std::process::id()));
    let _ = fs::remove_dir_all(&making);
    fs::create_dir_all(&making).expect("a folder in the target folder");
    make(&making);
    if fs::rename(&making, &folder).is_err() {
        assert!(folder.exists(), "cannot make {}", folder.display());
        let _ = fs::remove_dir_all(&making);
    }
    folder
}

/// Over everything that goes into the compiler: the compiler, the options, the sources and headers.
fn hash(folders: &[&Path], more: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let version =
        Command::new("g++").arg("--version").output().expect("g++ is needed to build the tests: install it");
    (version.stdout, OURS, KERNELS, BOTH, more, include_str!("compile.rs")).hash(&mut hasher);
    for folder in folders {
        for kind in ["cpp", "h", "cu", "cuh"] {
            for file in sources(folder, kind) {
                fs::read(&file).expect("a readable source").hash(&mut hasher);
                file.hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

/// The files of a folder that end in `.KIND`, sorted.
fn sources(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension() == Some(OsStr::new(kind)));
    files.sort();
    files
}

fn gxx(sets: &[&[&str]], options: Vec<String>, inputs: &[PathBuf]) {
    let mut command = Command::new("g++");
    command.args(sets.iter().copied().flatten()).args(inputs).args(options);
    let output = command.output().expect("g++ is needed to build the tests: install it");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn path(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}
