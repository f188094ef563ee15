//! A development certificate authority: certificates for `inland demo` and for tests, made on demand.
//!
//! Invariant: the authority can speak for nobody outside this machine. It signs only names below
//! `test`, `localhost` and `example` (RFC 6761: never in the public DNS) and loopback addresses, and its
//! certificate says so in a critical name constraint (RFC 5280, 4.2.1.10): a stolen `ca.key` forges nothing
//! else, even where somebody trusts `ca.pem` system-wide.
//!
//! What is on disk is kept as long as it is what would be made today: a certificate is replaced when its
//! names, key or issuer differ or when it ends within [`RENEW_WITHIN`]. Keys outlive certificates, so a
//! [`pin`](Issued::pin) that stands in a configuration survives renewal.
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("inland-certs-doc-{}", std::process::id()));
//! let authority = inland_certs::Authority::load_or_create(&directory)?;
//! let paris = authority.issue("paris", &["llm.fr.example.test"], &["127.33.0.10".parse()?])?;
//! assert!(paris.pin.starts_with("sha256/"));
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok(())
//! # }
//! ```

mod files;
mod names;
mod signed;
#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData as _,
};
use time::{Duration, OffsetDateTime};

use crate::signed::Signed;

/// How long a new certificate is valid. None outlives the authority's own.
pub const LIFETIME: Duration = Duration::days(365);
/// A certificate that ends sooner than this is made again.
pub const RENEW_WITHIN: Duration = Duration::days(30);
/// Certificates begin this long ago: clocks of containers and virtual machines lag.
const CLOCK_LAG: Duration = Duration::days(1);

/// The file stem of the authority's own certificate and key.
const CA: &str = "ca";

/// Why a certificate could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CertError {
    /// The file system's move.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A private key that others on this machine can read is no longer private.
    #[error("{0} can be read by others: delete it to have a new one made, or run chmod 600 on it")]
    KeyReadable(PathBuf),
    /// A key file is never overwritten: somebody may have pinned it.
    #[error("{0} holds no ECDSA P-256 key in PKCS#8 PEM: delete it to have a new one made")]
    KeyMalformed(PathBuf),
    /// The file stem would leave the directory, or hide the authority's own files.
    #[error("{0:?} is no file stem: use up to 64 of a-z, A-Z, 0-9, '.', '-', '_', not '.' first, not \"ca\"")]
    Stem(String),
    /// The name is not one that this authority may sign.
    #[error(
        "{0:?} cannot be certified: use names below .test, .localhost or .example, and loopback addresses"
    )]
    Name(String),
    /// A server certificate without a name would match nothing, one with too many is a mistake.
    #[error("a server certificate takes 1 to {max} names, got {0}", max = names::NAMES_MAX)]
    NameCount(usize),
    /// The certificate library's.
    #[error("cannot make the certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// A certificate with its key, in memory and on disk.
pub struct Issued {
    /// The certificate alone: the authority's is in [`Authority::ca_pem`].
    pub certificate_pem: String,
    /// The private key, PKCS#8.
    pub key_pem: String,
    /// `NAME.pem`.
    pub certificate_path: PathBuf,
    /// `NAME.key`, readable by its owner only.
    pub key_path: PathBuf,
    /// `sha256/` and the base64 digest of the public key's DER (SPKI; RFC 7469, 2.4).
    pub pin: String,
}

/// A development CA whose files stand in one directory.
pub struct Authority {
    directory: PathBuf,
    params: CertificateParams,
    key: KeyPair,
    certificate: Signed,
    path: PathBuf,
}

impl Authority {
    /// Opens the CA in `directory` (`ca.pem`, `ca.key`), or makes one.
    pub fn load_or_create(directory: &Path) -> Result<Self, CertError> {
        Self::open(directory, OffsetDateTime::now_utc())
    }

    /// A server certificate for these names, in `NAME.pem` and `NAME.key`.
    pub fn issue(&self, name: &str, dns: &[&str], ips: &[IpAddr]) -> Result<Issued, CertError> {
        self.issue_at(name, dns, ips, OffsetDateTime::now_utc())
    }

    /// A client certificate whose subject is `cn`, in `NAME.pem` and `NAME.key`.
    pub fn client(&self, name: &str, cn: &str) -> Result<Issued, CertError> {
        let mut params = leaf(names::subject(cn)?);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.certify(name, params, OffsetDateTime::now_utc())
    }

