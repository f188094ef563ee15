//! The address of a destination: scheme, host, port and the path that its interface starts with.

/// `https://HOST[:PORT]/PATH`, nothing else: no credentials, no query, no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Url {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Url, String> {
        let uri: hyper::Uri = text.parse().map_err(|_| "this is not a URL".to_owned())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("the scheme must be https".into()),
        };
        let authority = uri.authority().ok_or("the host is missing")?;
        if authority.as_str().contains('@') {
            return Err("a URL here carries no credentials".into());
        }
        if uri.query().is_some() || text.contains('#') {
            return Err("a URL here carries no query and no fragment".into());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err("the host is missing".into());
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Url { tls, host, port, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// Whether TLS is spoken.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path, without a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands in a `Host` header: the port only where it is not the scheme's own (RFC 9110 section 7.2).
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Url;

    #[test]
    fn a_url_has_a_scheme_a_host_and_a_path_and_nothing_else() {
        let url = Url::parse("https://LLM.fr.example.test:8443/v1/").unwrap();
        assert_eq!((url.authority().as_str(), url.path()), ("llm.fr.example.test:8443", "/v1"));
        assert_eq!(Url::parse("https://h/v1").unwrap().authority(), "h");
        for wrong in ["ftp://h/", "h/v1", "https://u:p@h/v1", "https://h/v1?key=1", "https://h/#x", ""] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
