//! `inland policy key`, `build`, `verify`, `rollback`: how a policy goes live, and back.
//!
//! Invariant: a bundle is written only if a gateway would take it: its cases pass, two people answer for
//! it, and its revision is above what was in force. A private key is readable by its owner alone.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use inland_policies::{Bundle, Manifest, Policies, SigningKey, Tree, VerifyingKey};
use time::Date;

use super::super::say;
use super::show::{Table, count};

/// A gateway keeps three; nobody keeps more than this in one folder.
const KEPT_MAX: usize = 1000;

#[derive(Args)]
pub(in crate::command) struct Key {
    /// The pair is NAME.key, which stays secret, and NAME.pub, which every gateway gets.
    #[arg(long, value_name = "NAME")]
    out: PathBuf,
}

impl Key {
    pub(super) fn run(&self) -> Result<bool, String> {
        let [secret, public] = ["key", "pub"].map(|end| {
            let mut name = self.out.clone().into_os_string();
            name.push(".");
            name.push(end);
            PathBuf::from(name)
        });
        if let Some(there) = [&secret, &public].into_iter().find(|path| path.exists()) {
            let shown = there.display();
            return Err(format!(
                "{shown} is there already\n  do: choose another name; a key is never replaced"
            ));
        }
        let key = SigningKey::generate().map_err(sentence)?;
        let pem = key.to_pem().map_err(sentence)?;
        let verifying = key.verifying().map_err(sentence)?;
        let told = |error: std::io::Error| format!("{}: {error}", secret.display());
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&secret);
        let mut file = file.map_err(told)?;
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(told)?;
        super::write_new(&public, &verifying.to_pem())?;
        say(&format!("{} signs: keep it secret, and off every gateway", secret.display()));
        say(&format!("{} verifies: fingerprint {}", public.display(), verifying.fingerprint()));
        Ok(true)
    }
}

/// Who signs, and who answers for it.
#[derive(Args)]
struct Signers {
    /// The private key to sign with.
    #[arg(long, value_name = "KEY")]
    sign: PathBuf,
    /// Who wrote the change.
    #[arg(long)]
    author: String,
    /// Who approved it: another person.
    #[arg(long)]
    approver: String,
}

#[derive(Args)]
pub(in crate::command) struct Build {
    /// The policy folder.
    #[arg(value_name = "DIR", value_parser = super::folder)]
    directory: PathBuf,
    /// Where to write the bundle.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Its revision, above the one in force; without it, that of law/meta.yaml.
    #[arg(long)]
    revision: Option<u64>,
    /// The last day on which a gateway takes it; without it, review_by of law/meta.yaml.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    expires: Option<Date>,
    #[command(flatten)]
    signers: Signers,
}

impl Build {
    pub(super) fn run(&self) -> Result<bool, String> {
        let key = signing_key(&self.signers.sign)?;
        let below = |error: inland_policies::LoadError| super::below(&self.directory, &error);
        let tree = Tree::read(&self.directory).map_err(below)?;
        if let Some(blank) = super::check::blanks(&tree).first() {
            let at = format!("{}/{}", self.directory.display(), blank.at);
            return Err(format!("{at}: {}\n  write: {}", blank.problem, blank.remedy));
        }
        let policies = Policies::from_tree(&tree).map_err(below)?;
        let revision = self.revision.unwrap_or_else(|| policies.revision());
        let expires = self.expires.unwrap_or_else(|| policies.review_by());
        not_over(expires)?;
        let manifest = Manifest::new(revision, expires, &self.signers.author, &self.signers.approver);
        let manifest = manifest.map_err(sentence)?;
        let bytes = inland_policies::bundle::build(&tree, &manifest, &key).map_err(sentence)?;
        put(&self.out, &bytes, &key)
    }
}

