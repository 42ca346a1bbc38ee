//! Whether files may have changed, according to the file system.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Returns a number that differs if one of the files was changed, replaced, removed or created.
///
/// The time of the last status change is part of it: unlike the modification time, nobody can set it back.
pub(crate) fn of<'a>(files: impl IntoIterator<Item = &'a Path>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        match std::fs::metadata(file) {
            Ok(data) => {
                (data.dev(), data.ino(), data.size()).hash(&mut hasher);
                (data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()).hash(&mut hasher);
            }
            Err(_) => 0.hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// Combines the stamps of several files into one.
pub(crate) fn together(stamps: impl IntoIterator<Item = u64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    stamps.into_iter().for_each(|stamp| stamp.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn differs_when_a_file_comes_changes_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.h");
        let mut seen = vec![of([file.as_path()])];
        std::fs::write(&file, "1").unwrap();
        seen.push(of([file.as_path()]));
        std::fs::write(&file, "22").unwrap();
        seen.push(of([file.as_path()]));
        std::fs::write(folder.path().join("b.h"), "22").unwrap();
        std::fs::rename(folder.path().join("b.h"), &file).unwrap();
        seen.push(of([file.as_path()]));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 4);
        assert_eq!(of([file.as_path()]), of([file.as_path()]));
    }
}
