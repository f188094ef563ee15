//! Note: signed checkpoints, in the formats of C2SP signed-note and tlog-checkpoint.
//!
//! Invariant: a [`Checkpoint`] comes out of [`Verifier::open`] only if the key signed exactly that
//! text under that name. Origin and key name are the same, `NODE/PARTITION`, so a checkpoint of one
//! partition never passes for another's.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::prelude::{BASE64_STANDARD, Engine};

use super::tree::{Hash, sha256};

/// The algorithm byte of Ed25519 in a note key.
const ED25519_ALGORITHM: u8 = 1;
/// What is said of signature lines that are not.
const MALFORMED: &str = "the signatures of the checkpoint are malformed";
/// A checkpoint is three short lines and a few signatures.
pub(super) const NOTE_BYTES_MAX: usize = 16 * 1024;

/// The size of a log and the root of its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) size: u64,
    pub(super) root: Hash,
}

/// Signs the checkpoints of one partition.
pub(super) struct Signer {
    key: Ed25519KeyPair,
    verifier: Verifier,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}, ***)", self.verifier.origin)
    }
}

impl Signer {
    /// Makes a new key; the bytes are its PKCS#8 document.
    pub(super) fn generate() -> Option<Vec<u8>> {
        Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok().map(|document| document.as_ref().to_vec())
    }

    /// Reads a key.
    pub(super) fn new(origin: &str, pkcs8: &[u8]) -> Option<Signer> {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()?;
        let public = key.public_key().as_ref().try_into().ok()?;
        Some(Signer { key, verifier: Verifier::new(origin, public) })
    }

    /// What verifies its signatures.
    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The signature of a text.
    pub(super) fn sign_text(&self, text: &str) -> Vec<u8> {
        self.key.sign(text.as_bytes()).as_ref().to_vec()
    }
}

/// The public half of a partition's key: name, key id, key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verifier {
    origin: String,
    key_id: [u8; 4],
    public: [u8; 32],
}

/// What [`Verifier::open`] says of a note that other keys signed.
pub(super) const OTHER_KEY: &str = "the checkpoint is not signed by this key";

impl Verifier {
    /// The key of this name.
    pub(super) fn new(origin: &str, public: [u8; 32]) -> Verifier {
        let mut named = format!("{origin}\n").into_bytes();
        named.push(ED25519_ALGORITHM);
        named.extend_from_slice(&public);
        let key_id = sha256(&named).first_chunk().copied().unwrap_or_default();
        Verifier { origin: origin.to_owned(), key_id, public }
    }

    /// Reads `name+hex key id+base64(algorithm, key)`.
    pub(super) fn parse(vkey: &str) -> Option<Verifier> {
        let mut parts = vkey.trim_end().splitn(3, '+');
        let (origin, key_id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = BASE64_STANDARD.decode(key).ok()?;
        let (algorithm, public) = key.split_first()?;
        let verifier = Verifier::new(origin, public.try_into().ok()?);
        let as_written = *algorithm == ED25519_ALGORITHM && verifier.key_id_text() == key_id;
        (as_written && !origin.is_empty()).then_some(verifier)
    }

    /// Reads the `vkey` file of a partition: the newest key, and below it the one before while the two
    /// overlap. All have one name.
    pub(super) fn parse_file(text: &str) -> Option<Vec<Verifier>> {
        let keys: Vec<Verifier> = text.trim_end().split('\n').map(Verifier::parse).collect::<Option<_>>()?;
        let one_name = keys.iter().all(|key| keys.first().is_some_and(|first| first.origin == key.origin));
        (one_name && keys.len() <= 2).then_some(keys)
    }

    /// The key as auditors get it.
    pub(super) fn vkey(&self) -> String {
        let mut key = vec![ED25519_ALGORITHM];
        key.extend_from_slice(&self.public);
        format!("{}+{}+{}", self.origin, self.key_id_text(), BASE64_STANDARD.encode(key))
    }

    fn key_id_text(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.key_id))
    }

    /// `NODE/PARTITION`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The text of a checkpoint of this log.
    pub(super) fn text(&self, checkpoint: &Checkpoint) -> String {
        format!("{}\n{}\n{}\n", self.origin, checkpoint.size, BASE64_STANDARD.encode(checkpoint.root))
    }

    /// The line that carries a signature of this key under a note.
    pub(super) fn line(&self, signature: &[u8]) -> String {
        let keyed = [self.key_id.as_slice(), signature].concat();
        format!("\u{2014} {} {}\n", self.origin, BASE64_STANDARD.encode(keyed))
    }

    /// Whether this key signed that text.
    pub(super) fn signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(text.as_bytes(), signature).is_ok()
    }

    /// Checks a signed note and reads its checkpoint. What is wrong is said in a word.
    pub(super) fn open(&self, note: &[u8]) -> Result<Checkpoint, &'static str> {
        if note.len() > NOTE_BYTES_MAX {
            return Err("the checkpoint is too long");
        }
        let note = std::str::from_utf8(note).map_err(|_| "the checkpoint is not text")?;
        let (text, signatures) = note.split_once("\n\n").ok_or("the checkpoint has no signature")?;
        let mut lines = text.split('\n');
        let origin = lines.next().unwrap_or_default();
        let checkpoint = read(&mut lines).ok_or("the checkpoint is not one of this format")?;
        if origin != self.origin {
            return Err("the checkpoint names another origin");
        }
        // Written anew and compared: a number or an encoding has one spelling here.
        if self.text(&checkpoint).strip_suffix('\n') != Some(text) {
            return Err("the checkpoint is not one of this format");
        }
        if !self.signed(&format!("{text}\n"), &self.own(signatures)?) {
            return Err("the signature of the checkpoint is not valid");
        }
        Ok(checkpoint)
    }

    /// The one signature of this key under a note. Others may have signed too, but each line has to be a
    /// signature line (C2SP signed-note): of a note that two readers take apart differently nothing is
    /// known.
    fn own(&self, signatures: &str) -> Result<Vec<u8>, &'static str> {
        let mut own = None;
        let lines = signatures.strip_suffix('\n').ok_or(MALFORMED)?;
        for line in lines.split('\n') {
            let (name, key_id, signature) = signature(line).ok_or(MALFORMED)?;
            if name == self.origin && key_id == self.key_id && own.replace(signature).is_some() {
                return Err("the checkpoint carries two signatures of one key");
            }
        }
        own.ok_or(OTHER_KEY)
    }
}

