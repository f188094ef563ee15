//! `inland policy new-rule` and `new-provider`: commented files to fill in.
//!
//! Invariant: a template that nobody filled in is refused by `policy check` and by a gateway, and no file
//! that is there is touched.

use std::path::PathBuf;

use clap::Args;
use inland_policies::Country;

use super::super::say;

const RULE: &str = include_str!("templates/rule.yaml");
const CASE: &str = include_str!("templates/case.yaml");
const PROVIDER: &str = include_str!("templates/provider.yaml");

#[derive(Args)]
pub(in crate::command) struct NewRule {
    /// Its id, in capitals, digits and hyphens, such as FR-LABS.
    #[arg(value_parser = rule_id)]
    id: String,
    /// The tenant's country that it is for, such as FR.
    #[arg(long, value_name = "CC", value_parser = country)]
    country: Country,
    /// The policy folder to write `law/rules/ID.yaml` and `cases/ID.yaml` into; without one, both are printed.
    #[arg(short, long, value_name = "DIR", value_parser = super::folder)]
    out: Option<PathBuf>,
}

impl NewRule {
    pub(super) fn run(&self) -> Result<bool, String> {
        let stem = self.id.to_lowercase();
        let fill = |template: &str| {
            template.replace("{ID}", &self.id).replace("{STEM}", &stem).replace("{CC}", &quoted(self.country))
        };
        let files =
            [(format!("law/rules/{stem}.yaml"), fill(RULE)), (format!("cases/{stem}.yaml"), fill(CASE))];
        place(self.out.as_ref(), &files)
    }
}

#[derive(Args)]
pub(in crate::command) struct NewProvider {
    /// Its name, in small letters, digits and hyphens, such as example-cloud.
    #[arg(value_parser = provider_name)]
    name: String,
    /// The policy folder to write `providers/NAME.yaml` into; without one, it is printed.
    #[arg(short, long, value_name = "DIR", value_parser = super::folder)]
    out: Option<PathBuf>,
}

impl NewProvider {
    pub(super) fn run(&self) -> Result<bool, String> {
        let text = PROVIDER.replace("{NAME}", &self.name);
        place(self.out.as_ref(), &[(format!("providers/{}.yaml", self.name), text)])
    }
}

/// Prints the files, or writes all of them or none.
fn place(folder: Option<&PathBuf>, files: &[(String, String)]) -> Result<bool, String> {
    let Some(folder) = folder else {
        for (name, text) in files {
            say(&format!("# ---- {name}\n{}", text.trim_end()));
        }
        return Ok(true);
    };
    for (name, _) in files {
        if folder.join(name).exists() {
            return Err(format!(
                "{} is there already\n  do: choose another name; nothing was written",
                folder.join(name).display()
            ));
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        }
        super::write_new(&path, text)?;
        say(&format!("{} is to be filled in: replace each {}", path.display(), super::BLANK));
    }
    say(&format!("then: inland policy check {}", folder.display()));
    Ok(true)
}

/// Norway must not be read as a boolean.
fn quoted(country: Country) -> String {
    if country.as_str() == "NO" { "\"NO\"".to_owned() } else { country.to_string() }
}

fn country(text: &str) -> Result<Country, String> {
    Country::parse(text)
        .ok_or_else(|| "a country is two capital letters of ISO 3166-1, such as FR".to_owned())
}

/// Ids and names become file names: nothing else is let through.
const NAME_BYTES_MAX: usize = 64;

fn rule_id(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    if named(text, fits) {
        Ok(text.to_owned())
    } else {
        Err("a rule's id is capitals, digits and hyphens, at most 64, such as FR-LABS".to_owned())
    }
}

fn provider_name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if named(text, fits) {
        Ok(text.to_owned())
    } else {
        Err("a provider's name is small letters, digits and hyphens, at most 64, such as example-cloud"
            .to_owned())
    }
}

fn named(text: &str, fits: impl Fn(u8) -> bool) -> bool {
    let hyphened = text.starts_with('-') || text.ends_with('-');
    (1..=NAME_BYTES_MAX).contains(&text.len()) && !hyphened && text.bytes().all(fits)
}
