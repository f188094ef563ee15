//! The user and the password in `scheme://user:password@host`.
//!
//! Invariant: found whatever the scheme; some schemes give it a kind of their own.

use super::{finding, named};
use crate::Finding;
use crate::bytes::{at, before, run_end, run_start};

/// How far the user and the password of a URL are read, in bytes.
const USERINFO_MAX: usize = 256;

/// Schemes by their beginnings, so that `postgresql+asyncpg` and `rediss` are among them.
const SCHEMES: [(&[u8], &str); 15] = [
    (b"postgres", "secret.postgres-credentials"),
    (b"mysql", "secret.mysql-credentials"),
    (b"mariadb", "secret.mysql-credentials"),
    (b"mongodb", "secret.mongodb-credentials"),
    (b"redis", "secret.redis-credentials"),
    (b"valkey", "secret.redis-credentials"),
    (b"amqp", "secret.amqp-credentials"),
    (b"mssql", "secret.mssql-credentials"),
    (b"sqlserver", "secret.mssql-credentials"),
    (b"clickhouse", "secret.clickhouse-credentials"),
    (b"cloudinary", "secret.cloudinary-credentials"),
    (b"smtp", "secret.smtp-credentials"),
    (b"ftp", "secret.ftp-credentials"),
    (b"sftp", "secret.ftp-credentials"),
    (b"ldap", "secret.ldap-credentials"),
];

/// Is the colon at `colon` that of `scheme://`?
#[inline]
pub(super) fn may_be(text: &[u8], colon: usize) -> bool {
    at(text, colon + 1) == b'/' && at(text, colon + 2) == b'/' && before(text, colon).is_ascii_alphanumeric()
}

/// The user and the password behind the scheme whose colon is at `colon`.
pub(super) fn userinfo(text: &[u8], colon: usize) -> Option<Finding> {
    let start = colon + 3;
    may_be(text, colon).then_some(())?;
    let end = run_end(text, start, USERINFO_MAX, |byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
    });
    let authority = text.get(start..end)?;
    let sign = authority.iter().rposition(|&byte| byte == b'@')?;
    let (user, _host) = authority.split_at_checked(sign)?;
    let password = user.iter().position(|&byte| byte == b':').and_then(|colon| user.get(colon + 1..))?;
    (!password.is_empty() && !named::is_placeholder(password))
        .then(|| finding(start, start + sign, kind(text, colon), 94))
}

fn kind(text: &[u8], colon: usize) -> &'static str {
    let first =
        run_start(text, colon, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'));
    let scheme = text.get(first..colon).unwrap_or_default();
    let known = SCHEMES
        .iter()
        .find(|(word, _)| scheme.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    known.map_or("secret.url-credentials", |&(_, kind)| kind)
}
