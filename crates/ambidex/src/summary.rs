//! The file that the user names for a summary: checked before the build, written after it.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::error::Error;

/// A file that can be written.
#[derive(Debug)]
pub(crate) struct SummaryFile(PathBuf);

impl SummaryFile {
    /// Checks that the file, or a new file in its directory, can be written. Makes nothing.
    pub fn checked(path: &Path) -> Result<Self, Error> {
        let result = if path.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else if path.exists() {
            may_write(path)
        } else {
            may_write(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
        };
        match result {
            Ok(()) => Ok(Self(path.to_owned())),
            Err(source) => Err(Error::UnwritableSummary { path: path.to_owned(), source }),
        }
    }

    /// Writes the summary.
    pub fn write(&self, json: &str) -> Result<(), Error> {
        std::fs::write(&self.0, json)
            .map_err(|source| Error::UnwritableSummary { path: self.0.clone(), source })
    }
}

fn may_write(path: &Path) -> io::Result<()> {
    Ok(access(path, Access::WRITE_OK)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_can_be_written_will_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("summary.json");
        let told = |path: &Path| SummaryFile::checked(path).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(told(&file), Ok(()));
        assert!(!file.exists());
        SummaryFile::checked(&file).unwrap().write("{}").unwrap();
        assert_eq!(told(&file), Ok(()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
        assert!(told(folder.path()).unwrap_err().contains("directory"));
        assert!(told(&folder.path().join("missing/summary.json")).unwrap_err().contains("No such file"));
        assert_eq!(told(Path::new("summary.json")), Ok(()));
    }
}
