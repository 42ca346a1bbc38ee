//! The files that the user names for what a build tells of itself: checked before the build, written after it.

use std::io;
use std::path::{Path, PathBuf};

use ambidex_engine::Timeline;
use rustix::fs::{Access, access};

use crate::error::Error;
use crate::{trace, whole};

/// A file that can be written.
#[derive(Debug)]
struct Promised {
    path: PathBuf,
    /// What it is for, which is the name of its option, too.
    what: &'static str,
}

/// The files that the user has named.
#[derive(Debug)]
pub(crate) struct PromisedFiles {
    summary: Option<Promised>,
    trace: Option<Promised>,
}

impl PromisedFiles {
    /// Checks that these files, or new files in their directories, can be written. Makes nothing.
    pub fn checked(summary: Option<&Path>, trace: Option<&Path>) -> Result<Self, Error> {
        let checked = |path: Option<&Path>, what| path.map(|path| Promised::checked(path, what)).transpose();
        Ok(Self { summary: checked(summary, "summary")?, trace: checked(trace, "trace")? })
    }

    /// Returns whether there is to be a trace.
    pub fn have_trace(&self) -> bool {
        self.trace.is_some()
    }

    /// Writes the files. `summary` is the summary as JSON.
    pub fn write(&self, summary: &str, timeline: Option<&Timeline>) -> Result<(), Error> {
        if let Some(file) = &self.summary {
            file.write(summary)?;
        }
        if let (Some(file), Some(timeline)) = (&self.trace, timeline) {
            file.write(&trace::json(timeline))?;
        }
        Ok(())
    }
}

impl Promised {
    fn checked(path: &Path, what: &'static str) -> Result<Self, Error> {
        let result = if path.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else if path.exists() {
            may_write(path)
        } else {
            may_write(whole::folder_of(path))
        };
        match result {
            Ok(()) => Ok(Self { path: path.to_owned(), what }),
            Err(source) => Err(Error::UnwritableFile { what, path: path.to_owned(), source }),
        }
    }

    fn write(&self, text: &str) -> Result<(), Error> {
        whole::write(&self.path, text.as_bytes()).map_err(|source| Error::UnwritableFile {
            what: self.what,
            path: self.path.clone(),
            source,
        })
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
        let checked = |path: &Path| Promised::checked(path, "summary");
        let told = |path: &Path| checked(path).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(told(&file), Ok(()));
        assert!(!file.exists());
        checked(&file).unwrap().write("{}").unwrap();
        assert_eq!(told(&file), Ok(()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
        assert!(told(folder.path()).unwrap_err().contains("directory"));
        assert!(told(&folder.path().join("missing/summary.json")).unwrap_err().contains("No such file"));
        assert_eq!(told(Path::new("summary.json")), Ok(()));
    }
}
