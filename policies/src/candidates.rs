//! Candidates: the (backend, model) pairs that could serve a model, with what is known of each.
//!
//! Invariant: facts come from the provider's file and the tenant's signed contracts, rendered once per
//! generation; a call cannot change them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::canonical;
use crate::error::CandidatesError;
use crate::facts::Facts;
use crate::tenant::Tenant;
use crate::yaml::Day;

/// At most so many pairs per model: their facts stand in every record, which has 65,535 bytes.
pub const PAIRS_MAX: usize = 32;

/// A pair of backend and model, and the provider endpoint whose facts are its own.
#[derive(Debug, Clone, Copy)]
pub struct PairSpec<'a> {
    /// `backend/model`, the unit of routing.
    pub id: &'a str,
    /// `provider/endpoint`, as in policies/providers.
    pub provider: &'a str,
}

/// The pairs of one model for one tenant, in order of preference.
#[derive(Debug)]
pub struct Candidates {
    ids: Vec<Arc<str>>,
    tenant: String,
    json: String,
    digest: [u8; 32],
}

impl Candidates {
    pub(crate) fn build<'a>(
        tenant: &Tenant,
        pairs: &[PairSpec<'_>],
        facts: impl Fn(&str) -> Option<&'a Facts>,
    ) -> Result<Candidates, CandidatesError> {
        if pairs.len() > PAIRS_MAX {
            return Err(CandidatesError::TooMany(pairs.len()));
        }
        let mut seen = BTreeSet::new();
        let mut rendered = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let Some(facts) = facts(pair.provider) else {
                return Err(CandidatesError::UnknownProvider(pair.provider.to_owned()));
            };
            if !seen.insert(pair.id) {
                return Err(CandidatesError::Duplicate(pair.id.to_owned()));
            }
            let mut fact = facts.render(tenant.country());
            if let Some(contract) = tenant.contract(pair.provider) {
                contract.apply(&mut fact);
            }
            fact.insert("id".into(), json!(pair.id));
            fact.insert("provider".into(), json!(pair.provider));
            rendered.push(Value::Object(fact));
        }
        let json = canonical::json(&Value::Array(rendered));
        let mut digest = [0; 32];
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, json.as_bytes());
        digest.copy_from_slice(sum.as_ref());
        let ids = pairs.iter().map(|pair| Arc::from(pair.id)).collect();
        Ok(Candidates { ids, tenant: tenant.name().to_owned(), json, digest })
    }

    /// The pairs, in order of preference.
    pub fn ids(&self) -> &[Arc<str>] {
        &self.ids
    }

    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// All that the verdicts on them depend on, but the law.
    pub(crate) fn json_on(&self, today: time::Date) -> String {
        format!("{{\"candidates\":{},\"today\":\"{}\"}}", self.json, Day(today))
    }

    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}
