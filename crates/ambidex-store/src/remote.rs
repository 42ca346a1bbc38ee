//! A store on another machine: what this store asks of it, and how its answers are checked.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::Store;
use crate::digest::{Digest, Key};
use crate::error::StoreError;
use crate::records::List;

/// A store on another machine, which may be gone, slow or wrong.
pub trait Remote: Debug + Send + Sync {
    /// Returns the entries of a key, newest first. What can't be had in time counts as missing.
    fn entries(&self, key: &Key) -> Vec<RemoteEntry>;

    /// Returns a content, for which a run counts that took the time `worth`. What can't be had in time counts as missing.
    fn content(&self, content: &RemoteContent, worth: Duration) -> Option<Vec<u8>>;

    /// Takes an entry to send it when there is time. The contents are read from `store` then.
    fn share(&self, store: Store, key: Key, list: Vec<u8>, contents: Vec<Digest>);

    /// Takes note that an entry spared the build this time, so that it was worth waiting for.
    fn has_spared(&self, time: Duration);

    /// Takes note that an answer was not what was once sent there. Nothing else should be asked.
    fn is_wrong(&self);

    /// Sends nothing more.
    fn stop(&self);

    /// Sends what is left, but only for a short time.
    fn finish(&self);
}

/// A record of a key on another machine, with the names of the contents that belong to it.
#[derive(Clone, Debug)]
pub struct RemoteEntry {
    /// The record, in the form of a file of records.
    pub list: Vec<u8>,
    /// The contents.
    pub contents: Vec<RemoteContent>,
}

/// The names of a content on another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteContent {
    /// The name in this store.
    pub digest: Digest,
    /// The name in that one.
    pub name: String,
    /// The length, in bytes.
    pub length: u64,
}

/// A record from another machine that belongs to the key that was asked for.
#[derive(Debug)]
pub struct RemoteRecord {
    /// The record.
    pub record: Vec<u8>,
    contents: Vec<RemoteContent>,
}

impl Store {
    /// Adds a store on another machine, which is asked for what this one and the lower ones do not have.
    #[must_use]
    pub fn with_remote(self, remote: Arc<dyn Remote>) -> Self {
        Self { remote: Some(remote), ..self }
    }

    /// Returns whether there is a store on another machine.
    pub fn has_remote(&self) -> bool {
        self.remote.is_some()
    }

    /// Returns the records that another machine has for a key, newest first.
    pub fn remote_records(&self, key: &Key) -> Vec<RemoteRecord> {
        let Some(remote) = &self.remote else { return Vec::new() };
        let mut records = Vec::new();
        for RemoteEntry { list, contents } in remote.entries(key) {
            let mut list = List::parse(key, &list);
            match list.records.pop() {
                Some(record) if !list.damaged && list.records.is_empty() => {
                    records.push(RemoteRecord { record, contents });
                }
                _ => {
                    remote.is_wrong();
                    return Vec::new();
                }
            }
        }
        records
    }

    /// Gets these contents of a record from the other machine, and keeps them and the record here. `worth` is the time
    /// that the run took. Returns whether this store has all of the contents now.
    ///
    /// # Errors
    /// If this store can't be used.
    pub fn pull(
        &self,
        key: &Key,
        found: &RemoteRecord,
        wanted: &[Digest],
        worth: Duration,
    ) -> Result<bool, StoreError> {
        let Some(remote) = &self.remote else { return Ok(false) };
        for digest in wanted {
            if self.has(digest) {
                continue;
            }
            let Some(content) = found.contents.iter().find(|content| content.digest == *digest) else {
                return Ok(false);
            };
            let Some(bytes) = remote.content(content, worth) else { return Ok(false) };
            if Digest::of(&bytes) != *digest {
                remote.is_wrong();
                return Ok(false);
            }
            if !self.put_bytes(digest, &bytes)? {
                return Ok(false);
            }
        }
        self.add_record(key, &found.record).map(|()| true)
    }

    /// Sends a record and its contents, which this store has, to the other machine if there is one.
    pub fn send(&self, key: &Key, record: &[u8], contents: Vec<Digest>) {
        if let Some(remote) = &self.remote {
            let list = List { records: vec![record.to_vec()], damaged: false }.bytes(key);
            remote.share(Self { remote: None, ..self.clone() }, *key, list, contents);
        }
    }

    /// Tells the other machine's side that one of its records spared the build this time.
    pub fn has_spared(&self, time: Duration) {
        if let Some(remote) = &self.remote {
            remote.has_spared(time);
        }
    }

    /// Sends nothing more to the other machine.
    pub fn stop(&self) {
        if let Some(remote) = &self.remote {
            remote.stop();
        }
    }

    /// Sends what is left to the other machine, but only for a short time.
    pub fn finish(&self) {
        if let Some(remote) = &self.remote {
            remote.finish();
        }
    }
}
