//! Bundles: policies as one signed file, in the format of OPA.
//!
//! Invariant: a [`Bundle`] exists only if every byte that the policies are made of was signed with the
//! configured key, and it becomes [`Policies`] only if it compiles, needs nothing of its host, holds the
//! tables of the law in it, and decides all its own cases as they are written. An error changes nothing.
//!
//! `opa` verifies the same file with the same key, and `opa eval --bundle` decides as we do.

mod archive;
mod keys;
mod manifest;
mod signature;

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use time::Date;

use crate::canonical;
use crate::cases::Cases;
use crate::compile::compiled;
use crate::engine;
use crate::error::{BundleError, Fault, LoadError};
use crate::law::Law;
use crate::policies::{self, Policies};
use crate::tree::{self, Tree, hex};
use crate::yaml::Day;

use archive::Files;
pub use keys::{SigningKey, VerifyingKey};
pub use manifest::Manifest;

const MANIFEST: &str = ".manifest";
const DATA: &str = "data.json";
const WASM: &str = "policy.wasm";
/// No compiled policy is larger; the shipped one has 200 KB.
const WASM_BYTES_MAX: usize = 8 << 20;

/// A bundle whose signature holds. Nothing of it has been compiled or decided yet.
pub struct Bundle {
    manifest: Manifest,
    tree: Tree,
    wasm: Vec<u8>,
    tables: Value,
    digest: String,
}

/// Builds a signed bundle of these files. It is verified, loaded, and has decided all its cases.
///
/// Equal files under an equal manifest give equal bytes but for the signature, which ECDSA makes anew.
pub fn build(tree: &Tree, manifest: &Manifest, key: &SigningKey) -> Result<Vec<u8>, BundleError> {
    write(tree, &compiled(tree)?, manifest, key)
}

/// So much of a digest tells two bundles of one revision apart.
const DIGEST_PART_MIN: usize = 16;

impl Bundle {
    /// A bundle has no more bytes than this.
    pub const BYTES_MAX: usize = archive::PACKED_BYTES_MAX;

    /// Reads a bundle's bytes from a file, no more than a bundle may have.
    pub fn read(path: &Path) -> Result<Vec<u8>, BundleError> {
        let missing = |error: std::io::Error| {
            let problem = format!("the bundle {} cannot be read: {error}", path.display());
            BundleError::new(Fault::Missing, problem, "name the file that `inland policy build` wrote")
        };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(missing)?;
        // One byte more than allowed, so that `verify` sees that it is too large.
        file.take(Bundle::BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(missing)?;
        Ok(bytes)
    }

    /// Has it the form of a bundle, whoever signed it? What has another form is somebody's file.
    pub fn is_one(bytes: &[u8]) -> bool {
        let files = archive::unpack(bytes);
        files.is_ok_and(|files| [MANIFEST, WASM].iter().all(|name| files.contains_key(*name)))
    }

    /// Verifies the signature over every file, and that the files are those of a bundle.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Bundle, BundleError> {
        let mut files = archive::unpack(bytes)?;
        signature::verify(&mut files, key)?;
        let mut take = |name: &str| {
            let problem = format!("the bundle has no file {name}");
            let remedy = "build it with `inland policy build`";
            files.remove(name).ok_or_else(|| BundleError::new(Fault::Content, problem, remedy))
        };
        let (manifest, law_digest) = Manifest::parse(&take(MANIFEST)?)?;
        let tables = tables(&take(DATA)?)?;
        let wasm = take(WASM)?;
        if wasm.len() > WASM_BYTES_MAX {
            let problem = format!("the compiled policy is larger than {WASM_BYTES_MAX} bytes");
            return Err(BundleError::new(Fault::Oversized, problem, "build it with `inland policy build`"));
        }
        let tree = tree_of(files)?;
        if tree.digest() != law_digest {
            let problem = "the manifest names another law than the bundle holds";
            return Err(BundleError::new(Fault::Manifest, problem, "build it with `inland policy build`"));
        }
        let digest = hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
        Ok(Bundle { manifest, tree, wasm, tables, digest })
    }

