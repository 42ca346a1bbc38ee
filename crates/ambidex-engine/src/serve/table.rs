//! The table in which captured processes see, without asking, that nothing they look at is pending.
//!
//! It is a file that the processes map. A set bit only says that something *may* be pending, so a process that finds
//! one asks.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The offset of the bits, in bytes.
const BITS: u64 = 4096;
/// The size of the bits, in bytes.
const SIZE: usize = 65536;
/// The offset of the flag that says whether anything is pending at all, in bytes.
const PENDING: u64 = 4;

/// The shared table, as the engine writes it.
#[derive(Debug)]
pub(crate) struct Table {
    file: File,
    bits: Vec<u8>,
    pending: bool,
}

impl Table {
    /// Creates the table in the engine's directory.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let file = File::create_new(folder.join("table"))?;
        // Writes all of it, so that it has its space however full the disk gets.
        file.write_all_at(&[0; BITS as usize + SIZE], 0)?;
        file.write_all_at(&[2], 0)?;
        Ok(Self { file, bits: vec![0; SIZE], pending: false })
    }

    /// Marks the output at this place as pending.
    ///
    /// # Errors
    /// If the table can't be written. Then nothing may be pending.
    pub fn add(&mut self, place: &Path) -> io::Result<()> {
        if let Some(name) = place.file_name() {
            self.set(hash(&[name.as_bytes()]))?;
        }
        if let Some(folder) = place.parent().and_then(Path::file_name) {
            self.set(hash(&[b"/", folder.as_bytes()]))?;
        }
        self.set_pending(true)
    }

    /// Marks everything as no longer pending.
    pub fn clear(&mut self) {
        if self.pending && self.set_pending(false).is_ok() {
            self.bits.fill(0);
            // A bit that stays set only makes processes ask in vain.
            let _ = self.write(&self.bits, BITS);
        }
    }

    fn set_pending(&mut self, pending: bool) -> io::Result<()> {
        if self.pending != pending {
            self.write(&[u8::from(pending)], PENDING)?;
            self.pending = pending;
        }
        Ok(())
    }

    fn set(&mut self, hash: u64) -> io::Result<()> {
        let bit = usize::try_from(hash % (SIZE as u64 * 8)).unwrap_or(0);
        let (byte, mask) = (bit / 8, 1 << (bit % 8));
        if self.bits[byte] & mask == 0 {
            self.write(&[self.bits[byte] | mask], BITS + byte as u64)?;
            self.bits[byte] |= mask;
        }
        Ok(())
    }

    fn write(&self, data: &[u8], at: u64) -> io::Result<()> {
        let tell = |error: io::Error| {
            let kind = error.kind();
            io::Error::new(
                kind,
                format!("the engine's own folder for temporary files can't be written: {error}"),
            )
        };
        self.file.write_all_at(data, at).map_err(tell)
    }
}

/// Returns the 64-bit FNV-1a hash (draft-eastlake-fnv). Both sides must compute exactly the same hash.
fn hash(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().copied().flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Returns whether the table has the bit of a name set.
#[cfg(test)]
fn has(table: &Table, name: &std::ffi::OsStr) -> bool {
    let bit = usize::try_from(hash(&[name.as_bytes()]) % (SIZE as u64 * 8)).unwrap();
    let mut byte = [0];
    table.file.read_exact_at(&mut byte, BITS + bit as u64 / 8).unwrap();
    byte[0] & (1 << (bit % 8)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_is_found_until_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::new(folder.path()).unwrap();
        assert!(!has(&table, "a.o".as_ref()));
        table.add(Path::new("/p/build/a.o")).unwrap();
        assert!(has(&table, "a.o".as_ref()) && has(&table, "/build".as_ref()));
        table.clear();
        assert!(!has(&table, "a.o".as_ref()));
    }

    #[test]
    fn the_hash_is_that_of_the_specification() {
        assert_eq!(hash(&[b""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(&[b"foo", b"bar"]), 0x8594_4171_f739_67e8);
    }
}
