//! The world of the demonstration and of the tests: certificates, issuer, model servers, configuration.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inland_certs::Authority;

use super::client::Client;
use super::standin::{StandIn, StaticSite};
use crate::authenticate::mint::Mint;
use crate::run::Running;

/// The issuer's name in tokens.
pub const ISSUER: &str = "https://id.example.test";
/// What tokens must be for.
pub const AUDIENCE: &str = "inland";
/// How long a development token lasts.
const TOKEN_LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// A model server: id, country, host, address, provider endpoint.
struct Place {
    id: &'static str,
    country: &'static str,
    host: &'static str,
    address: [u8; 4],
    network: &'static str,
    endpoint: &'static str,
}

const PLACES: [Place; 4] = [
    Place {
        id: "paris",
        country: "FR",
        host: "llm.fr.example.test",
        address: [127, 33, 0, 10],
        network: "127.33.0.0/16",
        endpoint: "stand-in/fr",
    },
    Place {
        id: "frankfurt",
        country: "DE",
        host: "llm.de.example.test",
        address: [127, 49, 0, 10],
        network: "127.49.0.0/16",
        endpoint: "stand-in/de",
    },
    Place {
        id: "zurich",
        country: "CH",
        host: "llm.ch.example.test",
        address: [127, 41, 0, 10],
        network: "127.41.0.0/16",
        endpoint: "stand-in/ch",
    },
    Place {
        id: "virginia",
        country: "US",
        host: "llm.us.example.test",
        address: [127, 1, 0, 10],
        network: "127.1.0.0/16",
        endpoint: "stand-in/us",
    },
];

/// What callers may ask for, and who offers it. Only the policy keeps a call from most of the pairs.
const MODELS: &str = r#"
[[model]]
name = "clinic-large"
offers = ["paris/large-4", "frankfurt/large-4", "zurich/large-4", "virginia/large-4"]

[[model]]
name = "clinic-embed"
offers = ["paris/embed-2", "virginia/embed-2"]

[[model]]
name = "werk-large"
offers = ["frankfurt/large-4", "paris/large-4", "virginia/large-4"]

[[model]]
name = "werk-atlantic"
offers = ["virginia/large-4"]

[[model]]
name = "bank-large"
offers = ["virginia/large-4", "frankfurt/large-4", "zurich/large-4"]

[[model]]
name = "clinic-moved"
offers = ["moved/large-4"]
"#;

/// Where and how the world is to stand.
pub struct Options {
    /// Its folder.
    pub directory: PathBuf,
    /// Where callers are served; port 0 for any.
    pub listen: SocketAddr,
    /// Where operators are served.
    pub admin: SocketAddr,
    /// The port of the model servers; 0 for any.
    pub backend_port: u16,
    /// Whether callers speak TLS.
    pub tls: bool,
    /// More of `gateway.toml`, such as limits: it stands at the end.
    pub extra: String,
}

/// A gateway in its world.
pub struct World {
    options: Options,
    running: Option<Running>,
    stand_ins: BTreeMap<&'static str, StandIn>,
    ports: BTreeMap<&'static str, SocketAddr>,
    site: Option<StaticSite>,
    mint: Mint,
    authority: Authority,
}

impl World {
    /// Makes what is missing in the folder, and starts everything.
    pub async fn start(options: Options) -> Result<World, String> {
        let directory = options.directory.clone();
        let told = |error: std::io::Error| format!("{}: {error}", directory.display());
        std::fs::create_dir_all(directory.join("credentials")).map_err(told)?;
        let authority =
            Authority::load_or_create(&directory.join("certs")).map_err(|error| error.to_string())?;
        let mint =
            Mint::load_or_create(&directory.join("issuer.key"), ISSUER).map_err(|error| error.to_string())?;
        let site = issuer(&authority, &mint, options.backend_port).await?;
        let mut world = World {
            options,
            running: None,
            stand_ins: BTreeMap::new(),
            ports: BTreeMap::new(),
            site: Some(site),
            mint,
            authority,
        };
        for place in &PLACES {
            world.raise(place.id).await?;
        }
        world.write_files()?;
        world.running = Some(Running::start(&world.config_path()).await?);
        Ok(world)
    }

