//! What the user's builds on this machine know of large files: the hash of a content, while a file's status is the same.
//!
//! A fresh tree remembers nothing, and would read every compiler and library again: some 60 MB before its first command.
//! So builds share what they have found, in a file of the store that nobody takes to another machine.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ambidex_store::{Digest, partial_beside, read_regular};
use rustc_hash::FxHashMap;

use crate::base::boot;
use crate::base::stat::Stat;

/// Smaller files are read as quickly as they are found here, in bytes.
const LARGE: u64 = 64 << 10;

/// How many files are kept.
const LIMIT: usize = 4096;

type Known = FxHashMap<PathBuf, (Stat, Digest)>;

/// The hashes of large files.
#[derive(Debug, Default)]
pub(crate) struct LargeFiles {
    /// Where they are kept; none if nowhere.
    place: Option<PathBuf>,
    /// Those that were there, once somebody has asked.
    known: Option<Known>,
    /// Those that are new.
    fresh: Known,
}

impl LargeFiles {
    /// Uses the file at this path, which need not exist.
    pub fn kept_at(place: PathBuf) -> Self {
        Self { place: Some(place), ..Self::default() }
    }

    /// Returns the hash of a file's content, if it is known and the file still has this status.
    pub fn find(&mut self, path: &Path, stat: &Stat) -> Option<Digest> {
        let place = self.place.as_ref().filter(|_| stat.size >= LARGE)?;
        let known = self.known.get_or_insert_with(|| read(place).unwrap_or_default());
        let (then, digest) = self.fresh.get(path).or_else(|| known.get(path))?;
        (then == stat).then_some(*digest)
    }

    /// Notes the hash of the content that a file has as long as this is its status, unless that is known.
    pub fn note(&mut self, path: &Path, stat: &Stat, digest: Digest) {
        // Only text can be written.
        let can_be_kept = self.place.is_some() && stat.size >= LARGE && path.to_str().is_some();
        if can_be_kept && self.find(path, stat) != Some(digest) {
            self.fresh.insert(path.to_owned(), (*stat, digest));
        }
    }

    /// Adds what is new to what is there by now.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn save(&mut self) -> io::Result<()> {
        let Some(place) = self.place.as_ref().filter(|_| !self.fresh.is_empty()) else { return Ok(()) };
        let mut known = read(place).unwrap_or_default();
        // Most others were in temporary directories.
        known.retain(|path, (stat, _)| !self.fresh.contains_key(path) && Stat::of(path) == Some(*stat));
        let all: Known = self.fresh.drain().chain(known).take(LIMIT).collect();
        write(place, &all)
    }
}

/// Returns what is kept in a file. Whatever can't be read is as if it were not there.
fn read(place: &Path) -> Option<Known> {
    let bytes = read_regular(place).ok()?;
    let (sum, content) = bytes.split_first_chunk()?;
    let (boot, known): (Vec<u8>, Known) =
        postcard::from_bytes(content).ok().filter(|_| Digest(*sum) == Digest::of(content))?;
    // On another machine, a file with this status may be another one.
    (boot::id().ok()? == boot).then_some(known)
}

fn write(place: &Path, known: &Known) -> io::Result<()> {
    let content = postcard::to_stdvec(&(boot::id()?, known)).expect("files are plain data");
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = partial_beside(place, false)?;
    file.write_all(&Digest::of(&content).0)?;
    file.write_all(&content)?;
    file.persist(place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str, size: u64) -> (PathBuf, Stat) {
        let path = folder.join(name);
        fs::write(&path, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
        let stat = Stat::of(&path).unwrap();
        (path, stat)
    }

    #[test]
    fn what_one_build_has_found_another_one_knows() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("store/large-files");
        let (large, stat) = file(folder.path(), "large", LARGE);
        let (small, small_stat) = file(folder.path(), "small", LARGE - 1);
        let (gone, gone_stat) = file(folder.path(), "gone", LARGE);
        let digest = Digest::of(b"a");
        let mut one = LargeFiles::kept_at(place.clone());
        assert_eq!(one.find(&large, &stat), None);
        one.note(&large, &stat, digest);
        one.note(&small, &small_stat, digest);
        one.note(&gone, &gone_stat, digest);
        assert_eq!(one.find(&large, &stat), Some(digest));
        one.save().unwrap();

        let mut two = LargeFiles::kept_at(place.clone());
        assert_eq!(two.find(&large, &stat), Some(digest));
        assert_eq!(two.find(&large, &gone_stat), None);
        assert_eq!(two.find(&small, &small_stat), None);
        fs::remove_file(&gone).unwrap();
        let (other, other_stat) = file(folder.path(), "other", LARGE);
        two.note(&other, &other_stat, digest);
        two.save().unwrap();
        let mut names: Vec<PathBuf> = read(&place).unwrap().into_keys().collect();
        names.sort();
        assert_eq!(names, [large, other]);
    }

    #[test]
    fn a_damaged_file_and_one_of_another_machine_count_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("large-files");
        let (large, stat) = file(folder.path(), "large", LARGE);
        let known = Known::from_iter([(large.clone(), (stat, Digest::of(b"a")))]);
        write(&place, &known).unwrap();
        let whole = fs::read(&place).unwrap();
        assert!(LargeFiles::kept_at(place.clone()).find(&large, &stat).is_some());
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&place, &bytes).unwrap();
            assert_eq!(LargeFiles::kept_at(place.clone()).find(&large, &stat), None, "{at}");
            fs::write(&place, &whole[..at]).unwrap();
            assert_eq!(LargeFiles::kept_at(place.clone()).find(&large, &stat), None, "{at}");
        }
        let content = postcard::to_stdvec(&(b"another boot\n".to_vec(), known)).unwrap();
        fs::write(&place, [&Digest::of(&content).0[..], &content].concat()).unwrap();
        assert_eq!(LargeFiles::kept_at(place).find(&large, &stat), None);
    }

    #[test]
    fn without_a_store_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (large, stat) = file(folder.path(), "large", LARGE);
        let mut none = LargeFiles::default();
        none.note(&large, &stat, Digest::of(b"a"));
        none.save().unwrap();
        assert_eq!(none.find(&large, &stat), None);
    }
}
