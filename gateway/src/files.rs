//! Files that hold secrets: made once, readable by this user only.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Random bytes in a made secret.
const SECRET_BYTES: usize = 32;

/// The secret in a file; made, durably, if there is none. Hexadecimal, so that it can be copied.
pub fn secret_or_create(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    match std::fs::read(path) {
        Ok(bytes) => return Ok(bytes.trim_ascii_end().to_vec()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(told(error)),
    }
    let mut bytes = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "no random numbers".to_owned())?;
    let text = crate::hex(bytes);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(told)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(told)?;
    Ok(text.into_bytes())
}
