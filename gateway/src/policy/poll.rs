//! Bundles from an address: asked again and again, through the egress gate, with the ETag of the last.
//!
//! What comes is only written to a file. Whether it is a bundle, whose, and whether it is newer is
//! judged where that file is loaded, like any other (see [`super::load`]).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::header::HeaderValue;
use inland_policies::Bundle;
use tokio::sync::watch;

use super::kept::Kept;
use crate::config::Config;
use crate::egress::Destination;
use crate::forward::{Fetched, get};
use crate::serve::Gateway;
use crate::telemetry;

/// How often the poller looks whether it is time: the interval may change with the configuration.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The tag of the copy that was fetched last, after the address that gave it.
const TAG: &str = "fetched.etag";
/// No tag that we keep is longer.
const TAG_BYTES_MAX: usize = 1024;

/// Asks once, if the configuration names an address. What is new lies in a file afterwards.
pub async fn once(config: &Config) -> Result<(), String> {
    let Some(address) = config.policy.get_ref().address() else { return Ok(()) };
    let outcome = fetch(config, address).await;
    telemetry::polled(match &outcome {
        Ok(true) => "new",
        Ok(false) => "unchanged",
        Err(_) => "failed",
    });
    outcome.map(drop).map_err(|error| format!("{address}: {error}"))
}

/// Was it another than the last?
async fn fetch(config: &Config, address: &str) -> Result<bool, String> {
    let source = config.policy.get_ref();
    let destination = Destination::new(
        address,
        &source.networks,
        &source.pins,
        source.ca.as_deref().map(|path| config.path(path)).as_deref(),
        config.fixed_addresses(address),
        Duration::from_secs(config.limits.connect_seconds),
    )?;
    let file = config.path(&source.bundle_file().unwrap_or_default());
    let tag = tag(&file, address);
    let Fetched::New { body, etag } = get(&destination, Bundle::BYTES_MAX, tag.as_ref()).await? else {
        return Ok(false);
    };
    let (kept, address, config) = (Kept::of(config), address.to_owned(), config.clone());
    let write = move || {
        // A server without tags sends the same again: nothing is to be loaded anew.
        let known = Bundle::read(&file).is_ok_and(|known| known == body);
        if !known {
            // Whoever answers at the address cannot put anything there that nobody signed, or an older one.
            super::may_follow(&config, &body)?;
            kept.write(&file.file_name().unwrap_or_default().to_string_lossy(), &body)?;
        }
        // After the file: a tag never stands for bytes that are not there.
        match etag.as_ref().and_then(|etag| etag.to_str().ok()).filter(|etag| etag.len() <= TAG_BYTES_MAX) {
            Some(etag) => kept.write(TAG, format!("{address}\n{etag}").as_bytes())?,
            None => kept.remove(TAG),
        }
        Ok(!known)
    };
    tokio::task::spawn_blocking(write).await.map_err(|error| error.to_string())?
}

/// The tag of the copy that we have, if this address gave it.
fn tag(file: &Path, address: &str) -> Option<HeaderValue> {
    let text = file.is_file().then(|| std::fs::read_to_string(file.with_file_name(TAG)).ok())??;
    text.strip_prefix(address)?.strip_prefix('\n')?.parse().ok()
}

/// Asks until `stop` says so. The watch over files takes up what was written.
pub async fn keep_asking(gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
    let mut asked = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => return,
        }
        let now = gateway.generation();
        if asked.elapsed() < Duration::from_secs(now.config().policy.get_ref().poll_seconds) {
            continue;
        }
        asked = Instant::now();
        if let Err(error) = once(now.config()).await {
            tracing::warn!("no bundle could be fetched, the policy in force stays: {error}");
        }
    }
}