    /// Starts a model server that is not running, where it stood before.
    pub async fn raise(&mut self, id: &str) -> Result<(), String> {
        let place = PLACES.iter().find(|place| place.id == id).ok_or("no such model server")?;
        let issued = self.authority.issue(place.id, &[place.host], &[]).map_err(|error| error.to_string())?;
        let fresh = SocketAddr::from((place.address, self.options.backend_port));
        let address = self.ports.get(place.id).copied().unwrap_or(fresh);
        let tls = Some((issued.certificate_pem.as_str(), issued.key_pem.as_str()));
        let stand_in =
            StandIn::start(address, tls, place.id).await.map_err(|error| taken(address, &error))?;
        self.ports.insert(place.id, stand_in.address());
        self.stand_ins.insert(place.id, stand_in);
        Ok(())
    }

    /// Stops a model server: its port refuses.
    pub async fn fell(&mut self, id: &str) {
        if let Some(stand_in) = self.stand_ins.remove(id) {
            stand_in.stop().await;
        }
    }

    /// A model server.
    pub fn stand_in(&self, id: &str) -> Option<&StandIn> {
        self.stand_ins.get(id)
    }

    /// All model servers that run.
    pub fn stand_ins(&self) -> impl Iterator<Item = (&'static str, &StandIn)> {
        self.stand_ins.iter().map(|(id, stand_in)| (*id, stand_in))
    }

    /// The gateway.
    pub fn running(&self) -> Result<&Running, String> {
        self.running.as_ref().ok_or_else(|| "the gateway is not running".to_owned())
    }

    /// Where everything is kept.
    pub fn directory(&self) -> &Path {
        &self.options.directory
    }

    /// The configuration, as it is on disk.
    pub fn config_path(&self) -> PathBuf {
        self.options.directory.join("gateway.toml")
    }

    /// The CA that callers must trust.
    pub fn ca_path(&self) -> &Path {
        self.authority.ca_path()
    }

    /// The CA itself, for more certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A token for a tenant's user.
    pub fn token(&self, tenant: &str, subject: &str, audience: &str) -> String {
        self.mint.token(tenant, subject, &["staff".to_owned()], audience, TOKEN_LIFETIME)
    }

