//! `[[audit.ship]]`: where copies of the log go, and `monitor.toml`: whose copies are looked after.
//!
//! Invariant: a bucket has a declared country, and the partitions that may go there are named by country.
//! Nothing is inferred from a region's name, but a name that contradicts the country is refused.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inland_policies::Country;
use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use super::check::{advise, destination, fault};
use super::error::Fault;
use super::{Config, ConfigError, SecretSource};

/// How often a bucket may be brought up to date.
const INTERVAL_SECONDS: std::ops::RangeInclusive<u64> = 1..=86_400;
/// How much a second may be sent and read back.
const MEBIBYTES_PER_SECOND: std::ops::RangeInclusive<u32> = 1..=10_000;
/// A segment is held in memory while it is shipped.
const SEGMENT_MEBIBYTES: std::ops::RangeInclusive<u64> = 1..=64;
/// Buckets of one file.
const BUCKETS_MAX: usize = 64;
/// A monitor's file, and the longest that a log may be quiet before it alarms.
const MONITOR_BYTES_MAX: u64 = 4 << 20;
const STALE_MINUTES: std::ops::RangeInclusive<u64> = 1..=44_640;

/// Where the regions of Amazon S3 stand (docs.aws.amazon.com/general/latest/gr/s3.html), by the start of
/// their names. A region that is not here is taken as declared.
const AMAZON: [(&str, &str); 27] = [
    ("us-", "US"),
    ("ca-", "CA"),
    ("sa-east-1", "BR"),
    ("mx-central-1", "MX"),
    ("eu-central-1", "DE"),
    ("eu-central-2", "CH"),
    ("eu-west-1", "IE"),
    ("eu-west-2", "GB"),
    ("eu-west-3", "FR"),
    ("eu-north-1", "SE"),
    ("eu-south-1", "IT"),
    ("eu-south-2", "ES"),
    ("eusc-de-east-1", "DE"),
    ("il-central-1", "IL"),
    ("me-south-1", "BH"),
    ("me-central-1", "AE"),
    ("af-south-1", "ZA"),
    ("ap-south-", "IN"),
    ("ap-southeast-1", "SG"),
    ("ap-southeast-2", "AU"),
    ("ap-southeast-3", "ID"),
    ("ap-southeast-4", "AU"),
    ("ap-southeast-5", "MY"),
    ("ap-northeast-1", "JP"),
    ("ap-northeast-2", "KR"),
    ("ap-northeast-3", "JP"),
    ("cn-", "CN"),
];

/// A bucket. The block of `gateway.toml` can be copied into `monitor.toml` as `[[bucket]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ship {
    /// The address of the S3 interface; the bucket's name is added to its path.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What requests are signed for (AWS SigV4).
    pub region: String,
    /// The country its machines stand in. No default: it would be a guess.
    pub country: String,
    /// Partitions of these countries go here.
    #[serde(default)]
    pub countries: Vec<String>,
    /// `_gateway`, which belongs to no tenant, goes here.
    #[serde(default)]
    pub gateway: bool,
    /// Every address the endpoint's name may have; one outside refuses the name.
    pub networks: Vec<IpNet>,
    /// Public keys it may show.
    #[serde(default)]
    pub pins: Vec<String>,
    /// A CA of its own, instead of the public ones.
    pub ca: Option<PathBuf>,
    /// What all keys in the bucket start with.
    #[serde(default)]
    pub prefix: String,
    /// Who asks.
    pub access_key: SecretSource,
    /// How that is proven.
    pub secret_key: SecretSource,
    /// How often the bucket is brought up to date.
    #[serde(default = "interval_seconds")]
    pub interval_seconds: u64,
    /// How much is sent and read back, at most.
    #[serde(default = "mebibytes_per_second")]
    pub mebibytes_per_second: u32,
    /// Whether the store knows `If-None-Match` and `If-Match` on writes. Where it does not, it is asked
    /// before each write what is there.
    #[serde(default = "yes")]
    pub conditional_writes: bool,
}

fn interval_seconds() -> u64 {
    60
}

