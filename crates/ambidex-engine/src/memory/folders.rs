//! The directories of outputs below `build/.ambidex/obj`: each run of a command has one, with a number.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use super::Memory;

impl Memory {
    /// Creates a new directory for the outputs of one run of a command. No other run uses it.
    ///
    /// # Errors
    /// If the directory can't be created, or the existing directories can't be listed.
    pub fn new_folder(&mut self) -> io::Result<u32> {
        self.untidy = true;
        let mut next = match self.next_folder {
            Some(next) => next,
            None => self.newest_folder()? + 1,
        };
        loop {
            match std::fs::create_dir(self.folder(next)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => next += 1,
                // The objects folder was removed while the build runs.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.objects.exists() => {
                    std::fs::create_dir_all(&self.objects)?;
                }
                made => {
                    self.next_folder = Some(next + 1);
                    return made.map(|()| next);
                }
            }
        }
    }

    fn newest_folder(&self) -> io::Result<u32> {
        let mut newest = 0;
        let entries = match std::fs::read_dir(&self.objects) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(newest),
            entries => entries?,
        };
        for entry in entries {
            let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
            newest = newest.max(number.unwrap_or_default());
        }
        Ok(newest)
    }

    /// Returns the directory with this number.
    pub fn folder(&self, number: u32) -> PathBuf {
        self.objects.join(number.to_string())
    }

    /// Removes the directories of outputs that are not in `wanted`.
    pub(super) fn remove_folders(&self, wanted: &HashSet<u32>) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.objects)? {
            let entry = entry?;
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if !number.is_some_and(|number| wanted.contains(&number)) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let result = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
