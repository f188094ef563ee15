//! Bucket: what is done with objects, and how each write is checked.
//!
//! Invariant: an object that stands under an immutable name (a full or partial tile, an entry bundle, a
//! whole segment) is never written over: if it is there it is compared, and other content is an alarm. What
//! was written is read back before anything is said about it, and memory and bandwidth are bounded.

use std::time::Duration;

use hyper::body::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum, S3ConditionalPut};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig,
    UpdateVersion,
};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::connector::Egress;
use crate::config::Ship;

/// The largest object: a segment ends at a multiple of 256 records after 64 MiB, and a record has 64 KiB.
pub(in crate::audit) const OBJECT_BYTES_MAX: usize = 128 << 20;
/// An object is read in pieces of this size.
const PIECE_BYTES: u64 = 8 << 20;
/// What is in memory at once for one bucket, but for one object that alone is larger.
const IN_FLIGHT_KIBIBYTES: u32 = 48 << 10;
/// Names in a listing: partial tiles of one tile are 255, partitions 1024, segments as many as were kept.
const NAMES_MAX: usize = 100_000;
/// How much of an error is told.
const ERROR_CHARS_MAX: usize = 300;
/// Tries of one request; what still fails is tried again by the next round.
const RETRIES: usize = 2;

/// Why something could not be shipped or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::audit) enum BucketError {
    /// A person's move: the bucket holds something else than this log wrote.
    #[error("{0}")]
    Alarm(String),
    /// The store's, or the network's: it is tried again.
    #[error("{0}")]
    Store(String),
    /// The disk's of this node: it is tried again.
    #[error("{0}")]
    Disk(String),
}

/// An object that was read whole.
pub(in crate::audit) struct Found {
    pub(in crate::audit) bytes: Bytes,
    /// What a conditional write names it by.
    pub(in crate::audit) tag: Option<String>,
}

/// A bucket, under its prefix.
#[derive(Debug)]
pub(in crate::audit) struct Bucket {
    store: AmazonS3,
    prefix: String,
    conditional: bool,
    in_flight: Semaphore,
    bytes_per_second: u32,
    /// When the line is free again.
    free_at: Mutex<Instant>,
}

