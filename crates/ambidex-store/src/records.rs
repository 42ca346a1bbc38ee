//! The lists of records: how files hold them, and how they change.
//!
//! A file begins with a mark. Each record follows, newest first: its length (4 bytes, little-endian), a hash, and the
//! record itself. The hash covers the key, the length and the record, so a file at the wrong path is damaged too.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use crate::Store;
use crate::accounts::Accounts;
use crate::content::mark;
use crate::digest::Key;
use crate::error::StoreError;
use crate::regular::open_regular;
use crate::scan::space;

const MARK: &[u8; 8] = b"records1";

/// The maximum number of records of a key.
const AT_MOST: usize = 16;

/// The records in one file.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub records: Vec<Vec<u8>>,
    /// Whether any part of the file isn't what was written.
    pub damaged: bool,
}

impl List {
    /// Finds the records in a file's bytes. Everything after a damaged length is lost.
    pub fn parse(key: &Key, bytes: &[u8]) -> Self {
        let mut list = Self::default();
        let Some(mut rest) = bytes.strip_prefix(MARK) else { return Self { damaged: true, ..list } };
        while !rest.is_empty() {
            let Some((length, hash, behind)) = split_head(rest) else {
                list.damaged = true;
                break;
            };
            let Some((record, next)) = behind.split_at_checked(length as usize) else {
                list.damaged = true;
                break;
            };
            match checksum(key, record) == hash {
                true => list.records.push(record.to_vec()),
                false => list.damaged = true,
            }
            rest = next;
        }
        list
    }

    /// Returns the bytes of a file with these records.
    pub fn bytes(&self, key: &Key) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        for record in &self.records {
            bytes.extend(length(record));
            bytes.extend(checksum(key, record));
            bytes.extend(record);
        }
        bytes
    }

    /// Puts a record in front.
    fn add(&mut self, record: &[u8]) {
        self.records.retain(|other| other != record);
        self.records.insert(0, record.to_vec());
        self.records.truncate(AT_MOST);
    }
}

/// Returns a record's length as the file holds it. No record comes near 4 GiB (see `add_record`).
fn length(record: &[u8]) -> [u8; 4] {
    u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn checksum(key: &Key, record: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.0).update(&length(record)).update(record);
    hasher.finalize().into()
}

/// Splits off the length and the hash of a record, and returns them with the bytes that follow.
fn split_head(bytes: &[u8]) -> Option<(u32, [u8; 32], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (hash, rest) = rest.split_first_chunk::<32>()?;
    Some((u32::from_le_bytes(*length), *hash, rest))
}

impl Store {
    /// Returns the records of a key, newest first, and then those of lower stores. Damaged ones are left out and removed. A file that can't be read
    /// counts as missing.
    pub fn records(&self, key: &Key) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        if let Some((file, list)) = read(key, &self.layout.record(key)) {
            mark(&file);
            if list.damaged {
                // The damaged records are left out, whether they can be removed or not.
                let _ = self.repair_records(key);
            }
            records = list.records;
        }
        for lower in &self.lower {
            records.extend(read(key, &lower.record(key)).into_iter().flat_map(|(_, list)| list.records));
        }
        records
    }

    /// Adds a record in front of the others of its key. An equal record moves there. At most 16 records are kept.
    ///
    /// A record is not kept if there is no room for it, or if it has 4 GiB or more.
    pub fn add_record(&self, key: &Key, record: &[u8]) -> Result<(), StoreError> {
        if u32::try_from(record.len()).is_err() {
            return Ok(());
        }
        let path = self.layout.record(key);
        // If the record is already in front, nothing is written, and there is no wait for the lock.
        if let Some((file, list)) = read(key, &path)
            && !list.damaged
            && list.records.first().is_some_and(|first| first == record)
        {
            mark(&file);
            return Ok(());
        }
        let mut accounts = self.lock()?;
        let mut list = read(key, &path).map(|(_, list)| list).unwrap_or_default();
        list.add(record);
        replace(&mut accounts, key, &path, &list)
    }

    /// Removes the damaged records from the file of a key, and returns whether there were any.
    pub(crate) fn repair_records(&self, key: &Key) -> Result<bool, StoreError> {
        let path = self.layout.record(key);
        let mut accounts = self.lock()?;
        // It may be another file by now.
        let Some((_, list)) = read(key, &path).filter(|(_, list)| list.damaged) else { return Ok(false) };
        match list.records.is_empty() {
            true => drop(accounts.discard(&path)?),
            false => replace(&mut accounts, key, &path, &list)?,
        }
        Ok(true)
    }
}

/// Reads the list of a key. Returns `None` if the file can't be read.
fn read(key: &Key, path: &Path) -> Option<(File, List)> {
    let mut file = open_regular(path).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some((file, List::parse(key, &bytes)))
}

/// Writes a file again. If there is no room for it, the earlier file stays.
fn replace(accounts: &mut Accounts<'_>, key: &Key, path: &Path, list: &List) -> Result<(), StoreError> {
    let bytes = list.bytes(key);
    let taken = space(bytes.len() as u64);
    let Some(mut partial) = accounts.temporary(bytes.len() as u64)? else { return Ok(()) };
    let shard = path.parent().unwrap_or(path);
    let written = partial.write_all(&bytes).and_then(|()| fs::create_dir_all(shard));
    // Measured after the collection that may have made the room. A damaged file may not have the length that was
    // counted, so its space is left to the next collection.
    let before = if list.damaged { Ok(0) } else { fs::metadata(path).map(|metadata| space(metadata.len())) };
    let renamed = written.and_then(|()| partial.persist(path).map_err(Into::into));
    match renamed {
        Ok(_) => accounts.give_back(before.unwrap_or(0)),
        Err(error) => {
            accounts.give_back(taken)?;
            Err(StoreError::store(path)(error))
        }
    }
}
