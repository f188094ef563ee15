//! A policy folder for one test: the default files with some of them replaced.
#![allow(dead_code, clippy::allow_attributes, reason = "not every test binary uses all of it")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use inland_policies::{LoadError, Policies};

/// A folder below the system's temporary one, gone afterwards.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The default law, providers and tenants, with these files added or replaced.
    pub(crate) fn default_with(files: &[(&str, &str)]) -> Folder {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("inland-policies-test-{}-{number}", std::process::id()));
        inland_policies::write_default(&path).unwrap();
        for (name, text) in files {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Folder(path)
    }

    pub(crate) fn load(&self) -> Result<Policies, LoadError> {
        Policies::load(&self.0)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Replaces text that must be there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.0.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A date of the form 2026-11-23.
pub(crate) fn day(text: &str) -> time::Date {
    time::Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).unwrap()
}