fn mebibytes_per_second() -> u32 {
    32
}

fn yes() -> bool {
    true
}

impl Ship {
    /// How errors name it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.endpoint.trim_end_matches('/'), self.bucket)
    }

    /// Whether a partition goes here.
    pub fn takes(&self, partition: &str) -> bool {
        match partition.split_once('-') {
            Some((country, _)) => self.countries.iter().any(|one| one == country),
            None => self.gateway,
        }
    }
}

/// `monitor.toml`: the copies that are looked after, and the keys that they must be signed with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// The file that remembers what was seen last. Losing it forgets what a rollback is told from.
    pub state: PathBuf,
    /// The public keys of all logs, from outside the bucket. Several of one log: any of them is good.
    pub vkeys: Vec<String>,
    /// How long a log may be quiet: its newest record is not older, for a HEARTBEAT comes each minute.
    #[serde(default = "stale_minutes")]
    pub stale_minutes: u64,
    /// How often it is looked, without `--once`.
    #[serde(default = "interval_seconds")]
    pub interval_seconds: u64,
    /// Buckets.
    #[serde(default, rename = "bucket")]
    pub buckets: Vec<Spanned<Ship>>,
    /// Local copies, laid out like a bucket: NODE/PARTITION below it.
    #[serde(default)]
    pub directories: Vec<PathBuf>,
    /// Names that are answered without DNS.
    #[serde(default)]
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
    /// Where the file lies: paths in it are relative to this.
    #[serde(skip)]
    pub base: PathBuf,
}

fn stale_minutes() -> u64 {
    10
}

