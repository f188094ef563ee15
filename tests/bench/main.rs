//! What one request costs, everything on: authentication, inspection, policy, a durable record, forwarding.
//!
//! `cargo bench -p inland-tests --bench request` starts the gateway in a process of its own on one core; the model server,
//! the issuer and the load share the other. CPU time is the gateway's whole process (user and system, from
//! /proc) over the answers of the window: it holds when the machine is busy, requests per second do not.
//! Loopback only; every load ends by itself.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a bench that cannot run ends"
)]

mod load;
mod model;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use inland::authenticate::mint::Mint;

/// A window of measuring.
const WINDOW: Duration = Duration::from_secs(4);
/// What comes before it and is not counted.
const WARM: Duration = Duration::from_millis(1500);
const ISSUER: &str = "https://id.example.test";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, config] = arguments.as_slice()
        && mode == "gateway"
    {
        return gateway(Path::new(config));
    }
    if arguments.iter().any(|argument| argument == "--test") {
        return; // `cargo test --benches`: it compiles, that is all
    }
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, measure(rounds));
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc; // as in the product

fn gateway(config: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let running = inland::run::Running::start(config).await.unwrap();
        println!("ready {}", running.address());
        inland::command::until_stopped().await;
        running.stop().await;
    });
}

async fn measure(rounds: usize) {
    let directory = std::env::temp_dir().join(format!("inland-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let model = model::start().await;
    let mint = Mint::generate(ISSUER).unwrap();
    let site = model::issuer(mint.jwks_json()).await;
    std::fs::write(directory.join("gateway.toml"), configuration(model, site)).unwrap();
    std::fs::write(directory.join("model.key"), "sk-bench").unwrap();
    inland_policies::write_default(&directory.join("policies")).unwrap();
    let (mut child, address) = start_gateway(&directory.join("gateway.toml"));
    let token = mint.token("werk-stuttgart", "bench", &[], "inland", Duration::from_secs(3600));
    println!("machine: {}", machine());
    println!("bare fdatasync of 4 KiB in the log's folder: {} µs (median of 200)", fdatasync_us(&directory));
    println!("\n| load | target | CPU µs/request | p50 µs | p99 µs | answers/s |\n|---|---|---|---|---|---|");
    for round in 0..rounds {
        for (name, bytes, connections) in
            [("1 KB × 32", 1024, 32), ("8 KB × 32", 8192, 32), ("1 KB × 1", 1024, 1)]
        {
            let body = load::body(bytes);
            let direct = load::run(model, &token, &body, connections, std::process::id()).await;
            row(round, name, "model, direct", &direct, false);
            let through = load::run(address, &token, &body, connections, child.id()).await;
            row(round, name, "inland", &through, true);
        }
    }
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    child.wait().unwrap();
    let report = inland::audit::verify(&directory.join("audit"), inland::audit::Options::default()).unwrap();
    println!("\nthe log of the run verifies: {} records", report.records);
    std::fs::remove_dir_all(&directory).unwrap();
}

fn row(round: usize, name: &str, target: &str, it: &load::Result, cpu: bool) {
    let cpu = if cpu { format!("{:.1}", it.cpu_us) } else { "—".to_owned() };
    println!(
        "| {name}, round {} | {target} | {cpu} | {} | {} | {:.0} |",
        round + 1,
        it.p50,
        it.p99,
        it.per_second
    );
}

/// Plain HTTP on loopback on both sides, as beside the bare proxies that it is compared with.
fn configuration(model: std::net::SocketAddr, site: std::net::SocketAddr) -> String {
    let backend = |id: &str, country: &str, endpoint: &str| {
        format!(
            "[[backend]]\nid = \"{id}\"\nurl = \"http://{model}/v1\"\ncountry = \"{country}\"\nnetworks = [\"127.0.0.0/8\"]\n\
             provider = \"stand-in/{endpoint}\"\ncredential = {{ file = \"model.key\" }}\n"
        )
    };
    format!(
        "[listen]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"\n\
         [[issuer]]\nurl = \"{ISSUER}\"\naudience = \"inland\"\njwks = \"http://{site}/jwks.json\"\nnetworks = [\"127.0.0.0/8\"]\n\
         {}{}[[model]]\nname = \"bench-model\"\noffers = [\"frankfurt/bench-model\", \"paris/bench-model\"]\n\
         [policy]\ndirectory = \"policies\"\n[audit]\ndirectory = \"audit\"\nnode = \"bench.example.test\"\n",
        backend("frankfurt", "DE", "de"),
        backend("paris", "FR", "fr"),
    )
}

/// The gateway on the last core, we on the first (`taskset` is util-linux).
fn start_gateway(config: &Path) -> (Child, std::net::SocketAddr) {
    let own = std::env::current_exe().unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    let pin = |core: usize, pid: u32| {
        Command::new("taskset")
            .args(["-cp", &core.to_string(), &pid.to_string()])
            .stdout(Stdio::null())
            .status()
    };
    let mut command = Command::new("taskset");
    command.args(["-c", &(cores - 1).to_string()]).arg(own).arg("gateway").arg(config);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    pin(0, std::process::id()).unwrap();
    let mut line = String::new();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    // The model and the issuer run on this thread: the gateway's first fetch must not wait for us.
    let reader = std::thread::spawn(move || {
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        line
    });
    (child, wait(reader))
}

fn wait(reader: std::thread::JoinHandle<String>) -> std::net::SocketAddr {
    let line = reader.join().unwrap();
    line.trim().strip_prefix("ready ").unwrap().parse().unwrap()
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    format!(
        "{}, {} cores",
        model.trim_start_matches(['\t', ':', ' ']),
        std::thread::available_parallelism().unwrap()
    )
}

fn fdatasync_us(directory: &Path) -> u128 {
    let path: PathBuf = directory.join("fdatasync");
    let mut file = std::fs::File::create(&path).unwrap();
    let mut took: Vec<u128> = (0..200)
        .map(|_| {
            file.write_all(&[7; 4096]).unwrap();
            let started = Instant::now();
            file.sync_data().unwrap();
            started.elapsed().as_micros()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}
