//! A generation: one configuration, one policy, one key set, from authentication to audit (E4).
//!
//! Invariant: a [`Generation`] was built whole and checked against itself before it is put in force.
//! A request takes the pointer once and keeps it to the end, so a reload never mixes two.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use inland_policies::{Candidates, ClassSet, Decision, Facts, PairSpec, Policies, Question, Tenant};
use moka::sync::Cache;

use crate::audit::{Digests, Log, Partition};
use crate::authenticate::{ApiKeys, Fetch, Issuer, Keys};
use crate::config::{Config, ConfigError};
use crate::egress::Destination;
use crate::forward::Fetched;
use crate::policy::{self, Loaded};
use crate::pseudonym::MasterKey;
use crate::refusal::{Reason, Refusal};
use crate::route::{Fleet, Pair};

/// How many (tenant, model) candidate lists are kept.
const CANDIDATES_KEPT_MAX: u64 = 10_000;
/// How large a policy's source of keys may be.
const JWKS_BYTES_MAX: usize = 256 << 10;

/// Everything a request is judged and served by.
pub struct Generation {
    config: Config,
    policy: Loaded,
    keys: Keys,
    fleet: Fleet,
    partitions: HashMap<String, Partition>,
    pseudonyms: MasterKey,
    candidates: Cache<String, Arc<Candidates>>,
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Generation(configuration {}, policy {})", self.config.digest, self.policies().digest())
    }
}

impl Generation {
    /// Builds a generation, or says why not. Nothing is put in force here.
    pub fn build(
        config: Config,
        log: &Log,
        previous: Option<&Generation>,
    ) -> Result<Generation, ConfigError> {
        let policy = policy::load(&config, previous.map(Generation::policy))?;
        let fleet = Fleet::new(&config)?;
        check_against(&config, policy.policies())?;
        let whole = |message: String| config.error(None, message, None);
        crate::listen::check(&config).map_err(whole)?;
        ships(&config, policy.policies())?;
        let partitions = partitions(policy.policies(), log).map_err(whole)?;
        let pseudonyms = pseudonym_key(&config).map_err(whole)?;
        let keys = keys(&config).map_err(whole)?;
        let keys = match previous {
            Some(before) => keys.inherit(&before.keys),
            None => keys,
        };
        let candidates = Cache::new(CANDIDATES_KEPT_MAX);
        Ok(Generation { config, policy, keys, fleet, partitions, pseudonyms, candidates })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The policy.
    pub fn policies(&self) -> &Policies {
        self.policy.policies()
    }

    /// What its records name it by.
    pub fn digests(&self) -> Digests<'_> {
        Digests {
            configuration: &self.config.digest,
            engine: crate::ENGINE_NAME,
            law: self.policies().law_digest(),
            policy: self.policies().digest(),
        }
    }

    /// The policy with where it came from and what is asked beside it.
    pub fn policy(&self) -> &Loaded {
        &self.policy
    }

    /// The credentials.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The backends.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The key of all pseudonyms.
    pub fn pseudonyms(&self) -> &MasterKey {
        &self.pseudonyms
    }

    /// The models that exist here, for whomever.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.fleet.models()
    }

    /// The log partition of that name; opened when the generation was built.
    pub fn partition(&self, name: &str) -> Option<&Partition> {
        self.partitions.get(name)
    }

    /// All open partitions.
    pub fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.values()
    }

    /// The tenant's facts. A tenant without a file is one of which nothing is known (E9).
    pub fn tenant(&self, name: &str) -> Result<&Arc<Tenant>, Refusal> {
        self.policies().tenant(name).ok_or_else(|| {
            Refusal::PolicyDenied(vec![Reason {
                code: "UNKNOWN_FACT".into(),
                rule: "TENANT".into(),
                reference: "policies/tenants".into(),
                remedy: "Nothing is known of this tenant; the compliance team adds its file.".into(),
            }])
        })
    }

    /// Asks the shadow policy the same, if there is one. `known`: the classes that are not assumed.
    pub fn shadow(&self, question: &Question<'_>, known: ClassSet, decided: &Decision) {
        if let (Some(shadow), Some(pairs)) = (self.policy.shadow(), self.fleet.pairs(question.model)) {
            shadow.compare(question, known, &specs(pairs), decided);
        }
    }

    /// What may be considered for a tenant's call to a model, with all facts.
    pub fn candidates(&self, tenant: &Tenant, model: &str) -> Result<Arc<Candidates>, Refusal> {
        let pairs = self.fleet.pairs(model).ok_or(Refusal::UnknownModel)?;
        let key = format!("{}\n{model}", tenant.name());
        if let Some(known) = self.candidates.get(&key) {
            return Ok(known);
        }
        // Providers were checked when the generation was built: an error here is ours.
        let made = self.policies().candidates(tenant, &specs(pairs)).map_err(|_| Refusal::NotReady)?;
        self.candidates.insert(key, Arc::clone(&made));
        Ok(made)
    }
}

fn specs(pairs: &[Arc<Pair>]) -> Vec<PairSpec<'_>> {
    pairs.iter().map(|pair| PairSpec { id: pair.id(), provider: pair.backend().provider() }).collect()
}

