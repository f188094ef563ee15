//! The demonstration: four model servers, three tenants, an identity issuer, and a fixed set of calls
//! through the real front door. Everything is real TCP, TLS, policy and log; only the models are small.

mod calls;
mod client;
mod report;
pub mod standin;
mod world;

pub use client::{Client, Heard};
pub use world::{AUDIENCE, ISSUER, Options, World};

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::audit;

/// How the demonstration is to run.
pub struct Demo {
    /// Where its state is kept; without one, in a folder that is removed at the end.
    pub data: Option<PathBuf>,
    /// End after the calls.
    pub once: bool,
    /// One JSON object per call, for programs.
    pub json: bool,
    /// Where callers are served.
    pub listen: SocketAddr,
    /// Where operators are served.
    pub admin: SocketAddr,
    /// The port of the model servers, each on its own loopback network.
    pub backend_port: u16,
}

/// Runs it. True if every call ended as expected and the log verified.
pub async fn run(demo: Demo) -> Result<bool, String> {
    let scratch = std::env::temp_dir().join(format!("inland-demo-{}", std::process::id()));
    let directory = demo.data.clone().unwrap_or_else(|| scratch.clone());
    let options = Options {
        directory: directory.clone(),
        listen: demo.listen,
        admin: demo.admin,
        backend_port: demo.backend_port,
        tls: true,
        extra: String::new(),
    };
    let played = play(&demo, options).await;
    if demo.data.is_none() {
        let _ = std::fs::remove_dir_all(&scratch); // what is left of a temporary folder is the system's to remove
    }
    played
}

async fn play(demo: &Demo, options: Options) -> Result<bool, String> {
    let directory = options.directory.clone();
    let mut world = World::start(options).await?;
    let mut report = report::Report::new(demo.json);
    report.opening(&world);
    let calls = calls::all();
    for (number, call) in calls.iter().enumerate() {
        let line = calls::play(number + 1, call, &mut world).await?;
        report.call(&line);
    }
    // The log's checkpoint follows its records within a second.
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let verified = audit::verify(&directory.join("audit"), audit::Options::default());
    let log_holds = report.log(&verified);
    let good = log_holds && report.all_as_expected();
    if demo.once {
        world.stop().await;
        return Ok(good);
    }
    report.closing(&world, demo.data.is_some());
    world.forget_and_go_on();
    crate::command::until_stopped().await;
    world.stop().await;
    Ok(good)
}
