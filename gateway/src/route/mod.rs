//! Route: to which backend, of those that the policy cleared.
//!
//! Invariant (E7): a [`Routed`] holds pairs of its own [`Recorded`] only, in another order at most.
//! Health moves a backend to the end; it never brings one in.

mod backend;

pub use backend::{Backend, Lease};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, ConfigError};
use crate::record::Recorded;
use crate::refusal::Refusal;

/// A model on a backend: the unit of routing.
#[derive(Debug)]
pub struct Pair {
    id: String,
    backend: Arc<Backend>,
    model: String,
}

impl Pair {
    /// `paris/mistral-large-4`
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The backend.
    pub fn backend(&self) -> &Arc<Backend> {
        &self.backend
    }

    /// What the backend calls the model.
    pub fn model(&self) -> &str {
        &self.model
    }
}

/// All backends of a generation, by model.
pub struct Fleet {
    models: BTreeMap<String, Vec<Arc<Pair>>>,
    backends: Vec<Arc<Backend>>,
}

impl Fleet {
    /// Prepares every backend of a configuration.
    pub fn new(config: &Config) -> Result<Fleet, ConfigError> {
        let mut by_id = BTreeMap::new();
        for backend in &config.backends {
            let made = Backend::new(backend.get_ref(), config)
                .map_err(|message| config.error(Some(backend.span()), message, None))?;
            by_id.insert(backend.get_ref().id.as_str(), Arc::new(made));
        }
        let pair = |offer: &String| {
            let (id, model) = offer.split_once('/')?;
            let backend = Arc::clone(by_id.get(id)?);
            Some(Arc::new(Pair { id: offer.clone(), backend, model: model.to_owned() }))
        };
        let models = config
            .models
            .iter()
            .map(|model| {
                (model.get_ref().name.clone(), model.get_ref().offers.iter().filter_map(pair).collect())
            })
            .collect();
        Ok(Fleet { models, backends: by_id.into_values().collect() })
    }

    /// The names that callers may ask for.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// The pairs that offer a model, in the order of the configuration.
    pub fn pairs(&self, model: &str) -> Option<&[Arc<Pair>]> {
        self.models.get(model).map(Vec::as_slice)
    }

    /// All backends.
    pub fn backends(&self) -> &[Arc<Backend>] {
        &self.backends
    }
}

/// A recorded request and where it may be sent, best first.
pub struct Routed {
    recorded: Recorded,
    pairs: Vec<Arc<Pair>>,
}

impl Routed {
    pub(crate) fn into_parts(self) -> (Recorded, Vec<Arc<Pair>>) {
        (self.recorded, self.pairs)
    }
}

/// Orders the cleared pairs: the policy's order, those that failed a moment ago last.
pub fn route(recorded: Recorded, fleet: &Fleet) -> Result<Routed, Refusal> {
    let cleared = recorded.cleared();
    let known = fleet.pairs(&cleared.asked().model).unwrap_or_default();
    let find = |id: &String| known.iter().find(|pair| pair.id == *id).map(Arc::clone);
    let mut pairs: Vec<Arc<Pair>> = cleared.allowed().iter().filter_map(find).collect();
    pairs.sort_by_key(|pair| pair.backend.is_ailing());
    if pairs.is_empty() {
        let refusal = Refusal::NoBackend;
        recorded.into_parts().1.close(refusal.status().as_u16(), Some(refusal.code()));
        return Err(refusal);
    }
    Ok(Routed { recorded, pairs })
}