impl Bucket {
    /// Prepares a bucket; nothing is dialled yet.
    pub(in crate::audit) fn new(
        ship: &Ship,
        egress: Egress,
        access: &str,
        secret: &str,
    ) -> Result<Bucket, String> {
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES,
            retry_timeout: Duration::from_secs(30),
        };
        let conditional =
            if ship.conditional_writes { S3ConditionalPut::ETagMatch } else { S3ConditionalPut::Disabled };
        // `new` and not `from_env`: nothing is taken from the environment, and with a key no metadata
        // service is asked for one.
        let store = AmazonS3Builder::new()
            .with_endpoint(ship.endpoint.trim_end_matches('/'))
            .with_bucket_name(&ship.bucket)
            .with_region(&ship.region)
            .with_access_key_id(access)
            .with_secret_access_key(secret)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_conditional_put(conditional)
            .with_disable_tagging(true)
            .with_retry(retry)
            .with_client_options(ClientOptions::new().with_allow_http(ship.endpoint.starts_with("http://")))
            .with_http_connector(egress)
            .build()
            .map_err(|error| format!("{}: {error}", ship.name()))?;
        Ok(Bucket {
            store,
            prefix: ship.prefix.clone(),
            conditional: ship.conditional_writes,
            in_flight: Semaphore::new(IN_FLIGHT_KIBIBYTES as usize),
            bytes_per_second: ship.mebibytes_per_second.saturating_mul(1 << 20),
            free_at: Mutex::new(Instant::now()),
        })
    }

    fn key(&self, name: &str) -> Key {
        if self.prefix.is_empty() { Key::from(name) } else { Key::from(format!("{}/{name}", self.prefix)) }
    }

    /// Reads an object that is not larger than `bytes_max`; none where there is none.
    pub(in crate::audit) async fn get(
        &self,
        name: &str,
        bytes_max: usize,
    ) -> Result<Option<Found>, BucketError> {
        let answer = match self.store.get(&self.key(name)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            other => other.map_err(store(name))?,
        };
        let tag = answer.meta.e_tag.clone();
        let bytes = answer.bytes().await.map_err(store(name))?;
        if bytes.len() > bytes_max {
            return Err(BucketError::Alarm(format!(
                "{name} has {} bytes, more than {bytes_max}",
                bytes.len()
            )));
        }
        self.pace(bytes.len()).await;
        Ok(Some(Found { bytes, tag }))
    }

    /// Reads an object of any size up to [`OBJECT_BYTES_MAX`], in pieces.
    pub(in crate::audit) async fn get_large(&self, name: &str) -> Result<Option<Vec<u8>>, BucketError> {
        let Some(size) = self.size(name).await? else { return Ok(None) };
        if size > OBJECT_BYTES_MAX as u64 {
            return Err(BucketError::Alarm(format!(
                "{name} has {size} bytes: this log writes none so large"
            )));
        }
        let mut bytes = Vec::new();
        let mut at = 0;
        while at < size {
            let end = size.min(at + PIECE_BYTES);
            let piece = self.piece(name, at, end).await?;
            bytes.extend_from_slice(&piece);
            at = end;
        }
        Ok(Some(bytes))
    }

    async fn size(&self, name: &str) -> Result<Option<u64>, BucketError> {
        match self.store.head(&self.key(name)).await {
            Err(Error::NotFound { .. }) => Ok(None),
            other => other.map(|meta| Some(meta.size)).map_err(store(name)),
        }
    }

    async fn piece(&self, name: &str, start: u64, end: u64) -> Result<Bytes, BucketError> {
        let piece = self.store.get_range(&self.key(name), start..end).await.map_err(store(name))?;
        if piece.len() as u64 != end - start {
            return Err(BucketError::Store(format!(
                "{name}: the store gave another range than was asked for"
            )));
        }
        self.pace(piece.len()).await;
        Ok(piece)
    }

    /// Makes sure that an immutable object is there with exactly this content.
    pub(in crate::audit) async fn keep(&self, name: &str, bytes: Bytes) -> Result<(), BucketError> {
        let room = u32::try_from(bytes.len() >> 10).unwrap_or(u32::MAX).clamp(1, IN_FLIGHT_KIBIBYTES);
        let _room =
            self.in_flight.acquire_many(room).await.map_err(|error| BucketError::Store(error.to_string()))?;
        if self.size(name).await?.is_none() {
            let mode = if self.conditional { PutMode::Create } else { PutMode::Overwrite };
            match self.put(name, bytes.clone(), mode).await {
                // Somebody was faster, perhaps ourselves: an answer can be lost. Compared below.
                Ok(()) | Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
                Err(error) => return Err(store(name)(error)),
            }
        }
        if self.holds(name, &bytes).await? {
            return Ok(());
        }
        Err(BucketError::Alarm(format!(
            "{name} exists with other content: a second node of this name, a log that was restored from a \
             backup, or somebody who changed the bucket. It is not written over"
        )))
    }

    /// Replaces the one object that changes, if it is still what was read.
    pub(in crate::audit) async fn replace(
        &self,
        name: &str,
        bytes: Bytes,
        known: Option<&Found>,
    ) -> Result<(), BucketError> {
        let mode = match known {
            _ if !self.conditional => PutMode::Overwrite,
            None => PutMode::Create,
            Some(found) => PutMode::Update(UpdateVersion { e_tag: found.tag.clone(), version: None }),
        };
        match self.put(name, bytes.clone(), mode).await {
            Ok(()) | Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
            Err(error) => return Err(store(name)(error)),
        }
        if self.holds(name, &bytes).await? {
            return Ok(());
        }
        Err(BucketError::Alarm(format!(
            "{name} was changed by somebody else: a log has one node that writes it"
        )))
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> object_store::Result<()> {
        let length = bytes.len();
        let options = PutOptions { mode, ..PutOptions::default() };
        let put = self.store.put_opts(&self.key(name), bytes.into(), options).await;
        self.pace(length).await;
        put.map(drop)
    }

    /// Whether an object has exactly this content, by reading it back: what an ETag says differs between
    /// stores, and a checksum that came with the object is told by the one who is checked.
    async fn holds(&self, name: &str, bytes: &Bytes) -> Result<bool, BucketError> {
        let size = bytes.len() as u64;
        if self.size(name).await? != Some(size) {
            return Ok(false);
        }
        let mut rest = bytes.as_ref();
        let mut at = 0;
        while at < size {
            let end = size.min(at + PIECE_BYTES);
            let piece = self.piece(name, at, end).await?;
            let Some(after) = rest.strip_prefix(piece.as_ref()) else { return Ok(false) };
            (rest, at) = (after, end);
        }
        Ok(true)
    }

    /// Removes an object that a newer one took over from.
    pub(in crate::audit) async fn remove(&self, name: &str) -> Result<(), BucketError> {
        self.store.delete(&self.key(name)).await.map_err(store(name))
    }

    /// The names directly under a folder: those of objects, and those of folders.
    pub(in crate::audit) async fn list(
        &self,
        folder: &str,
    ) -> Result<(Vec<String>, Vec<String>), BucketError> {
        let place = self.key(folder);
        let start = if place.as_ref().is_empty() { String::new() } else { format!("{place}/") };
        let (mut objects, mut folders, mut page_token) = (Vec::new(), Vec::new(), None);
        loop {
            let options = PaginatedListOptions {
                delimiter: Some("/".into()),
                page_token,
                ..PaginatedListOptions::default()
            };
            let page = self.store.list_paginated(Some(&start), options).await.map_err(store(folder))?;
            let last = |key: &Key| key.filename().map(str::to_owned);
            objects.extend(page.result.objects.iter().filter_map(|meta| last(&meta.location)));
            folders.extend(page.result.common_prefixes.iter().filter_map(last));
            if objects.len() + folders.len() > NAMES_MAX {
                return Err(BucketError::Alarm(format!("{start} holds more than {NAMES_MAX} names")));
            }
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok((objects, folders));
            }
        }
    }

    /// Waits until the line is free again after so many bytes.
    async fn pace(&self, bytes: usize) {
        let took = Duration::from_secs_f64(bytes as f64 / f64::from(self.bytes_per_second));
        let until = {
            let mut free_at = self.free_at.lock().await;
            *free_at = (*free_at).max(Instant::now()) + took;
            *free_at
        };
        tokio::time::sleep_until(until).await;
    }
}

/// What went wrong, in one line. A part of a store's answer may stand in it: never anything of ours but names.
fn store(name: &str) -> impl FnOnce(Error) -> BucketError {
    let name = name.to_owned();
    move |error| {
        if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
            return BucketError::Store(format!("{name}: the store refuses the credentials or forbids it"));
        }
        let text: String =
            error.to_string().chars().filter(|char| !char.is_control()).take(ERROR_CHARS_MAX).collect();
        BucketError::Store(format!("{name}: {text}"))
    }
}
