//! `inland policy`: for those who answer for the law and do not write Rust.
//!
//! Invariant: nothing here decides anything by itself. What may go where comes from `inland_policies`, as
//! in the gateway; a command only asks, compares and tells. What a person wrote is never overwritten.

mod ask;
mod bundle;
mod change;
mod check;
mod diff;
mod explain;
mod junit;
mod opa;
pub(super) mod records;
mod replay;
pub(super) mod show;
mod templates;
mod test;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use inland_policies::{LoadError, Policies};
use time::Date;
use time::format_description::well_known::Iso8601;

/// A blank of a template. It is no word of any list, so a gateway refuses to load it as well.
const BLANK: &str = "FILL-IN";
/// The largest file that a command reads as text.
const FILE_BYTES_MAX: u64 = 4 << 20;

#[derive(Subcommand)]
pub(super) enum Policy {
    /// Check a policy folder whole: words, dates, form, and that every rule has title, law and case.
    ///
    /// Example: inland policy check policies
    Check(check::Check),
    /// Run every Rego test and every case of a policy folder.
    ///
    /// Example: inland policy test policies --junit report.xml
    Test(test::Test),
    /// Tell what may go where, and why not, for one kind of call.
    ///
    /// Example: inland policy explain --tenant hopital-lyon --data health,email --subject FR
    Explain(Box<explain::Explain>),
    /// Tell what changes if one policy folder follows another: cases, and calls of a log.
    ///
    /// Example: inland policy diff policies draft --log audit
    Diff(diff::Diff),
    /// Decide every call of a log again, exactly, and list each that flips.
    ///
    /// Example: inland policy replay --log audit --candidate draft
    Replay(replay::Replay),
    /// Make the pair of keys that bundles are signed and verified with.
    ///
    /// Example: inland policy key --out policy
    Key(bundle::Key),
    /// Build a signed bundle of a policy folder; every case of it must pass.
    ///
    /// Example: inland policy build policies --sign policy.key -o policies.tar.gz --author "A. Muster" --approver "B. Dupont"
    Build(bundle::Build),
    /// Verify a bundle as a gateway does: signature, form, expiry, and every case in it.
    ///
    /// Example: inland policy verify policies.tar.gz --key policy.pub
    Verify(bundle::Verify),
    /// List the bundles that a gateway kept, or sign an old one again under a new revision.
    ///
    /// Example: inland policy rollback --kept policy-kept
    Rollback(bundle::Rollback),
    /// Write a commented template of a rule, and of the case that shows it.
    ///
    /// Example: inland policy new-rule FR-LABS --country FR -o policies
    NewRule(templates::NewRule),
    /// Write a commented template of a provider's facts.
    ///
    /// Example: inland policy new-provider example-cloud -o policies
    NewProvider(templates::NewProvider),
}

impl Policy {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Policy::Check(check) => check.run(),
            Policy::Test(test) => test.run(),
            Policy::Explain(explain) => explain.run(),
            Policy::Diff(diff) => diff.run(),
            Policy::Replay(replay) => replay.run(),
            Policy::Key(key) => key.run(),
            Policy::Build(build) => build.run(),
            Policy::Verify(verify) => verify.run(),
            Policy::Rollback(rollback) => rollback.run(),
            Policy::NewRule(template) => template.run(),
            Policy::NewProvider(template) => template.run(),
        }
    }
}

/// Where the policy is that a command asks.
#[derive(Args)]
struct Source {
    /// The policy folder; without one, the policies that this program carries.
    #[arg(long, value_name = "DIR", conflicts_with = "bundle")]
    policies: Option<PathBuf>,
    /// A signed bundle in place of a folder.
    #[arg(long, value_name = "FILE", requires = "key")]
    bundle: Option<PathBuf>,
    /// The public key that the bundle must be signed with.
    #[arg(long, value_name = "PUB", requires = "bundle")]
    key: Option<PathBuf>,
}

impl Source {
    fn load(&self) -> Result<Policies, String> {
        match (&self.policies, &self.bundle, &self.key) {
            (None, Some(file), Some(key)) => bundle::activated(file, key),
            (Some(directory), _, _) => load(directory),
            (None, _, _) => Policies::embedded().map_err(|error| error.to_string()),
        }
    }
}

/// Loads a policy folder; the error says which file of it, and what to write.
fn load(directory: &Path) -> Result<Policies, String> {
    Policies::load(directory).map_err(|error| below(directory, &error))
}

/// An error names a path inside of the policy folder, or the folder itself: told is where it lies from here.
fn below(directory: &Path, error: &LoadError) -> String {
    let at = error.at();
    let file =
        at.rsplit_once(':').filter(|(_, line)| line.parse::<u64>().is_ok()).map_or(at, |(file, _)| file);
    let is_inside = directory.join(file).exists() || !Path::new(file).starts_with(directory);
    if is_inside { format!("{}/{error}", directory.display()) } else { error.to_string() }
}

/// A text file, of bounded size.
fn read(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(told)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("{} is larger than {FILE_BYTES_MAX} bytes", path.display()));
    }
    Ok(text)
}

/// Writes a new file. One that is there stays as it is.
fn write_new(path: &Path, text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let file = std::fs::File::create_new(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            let remedy = "do: choose another name, or remove the file first";
            return format!("{} is there already\n  {remedy}", path.display());
        }
        format!("{}: {error}", path.display())
    })
}

/// A day on the command line.
fn date(text: &str) -> Result<Date, String> {
    // The core compares dates as text, so they are all of one form.
    let date = Date::parse(text, &Iso8601::DATE).ok();
    let date = date.filter(|date| text.len() == 10 && (1900..=9999).contains(&date.year()));
    date.filter(|date| date.to_string() == text).ok_or_else(|| "a date is written as 2027-06-30".to_owned())
}

/// The day on which a call of this moment is decided.
fn today() -> Date {
    time::OffsetDateTime::now_utc().date()
}

/// A folder on the command line that must be there.
fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("there is no such folder".to_owned()) }
}
