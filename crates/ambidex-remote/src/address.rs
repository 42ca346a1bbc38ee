//! The address of a server, as the user writes it.

use std::fmt;
use std::str::FromStr;

use tonic::transport::Uri;

/// Where a server listens, and which of its instances is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether the connection is encrypted (TLS).
    pub encrypted: bool,
    /// Host and port.
    pub authority: String,
    /// The name of the instance (REAPI, `instance_name`); often empty.
    pub instance: String,
}

/// The error for text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address such as grpc://host:port or grpcs://host:port/instance")]
pub struct NotAnAddress(String);

impl Address {
    /// Returns the address for gRPC, which names its connections as HTTP does.
    pub(crate) fn uri(&self) -> String {
        format!("{}://{}", if self.encrypted { "https" } else { "http" }, self.authority)
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let wrong = || NotAnAddress(text.to_owned());
        let (encrypted, rest) = match text.split_once("://").ok_or_else(wrong)? {
            ("grpc", rest) => (false, rest),
            ("grpcs", rest) => (true, rest),
            _ => return Err(wrong()),
        };
        let (authority, instance) = rest.split_once('/').unwrap_or((rest, ""));
        let address = Self {
            encrypted,
            authority: authority.to_owned(),
            instance: instance.trim_end_matches('/').to_owned(),
        };
        let uri: Uri = address.uri().parse().map_err(|_| wrong())?;
        // Nobody sees a password in a URL as one, and gRPC has no use for it.
        match uri.host().is_some_and(|host| !host.is_empty()) && !authority.contains('@') {
            true => Ok(address),
            false => Err(wrong()),
        }
    }
}

/// Without the instance, which may be a secret of a kind.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.encrypted { "grpcs" } else { "grpc" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let address = |encrypted, authority: &str, instance: &str| {
            Ok(Address { encrypted, authority: authority.to_owned(), instance: instance.to_owned() })
        };
        let parse = |text: &str| text.parse::<Address>();
        assert_eq!(parse("grpc://localhost:8980"), address(false, "localhost:8980", ""));
        assert_eq!(parse("grpcs://cache.example.org"), address(true, "cache.example.org", ""));
        assert_eq!(parse("grpcs://host:443/main/python/"), address(true, "host:443", "main/python"));
        assert_eq!(parse("grpc://[::1]:8980"), address(false, "[::1]:8980", ""));
        for wrong in
            ["", "localhost:8980", "http://host:1", "grpc://", "grpc://:80", "grpc://a b", "grpc://u:p@h"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
