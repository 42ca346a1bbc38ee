//! The hashes that name things in a store, and how they are written.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The BLAKE3 hash of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// The key of a list of records: a hash of whatever the records are about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl Digest {
    /// Returns the digest of everything that a reader yields.
    pub fn of_reader(reader: impl Read) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(reader)?;
        Ok(Self(hasher.finalize().into()))
    }
}

/// The error for text that is no hash, because it does not have 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 lower-case hexadecimal digits")]
pub struct NotAHash;

/// Parses 64 digits. They must be in lower case, so that a hash has only one spelling.
fn parse(text: &str) -> Result<[u8; 32], NotAHash> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(NotAHash);
    }
    blake3::Hash::from_hex(text).map(Into::into).map_err(|_| NotAHash)
}

/// Implements what the two kinds of names have in common.
macro_rules! name_of_32_bytes {
    ($name:ident) => {
        impl $name {
            /// Returns the hash of these bytes.
            pub fn of(bytes: &[u8]) -> Self {
                Self(blake3::hash(bytes).into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&blake3::Hash::from(self.0).to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAHash;

            fn from_str(text: &str) -> Result<Self, NotAHash> {
                parse(text).map(Self)
            }
        }

        /// Writes 32 bytes, or 64 digits in a human-readable format such as JSON.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match serializer.is_human_readable() {
                    true => serializer.collect_str(self),
                    false => self.0.serialize(serializer),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match deserializer.is_human_readable() {
                    true => String::deserialize(deserializer)?.parse().map_err(de::Error::custom),
                    false => <[u8; 32]>::deserialize(deserializer).map(Self),
                }
            }
        }
    };
}

name_of_32_bytes!(Digest);
name_of_32_bytes!(Key);
