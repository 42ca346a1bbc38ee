//! One file with entries of a store, which another store takes in.
//!
//! The file begins with a mark. Blocks follow, each compressed by itself (zstd), so that damage costs no more than one
//! block: the length of the compressed bytes and that of the block (8 bytes each, little-endian), and the bytes. A block
//! is a list of entries: the kind (1 byte), the hash that names the entry (32 bytes), when it was last used (seconds
//! since 1970, 8 bytes), the length of its file (8 bytes), and the file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::Store;
use crate::digest::{Digest, Key};
use crate::error::StoreError;
use crate::records::List;
use crate::regular::{open_regular, partial_beside, read_regular};
use crate::scan::{Found, scan};
use crate::verify::name;

const MARK: &[u8; 16] = b"ambidex cache 1\n";

/// A block is closed when it has this many bytes. Larger ones compress hardly better.
const BLOCK: usize = 4 << 20;

/// No block is longer, so that a damaged length can't fill the memory.
const LONGEST: u64 = 4 << 30;

/// The level of compression. Higher ones take much longer, for a few per cent.
const LEVEL: i32 = 6;

const CONTENT: u8 = 1;
const RECORDS: u8 = 2;

/// What was written to a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The number of contents.
    pub files: u64,
    /// The number of keys with records.
    pub records: u64,
    /// The length of the file, in bytes.
    pub bytes: u64,
}

/// What was taken in from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The number of contents.
    pub files: u64,
    /// The number of records.
    pub records: u64,
    /// The number of entries, or of blocks that can't be read, that are not what was exported.
    pub refused: u64,
    /// The number of undamaged entries for which there was no room.
    pub without_room: u64,
}

impl Store {
    /// Writes entries to a file: all of them, or those that were used since the last import into this store.
    ///
    /// # Errors
    /// If the store can't be read, or the file can't be written.
    pub fn export(&self, file: &Path, all: bool) -> Result<Exported, StoreError> {
        let since = match all {
            true => None,
            false => self.layout.imported().metadata().and_then(|data| data.modified()).ok(),
        };
        let mut entries: Vec<(u8, Found)> = Vec::new();
        for (kind, folder) in [(CONTENT, self.layout.contents()), (RECORDS, self.layout.records())] {
            entries.extend(scan(&folder)?.into_iter().map(|found| (kind, found)));
        }
        entries.retain(|(_, found)| since.is_none_or(|since| found.used >= since));
        // Neighbours that were made one after the other have much in common.
        entries.sort_by(|(_, a), (_, b)| (a.used, &a.path).cmp(&(b.used, &b.path)));

        let outside = || StoreError::outside(file);
        let mut partial = partial_beside(file, false).map_err(outside())?;
        let mut exported = Exported { bytes: MARK.len() as u64, ..Exported::default() };
        partial.write_all(MARK).map_err(outside())?;
        let mut block = Vec::new();
        for (kind, found) in entries {
            // Another process may have removed it.
            let Ok(bytes) = read_regular(&found.path) else { continue };
            let Some(hash) = hash_of(kind, &found.path) else { continue };
            add(&mut block, kind, &hash, found.used, &bytes);
            match kind {
                CONTENT => exported.files += 1,
                _ => exported.records += 1,
            }
            if block.len() >= BLOCK {
                exported.bytes += write(partial.as_file_mut(), &block).map_err(outside())?;
                block.clear();
            }
        }
        if !block.is_empty() {
            exported.bytes += write(partial.as_file_mut(), &block).map_err(outside())?;
        }
        partial.persist(file).map_err(|error| outside()(error.error))?;
        Ok(exported)
    }

    /// Takes in the entries of a file. What isn't what its hash says is refused. Each entry counts as used when it was
    /// used in the store that it comes from.
    ///
    /// # Errors
    /// If the file can't be read or is no export, or this store can't be written.
    pub fn import(&self, file: &Path) -> Result<Imported, StoreError> {
        let outside = || StoreError::outside(file);
        let mut source = io::BufReader::new(open_regular(file).map_err(outside())?);
        let mut mark = [0; MARK.len()];
        let is_export = source.read_exact(&mut mark).is_ok() && mark == *MARK;
        if !is_export {
            let error =
                io::Error::new(io::ErrorKind::InvalidData, "it was not written by `ambidex cache export`");
            return Err(outside()(error));
        }
        let mut imported = Imported::default();
        loop {
            match read(&mut source).map_err(outside())? {
                Block::End => break,
                Block::Damaged => imported.refused += 1,
                Block::Cut => {
                    imported.refused += 1;
                    break;
                }
                Block::Bytes(bytes) => self.take_in(&bytes, &mut imported)?,
            }
        }
        let noted =
            File::create(self.layout.imported()).and_then(|file| file.set_modified(SystemTime::now()));
        noted.map_err(StoreError::store(&self.layout.imported()))?;
        Ok(imported)
    }

