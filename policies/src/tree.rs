//! The files of one policy folder, as bytes in memory.
//!
//! Invariant: what is checked, digested and evaluated is this one copy; a file that changes while it is
//! loaded changes nothing. Files are bounded in size and number, links are not followed, and a file that
//! could be taken for a part of the policy and is none is an error.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use crate::error::LoadError;

/// No policy file is larger. The largest of the material has 78 KB.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 20;
/// No policy folder has more files.
pub(crate) const FILES_MAX: usize = 2000;
/// No policy folder is nested deeper.
const DEPTH_MAX: usize = 4;
/// The folders of a policy directory that are read.
const FOLDERS: [&str; 6] = ["cases", "core", "law", "packs", "providers", "tenants"];

/// The default files that the binary carries.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/tree.rs"));

/// Relative path, with `/`, to text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    /// The files that the binary carries.
    pub fn embedded() -> Tree {
        Tree(EMBEDDED.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// Reads a policy folder. A folder without `core` takes the core that the binary carries.
    pub fn read(directory: &Path) -> Result<Tree, LoadError> {
        let mut tree = Tree::default();
        for folder in FOLDERS {
            let path = directory.join(folder);
            if path.is_dir() {
                tree.collect(&path, folder, DEPTH_MAX)?;
            }
        }
        if !tree.has("law/") {
            return Err(LoadError::new(
                directory.display(),
                "there is no folder `law` with YAML files in it",
                "name the folder that holds law, providers and tenants",
            ));
        }
        refuse_strays(directory)?;
        if !tree.has("core/") {
            let core = Tree::embedded().0.into_iter().filter(|(path, _)| path.starts_with("core/"));
            tree.0.extend(core);
        }
        Ok(tree)
    }

    /// These texts under these paths, each of which [`is_policy_file`].
    pub(crate) fn of(files: BTreeMap<String, String>) -> Tree {
        Tree(files)
    }

    /// The same tree with this file added or replaced.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, text: impl Into<String>) -> Tree {
        self.0.insert(path.into(), text.into());
        self
    }

    /// The files below a prefix, sorted by path.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(path, _)| path.starts_with(prefix))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// One file.
    pub(crate) fn file(&self, path: &'static str) -> Result<(&'static str, &str), LoadError> {
        match self.0.get(path) {
            Some(text) => Ok((path, text)),
            None => Err(LoadError::new(path, "the file is missing", "copy it from the default policies")),
        }
    }

    /// SHA-256 over all paths and texts in hexadecimal, lengths included, so that no two trees share one.
    pub fn digest(&self) -> String {
        self.digest_below("")
    }

    /// The same over the files below a prefix.
    pub(crate) fn digest_below(&self, prefix: &str) -> String {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for (path, text) in self.below(prefix) {
            for part in [path, text] {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part.as_bytes());
            }
        }
        hex(context.finish().as_ref())
    }

    fn has(&self, prefix: &str) -> bool {
        self.below(prefix).next().is_some()
    }

    fn collect(&mut self, folder: &Path, name: &str, depth: usize) -> Result<(), LoadError> {
        let unreadable = |error: std::io::Error| {
            LoadError::new(folder.display(), format!("cannot be read: {error}"), "check its permissions")
        };
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let file_name = entry.file_name();
            let Some(file_name) = file_name.to_str().filter(|name| is_plain(name)) else {
                let problem = format!("`{}` has signs that no policy file has", file_name.to_string_lossy());
                return Err(LoadError::new(name, problem, "letters, digits, `.`, `_` and `-` in its name"));
            };
            let path = format!("{name}/{file_name}");
            match of_kind(entry.file_type().map_err(unreadable)?, file_name) {
                Kind::Folder if depth > 0 => self.collect(&entry.path(), &path, depth - 1)?,
                Kind::Folder => return Err(LoadError::new(path, "the folder lies too deep", "it higher up")),
                Kind::Policy => {
                    self.0.insert(path.clone(), read_file(&entry.path(), &path)?);
                }
                Kind::Beside => {}
                Kind::Wrong(problem, remedy) => return Err(LoadError::new(path, problem, remedy)),
            }
            if self.0.len() > FILES_MAX {
                let problem = format!("the folder has more than {FILES_MAX} files");
                return Err(LoadError::new(folder.display(), problem, "keep only policy files in it"));
            }
        }
        Ok(())
    }
}

