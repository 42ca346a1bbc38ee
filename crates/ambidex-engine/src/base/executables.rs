//! The file that the name of a program means.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustix::fs::{Access, access};

use crate::base::environment::Environment;

/// A name, `PATH`, and the working directory if `PATH` names directories relative to it.
type Asked = (String, String, Option<PathBuf>);

/// The files of the programs that were looked up.
#[derive(Debug, Default)]
pub(crate) struct Executables(Mutex<HashMap<Asked, Option<Arc<Path>>>>);

impl Executables {
    /// Returns the file of a program, as `execvp` finds it. None if there is no such file, or if no `PATH` says where
    /// to look for programs: then the system decides.
    pub fn find(&self, name: &str, cwd: &Path, env: &Environment) -> Option<Arc<Path>> {
        let runs = |file: &Path| file.is_file() && access(file, Access::EXEC_OK).is_ok();
        if name.contains('/') {
            let file = cwd.join(name);
            return runs(&file).then(|| file.into());
        }
        let path = env.variables.get("PATH")?;
        let mut known = self.0.lock().expect("nobody dies with it");
        let found = known.entry(key(name, path, cwd)).or_insert_with(|| {
            std::env::split_paths(path)
                .map(|folder| cwd.join(folder).join(name))
                .find(|file| runs(file))
                .map(Into::into)
        });
        found.clone()
    }

    /// Returns the file of a program that was looked up before.
    pub fn known(&self, name: &str, cwd: &Path, env: &Environment) -> Option<Arc<Path>> {
        match name.contains('/') {
            true => Some(cwd.join(name).into()),
            false => self
                .0
                .lock()
                .expect("nobody dies with it")
                .get(&key(name, env.variables.get("PATH")?, cwd))?
                .clone(),
        }
    }
}

fn key(name: &str, path: &str, cwd: &Path) -> Asked {
    let is_relative = std::env::split_paths(path).any(|folder| !folder.is_absolute());
    (name.to_owned(), path.to_owned(), is_relative.then(|| cwd.to_owned()))
}