    /// Where callers are served: `https://127.0.0.1:8443`.
    pub fn url(&self) -> Result<String, String> {
        let scheme = if self.options.tls { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.running()?.address()))
    }

    /// A client that trusts our CA and nobody else.
    pub fn client(&self) -> Result<Client, String> {
        Client::new(&self.url()?, Some(self.ca_path()))
    }

    /// Stops the gateway alone, as `kill` would not: for a test that starts it again.
    pub async fn stop_gateway(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Starts the gateway again over the same folder.
    pub async fn start_gateway(&mut self) -> Result<(), String> {
        self.running = Some(Running::start(&self.config_path()).await?);
        Ok(())
    }

    /// The model servers keep nothing from now on: they may run for days.
    pub fn forget_and_go_on(&self) {
        for stand_in in self.stand_ins.values() {
            stand_in.record(false);
        }
    }

    /// Stops everything.
    pub async fn stop(mut self) {
        self.stop_gateway().await;
        for (_, stand_in) in std::mem::take(&mut self.stand_ins) {
            stand_in.stop().await;
        }
        if let Some(site) = self.site.take() {
            site.stop().await;
        }
    }

    fn write_files(&self) -> Result<(), String> {
        let directory = &self.options.directory;
        let policies = directory.join("policies");
        if !policies.exists() {
            inland_policies::write_default(&policies)
                .map_err(|error| format!("{}: {error}", policies.display()))?;
        }
        let ip: IpAddr = self.options.listen.ip();
        let issued = self.authority.issue("gateway", &["localhost", "gateway.example.test"], &[ip]);
        issued.map_err(|error| error.to_string())?;
        for place in &PLACES {
            let path = directory.join(format!("credentials/{}.key", place.id));
            write_secret(&path, &format!("sk-stand-in-{}", crate::id::new(0)))?;
        }
        // Written anew each time: ports and pins are those of this run. What is edited belongs elsewhere.
        std::fs::write(self.config_path(), self.config()?).map_err(|error| error.to_string())
    }

    fn config(&self) -> Result<String, String> {
        let Options { listen, admin, tls, .. } = &self.options;
        let port = |id: &str| self.ports.get(id).map_or(0, SocketAddr::port);
        let issuer_port = self.site.as_ref().map_or(0, |site| site.address().port());
        let certificate = "certificate = \"certs/gateway.pem\"\nkey = { file = \"certs/gateway.key\" }\n";
        let mut text = format!(
            "# Written by `inland demo`: an example to copy. `inland check --config FILE` explains what is wrong.\n\
             [listen]\naddress = \"{listen}\"\n{}\n[admin]\naddress = \"{admin}\"\n\n\
             [[issuer]]\nurl = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\n\
             jwks = \"https://id.example.test:{issuer_port}/jwks.json\"\nnetworks = [\"127.49.9.0/24\"]\nca = \"certs/ca.pem\"\n\n\
             [hosts]   # names answered without DNS\n\"id.example.test\" = [\"127.49.9.10\"]\n",
            if *tls { certificate } else { "" }
        );
        for place in &PLACES {
            text += &format!("\"{}\" = [\"{}\"]\n", place.host, IpAddr::from(place.address));
        }
        // A French name that has come to lead to the United States: the gate refuses it (E1).
        text += "\"moved.fr.example.test\" = [\"127.1.0.10\"]\n";
        for place in &PLACES {
            text += &self.backend(place.id, place.host, port(place.id), place)?;
        }
        let paris = PLACES.first().ok_or("no place")?;
        text += &self.backend("moved", "moved.fr.example.test", port("virginia"), paris)?;
        text += MODELS;
        text += "\n[policy]\ndirectory = \"policies\"\n\n[audit]\ndirectory = \"audit\"\nnode = \"demo.example.test\"\n";
        text += &self.options.extra;
        Ok(text)
    }

    fn backend(&self, id: &str, host: &str, port: u16, place: &Place) -> Result<String, String> {
        let issued = self.authority.issue(place.id, &[place.host], &[]).map_err(|error| error.to_string())?;
        Ok(format!(
            "\n[[backend]]\nid = \"{id}\"\nurl = \"https://{host}:{port}/v1\"\ncountry = \"{}\"\n\
             networks = [\"{}\"]\npins = [\"{}\"]\nca = \"certs/ca.pem\"\nprovider = \"{}\"\n\
             credential = {{ file = \"credentials/{}.key\" }}\n",
            place.country, place.network, issued.pin, place.endpoint, place.id
        ))
    }
}

async fn issuer(authority: &Authority, mint: &Mint, port: u16) -> Result<StaticSite, String> {
    let issued = authority.issue("issuer", &["id.example.test"], &[]).map_err(|error| error.to_string())?;
    let address = SocketAddr::from(([127, 49, 9, 10], port));
    let tls = Some((issued.certificate_pem.as_str(), issued.key_pem.as_str()));
    let site = StaticSite::start(address, tls).await.map_err(|error| taken(address, &error))?;
    site.set("/jwks.json", mint.jwks_json());
    Ok(site)
}

fn taken(address: SocketAddr, error: &std::io::Error) -> String {
    format!("cannot listen on {address}: {error}; another demo may be running (choose --backend-port)")
}

fn write_secret(path: &Path, value: &str) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match opened {
        Ok(mut file) => file.write_all(value.as_bytes()).map_err(told),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(told(error)),
    }
}
