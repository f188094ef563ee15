//! `inland token` and `inland key`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use time::Date;
use time::format_description::well_known::Iso8601;

use super::say;
use crate::authenticate::mint::Mint;
use crate::authenticate::new_api_key;

/// The longest development token.
const LIFETIME_HOURS_MAX: u64 = 24;

#[derive(Args)]
pub(super) struct Token {
    /// Whose token: a file of policies/tenants.
    #[arg(long)]
    tenant: String,
    /// The user.
    #[arg(long, default_value = "developer")]
    subject: String,
    /// A group of the user; may be repeated.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// What the token is for.
    #[arg(long, default_value = "inland")]
    audience: String,
    /// How long it lasts.
    #[arg(long, default_value_t = 12, value_name = "HOURS")]
    hours: u64,
    /// The folder of `inland demo --data DIR`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Token {
    pub(super) fn run(self) -> Result<bool, String> {
        if self.hours == 0 || self.hours > LIFETIME_HOURS_MAX {
            return Err(format!("--hours is 1 to {LIFETIME_HOURS_MAX}"));
        }
        let path = self.data.join("issuer.key");
        if !path.exists() {
            return Err(format!(
                "{} is not there\n  do: inland demo --once --data {}",
                path.display(),
                self.data.display()
            ));
        }
        let mint = Mint::load_or_create(&path, crate::demo::ISSUER).map_err(|error| error.to_string())?;
        let lifetime = Duration::from_secs(self.hours * 3600);
        say(&mint.token(&self.tenant, &self.subject, &self.groups, &self.audience, lifetime));
        Ok(true)
    }
}

#[derive(Subcommand)]
pub(super) enum Key {
    /// Make an API key, print it once, and store its hash.
    ///
    /// Example: inland key new --file keys.toml --tenant werk-stuttgart --name erp --expires 2027-06-30
    New {
        /// The key file that `[keys] file` of gateway.toml names.
        #[arg(long, default_value = "keys.toml")]
        file: PathBuf,
        /// Whose key.
        #[arg(long)]
        tenant: String,
        /// What the key is called in the file and in records.
        #[arg(long, default_value = "default")]
        name: String,
        /// A group; may be repeated.
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        /// The last day on which it holds, as 2027-06-30.
        #[arg(long, value_name = "DATE", value_parser = date)]
        expires: Option<Date>,
    },
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text, &Iso8601::DATE).map_err(|_| "a date is written as 2027-06-30".to_owned())
}

impl Key {
    pub(super) fn run(self) -> Result<bool, String> {
        let Key::New { file, tenant, name, groups, expires } = self;
        let (key, entry) =
            new_api_key(&name, &tenant, &groups, expires).map_err(|error| error.to_string())?;
        entry.append(&file).map_err(|error| error.to_string())?;
        say(&key);
        super::complain(&format!(
            "its hash is in {}; the key itself is shown this once only",
            file.display()
        ));
        Ok(true)
    }
}
