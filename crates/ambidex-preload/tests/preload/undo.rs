//! Undoes the changes in a journal, as the engine does.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Returns the entries of the journal after the first mark: a kind and fields for each.
pub(crate) fn entries(folder: &Path) -> Vec<(u8, Vec<Vec<u8>>)> {
    let journal = fs::read(folder.join("log")).unwrap();
    let mut rest = &journal[..];
    let mut found = Vec::new();
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let Some((entry, more)) = more.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        let fields = entry[1..].strip_suffix(b"\0").unwrap().split(|byte| *byte == 0);
        found.push((entry[0], fields.map(<[u8]>::to_vec).collect()));
        rest = more;
    }
    assert_eq!(found[0].0, b'M');
    found.split_off(1)
}

/// Undoes all changes.
pub(crate) fn undo(folder: &Path) {
    for (kind, fields) in entries(folder).into_iter().rev() {
        let path = |at: usize| Path::new(OsStr::from_bytes(&fields[at]));
        let text = |at: usize| std::str::from_utf8(&fields[at]).unwrap();
        let mode = |at: usize| Permissions::from_mode(u32::from_str_radix(text(at), 8).unwrap());
        let there = path(0);
        match kind {
            b'A' => remove(there),
            b'F' => {
                fs::write(there, fs::read(path(1)).unwrap()).unwrap();
                fs::set_permissions(there, mode(2)).unwrap();
                set_time(there, text(3), text(4));
            }
            b'B' if exists(path(1)) => {
                remove(there);
                fs::rename(path(1), there).unwrap();
            }
            b'L' if !exists(there) => symlink(path(1), there).unwrap(),
            b'D' if !exists(there) => {
                fs::create_dir(there).unwrap();
                fs::set_permissions(there, mode(1)).unwrap();
            }
            b'R' if !exists(there) && exists(path(1)) => fs::rename(path(1), there).unwrap(),
            b'P' if exists(there) => fs::set_permissions(there, mode(1)).unwrap(),
            b'T' if exists(there) => set_time(there, text(3), text(4)),
            _ => {}
        }
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Removes a path. Errors don't matter: a path may never have been made, and a directory with contents existed before.
fn remove(path: &Path) {
    let _ = match path.symlink_metadata() {
        Ok(data) if data.is_dir() => fs::remove_dir(path),
        _ => fs::remove_file(path),
    };
}

fn set_time(path: &Path, seconds: &str, nanoseconds: &str) {
    let time = Duration::new(seconds.parse().unwrap(), nanoseconds.parse().unwrap());
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + time);
    File::open(path).unwrap().set_times(times).unwrap();
}

/// Returns everything below a directory, in a form that can be compared.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in folder.read_dir().unwrap().flatten() {
        let path = entry.path();
        let data = path.symlink_metadata().unwrap();
        let what = if data.is_symlink() {
            format!("link to {:?}", fs::read_link(&path).unwrap())
        } else if data.is_dir() {
            collect(root, &path, found);
            format!("folder {:o}", data.mode() & 0o7777)
        } else {
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            format!(
                "file {:o} {}.{} x{} {content}",
                data.mode() & 0o7777,
                data.mtime(),
                data.mtime_nsec(),
                data.nlink()
            )
        };
        found.insert(path.strip_prefix(root).unwrap().display().to_string(), what);
    }
}
