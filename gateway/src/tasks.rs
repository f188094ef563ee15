//! The one place that starts a task nobody waits for.

use std::future::Future;

/// Starts a connection's driver. It holds no record and no obligation: it ends with its connection, and
/// what it loses is noticed by whoever waits for the answer.
#[expect(clippy::disallowed_methods, reason = "a driver holds no audit record; it ends with its connection")]
pub fn drive(driver: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::task::spawn(driver));
}