    /// The CA's certificate, for a client to trust.
    pub fn ca_pem(&self) -> &str {
        self.certificate.pem()
    }

    /// Where [`Authority::ca_pem`] stands.
    pub fn ca_path(&self) -> &Path {
        &self.path
    }

    fn open(directory: &Path, now: OffsetDateTime) -> Result<Self, CertError> {
        let _lock = files::lock(directory)?;
        let (certificate_path, key_path) = files::pair(directory, CA);
        let key = files::key(&key_path)?;
        let mut params = authority();
        date(&mut params, now, now + LIFETIME)?;
        let fresh = Signed::from_pem(&params.self_signed(&key)?.pem())?;
        let certificate = keep_or_write(&certificate_path, fresh, &key, now)?;
        Ok(Self { directory: directory.to_owned(), params, key, certificate, path: certificate_path })
    }

    fn issue_at(
        &self,
        name: &str,
        dns: &[&str],
        ips: &[IpAddr],
        now: OffsetDateTime,
    ) -> Result<Issued, CertError> {
        let mut params = leaf(names::subject(dns.first().copied().unwrap_or(name))?);
        params.subject_alt_names = names::server(dns, ips)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.certify(name, params, now)
    }

    fn certify(
        &self,
        name: &str,
        mut params: CertificateParams,
        now: OffsetDateTime,
    ) -> Result<Issued, CertError> {
        let name = names::stem(name)?;
        let _lock = files::lock(&self.directory)?;
        let (certificate_path, key_path) = files::pair(&self.directory, name);
        let key = files::key(&key_path)?;
        date(&mut params, now, self.certificate.not_after().min(now + LIFETIME))?;
        let issuer = Issuer::from_params(&self.params, &self.key);
        let fresh = Signed::from_pem(&params.signed_by(&key, &issuer)?.pem())?;
        let certificate = keep_or_write(&certificate_path, fresh, &self.key, now)?;
        Ok(Issued {
            certificate_pem: certificate.into_pem(),
            key_pem: key.serialize_pem(),
            certificate_path,
            key_path,
            pin: pin(&key),
        })
    }
}

/// Keeps the certificate on disk if it is the fresh one but for its dates and has a while to live.
fn keep_or_write(
    path: &Path,
    fresh: Signed,
    issuer: &KeyPair,
    now: OffsetDateTime,
) -> Result<Signed, CertError> {
    let stored = files::read(path)?.and_then(|pem| Signed::from_pem(&pem).ok());
    if let Some(stored) = stored
        && stored.says_the_same_as(&fresh)
        && stored.is_signed_by(issuer.public_key_raw())
        // What lives as long as it could is not made again: a leaf cannot outlive its authority.
        && (stored.not_after() > now + RENEW_WITHIN || stored.not_after() == fresh.not_after())
    {
        return Ok(stored);
    }
    files::write(path, fresh.pem(), files::PUBLIC)?;
    Ok(fresh)
}

/// What the authority is. Its key and these parameters rebuild it, so its certificate is never parsed back.
fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Inland development CA (loopback only)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(names::constraints());
    // Python verifies with X509_V_FLAG_X509_STRICT from 3.13 on, which wants it here too.
    params.use_authority_key_identifier_extension = true;
    params
}

fn leaf(subject: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

/// X.509 dates have whole seconds; a fraction would make equal dates differ.
fn date(
    params: &mut CertificateParams,
    now: OffsetDateTime,
    not_after: OffsetDateTime,
) -> Result<(), CertError> {
    params.not_before = now.truncate_to_second() - CLOCK_LAG;
    params.not_after = not_after.truncate_to_second();
    params.serial_number = Some(serial()?);
    Ok(())
}

/// Sixteen random bytes: a renewed certificate under its old serial number would be refused by some clients.
fn serial() -> Result<rcgen::SerialNumber, CertError> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| rcgen::Error::RingUnspecified)?;
    let [first, ..] = &mut bytes;
    *first = *first & 0x7f | 0x40; // positive, and never shorter than its length says
    Ok(rcgen::SerialNumber::from_slice(&bytes))
}

fn pin(key: &KeyPair) -> String {
    let digest = digest::digest(&digest::SHA256, &key.subject_public_key_info());
    format!("sha256/{}", STANDARD.encode(digest))
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("certificate_path", &self.certificate_path)
            .field("key_pem", &"***")
            .field("pin", &self.pin)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("path", &self.path).field("key", &"***").finish_non_exhaustive()
    }
}
