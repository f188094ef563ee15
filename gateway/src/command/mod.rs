//! The command line: demo, serve, check, inspect, policy, token, key, audit.

mod audit;
mod inspect;
mod policy;
mod progress;
mod receipt;
mod secrets;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::demo::{self, Demo};
use crate::run::Running;

/// An AI gateway that keeps data in its country, and proves it.
///
/// Example: inland demo --once
#[derive(Parser)]
#[command(name = "inland", version)]
struct Cli {
    // Not global: `policy replay --log DIR` is another log.
    /// How to write the operator's log.
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    log: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Human,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Play a fixed set of calls against four built-in model servers, then stay up.
    ///
    /// Example: inland demo --once --data demo-state
    Demo {
        /// End after the calls; the exit status is 0 only if every call ended as expected.
        #[arg(long)]
        once: bool,
        /// Keep certificates, configuration, policies and log here.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print one JSON object per call.
        #[arg(long)]
        json: bool,
        /// Where callers are served.
        #[arg(long, default_value = "127.0.0.1:8443")]
        listen: SocketAddr,
        /// Where /metrics, /healthz and /readyz are served.
        #[arg(long, default_value = "127.0.0.1:9443")]
        admin: SocketAddr,
        /// The port of the model servers, each on its own loopback network.
        #[arg(long, default_value_t = 8443)]
        backend_port: u16,
    },
    /// Serve with a configuration. SIGHUP or a changed file reloads it; SIGTERM drains and ends.
    ///
    /// Example: inland serve --config gateway.toml
    Serve {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// How to write the operator's log; here as well as before the command.
        #[arg(long, value_enum)]
        log: Option<LogFormat>,
    },
    /// Check a configuration and its policy whole; name file, line and what to write.
    ///
    /// Example: inland check --config gateway.toml
    Check {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    // Its help stands with it: two forms of input need words.
    Inspect(inspect::Inspect),
    /// The law as data: check, test, explain, compare, sign. For those who answer for it.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Print a development token, signed by the demo's issuer.
    ///
    /// Example: inland token --data demo-state --tenant hopital-lyon
    Token(secrets::Token),
    /// API keys.
    #[command(subcommand)]
    Key(secrets::Key),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Residency receipts: what a caller can show of a call.
    #[command(subcommand)]
    Receipt(receipt::Receipt),
}

/// Runs the command that was written.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let quiet = matches!(cli.command, Command::Demo { .. });
    let format = if let Command::Serve { log: Some(format), .. } = &cli.command { *format } else { cli.log };
    tracing_setup(format, quiet);
    match run(cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<bool, String> {
    match command {
        Command::Demo { once, data, json, listen, admin, backend_port } => {
            on_runtime(demo::run(Demo { data, once, json, listen, admin, backend_port }))
        }
        Command::Serve { config, .. } => on_runtime(serve(config)),
        Command::Check { config } => check(config),
        Command::Inspect(inspect) => inspect.run(),
        Command::Policy(policy) => policy.run(),
        Command::Token(token) => token.run(),
        Command::Key(key) => key.run(),
        Command::Audit(audit) => audit.run(),
        Command::Receipt(receipt) => receipt.run(),
    }
}

fn on_runtime(work: impl Future<Output = Result<bool, String>>) -> Result<bool, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}"))?.block_on(work)
}

/// `INLAND_LOG=debug` shows more; the default is information.
fn tracing_setup(format: LogFormat, quiet: bool) {
    let default = if quiet { "warn" } else { "info" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("INLAND_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Human => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// Errors go to standard error, which may be closed.
fn complain(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "inland: {text}");
}

/// Standard output may be a closed pipe (`| head`): then there is nobody to tell.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

async fn serve(config: PathBuf) -> Result<bool, String> {
    // Signals first: one that comes while we start, or right after, is not missed.
    let mut stopped = std::pin::pin!(until_stopped());
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| error.to_string())?;
    let running = Running::start(&config).await?;
    tracing::info!(callers = %running.address(), operators = %running.admin(), "serving");
    loop {
        tokio::select! {
            _ = hangup.recv() => {
                let _ = running.reload().await; // told to log, metrics and /readyz
            }
            () = &mut stopped => break,
        }
    }
    tracing::info!("draining");
    running.stop().await;
    Ok(true)
}

/// Waits for SIGTERM or Ctrl-C, counted from this call and not from the first wait.
pub fn until_stopped() -> impl Future<Output = ()> {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Everything that a start would check, without binding a port or touching the log in use.
fn check(path: PathBuf) -> Result<bool, String> {
    let config = Config::load(&path).map_err(|error| error.to_string())?;
    let (backends, models) = (config.backends.len(), config.models.len());
    let policy = crate::generation::check(config).map_err(|error| error.to_string())?;
    if let Some(refused) = policy.refused() {
        return Err(refused.to_owned());
    }
    let policies = policy.policies();
    say(&format!(
        "{}: good ({backends} backends, {models} models, {} tenants, policy revision {}, review by {})",
        path.display(),
        policies.tenants().count(),
        policies.revision(),
        policies.review_by(),
    ));
    Ok(true)
}
