//! What is personal in a text: identifiers and secrets, found by their form and proven by their check
//! digits.
//!
//! Invariant: a [`Finding`] is a place, never a content. Its span is in bytes of the text as it was
//! given, always on character boundaries; findings of one scan are in order and never overlap.
//!
//! ```
//! use inland_kernels::{Engine, Label};
//!
//! let text = "Pay DE89 3704 0044 0532 0130 00 and tell anna@example.org.";
//! let mut found = Vec::new();
//! Engine::cpu().scan(text, &mut found);
//! assert_eq!(found.iter().map(|f| (f.kind, f.label)).collect::<Vec<_>>(), [
//!     ("iban", Label::Iban),
//!     ("email", Label::Email),
//! ]);
//! assert_eq!(text.get(found[0].start..found[0].end), Some("DE89 3704 0044 0532 0130 00"));
//! ```

mod anchors;
mod bytes;
mod checks;
mod contact;
mod context;
mod crypto;
pub mod cuda;
mod device;
mod digits;
mod document;
mod label;
mod machine;
mod network;
mod normalise;
mod number;
mod payment;
mod resolve;
mod scan;
mod secrets;
mod simd;
mod view;

use std::sync::Arc;

pub use label::Label;
pub use normalise::normalise;

/// A place in a text that holds something personal or secret.
///
/// It holds no content, so its `Debug` form may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// First byte, in the text as it was given.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
    /// The policy's class.
    pub label: Label,
    /// The scheme: `fr.nir`, `card.visa`, `iban`, `secret.aws-access-key`, ….
    pub kind: &'static str,
    /// The country whose scheme it is (ISO 3166-1 alpha-2), where the scheme belongs to one.
    pub country: Option<[u8; 2]>,
    /// How sure the form makes it: 0..=100. Every finding counts; the score settles which of two
    /// overlapping ones is meant.
    pub score: u8,
}

/// Finds what is personal in texts. Cheap to clone and to share: its tables are shared.
#[derive(Clone, Debug)]
pub struct Engine {
    tables: Arc<scan::Tables>,
    simd: &'static str,
    cuda: Option<Arc<cuda::Cuda>>,
    /// Why there is no device, if one was asked for.
    unavailable: Option<cuda::Unavailable>,
}

impl Engine {
    /// The engine that runs on this processor.
    #[must_use]
    pub fn cpu() -> Engine {
        Engine::with(simd::best())
    }

    /// One engine for each kind of vectors that this processor has, the widest first; they find the same.
    pub fn each_cpu() -> impl Iterator<Item = Engine> {
        simd::all().map(Engine::with)
    }

    /// The engine that runs on a CUDA device, and on this processor what is too small for it.
    ///
    /// # Errors
    /// There is no device that the kernels run on; the error says why not.
    pub fn cuda() -> Result<Engine, cuda::Unavailable> {
        Engine::cuda_with(&cuda::Options::default())
    }

    /// As [`Engine::cuda`], with other sizes and times.
    ///
    /// # Errors
    /// As [`Engine::cuda`], or the options are out of range.
    pub fn cuda_with(options: &cuda::Options) -> Result<Engine, cuda::Unavailable> {
        let mut engine = Engine::cpu();
        engine.cuda = Some(Arc::new(cuda::Cuda::open(options, &engine.tables)?));
        Ok(engine)
    }

    /// The engine with a device if there is one; [`Engine::status`] says why not.
    #[must_use]
    pub fn best() -> Engine {
        Engine::cuda().unwrap_or_else(|why| Engine { unavailable: Some(why), ..Engine::cpu() })
    }

    fn with((reader, simd): (simd::Reader, &'static str)) -> Engine {
        Engine { tables: Arc::new(scan::Tables::new(reader)), simd, cuda: None, unavailable: None }
    }

    /// Which vectors it reads with: `avx512`, `avx2`, `neon` or `portable`.
    #[must_use]
    pub fn simd(&self) -> &'static str {
        self.simd
    }

    /// Appends what is found in `text`, in order of place, never overlapping. What `out` held before
    /// stays as it is. The same on every engine; on a device, it waits for the answer.
    pub fn scan(&self, text: &str, out: &mut Vec<Finding>) {
        self.scan_for(text, None, out);
    }

    /// The same for a text about somebody who lives in `country` (ISO 3166-1 alpha-2, in capitals): of what two
    /// countries' numbers may be, and no word beside it settles, it is that country's.
    pub fn scan_about(&self, text: &str, country: [u8; 2], out: &mut Vec<Finding>) {
        self.scan_for(text, Some(country), out);
    }

    fn scan_for(&self, text: &str, country: Option<[u8; 2]>, out: &mut Vec<Finding>) {
        match &self.cuda {
            Some(cuda) => cuda.scan(&self.tables, text, country, out),
            None => scan::scan(&self.tables, text, country, out),
        }
    }

    /// Makes `out[i]` what is found in `texts[i]`. A device reads many texts at once.
    pub fn scan_all(&self, texts: &[&str], out: &mut Vec<Vec<Finding>>) {
        out.truncate(texts.len());
        out.iter_mut().for_each(Vec::clear);
        out.resize_with(texts.len(), Vec::new);
        match &self.cuda {
            Some(cuda) => cuda.scan_all(&self.tables, texts, out),
            None => {
                texts.iter().zip(out).for_each(|(text, found)| scan::scan(&self.tables, text, None, found))
            }
        }
    }

    /// The engine's name, for metrics and logs: `cuda` while a device takes texts, else `cpu`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.cuda.as_ref().is_some_and(|cuda| cuda.is_serving()) { "cuda" } else { "cpu" }
    }

    /// What the device did, or why there is none.
    #[must_use]
    pub fn status(&self) -> cuda::Status {
        match &self.cuda {
            Some(cuda) => cuda.status(),
            None => cuda::Status { unavailable: self.unavailable.clone(), ..cuda::Status::default() },
        }
    }
}

/// A national number: its kind, its class, its country, and the words that make it certain.
#[derive(Clone, Copy, Debug)]
pub struct NumberScheme {
    /// As in [`Finding::kind`].
    pub kind: &'static str,
    /// As in [`Finding::label`].
    pub label: Label,
    /// As in [`Finding::country`].
    pub country: [u8; 2],
    /// Words beside a number that say that it is one of these, in lower case.
    pub words: &'static [&'static str],
}

/// Every national number that is looked for.
pub fn schemes() -> impl Iterator<Item = NumberScheme> {
    number::all().map(|&number::Scheme { kind, label, country, words, .. }| NumberScheme {
        kind,
        label,
        country,
        words,
    })
}

impl Default for Engine {
    fn default() -> Self {
        Engine::cpu()
    }
}