    fn take_in(&self, mut block: &[u8], imported: &mut Imported) -> Result<(), StoreError> {
        while !block.is_empty() {
            let Some((entry, rest)) = Entry::split(block) else {
                imported.refused += 1;
                return Ok(());
            };
            block = rest;
            match entry.kind {
                CONTENT => self.take_in_content(&entry, imported)?,
                RECORDS => self.take_in_records(&entry, imported)?,
                _ => imported.refused += 1,
            }
        }
        Ok(())
    }

    fn take_in_content(&self, entry: &Entry<'_>, imported: &mut Imported) -> Result<(), StoreError> {
        let digest = Digest(entry.hash);
        let place = self.layout.content(&digest);
        let is_new = !place.exists();
        if Digest::of(entry.bytes) != digest {
            imported.refused += 1;
        } else if self.put_bytes(&digest, entry.bytes)? {
            imported.files += 1;
            if is_new {
                entry.date(&place);
            }
        } else {
            imported.without_room += 1;
        }
        Ok(())
    }

    fn take_in_records(&self, entry: &Entry<'_>, imported: &mut Imported) -> Result<(), StoreError> {
        let key = Key(entry.hash);
        let place = self.layout.record(&key);
        let is_new = !place.exists();
        let list = List::parse(&key, entry.bytes);
        imported.refused += u64::from(list.damaged);
        // The newest one is added last, since each is put in front.
        for record in list.records.iter().rev() {
            self.add_record(&key, record)?;
            imported.records += 1;
        }
        if is_new {
            entry.date(&place);
        }
        Ok(())
    }
}

/// An entry of a block.
struct Entry<'a> {
    kind: u8,
    hash: [u8; 32],
    used: SystemTime,
    bytes: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Splits off the first entry.
    fn split(block: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let ([kind], rest) = block.split_first_chunk::<1>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (used, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let (bytes, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let used = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::from_le_bytes(*used)))?;
        Some((Self { kind: *kind, hash: *hash, used, bytes }, rest))
    }

    /// Gives a file of this store the time of the last use elsewhere, which is before the import.
    fn date(&self, file: &Path) {
        let used = self.used.min(SystemTime::now() - Duration::from_secs(60));
        // If this fails, the entry only seems to be used more recently.
        let _ = open_regular(file).and_then(|file| file.set_modified(used));
    }
}

fn hash_of(kind: u8, path: &Path) -> Option<[u8; 32]> {
    match kind {
        CONTENT => name::<Digest>(path).map(|digest| digest.0),
        _ => name::<Key>(path).map(|key| key.0),
    }
}

fn add(block: &mut Vec<u8>, kind: u8, hash: &[u8; 32], used: SystemTime, bytes: &[u8]) {
    let seconds = used.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    block.push(kind);
    block.extend(hash);
    block.extend(seconds.to_le_bytes());
    block.extend((bytes.len() as u64).to_le_bytes());
    block.extend(bytes);
}

/// Writes a block, and returns how many bytes it takes in the file.
fn write(file: &mut File, block: &[u8]) -> io::Result<u64> {
    let packed = zstd::bulk::compress(block, LEVEL)?;
    for length in [packed.len(), block.len()] {
        file.write_all(&(length as u64).to_le_bytes())?;
    }
    file.write_all(&packed)?;
    Ok(packed.len() as u64 + 16)
}

enum Block {
    Bytes(Vec<u8>),
    /// It isn't what was written.
    Damaged,
    /// The file ends within it, or its length can't be right: nothing behind it can be found.
    Cut,
    End,
}

fn read(source: &mut impl Read) -> io::Result<Block> {
    let mut lengths = [0; 16];
    match read_all(source, &mut lengths)? {
        0 => return Ok(Block::End),
        16 => {}
        _ => return Ok(Block::Cut),
    }
    let (packed, whole) = lengths.split_at(8);
    let length = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    let (packed_length, whole_length) = (length(packed), length(whole));
    if packed_length > LONGEST {
        return Ok(Block::Cut);
    }
    let mut packed = Vec::new();
    source.take(packed_length).read_to_end(&mut packed)?;
    if (packed.len() as u64) < packed_length {
        return Ok(Block::Cut);
    }
    if whole_length > LONGEST {
        return Ok(Block::Damaged);
    }
    // Decompressed piece by piece: the length in the file may be far too large.
    let mut block = Vec::new();
    let decoded = zstd::Decoder::new(packed.as_slice())
        .and_then(|decoder| decoder.take(whole_length).read_to_end(&mut block));
    match decoded {
        Ok(length) if length as u64 == whole_length => Ok(Block::Bytes(block)),
        _ => Ok(Block::Damaged),
    }
}

/// Reads until the buffer is full or the source ends, and returns the number of bytes.
fn read_all(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
