//! The directories of outputs below `build/.ambidex/obj`: each run of a command has one, with a number.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use super::Memory;

impl Memory {
    /// Returns the number of a new directory for the outputs of one run of a command. No other run uses it: only one
    /// engine at a time has this tree. The directory is created when something is written there, since that takes long
    /// on some file systems, and the memory is locked.
    ///
    /// # Errors
    /// If the existing directories can't be listed.
    pub fn new_folder(&mut self) -> io::Result<u32> {
        self.untidy = true;
        let new = match self.next_folder {
            Some(next) => next,
            None => self.newest_folder()? + 1,
        };
        self.next_folder = Some(new + 1);
        Ok(new)
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
        let entries = match std::fs::read_dir(&self.objects) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
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