impl Monitor {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Monitor, ConfigError> {
        let name = path.display().to_string();
        let whole = |message: String| ConfigError::whole(&name, message);
        let size = std::fs::metadata(path).map_err(|error| whole(error.to_string()))?.len();
        if size > MONITOR_BYTES_MAX {
            return Err(whole(format!("the file is larger than {MONITOR_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
        let mut monitor: Monitor =
            toml::from_str(&text).map_err(|error| ConfigError::from_toml(&name, &text, &error))?;
        monitor.base = path.parent().unwrap_or(Path::new(".")).to_owned();
        monitor.check().map_err(|fault| ConfigError::at(&name, &text, fault))?;
        Ok(monitor)
    }

    fn check(&self) -> Result<(), Fault> {
        let whole = |message: &str, write: &str| Fault {
            span: None,
            message: message.to_owned(),
            write: Some(write.to_owned()),
        };
        if self.buckets.is_empty() && self.directories.is_empty() {
            return Err(whole("neither a bucket nor a directory is named", "directories = [\"copies\"]"));
        }
        if self.vkeys.is_empty() {
            let message = "without keys from outside, whoever can write the bucket could sign it";
            return Err(whole(
                message,
                "vkeys = [\"gw-1.example.test/FR-health+…\"]   # of the node, not of the bucket",
            ));
        }
        if !STALE_MINUTES.contains(&self.stale_minutes) || !INTERVAL_SECONDS.contains(&self.interval_seconds)
        {
            let message = "stale_minutes is 1 to 44640, interval_seconds 1 to 86400";
            return Err(whole(message, "stale_minutes = 10"));
        }
        self.buckets.iter().try_for_each(|bucket| check_bucket(bucket, &self.base))
    }
}

/// The blocks of a gateway, each by itself and against the others.
pub(super) fn check(config: &Config) -> Result<(), Fault> {
    let ships = &config.audit.ship;
    if !SEGMENT_MEBIBYTES.contains(&config.audit.segment_mebibytes) {
        let write = Some("segment_mebibytes = 64".to_owned());
        return Err(Fault { span: None, message: "segment_mebibytes is 1 to 64".into(), write });
    }
    if let Some(last) = ships.last()
        && ships.len() > BUCKETS_MAX
    {
        return Err(fault(last.span(), format!("more than {BUCKETS_MAX} buckets")));
    }
    let mut taken: BTreeMap<&str, String> = BTreeMap::new();
    for ship in ships {
        check_bucket(ship, &config.base)?;
        let it = ship.get_ref();
        if it.countries.is_empty() && !it.gateway {
            let message = format!("{}: nothing would go there", it.name());
            return Err(advise(
                ship.span(),
                message,
                "countries = [\"FR\"]   # of the partitions, or gateway = true",
            ));
        }
        let gateway = it.gateway.then_some("_gateway");
        for what in it.countries.iter().map(String::as_str).chain(gateway) {
            if what != "_gateway" && Country::parse(what).is_none() {
                let message = format!("{what:?} is not a country code of ISO 3166-1");
                return Err(advise(ship.span(), message, "countries = [\"FR\"]"));
            }
            if let Some(before) = taken.insert(what, it.name()) {
                let message = format!("{what} goes to {before} and to {}: one of them only", it.name());
                return Err(fault(ship.span(), message));
            }
        }
    }
    Ok(())
}

fn check_bucket(ship: &Spanned<Ship>, base: &Path) -> Result<(), Fault> {
    let (it, span) = (ship.get_ref(), ship.span());
    if Country::parse(&it.country).is_none() {
        let message = format!("{}: {:?} is not a country code of ISO 3166-1", it.name(), it.country);
        return Err(advise(span, message, "country = \"FR\"   # the country the bucket's machines stand in"));
    }
    destination(&it.endpoint, &it.networks, &it.pins, &span)?;
    if let Some(country) = amazon(it).filter(|country| *country != it.country) {
        let message =
            format!("{}: region {} stands in {country}, not in {}", it.name(), it.region, it.country);
        return Err(advise(span, message, "country = …   # the region's, or a region of that country"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let words = |text: &str| !text.is_empty() && text.bytes().all(plain) && !text.starts_with('.');
    if !words(&it.bucket) || !words(&it.region) || !(3..=63).contains(&it.bucket.len()) {
        return Err(advise(
            span,
            "a bucket and its region are letters, digits, - . _".into(),
            "bucket = \"inland-audit-fr\"",
        ));
    }
    if it.prefix.len() > 256 || !(it.prefix.is_empty() || it.prefix.split('/').all(words)) {
        let message = "a prefix is words of letters, digits, - . _ with / between them, and none at its ends";
        return Err(advise(span, message.into(), "prefix = \"inland/audit\""));
    }
    if !INTERVAL_SECONDS.contains(&it.interval_seconds) {
        return Err(advise(span, "interval_seconds is 1 to 86400".into(), "interval_seconds = 60"));
    }
    if !MEBIBYTES_PER_SECOND.contains(&it.mebibytes_per_second) {
        return Err(advise(span, "mebibytes_per_second is 1 to 10000".into(), "mebibytes_per_second = 32"));
    }
    for (what, source) in [("access_key", &it.access_key), ("secret_key", &it.secret_key)] {
        let missing = |error| format!("{}: its {what} is missing: {error}", it.name());
        let write =
            format!("{what} = {{ env = \"S3_KEY\" }} and set the variable, or {{ file = \"s3.key\" }}");
        source.read(base).map_err(|error| advise(span.clone(), missing(error), &write))?;
    }
    Ok(())
}

/// The country of a region of Amazon, if the endpoint is Amazon's.
fn amazon(ship: &Ship) -> Option<&'static str> {
    let url = crate::egress::Url::parse(&ship.endpoint).ok()?;
    let theirs = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"];
    if !theirs.iter().any(|end| url.host().ends_with(end)) {
        return None;
    }
    AMAZON.iter().find(|(start, _)| ship.region.starts_with(start)).map(|(_, country)| *country)
}

impl Ship {
    /// What may be dialled for it. `fixed`: the addresses that `[hosts]` gives its name.
    pub fn destination(
        &self,
        base: &Path,
        fixed: Option<Vec<IpAddr>>,
        connect_max: Duration,
    ) -> Result<crate::egress::Destination, String> {
        let ca = self.ca.as_deref().map(|path| base.join(path));
        crate::egress::Destination::new(
            &self.endpoint,
            &self.networks,
            &self.pins,
            ca.as_deref(),
            fixed,
            connect_max,
        )
    }
}