/// The parts of a line `— name base64(key id, signature)`.
fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let signature = BASE64_STANDARD.decode(signature).ok()?;
    let (key_id, signature) = signature.split_first_chunk::<4>()?;
    let named = !name.is_empty() && !name.contains(|it: char| it.is_whitespace() || it == '+');
    (named && !signature.is_empty()).then(|| (name, *key_id, signature.to_vec()))
}

fn read<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Checkpoint> {
    let size = lines.next()?.parse().ok()?;
    let root = BASE64_STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
    lines.next().is_none().then_some(Checkpoint { size, root })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn signer(origin: &str) -> Signer {
        Signer::new(origin, &Signer::generate().unwrap()).unwrap()
    }

    fn sign(signer: &Signer, checkpoint: &Checkpoint) -> String {
        let text = signer.verifier.text(checkpoint);
        let line = signer.verifier.line(&signer.sign_text(&text));
        format!("{text}\n{line}")
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature() {
        let signer = signer("gw-1/FR-health");
        let note = sign(&signer, &Checkpoint { size: 3, root: [7; 32] });
        let (text, signature) = note.split_once("\n\n").unwrap();
        assert_eq!(text, "gw-1/FR-health\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        assert!(signature.starts_with("\u{2014} gw-1/FR-health "));
        let verifier = Verifier::parse(&signer.verifier().vkey()).unwrap();
        assert_eq!(verifier.open(note.as_bytes()), Ok(Checkpoint { size: 3, root: [7; 32] }));
    }

    #[test]
    fn the_key_of_the_specification_is_read_and_written_the_same() {
        // The example of https://c2sp.org/signed-note and of Go's note package.
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(Verifier::parse(vkey).unwrap().vkey(), vkey);
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let signer = signer("gw-1/FR-health");
        let note = sign(&signer, &Checkpoint { size: 1_234, root: [7; 32] }).into_bytes();
        for at in 0..note.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = note.clone();
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= flip;
                }
                let opened = signer.verifier().open(&changed);
                assert!(opened.is_err(), "byte {at} ^ {flip}");
            }
        }
    }

    #[test]
    fn a_note_whose_signature_lines_are_not_all_well_formed_is_refused() {
        let (ours, other) = (signer("gw-1/FR-health"), signer("witness.example"));
        let note = sign(&ours, &Checkpoint { size: 3, root: [7; 32] });
        let (_, line) = note.split_once("\n\n").unwrap();
        let with = |more: &str| ours.verifier().open(format!("{note}{more}").as_bytes());
        assert!(with(&other.verifier().line(&[1; 64])).is_ok(), "another key may have signed too");
        for malformed in
            ["\n", "-- a AAAAAAA=\n", "\u{2014} a\n", "\u{2014} a AAAA\n", "\u{2014} a+b AAAAAAA=\n", "x"]
        {
            assert_eq!(with(malformed), Err(MALFORMED), "{malformed:?}");
        }
        assert_eq!(with(line), Err("the checkpoint carries two signatures of one key"));
        let cut = note.strip_suffix('\n').unwrap();
        assert_eq!(ours.verifier().open(cut.as_bytes()), Err(MALFORMED));
    }

    #[test]
    fn another_partitions_checkpoint_is_refused() {
        let pkcs8 = Signer::generate().unwrap();
        let (one, two) = (Signer::new("gw/FR-a", &pkcs8).unwrap(), Signer::new("gw/FR-b", &pkcs8).unwrap());
        let note = sign(&one, &Checkpoint { size: 1, root: [7; 32] });
        assert_eq!(two.verifier().open(note.as_bytes()), Err("the checkpoint names another origin"));
    }
}
