//! Bundles as an attacker would make them, and as a careless signer would: an implementation of the
//! format of its own, so that the tests do not believe what the library believes.
#![allow(dead_code, clippy::allow_attributes, reason = "not every test binary uses all of it")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use inland_policies::{Manifest, SigningKey, Tree, VerifyingKey, bundle};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tar::{EntryType, Header};

/// Name in the archive, without its leading slash, to content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const SIGNATURES: &str = ".signatures.json";

/// The day that everything in these tests happens on.
pub(crate) const TODAY: time::Date = time::macros::date!(2026 - 11 - 23);

pub(crate) fn key() -> SigningKey {
    SigningKey::generate().unwrap()
}

pub(crate) fn manifest(revision: u64) -> Manifest {
    Manifest::new(revision, time::macros::date!(2027 - 01 - 31), "Ada Lind", "Bo Ek").unwrap()
}

/// A bundle of the default policies with its key.
pub(crate) fn shipped() -> (Vec<u8>, SigningKey, VerifyingKey) {
    let key = key();
    let bytes =
        bundle::build(&Tree::embedded(), &manifest(7), &key).unwrap_or_else(|error| panic!("{error}"));
    let public = key.verifying().unwrap();
    (bytes, key, public)
}

/// The files of an archive, `.signatures.json` among them.
pub(crate) fn unpack(archive: &[u8]) -> Files {
    let mut files = Files::new();
    for entry in tar::Archive::new(gunzip(archive).as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = String::from_utf8(entry.path_bytes().strip_prefix(b"/").unwrap().to_vec()).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert!(files.insert(name, content).is_none());
    }
    files
}

/// The archive of files, whatever they are called.
pub(crate) fn pack(files: &Files) -> Vec<u8> {
    gzip(&tar(files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))))
}

/// A tar of regular files in this order.
pub(crate) fn tar<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        tar.append(&header(&format!("/{name}"), EntryType::Regular, content.len() as u64), content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A header that says what it is told to say.
pub(crate) fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o600);
    header.set_size(size);
    header.set_cksum();
    header
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// Signs the files as they are and packs them.
pub(crate) fn signed(files: &Files, key: &SigningKey) -> Vec<u8> {
    signed_as(files, &token(&json!({"alg": "ES256"}), &payload(files), key))
}

/// Packs the files with this for a signature.
pub(crate) fn signed_as(files: &Files, token: &str) -> Vec<u8> {
    let mut files = files.clone();
    files.insert(SIGNATURES.to_owned(), json!({"signatures": [token]}).to_string().into_bytes());
    pack(&files)
}

/// What is signed: name and hash of each file but the signature itself.
pub(crate) fn payload(files: &Files) -> Value {
    let hashed = files.iter().filter(|(name, _)| *name != SIGNATURES).map(|(name, content)| {
        // Of what these tests hold, serde_json's sorted form is the one that OPA hashes.
        let structured = matches!(name.as_str(), ".manifest" | "data.json");
        let document = structured.then(|| serde_json::from_slice::<Value>(content).ok()).flatten();
        let bytes = document.map_or_else(|| content.clone(), |document| document.to_string().into_bytes());
        json!({"name": name, "hash": hex(&bytes), "algorithm": "SHA-256"})
    });
    json!({"files": hashed.collect::<Vec<_>>()})
}

/// A JSON Web Signature, ES256 whatever its header says.
pub(crate) fn token(header: &Value, payload: &Value, key: &SigningKey) -> String {
    let der = PrivatePkcs8KeyDer::from_pem_slice(key.to_pem().unwrap().as_bytes()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der()).unwrap();
    let message = message(header, payload);
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The part of a JSON Web Signature that is signed.
pub(crate) fn message(header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(payload))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the build found or installed `opa`: `$OPA`, the workspace's target folder, PATH.
pub(crate) fn opa() -> PathBuf {
    inland_policies::find_opa().unwrap()
}
