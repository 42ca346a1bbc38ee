//! Knows the journal of what a process has changed since a snapshot, and how all of it is taken back.
//!
//! The preloaded library writes an entry before each change (`crates/ambidex-preload`, `undo.rs`), so the last one may
//! be of a change that was never made: to take that back must do no harm.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Takes back, newest first, what the journal in `folder` says was changed behind the mark of `snapshot`, and shortens
/// the journal to that mark.
///
/// # Errors
/// If the journal can't be read or shortened, or something can't be put back.
pub(crate) fn undo(folder: &Path, snapshot: u64) -> io::Result<()> {
    let file = folder.join("log");
    let journal = fs::read(&file)?;
    let mark = snapshot.to_string();
    let mut behind = Vec::new();
    let mut end = None;
    let mut rest = &journal[..];
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        // One that is cut off was never followed by its change.
        let Some(entry) = more.get(..length) else { break };
        rest = &more[length..];
        let mut fields = entry.get(1..).unwrap_or_default().split(|byte| *byte == 0);
        if entry.first() == Some(&b'M') && fields.next() == Some(mark.as_bytes()) {
            behind.clear();
            end = Some(journal.len() - rest.len());
        } else {
            behind.push(entry);
        }
    }
    // Each snapshot has made its mark, so the journal is damaged: what is behind the mark, nobody knows.
    let end = end.ok_or_else(|| io::Error::other("the journal of changes is damaged"))?;
    let mut first_error = Ok(());
    for entry in behind.into_iter().rev() {
        if let Err(error) = undo_one(entry)
            && first_error.is_ok()
        {
            first_error = Err(error);
        }
    }
    OpenOptions::new().write(true).open(&file)?.set_len(end as u64)?;
    first_error
}

fn undo_one(entry: &[u8]) -> io::Result<()> {
    let Some((kind, rest)) = entry.split_first() else { return Ok(()) };
    let fields: Vec<&[u8]> = rest.strip_suffix(b"\0").unwrap_or(rest).split(|byte| *byte == 0).collect();
    let path = |at: usize| Path::new(OsStr::from_bytes(fields.get(at).copied().unwrap_or_default()));
    let number = |at: usize| -> i64 {
        let text = fields.get(at).and_then(|field| std::str::from_utf8(field).ok());
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    let mode = |at: usize| {
        let text = fields.get(at).and_then(|field| std::str::from_utf8(field).ok());
        Permissions::from_mode(text.and_then(|text| u32::from_str_radix(text, 8).ok()).unwrap_or(0o644))
    };
    let there = path(0);
    let result = match kind {
        b'A' => remove(there),
        b'F' => put_content(there, path(1)).and_then(|()| {
            fs::set_permissions(there, mode(2))?;
            set_time(there, number(3), number(4))
        }),
        b'B' if exists(path(1)) => {
            // Nothing may be there, and that is as good.
            let _ = remove(there);
            fs::rename(path(1), there)
        }
        b'L' if !exists(there) => symlink(path(1), there),
        b'D' if !exists(there) => fs::create_dir(there).and_then(|()| fs::set_permissions(there, mode(1))),
        b'R' if !exists(there) && exists(path(1)) => fs::rename(path(1), there),
        b'P' => fs::set_permissions(there, mode(1)),
        b'T' => set_time(there, number(3), number(4)),
        _ => Ok(()),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(io::Error::new(error.kind(), format!("{} can't be put back: {error}", there.display())))
        }
        Ok(()) => Ok(()),
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata()?.is_dir() {
        // One that is not empty holds what was there before.
        true => fs::remove_dir(path),
        false => fs::remove_file(path),
    }
}

/// Writes into the file itself: it may be open, or have other names.
fn put_content(place: &Path, backup: &Path) -> io::Result<()> {
    let content = fs::read(backup)?;
    let writable = place.metadata().map(|data| data.mode() & 0o200 != 0).unwrap_or(true);
    if !writable {
        fs::set_permissions(place, Permissions::from_mode(0o600))?;
    }
    let mut file = File::create(place)?;
    file.write_all(&content)
}

fn set_time(path: &Path, seconds: i64, nanoseconds: i64) -> io::Result<()> {
    let part = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0));
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = match seconds < 0 {
        true => SystemTime::UNIX_EPOCH - whole + part,
        false => SystemTime::UNIX_EPOCH + whole + part,
    };
    File::open(path)?.set_times(FileTimes::new().set_modified(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(journal: &mut Vec<u8>, kind: u8, fields: &[&str]) {
        let mut data = vec![kind];
        for field in fields {
            data.extend(field.as_bytes());
            data.push(0);
        }
        journal.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        journal.extend(data);
    }

    #[test]
    fn changes_behind_the_mark_are_taken_back_in_reverse() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).to_str().unwrap().to_owned();
        fs::write(at("kept"), "old").unwrap();
        fs::write(at("gone-backup"), "gone").unwrap();
        fs::write(at("kept-backup"), "old").unwrap();
        let mut journal = Vec::new();
        entry(&mut journal, b'M', &["1"]);
        entry(&mut journal, b'A', &[&text("before")]);
        entry(&mut journal, b'M', &["2"]);
        entry(&mut journal, b'B', &[&text("gone"), &text("gone-backup")]);
        entry(&mut journal, b'F', &[&text("kept"), &text("kept-backup"), "640", "5", "6"]);
        entry(&mut journal, b'A', &[&text("new")]);
        entry(&mut journal, b'A', &[&text("new/file")]);
        entry(&mut journal, b'A', &[&text("never")]);
        fs::write(at("log"), &journal).unwrap();
        fs::write(at("before"), "").unwrap();
        fs::write(at("kept"), "changed").unwrap();
        fs::create_dir(at("new")).unwrap();
        fs::write(at("new/file"), "").unwrap();
        undo(folder.path(), 2).unwrap();
        assert!(at("before").exists() && !at("new").exists());
        assert_eq!(fs::read_to_string(at("gone")).unwrap(), "gone");
        assert_eq!(fs::read_to_string(at("kept")).unwrap(), "old");
        let data = at("kept").metadata().unwrap();
        assert_eq!((data.mode() & 0o777, data.mtime(), data.mtime_nsec()), (0o640, 5, 6));
        undo(folder.path(), 1).unwrap();
        assert!(!at("before").exists());
    }
}
