//! A table in the log: values of one kind by their keys, of which the newest counts.

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
}

/// How many there are.
pub(super) const KINDS: [Kind; 4] = [Kind::Record, Kind::Invocation, Kind::LastBuild, Kind::Unit];

/// A value that is kept in a table of its own.
pub(super) trait Value: Serialize + DeserializeOwned {
    const KIND: Kind;
}

/// Where the newest value of each key is in the log.
#[derive(Debug, Default)]
pub(super) struct Table(FxHashMap<Digest, Range<usize>>);

impl Table {
    /// A newer value of a key is at this place. Returns how many bytes of the log say nothing any more.
    pub fn put(&mut self, key: Digest, place: Range<usize>) -> usize {
        self.0.insert(key, place).map_or(0, |old| old.len())
    }

    /// A key has no value any more. Returns the same.
    pub fn remove(&mut self, key: &Digest) -> usize {
        self.0.remove(key).map_or(0, |old| old.len())
    }

    /// The value of a key, as it is in the log.
    pub fn content<'a>(&self, log: &'a Log, key: &Digest) -> Option<Cow<'a, [u8]>> {
        Some(log.content(self.0.get(key)?.clone()))
    }

    /// The first bytes of it.
    pub fn beginning<'a>(&self, log: &'a Log, key: &Digest, length: usize) -> Option<Cow<'a, [u8]>> {
        let place = self.0.get(key)?;
        Some(log.content(place.start..place.end.min(place.start + length)))
    }

    /// Whether a key has a value.
    pub fn holds(&self, key: &Digest) -> bool {
        self.0.contains_key(key)
    }

    /// How many keys have one.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &Digest> {
        self.0.keys()
    }

    /// The keys in the order in which they got their values.
    pub fn by_age(&self) -> Vec<Digest> {
        let mut all: Vec<(usize, Digest)> = self.0.iter().map(|(key, place)| (place.start, *key)).collect();
        all.sort_unstable_by_key(|(start, _)| *start);
        all.into_iter().map(|(_, key)| key).collect()
    }
}
