//! Regular files at paths of others. What is read may be something else: reading a pipe or a device could block, or
//! never end. What is written appears whole.

use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

/// Opens a regular file for reading.
///
/// # Errors
/// If it can't be opened, or isn't a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Without this flag, opening a pipe would block until another process opens it for writing.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is no regular file", path.display())))
    }
}

/// Reads the content of a regular file.
///
/// # Errors
/// As for [`open_regular`], or if it can't be read.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open_regular(path)?.read_to_end(&mut content)?;
    Ok(content)
}

/// Creates a temporary file beside a file, which takes its place by `persist`. `executable` gives it the permissions of
/// a program, as far as the umask allows.
///
/// # Errors
/// If it can't be created.
pub fn partial_beside(file: &Path, executable: bool) -> io::Result<NamedTempFile> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".ambidex-")
        .permissions(Permissions::from_mode(if executable { 0o777 } else { 0o666 }))
        .tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        std::fs::write(&file, "x").unwrap();
        assert_eq!(read_regular(&file).unwrap(), b"x");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero"), Path::new("/dev/null")] {
            assert!(read_regular(path).is_err(), "{}", path.display());
        }
    }
}
