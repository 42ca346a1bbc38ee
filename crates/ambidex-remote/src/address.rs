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

/// The error for text that is no address. It does not tell the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not an address such as grpc://host:port or grpcs://host:port/instance")]
pub struct NotAnAddress;

impl Address {
    /// Returns the address for gRPC, which names its connections as HTTP does.
    pub(crate) fn uri(&self) -> String {
        format!("{}://{}", if self.encrypted { "https" } else { "http" }, self.authority)
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (encrypted, rest) = match text.split_once("://").ok_or(NotAnAddress)? {
            ("grpc", rest) => (false, rest),
            ("grpcs", rest) => (true, rest),
            _ => return Err(NotAnAddress),
        };
        let (authority, instance) = rest.split_once('/').unwrap_or((rest, ""));
        let address = Self {
            encrypted,
            authority: authority.to_owned(),
            instance: instance.trim_end_matches('/').to_owned(),
        };
        let uri: Uri = address.uri().parse().map_err(|_| NotAnAddress)?;
        // What does not come out as it went in is a user, a query or a port that is none.
        let host = uri.host().unwrap_or_default();
        let is_plain = match uri.port() {
            Some(port) => address.authority == format!("{host}:{}", port.as_str()) && port.as_u16() > 0,
            None => address.authority == host,
        };
        let is_instance =
            address.instance.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        match !host.is_empty() && is_plain && is_instance {
            true => Ok(address),
            false => Err(NotAnAddress),
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
        let wrong = [
            "",
            "localhost:8980",
            "http://host:1",
            "grpc://",
            "grpc://:80",
            "grpc://a b",
            "grpc://u:p@h",
            "grpc://h:99999",
            "grpc://h:0",
            "grpc://h:port",
            "grpc://h:",
            "grpc://h?q",
            "grpc://h:1/i?q",
            "grpc://h:1#f",
        ];
        for wrong in wrong {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
