//! The journal of what a process has changed since a snapshot, and how all of it is undone.
//!
//! The preloaded library writes an entry before each change (`crates/ambidex-preload`, `undo.rs`). So the last entry
//! may be for a change that was never made, and undoing it must do no harm.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Notes in the journal what is at a place that the engine itself is about to change, so that this change is undone in
/// its turn.
///
/// # Errors
/// If the file there can't be kept.
pub(crate) fn note(folder: &Path, place: &Path) -> io::Result<()> {
    static KEPT: AtomicU64 = AtomicU64::new(0);
    let name = place.as_os_str().as_bytes();
    let there = match place.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return write(folder, b'A', &[name]),
        there => there?,
    };
    if there.is_symlink() {
        let target = fs::read_link(place)?;
        write(folder, b'L', &[name, target.as_os_str().as_bytes()])?;
        return write(folder, b'A', &[name]);
    }
    let kept = folder.join(format!("engine-{}", KEPT.fetch_add(1, Ordering::Relaxed)));
    // A copy of a pipe or a device would not end.
    ambidex_store::open_regular(place)?;
    fs::copy(place, &kept)?;
    let numbers =
        [format!("{:o}", there.mode() & 0o7777), there.mtime().to_string(), there.mtime_nsec().to_string()];
    let [mode, seconds, nanoseconds] = numbers.each_ref().map(|number| number.as_bytes());
    write(folder, b'F', &[name, kept.as_os_str().as_bytes(), mode, seconds, nanoseconds])
}

/// Appends an entry in one write, because the process may append at the same time.
fn write(folder: &Path, kind: u8, fields: &[&[u8]]) -> io::Result<()> {
    let mut entry = vec![0; 4];
    entry.push(kind);
    for field in fields {
        entry.extend(*field);
        entry.push(0);
    }
    let length = u32::try_from(entry.len() - 4).map_err(io::Error::other)?;
    entry[..4].copy_from_slice(&length.to_le_bytes());
    OpenOptions::new().append(true).create(true).open(folder.join("log"))?.write_all(&entry)
}

/// Undoes, newest first, the changes that the journal in `folder` lists after the mark of `snapshot`, and shortens the
/// journal to that mark.
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
        // An entry that is cut off was never followed by its change.
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
    // Each snapshot has written its mark, so the journal is damaged, and the changes after the mark are unknown.
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
            // If nothing is there, there is nothing to remove.
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
        // A directory that is not empty holds what was there before.
        true => fs::remove_dir(path),
        false => fs::remove_file(path),
    }
}

/// Writes into the file itself, because it may be open or have other names. Shortens it last, so that it uses its own
/// space before it asks for new space: the disk may be full.
fn put_content(place: &Path, backup: &Path) -> io::Result<()> {
    let content = fs::read(backup)?;
    let writable = place.metadata().map(|data| data.mode() & 0o200 != 0).unwrap_or(true);
    if !writable {
        fs::set_permissions(place, Permissions::from_mode(0o600))?;
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(place)?;
    file.write_all(&content)?;
    file.set_len(content.len() as u64)
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

    #[test]
    fn changes_behind_the_mark_are_taken_back_in_reverse() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).to_str().unwrap().to_owned();
        fs::write(at("kept"), "old").unwrap();
        fs::write(at("gone-backup"), "gone").unwrap();
        fs::write(at("kept-backup"), "old").unwrap();
        let entry = |kind: u8, fields: &[&str]| {
            let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
            write(folder.path(), kind, &fields).unwrap();
        };
        entry(b'M', &["1"]);
        entry(b'A', &[&text("before")]);
        entry(b'M', &["2"]);
        entry(b'B', &[&text("gone"), &text("gone-backup")]);
        entry(b'F', &[&text("kept"), &text("kept-backup"), "640", "5", "6"]);
        entry(b'A', &[&text("new")]);
        entry(b'A', &[&text("new/file")]);
        entry(b'A', &[&text("never")]);
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

    #[test]
    fn what_the_engine_puts_to_places_is_taken_back_too() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("target"), "target").unwrap();
        symlink("target", at("link")).unwrap();
        fs::write(at("file"), "old").unwrap();
        fs::set_permissions(at("file"), Permissions::from_mode(0o600)).unwrap();
        write(folder.path(), b'M', &[b"1"]).unwrap();
        for name in ["absent", "link", "file"] {
            note(folder.path(), &at(name)).unwrap();
            fs::write(at("put"), "new").unwrap();
            fs::rename(at("put"), at(name)).unwrap();
        }
        assert!(note(folder.path(), folder.path()).is_err());
        undo(folder.path(), 1).unwrap();
        assert!(!at("absent").exists());
        assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("target"));
        assert_eq!(fs::read_to_string(at("target")).unwrap(), "target");
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "old");
        assert_eq!(at("file").metadata().unwrap().mode() & 0o777, 0o600);
    }
}