/// All that building would check, without a log: for `inland check`.
pub fn check(config: Config) -> Result<Loaded, ConfigError> {
    let policy = policy::load(&config, None)?;
    Fleet::new(&config)?;
    check_against(&config, policy.policies())?;
    ships(&config, policy.policies())?;
    let whole = |message: String| config.error(None, message, None);
    keys(&config).map_err(whole)?;
    crate::listen::check(&config).map_err(whole)?;
    config.witnesses().map_err(whole)?;
    if let Some(source) = &config.pseudonyms.key {
        source.read(&config.base).map_err(whole)?;
    }
    Ok(policy)
}

/// The contract linter: what a backend declares must not contradict the facts of its provider.
fn check_against(config: &Config, policies: &Policies) -> Result<(), ConfigError> {
    for backend in &config.backends {
        let (it, span) = (backend.get_ref(), backend.span());
        let facts = policies.facts(&it.provider).ok_or_else(|| {
            let message = format!("backend {}: no facts about {} in policies/providers", it.id, it.provider);
            config.error(
                Some(span.clone()),
                message,
                Some("provider = \"FILE/ENDPOINT\"   # of policies/providers"),
            )
        })?;
        if let Some(why) = contradiction(facts, &it.country) {
            let message =
                format!("backend {}: country {} contradicts {}: {why}", it.id, it.country, it.provider);
            let advice =
                "another endpoint as provider, one whose facts name this country, or another country";
            return Err(config.error(Some(span), message, Some(advice)));
        }
    }
    Ok(())
}

/// A global profile declared as one country is the mistake that residency by region name lives from.
fn contradiction(facts: &Facts, country: &str) -> Option<String> {
    if facts.self_hosted() {
        return None; // it stands where the tenant stands
    }
    let Some(places) = facts.processing() else {
        return Some("its processing is unbounded or unknown, so no country can be declared for it".into());
    };
    let names: Vec<&str> = places.iter().map(|place| place.as_str()).collect();
    (!names.contains(&country)).then(|| format!("it processes in {}", names.join(", ")))
}

/// The partitions of all tenants, and the gateway's own.
fn partition_names(policies: &Policies) -> BTreeSet<&str> {
    policies.tenants().map(|tenant| tenant.partition()).chain(["_gateway"]).collect()
}

/// Every partition goes to a bucket that is allowed for it, if the log is shipped at all.
fn ships(config: &Config, policies: &Policies) -> Result<(), ConfigError> {
    crate::audit::ship::check(config, policies, partition_names(policies).into_iter())
}

fn partitions(policies: &Policies, log: &Log) -> Result<HashMap<String, Partition>, String> {
    let names = partition_names(policies);
    let open = |name: &str| log.partition(name).map(|partition| (name.to_owned(), partition));
    names.into_iter().map(open).collect::<Result<_, _>>().map_err(|error| format!("audit log: {error}"))
}

/// Without a key of its own a node makes one beside its log, readable by its user only.
fn pseudonym_key(config: &Config) -> Result<MasterKey, String> {
    let secret = match &config.pseudonyms.key {
        Some(source) => source.read(&config.base)?.expose().as_bytes().to_vec(),
        None => crate::files::secret_or_create(&config.path(&config.audit.directory).join("pseudonym.key"))?,
    };
    MasterKey::new(&secret).ok_or_else(|| "the pseudonym key must have at least 32 characters".into())
}

fn keys(config: &Config) -> Result<Keys, String> {
    let api_keys = match &config.keys {
        Some(keys) => ApiKeys::load(&config.path(&keys.file)).map_err(|error| error.to_string())?,
        None => ApiKeys::empty(),
    };
    let mut destinations = BTreeMap::new();
    let mut issuers = Vec::new();
    for issuer in config.issuers.iter().map(toml::Spanned::get_ref) {
        let ca = issuer.ca.as_deref().map(|path| config.path(path));
        let connect_max = Duration::from_secs(config.limits.connect_seconds);
        let fixed = |url: &str| config.fixed_addresses(url);
        let destination = Destination::new(
            &issuer.jwks,
            &issuer.networks,
            &issuer.pins,
            ca.as_deref(),
            fixed(&issuer.jwks),
            connect_max,
        )?;
        destinations.insert(issuer.url.clone(), Arc::new(destination));
        issuers.push(Issuer {
            url: issuer.url.clone(),
            audience: issuer.audience.clone(),
            jwks: issuer.jwks.clone(),
            claims_tenant: issuer.claims.tenant.clone(),
            claims_groups: issuer.claims.groups.clone(),
            tenants: issuer.tenants.clone(),
            trust: format!("{:?} {:?} {:?}", issuer.networks, issuer.pins, issuer.ca),
        });
    }
    Ok(Keys::new(issuers, api_keys, Arc::new(FetchKeys { destinations })))
}

/// Fetches key sets through the egress gate.
struct FetchKeys {
    destinations: BTreeMap<String, Arc<Destination>>,
}

impl Fetch for FetchKeys {
    fn fetch(&self, issuer: &Issuer) -> Pin<Box<dyn Future<Output = Result<Bytes, String>> + Send + '_>> {
        let destination = self.destinations.get(&issuer.url).cloned();
        Box::pin(async move {
            let destination = destination.ok_or("the issuer is not configured")?;
            match crate::forward::get(&destination, JWKS_BYTES_MAX, None).await? {
                Fetched::New { body, .. } => Ok(body),
                Fetched::Unchanged => Err("an answer to a question that was not asked".to_owned()),
            }
        })
    }
}
