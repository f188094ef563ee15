//! The signature of a bundle: `.signatures.json` of OPA, one JSON Web Signature over every file's hash.
//!
//! Invariant: [`verify`] says yes only to files of which each is signed under its own name and none is
//! missing, by the one key it is given, with ES256. What the signature says about itself chooses nothing.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::archive::Files;
use super::keys::{SigningKey, VerifyingKey};
use crate::error::{BundleError, Fault};
use crate::tree::hex;

/// Where the signature stands.
pub(super) const FILE: &str = ".signatures.json";
/// The one algorithm of the signature, and of the files' hashes.
const SIGNED_WITH: &str = "ES256";
const HASHED_WITH: &str = "SHA-256";
/// The name of the key for an OPA that is not told one. We never look at it.
const KEY_ID: &str = "inland";
/// Files that OPA hashes by what they say, not by their bytes.
const STRUCTURED: [&str; 4] = ["data.json", "data.yaml", "data.yml", ".manifest"];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signatures {
    signatures: Vec<String>,
}

/// The header. `crit` and whatever else could change the meaning is unknown, hence refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
}

/// What is signed. `iat` and `iss` may come from `opa sign --claims-file` and mean nothing to us.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    files: Vec<Hashed>,
    #[serde(default)]
    keyid: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(default, rename = "iat", skip_serializing)]
    _iat: Option<u64>,
    #[serde(default, rename = "iss", skip_serializing)]
    _iss: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashed {
    name: String,
    hash: String,
    algorithm: String,
}

/// Signs all files; the result is `.signatures.json`.
pub(super) fn sign(files: &Files, key: &SigningKey) -> Result<Vec<u8>, BundleError> {
    let mut hashed = Vec::with_capacity(files.len());
    for (name, content) in files {
        hashed.push(Hashed {
            name: name.clone(),
            hash: hash(name, content)?,
            algorithm: HASHED_WITH.to_owned(),
        });
    }
    let header = Header { alg: SIGNED_WITH.to_owned(), kid: None, typ: Some("JWT".to_owned()) };
    let payload =
        Payload { files: hashed, keyid: KEY_ID.to_owned(), scope: String::new(), _iat: None, _iss: None };
    let message = format!("{}.{}", part(&header)?, part(&payload)?);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())?);
    let signatures = Signatures { signatures: vec![format!("{message}.{signature}")] };
    serde_json::to_vec(&signatures).map_err(|_| wrong("it cannot be written"))
}

/// Takes the signature out of the files and holds them against it.
pub(super) fn verify(files: &mut Files, key: &VerifyingKey) -> Result<(), BundleError> {
    let unsigned = || {
        BundleError::new(
            Fault::Unsigned,
            "the bundle is not signed",
            "sign it with `inland policy build --sign`",
        )
    };
    let signatures = files.remove(FILE).ok_or_else(unsigned)?;
    let signatures: Signatures =
        serde_json::from_slice(&signatures).map_err(|_| wrong(".signatures.json is not of OPA's form"))?;
    let signed = match signatures.signatures.as_slice() {
        [] => return Err(unsigned()),
        [one] => payload(one, key)?,
        _ => return Err(wrong("there is more than one")),
    };
    compare(files, signed)
}

/// What a signature covers, if it is one of this key.
fn payload(token: &str, key: &VerifyingKey) -> Result<Payload, BundleError> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("it is not base64url"));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return Err(wrong("it does not have three parts"));
    };
    let told: Header =
        serde_json::from_slice(&decode(header)?).map_err(|_| wrong("its header says more than we know"))?;
    if told.alg != SIGNED_WITH {
        return Err(wrong("its header names another algorithm than ES256"));
    }
    let message = format!("{header}.{payload}");
    if !key.verifies(message.as_bytes(), &decode(signature)?) {
        return Err(wrong("it was not made with the other half of the configured key"));
    }
    let payload: Payload =
        serde_json::from_slice(&decode(payload)?).map_err(|_| wrong("it covers something unknown"))?;
    match payload.scope.is_empty() {
        true => Ok(payload),
        false => Err(wrong("it was made for another scope")),
    }
}

fn compare(files: &Files, signed: Payload) -> Result<(), BundleError> {
    let mut hashes = BTreeMap::new();
    for Hashed { name, hash, algorithm } in signed.files {
        if algorithm != HASHED_WITH {
            return Err(content(&name, "is hashed with another algorithm than SHA-256"));
        }
        if hashes.insert(name.clone(), hash.to_ascii_lowercase()).is_some() {
            return Err(content(&name, "is signed twice"));
        }
    }
    for (name, bytes) in files {
        match hashes.remove(name) {
            Some(signed) if signed == hash(name, bytes)? => {}
            Some(_) => return Err(content(name, "was changed after it was signed")),
            None => return Err(content(name, "is not signed")),
        }
    }
    match hashes.first_key_value() {
        Some((name, _)) => Err(content(name, "is signed and missing")),
        None => Ok(()),
    }
}

/// The hash of a file as OPA computes it (v1/bundle/hash.go): documents by what they say, the rest by bytes.
fn hash(name: &str, bytes: &[u8]) -> Result<String, BundleError> {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let base = name.rsplit('/').next().unwrap_or(name);
    if STRUCTURED.contains(&base) {
        let document: Value = serde_json::from_slice(bytes).map_err(|_| content(name, "is not JSON"))?;
        let mut text = String::with_capacity(bytes.len());
        walk(&document, &mut text).ok_or_else(|| content(name, "holds a number that is not whole"))?;
        context.update(text.as_bytes());
    } else {
        context.update(bytes);
    }
    Ok(hex(context.finish().as_ref()))
}

/// A document as OPA feeds it to the hash: keys in the order of their bytes, no blanks, strings escaped as
/// Go's encoder does without its escapes for HTML. OPA keeps a number as it is written; of fractions and
/// exponents we don't know how that was, so there is no hash.
fn walk(value: &Value, out: &mut String) -> Option<()> {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                go_string(key, out);
                out.push(':');
                walk(value, out)?;
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                walk(value, out)?;
            }
            out.push(']');
        }
        Value::String(text) => go_string(text, out),
        Value::Number(number) if number.is_f64() => return None,
        Value::Number(_) | Value::Bool(_) | Value::Null => out.push_str(&value.to_string()),
    }
    Some(())
}

/// As serde_json writes it, but that Go escapes the two line ends of JavaScript always.
fn go_string(text: &str, out: &mut String) {
    let json = Value::from(text).to_string();
    out.push_str(&json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"));
}

fn part(value: &impl Serialize) -> Result<String, BundleError> {
    let json = serde_json::to_vec(value).map_err(|_| wrong("it cannot be written"))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn wrong(problem: &str) -> BundleError {
    let remedy = "build it with the key whose public half is configured, and copy it whole";
    BundleError::new(Fault::Signature, format!("the signature does not hold: {problem}"), remedy)
}

fn content(name: &str, problem: &str) -> BundleError {
    // A name that nobody signed may be anything; what is shown of it is short and plain.
    let name: String = name.chars().filter(|character| !character.is_control()).take(80).collect();
    let remedy = "build the bundle anew with `inland policy build`, and copy it whole";
    BundleError::new(Fault::Content, format!("the file {name} {problem}"), remedy)
}
