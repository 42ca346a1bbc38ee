//! A table in the log: values of one kind by their keys, where the newest value of a key counts.

use std::borrow::Cow;
use std::ops::Range;

use ambidex_store::Digest;
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::log::Log;

/// The tables of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Record,
    Invocation,
    LastBuild,
    Unit,
    Graph,
    Waits,
    Past,
}

/// All kinds of tables.
pub(super) const KINDS: [Kind; 7] =
    [Kind::Record, Kind::Invocation, Kind::LastBuild, Kind::Unit, Kind::Graph, Kind::Waits, Kind::Past];

/// A type whose values are kept in a table of their own.
pub(super) trait Value: Serialize + DeserializeOwned {
    const KIND: Kind;
}

/// The position of each key's newest value in the log.
#[derive(Debug, Default)]
pub(super) struct Table(FxHashMap<Digest, Range<usize>>);

impl Table {
    /// Notes that a newer value of a key is at this position. Returns how many bytes of the log are obsolete because of
    /// that.
    pub fn put(&mut self, key: Digest, place: Range<usize>) -> usize {
        self.0.insert(key, place).map_or(0, |old| old.len())
    }

    /// Removes the value of a key. Returns how many bytes of the log are obsolete because of that.
    pub fn remove(&mut self, key: &Digest) -> usize {
        self.0.remove(key).map_or(0, |old| old.len())
    }

    /// Returns the value of a key, as it is in the log.
    pub fn content<'a>(&self, log: &'a Log, key: &Digest) -> Option<Cow<'a, [u8]>> {
        Some(log.content(self.0.get(key)?.clone()))
    }

    /// Returns the first bytes of the value of a key.
    pub fn beginning<'a>(&self, log: &'a Log, key: &Digest, length: usize) -> Option<Cow<'a, [u8]>> {
        let place = self.0.get(key)?;
        Some(log.content(place.start..place.end.min(place.start + length)))
    }

    /// Returns whether a key has a value.
    pub fn holds(&self, key: &Digest) -> bool {
        self.0.contains_key(key)
    }

    /// Returns how many keys have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the keys, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &Digest> {
        self.0.keys()
    }

    /// Returns the keys in the order in which they got their values.
    pub fn by_age(&self) -> Vec<Digest> {
        let mut all: Vec<(usize, Digest)> = self.0.iter().map(|(key, place)| (place.start, *key)).collect();
        all.sort_unstable_by_key(|(start, _)| *start);
        all.into_iter().map(|(_, key)| key).collect()
    }
}
