//! Core and packs as WebAssembly: the shipped ones, or others that `opa` compiles when they are loaded.
//!
//! Invariant: what runs was compiled from exactly these files, by the pinned `opa`.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::LoadError;
use crate::law::Law;
use crate::opa;
use crate::pack;
use crate::tree::Tree;

/// The core as the build script compiled it.
static CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"));

/// The core of these files as WebAssembly: the shipped one, or compiled with `opa`.
pub(crate) fn compiled(tree: &Tree) -> Result<Cow<'static, [u8]>, LoadError> {
    if own_core(tree) { compile_core(tree).map(Cow::Owned) } else { Ok(Cow::Borrowed(CORE)) }
}

/// Does the folder bring a core, or Rego of packs, that is not the shipped one?
fn own_core(tree: &Tree) -> bool {
    let embedded = Tree::embedded();
    !rego(tree).eq(rego(&embedded))
}

/// The Rego of core and packs.
fn rego(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.below("core/").chain(tree.below("packs/")).filter(|(path, _)| path.ends_with(".rego"))
}

fn compile_core(tree: &Tree) -> Result<Vec<u8>, LoadError> {
    let Some(opa) = opa::find() else {
        let problem =
            format!("core or packs were changed, and opa {} was not found to compile them", opa::VERSION);
        return Err(LoadError::new(
            "core",
            problem,
            "OPA=/path/to/opa in the environment, or the shipped core and packs",
        ));
    };
    let work = Workplace::new().map_err(|error| {
        LoadError::new("core", format!("no folder to compile in: {error}"), "TMPDIR=/a/writable/folder")
    })?;
    pack::check_shape(&opa, tree, &Law::load(tree, None)?.words, &work.0)?;
    let compiled = work.write(tree).map_err(|error| error.to_string());
    let compiled = compiled.and_then(|files| opa::compile(&opa, &work.0, &files, &work.0));
    compiled.map_err(|problem| LoadError::new("core", problem, "Rego that `opa check --strict` accepts"))
}

/// A private folder that is gone afterwards.
struct Workplace(PathBuf);

impl Workplace {
    fn new() -> std::io::Result<Workplace> {
        use std::os::unix::fs::DirBuilderExt as _;
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("inland-core-{}-{number}", std::process::id()));
        // Fails where the name is taken: nobody else's folder is ever used.
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Workplace(folder))
    }

    /// Writes the Rego under its own names, and gives those.
    fn write(&self, tree: &Tree) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for (path, text) in rego(tree) {
            let path = Path::new(path);
            if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(std::io::Error::other(format!("{} is no plain path", path.display())));
            }
            let file = self.0.join(path);
            std::fs::create_dir_all(file.parent().unwrap_or(&self.0))?;
            std::fs::write(&file, text)?;
            files.push(path.to_owned());
        }
        Ok(files)
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // What cannot be removed holds nothing secret; the next start uses another name.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
