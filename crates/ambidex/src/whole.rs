//! How files are written so that they appear whole: to a temporary file beside them, then by a rename.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Returns the directory of a file.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the usual permissions of a user's file, before the umask applies.
pub(crate) fn readable() -> Permissions {
    Permissions::from_mode(0o666)
}

/// Writes a file that appears whole. What is no regular file, such as `/dev/stdout`, and a file in a directory that can't
/// be written, is written as it stands. A symbolic link stays, and what it leads to is written.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let target: PathBuf = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_special = target.metadata().is_ok_and(|found| !found.is_file());
    let beside = || {
        tempfile::Builder::new().prefix(".ambidex-").permissions(readable()).tempfile_in(folder_of(&target))
    };
    let Some(Ok(mut partial)) = (!is_special).then(beside) else { return fs::write(&target, content) };
    partial.write_all(content)?;
    partial.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        write(&file, b"first").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"second").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        write(Path::new("/dev/null"), b"anything").unwrap();
        assert!(write(&folder.path().join("missing/file"), b"").is_err());
    }
}