#[derive(Args)]
pub(in crate::command) struct Verify {
    /// The bundle.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The public key that it must be signed with.
    #[arg(long, value_name = "PUB")]
    key: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(&self) -> Result<bool, String> {
        let bundle = verified(&self.bundle, &verifying_key(&self.key)?)?;
        let refused = |error| refused(&self.bundle, error);
        bundle.admit(super::today(), None).map_err(refused)?;
        let policies = bundle.activate().map_err(refused)?;
        if let Err(error) = bundle.check_module() {
            if inland_policies::find_opa().is_some() {
                return Err(refused(error));
            }
            super::super::complain(&format!(
                "its module was not held against its Rego: {}",
                super::opa::missing()
            ));
        }
        let manifest = bundle.manifest();
        if self.json {
            let told = serde_json::json!({
                "good": true,
                "revision": manifest.revision(),
                "expires": manifest.expires().to_string(),
                "author": manifest.author(),
                "approver": manifest.approver(),
                "digest": bundle.digest(),
                "review_by": policies.review_by().to_string(),
            });
            say(&told.to_string());
            return Ok(true);
        }
        say(&format!("{}: good", self.bundle.display()));
        say(&described(&bundle));
        let (tenants, endpoints) = (policies.tenants().count(), policies.endpoints().count());
        say(&format!("  holds     {} and {}", count(tenants, "tenant"), count(endpoints, "endpoint")));
        Ok(true)
    }
}

#[derive(Args)]
pub(in crate::command) struct Rollback {
    /// The folder of a gateway's kept bundles, such as policy-kept.
    #[arg(long, value_name = "DIR", value_parser = super::folder)]
    kept: PathBuf,
    /// The revision to go back to; without it, the kept bundles are listed.
    #[arg(long, value_name = "REVISION", requires_all = ["sign", "author", "approver", "out"])]
    to: Option<u64>,
    /// The private key to sign with.
    #[arg(long, value_name = "KEY", requires = "to")]
    sign: Option<PathBuf>,
    /// The public key of the kept bundles, if another one signed them.
    #[arg(long, value_name = "PUB")]
    key: Option<PathBuf>,
    /// Who asks to go back.
    #[arg(long, requires = "to")]
    author: Option<String>,
    /// Who approved it: another person.
    #[arg(long, requires = "to")]
    approver: Option<String>,
    /// The last day on which a gateway takes it; without it, that of the old bundle.
    #[arg(long, value_name = "DATE", value_parser = super::date, requires = "to")]
    expires: Option<Date>,
    /// Where to write the new bundle.
    #[arg(short, long, value_name = "FILE", requires = "to")]
    out: Option<PathBuf>,
}

impl Rollback {
    pub(super) fn run(&self) -> Result<bool, String> {
        let kept = kept(&self.kept)?;
        if kept.is_empty() {
            return Err(format!(
                "{} keeps no bundle\n  do: name the folder that [policy] kept of gateway.toml names",
                self.kept.display()
            ));
        }
        let whole = (self.to, &self.sign, &self.author, &self.approver, &self.out);
        let (Some(to), Some(sign), Some(author), Some(approver), Some(out)) = whole else {
            return self.list(&kept);
        };
        let key = signing_key(sign)?;
        let verifying = match &self.key {
            Some(path) => verifying_key(path)?,
            None => key.verifying().map_err(sentence)?,
        };
        let of_revision: Vec<&Kept> = kept.iter().filter(|it| it.revision == to).collect();
        let [old] = of_revision.as_slice() else {
            let known: Vec<String> = kept.iter().map(|it| it.revision.to_string()).collect();
            let problem = format!(
                "{} keeps {} of revision {to}",
                self.kept.display(),
                count(of_revision.len(), "bundle")
            );
            return Err(format!("{problem}\n  write: --to one of {}", known.join(", ")));
        };
        let bundle = verified(&old.path, &verifying)?;
        if bundle.manifest().revision() != to {
            return Err(format!(
                "{} holds revision {}, not what its name says\n  do: choose another revision",
                old.path.display(),
                bundle.manifest().revision()
            ));
        }
        let highest = kept.iter().map(|it| it.revision).max().unwrap_or(to);
        let next = highest.checked_add(1).ok_or("no revision is left above the highest")?;
        let expires = self.expires.unwrap_or_else(|| bundle.manifest().expires());
        not_over(expires)?;
        // What is signed again is what a gateway of today still takes.
        bundle.activate().map_err(|error| refused(&old.path, error))?;
        let manifest = Manifest::new(next, expires, author, approver).map_err(sentence)?;
        let bytes = bundle.resign(&manifest, &key).map_err(sentence)?;
        say(&format!("content of revision {to}, as revision {next}"));
        put(out, &bytes, &key)
    }

