//! Cosign: what a witness says of a checkpoint, in the format of C2SP tlog-cosignature.
//!
//! Invariant: a cosignature counts only if the witness's key signed exactly this checkpoint's text, with
//! its time, under the domain of cosignatures: a log's own signature never passes for one.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::prelude::{BASE64_STANDARD, Engine};

use super::tree::sha256;

/// Signature type of c2sp.org/signed-note: timestamped Ed25519 witness cosignatures.
const COSIGNATURE_ALGORITHM: u8 = 4;
/// Lines that are looked at: a checkpoint carries a few signatures.
const LINES_MAX: usize = 64;

/// A witness's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    name: String,
    key_id: [u8; 4],
    public: [u8; 32],
}

impl Cosigner {
    /// Reads `name+hex key id+base64(4, key)`.
    pub fn parse(vkey: &str) -> Result<Cosigner, &'static str> {
        let mut parts = vkey.trim_end().splitn(3, '+');
        let (Some(name), Some(key_id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("a witness's key is NAME+HEX+BASE64");
        };
        let key = BASE64_STANDARD.decode(key).map_err(|_| "the witness's key is not base64")?;
        let public = key.split_first().and_then(|(algorithm, public)| {
            let public = <[u8; 32]>::try_from(public).ok()?;
            (*algorithm == COSIGNATURE_ALGORITHM).then_some(public)
        });
        let public = public.ok_or("the key is not one for Ed25519 cosignatures (type 4)")?;
        let named = [name.as_bytes(), b"\n", &[COSIGNATURE_ALGORITHM], &public].concat();
        let expected = sha256(&named).first_chunk().copied().unwrap_or_default();
        let hex = format!("{:08x}", u32::from_be_bytes(expected));
        if name.is_empty() || name.contains(char::is_whitespace) || hex != key_id {
            return Err("the name or the id of the witness's key does not fit the key");
        }
        Ok(Cosigner { name: name.to_owned(), key_id: expected, public })
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first line among `signatures` that is this witness's cosignature of a checkpoint's text, and
    /// its time, in seconds since 1970. A line under its name and id that is not good spoils the rest.
    pub(super) fn find<'l>(&self, text: &str, signatures: &'l str) -> Option<(&'l str, u64)> {
        let line = signatures.lines().take(LINES_MAX).find(|line| self.payload(line).is_some())?;
        let payload = self.payload(line)?;
        let (time, signature) = payload.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        // c2sp.org/tlog-cosignature: the time must not exceed 2^63 - 1.
        i64::try_from(time).ok()?;
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        UnparsedPublicKey::new(&ED25519, self.public).verify(message.as_bytes(), signature).ok()?;
        Some((line, time))
    }

    /// Time and signature of a line `— name base64(key id, time, signature)` of this witness.
    fn payload(&self, line: &str) -> Option<Vec<u8>> {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        if name != self.name {
            return None;
        }
        let bytes = BASE64_STANDARD.decode(signature).ok()?;
        let (key_id, payload) = bytes.split_first_chunk::<4>()?;
        (*key_id == self.key_id).then(|| payload.to_vec())
    }
}

/// A note in two: its text, with the line feed that ends it, and its signatures.
pub(super) fn halves(note: &str) -> Option<(&str, &str)> {
    let at = note.find("\n\n")?;
    Some((note.get(..=at)?, note.get(at + 2..)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_log_key_of_a_witness_is_not_its_cosignature_key() {
        let log = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(Cosigner::parse(log), Err("the key is not one for Ed25519 cosignatures (type 4)"));
    }

    #[test]
    fn a_note_falls_into_text_and_signatures() {
        assert_eq!(halves("a\nb\n\n\u{2014} c d\n").unwrap(), ("a\nb\n", "\u{2014} c d\n"));
        assert_eq!(halves("a\nb\n"), None);
    }
}