/// What an entry of a policy folder is.
enum Kind {
    Folder,
    Policy,
    /// Nothing of the policy, and it cannot be taken for it: a test, a note, what an editor keeps.
    Beside,
    Wrong(&'static str, &'static str),
}

/// What is not read must not look as if it were: a rule that somebody wrote would not be in force.
fn of_kind(kind: std::fs::FileType, name: &str) -> Kind {
    if name.starts_with(['.', '#']) || name.ends_with('~') {
        Kind::Beside
    } else if kind.is_symlink() {
        Kind::Wrong("it is a link, and links are not followed", "the file itself in its place")
    } else if kind.is_dir() {
        Kind::Folder
    } else if !kind.is_file() {
        Kind::Wrong("it is no regular file", "a file in its place")
    } else if belongs(name) {
        Kind::Policy
    } else if name.ends_with("_test.rego") || name.ends_with(".md") {
        Kind::Beside
    } else {
        Kind::Wrong(
            "it is neither .yaml nor .rego, so it would not be read",
            "its name with .yaml at the end",
        )
    }
}

/// Policy files beside the folders, or in a folder of another name, would not be read either.
fn refuse_strays(directory: &Path) -> Result<(), LoadError> {
    let unreadable = |error: std::io::Error| {
        LoadError::new(directory.display(), format!("cannot be read: {error}"), "check its permissions")
    };
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let stray = if path.is_dir() && !FOLDERS.contains(&name.as_str()) && !name.starts_with('.') {
            let within = std::fs::read_dir(&path).map_err(unreadable)?.flatten();
            within
                .map(|entry| format!("{name}/{}", entry.file_name().to_string_lossy()))
                .find(|it| is_text(it))
        } else {
            (is_text(&name) && !path.is_dir()).then_some(name)
        };
        if let Some(stray) = stray {
            let problem = "it stands where no policy file is read";
            return Err(LoadError::new(stray, problem, format!("it below one of {}", FOLDERS.join(", "))));
        }
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".yaml", ".yml", ".rego"].iter().any(|end| name.ends_with(end)) && !name.ends_with("_test.rego")
}

/// OPA reads `prefix:path`, and a reader must be able to tell two names apart.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_#~".contains(&byte))
}

/// Writes the default core, law, packs, providers, tenants and cases into a folder, for an operator to work on.
///
/// Never overwrites: it ends with `AlreadyExists` at the first file that is there.
pub fn write_default(directory: &Path) -> std::io::Result<()> {
    for (name, text) in EMBEDDED {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = std::fs::File::create_new(&path)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
    }
    Ok(())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Is it the path of a file that a policy folder may have?
///
/// OPA takes a `data.yaml` in a bundle for data that is simply there, wherever it stands.
pub(crate) fn is_policy_file(path: &str) -> bool {
    let (folder, name) = path.split_once('/').unwrap_or_default();
    let data = matches!(name.rsplit('/').next(), Some("data.yaml" | "data.yml"));
    FOLDERS.contains(&folder) && belongs(name) && !data && name.split('/').all(is_plain)
}

fn belongs(path: &str) -> bool {
    path.ends_with(".yaml") || (path.ends_with(".rego") && !path.ends_with("_test.rego"))
}

fn read_file(path: &Path, name: &str) -> Result<String, LoadError> {
    let unreadable =
        |error: std::io::Error| LoadError::new(name, format!("cannot be read: {error}"), "check the file");
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        let problem = format!("the file is larger than {FILE_BYTES_MAX} bytes");
        return Err(LoadError::new(name, problem, "split it into several files"));
    }
    Ok(text)
}
