//! The check of a whole store.

use std::io;
use std::path::Path;
use std::str::FromStr;

use crate::Store;
use crate::digest::{Digest, Key};
use crate::error::StoreError;
use crate::records::List;
use crate::regular::{open_regular, read_regular};
use crate::scan::scan;

/// The result of reading everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The number of undamaged content files.
    pub files: u64,
    /// The number of undamaged records.
    pub records: u64,
    /// The number of damaged files. The damage has been removed: content as a whole, and from a list only the records
    /// that are damaged themselves.
    pub damaged: u64,
}

impl Store {
    /// Reads everything, checks all hashes, and removes what is damaged. Other processes can use the store at the same
    /// time.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        let mut verified = Verified::default();
        for file in scan(&self.layout.contents())? {
            match name::<Digest>(&file.path).filter(|digest| self.layout.content(digest) == file.path) {
                Some(digest) => self.verify_content(&digest, &file.path, &mut verified)?,
                None => self.remove_stray(&file.path, &mut verified)?,
            }
        }
        for file in scan(&self.layout.records())? {
            match name::<Key>(&file.path).filter(|key| self.layout.record(key) == file.path) {
                Some(key) => self.verify_records(&key, &file.path, &mut verified)?,
                None => self.remove_stray(&file.path, &mut verified)?,
            }
        }
        if verified.damaged > 0 {
            self.lock()?.correct()?;
        }
        Ok(verified)
    }

    fn verify_content(
        &self,
        digest: &Digest,
        path: &Path,
        verified: &mut Verified,
    ) -> Result<(), StoreError> {
        match open_regular(path).and_then(Digest::of_reader) {
            Ok(found) if found == *digest => verified.files += 1,
            // Another process has removed it in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => verified.damaged += u64::from(self.remove_if_damaged(digest)?),
        }
        Ok(())
    }

    fn verify_records(&self, key: &Key, path: &Path, verified: &mut Verified) -> Result<(), StoreError> {
        let bytes = match read_regular(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(StoreError::store(path)(error)),
        };
        let list = List::parse(key, &bytes);
        verified.records += list.records.len() as u64;
        if list.damaged {
            verified.damaged += u64::from(self.repair_records(key)?);
        }
        Ok(())
    }

    /// Removes a file that no lookup would find, because its path does not fit its name.
    fn remove_stray(&self, path: &Path, verified: &mut Verified) -> Result<(), StoreError> {
        verified.damaged += u64::from(self.lock()?.discard(path)?);
        Ok(())
    }
}

/// Returns the hash that a file is named by.
pub(crate) fn name<T: FromStr>(path: &Path) -> Option<T> {
    path.file_name()?.to_str()?.parse().ok()
}