    fn list(&self, kept: &[Kept]) -> Result<bool, String> {
        let key = self.key.as_deref().map(verifying_key).transpose()?;
        let mut table = Table::new(["REVISION", "EXPIRES", "AUTHOR", "APPROVER", "FILE"]);
        let mut good = true;
        for it in kept {
            let name = it.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let cells = match key.as_ref().map(|key| verified(&it.path, key)) {
                None => ["", "", ""].map(str::to_owned),
                Some(Ok(bundle)) => {
                    let manifest = bundle.manifest();
                    [
                        manifest.expires().to_string(),
                        manifest.author().to_owned(),
                        manifest.approver().to_owned(),
                    ]
                }
                Some(Err(error)) => {
                    good = false;
                    super::super::complain(&error);
                    ["does not verify", "", ""].map(str::to_owned)
                }
            };
            let [expires, author, approver] = cells;
            table.row([it.revision.to_string(), expires, author, approver, name]);
        }
        say(table.lines("").trim_end());
        if key.is_none() {
            say("with --key policy.pub each of them is verified, and its manifest shown");
        }
        Ok(good)
    }
}

/// A bundle that a gateway kept when it put it in force.
struct Kept {
    revision: u64,
    path: PathBuf,
}

/// The bundles of a folder by revision: files named REVISION-DIGEST.tar.gz, and nothing else.
fn kept(directory: &Path) -> Result<Vec<Kept>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(told)?.take(KEPT_MAX) {
        let path = entry.map_err(told)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let revision = name.strip_suffix(".tar.gz").and_then(|stem| stem.split_once('-')?.0.parse().ok());
        if let Some(revision) = revision {
            found.push(Kept { revision, path });
        }
    }
    found.sort_by(|one, other| (one.revision, &one.path).cmp(&(other.revision, &other.path)));
    Ok(found)
}

/// The policies of a bundle that a gateway would take.
pub(super) fn activated(file: &Path, key: &Path) -> Result<Policies, String> {
    let bundle = verified(file, &verifying_key(key)?)?;
    bundle.activate().map_err(|error| refused(file, error))
}

fn verified(file: &Path, key: &VerifyingKey) -> Result<Bundle, String> {
    let refused = |error| refused(file, error);
    Bundle::verify(&Bundle::read(file).map_err(refused)?, key).map_err(refused)
}

fn refused(file: &Path, error: inland_policies::BundleError) -> String {
    format!("{}: {} ({})", file.display(), error, error.code())
}

fn sentence(error: inland_policies::BundleError) -> String {
    error.to_string()
}

/// The text of a key; the error never holds a part of it.
fn key_text(path: &Path) -> Result<String, String> {
    super::read(path).map_err(|error| format!("{error}\n  do: inland policy key --out policy makes a pair"))
}

fn signing_key(path: &Path) -> Result<SigningKey, String> {
    SigningKey::from_pem(&key_text(path)?).map_err(|error| refused(path, error))
}

fn verifying_key(path: &Path) -> Result<VerifyingKey, String> {
    VerifyingKey::from_pem(&key_text(path)?).map_err(|error| refused(path, error))
}

/// A bundle that no gateway takes any more is not made.
fn not_over(expires: Date) -> Result<(), String> {
    if expires < super::today() {
        return Err(format!(
            "the bundle would have expired on {expires}\n  write: --expires with a day to come, or review the law and set a later review_by"
        ));
    }
    Ok(())
}

fn described(bundle: &Bundle) -> String {
    let manifest = bundle.manifest();
    format!(
        "  revision  {}\n  expires   {}\n  author    {}\n  approver  {}\n  sha256    {}",
        manifest.revision(),
        manifest.expires(),
        manifest.author(),
        manifest.approver(),
        bundle.digest()
    )
}

/// Puts a bundle in its place, whole or not at all: a gateway may be watching the file.
fn put(path: &Path, bytes: &[u8], key: &SigningKey) -> Result<bool, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let bundle = Bundle::verify(bytes, &key.verifying().map_err(sentence)?).map_err(sentence)?;
    if path.exists() && !Bundle::read(path).is_ok_and(|there| Bundle::is_one(&there)) {
        return Err(format!(
            "{} is no bundle and is not replaced\n  write: -o policies.tar.gz",
            path.display()
        ));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut file = std::fs::File::create_new(&beside).map_err(told)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| std::fs::rename(&beside, path)) {
        let _ = std::fs::remove_file(&beside); // a half of a bundle is of no use to anyone
        return Err(told(error));
    }
    say(&format!("{} is signed", path.display()));
    say(&described(&bundle));
    Ok(true)
}