    /// May it come into force today, after what is in force now (its revision and digest, of which the
    /// first 16 digits are enough)?
    ///
    /// What is in force already stays admitted, even past its last day: its records are marked stale then.
    pub fn admit(&self, today: Date, in_force: Option<(u64, &str)>) -> Result<(), BundleError> {
        let (own, expires) = (self.manifest.revision(), self.manifest.expires());
        let same = |digest: &str| digest.len() >= DIGEST_PART_MIN && self.digest.starts_with(digest);
        if in_force.is_some_and(|(revision, digest)| revision == own && same(digest)) {
            return Ok(());
        }
        if today > expires {
            let problem = format!("the bundle of revision {own} expired on {}", Day(expires));
            return Err(BundleError::new(Fault::Expired, problem, "build it anew with a later day"));
        }
        let remedy = "build it with a higher revision; `inland policy rollback` does so for an old one";
        match in_force {
            Some((revision, _)) if own < revision => {
                let problem = format!("the bundle has revision {own}, and {revision} is in force");
                Err(BundleError::new(Fault::Older, problem, remedy))
            }
            Some((revision, _)) if own == revision => {
                let problem = format!("revision {own} is in force with other content");
                Err(BundleError::new(Fault::Revision, problem, remedy))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Compiles it, holds its tables against its law, loads it, and lets it decide all its cases.
    pub fn activate(&self) -> Result<Policies, BundleError> {
        let computed = compute_tables(&self.tree, &self.wasm, &self.manifest)?;
        if computed != self.tables {
            let problem = "data.json: the tables are not those of the law beside them";
            return Err(BundleError::new(Fault::Tables, problem, "build it with `inland policy build`"));
        }
        let policies = Policies::with_core(&self.tree, &self.wasm, Some(self.manifest.expires()))?;
        decide_cases(&policies)?;
        Ok(policies.in_bundle(&self.digest, &self.manifest))
    }

    /// Compiles the Rego in it again: is the module beside it the same to the byte?
    ///
    /// A reviewer reads Rego and signs a module; this shows that both say the same. Needs the pinned `opa`
    /// where the Rego is not the shipped one, so it is not a part of [`Bundle::activate`].
    pub fn check_module(&self) -> Result<(), BundleError> {
        if *compiled(&self.tree)? == *self.wasm {
            return Ok(());
        }
        let problem = "the compiled policy is not what the Rego beside it compiles to";
        let remedy = "build it with `inland policy build` of this release";
        Err(BundleError::new(Fault::Module, problem, remedy))
    }

    /// The same policies under another manifest: a rollback is old content with a higher revision.
    pub fn resign(&self, manifest: &Manifest, key: &SigningKey) -> Result<Vec<u8>, BundleError> {
        write(&self.tree, &self.wasm, manifest, key)
    }

    /// Revision, last day, author and approver.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The files that the policies are made of.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// SHA-256 of the archive in hexadecimal, as `sha256sum` shows it.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bundle")
            .field("manifest", &self.manifest)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

fn write(tree: &Tree, wasm: &[u8], manifest: &Manifest, key: &SigningKey) -> Result<Vec<u8>, BundleError> {
    let tables = compute_tables(tree, wasm, manifest)?;
    let mut files = Files::new();
    for (path, text) in tree.below("") {
        if !tree::is_policy_file(path) {
            let problem = format!("OPA would read the file {path} as data");
            return Err(BundleError::new(Fault::Form, problem, "give it another name"));
        }
        files.insert(path.to_owned(), text.as_bytes().to_vec());
    }
    files.insert(MANIFEST.to_owned(), manifest.render(&tree.digest())?);
    files.insert(DATA.to_owned(), canonical::json(&json!({"tables": tables})).into_bytes());
    files.insert(WASM.to_owned(), wasm.to_vec());
    files.insert(signature::FILE.to_owned(), signature::sign(&files, key)?);
    let archive = archive::pack(&files)?;
    // What leaves this function has gone the whole way that a gateway takes with it.
    Bundle::verify(&archive, &key.verifying()?)?.activate()?;
    Ok(archive)
}

/// Every case in the files, decided exactly as it is written there.
fn decide_cases(policies: &Policies) -> Result<(), BundleError> {
    let (mut all, mut failed, mut first) = (0usize, 0usize, String::new());
    for cases in Cases::of(policies.tree())? {
        policies.run(&cases, &mut |result| {
            all += 1;
            if result.passed() {
                return;
            }
            failed += 1;
            if first.is_empty() {
                let difference = result.differences().first().map_or("", String::as_str);
                first = format!("{}:{}: {}: {difference}", result.file(), result.line(), result.id());
            }
        })?;
    }
    let remedy = "find out with `inland policy test` whether the law or the case is wrong";
    match (all, failed) {
        (0, _) => {
            let problem = "there is no case in it, so nothing shows that it decides as it should";
            Err(BundleError::new(Fault::Case, problem, "keep the cases beside the law"))
        }
        (_, 0) => Ok(()),
        _ => {
            let problem = format!("{failed} of {all} cases are decided otherwise than written; {first}");
            Err(BundleError::new(Fault::Case, problem, remedy))
        }
    }
}

/// The tables that this law has under this compiled core, trusted until the bundle's last day.
fn compute_tables(tree: &Tree, wasm: &[u8], manifest: &Manifest) -> Result<Value, LoadError> {
    let law = Law::load(tree, Some(manifest.expires()))?;
    policies::tables(engine::compile(wasm)?, &law)
}

fn tables(data: &[u8]) -> Result<Value, BundleError> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Data {
        tables: Value,
    }
    let data: Data = serde_json::from_slice(data).map_err(|_| {
        let problem = "data.json holds other things than the law's tables";
        BundleError::new(Fault::Tables, problem, "build it with `inland policy build`")
    })?;
    Ok(data.tables)
}

/// The policy's own files, each of a kind that a policy folder has.
fn tree_of(files: Files) -> Result<Tree, BundleError> {
    let mut texts = std::collections::BTreeMap::new();
    for (name, bytes) in files {
        let remedy = "keep only policy files in it";
        if !tree::is_policy_file(&name) {
            return Err(BundleError::new(
                Fault::Content,
                format!("the file {name} is no policy file"),
                remedy,
            ));
        }
        if bytes.len() as u64 > tree::FILE_BYTES_MAX {
            return Err(BundleError::new(Fault::Oversized, format!("the file {name} is too large"), remedy));
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            BundleError::new(Fault::Content, format!("the file {name} is not UTF-8"), "save it as UTF-8")
        })?;
        texts.insert(name, text);
    }
    Ok(Tree::of(texts))
}
