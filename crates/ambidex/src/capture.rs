//! The files of the capture, and the environment variables that make a process load them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ambidex_engine::OwnFolder;

use crate::error::Error;
use crate::store_location;

macro_rules! package {
    ($($name:literal),+ $(,)?) => {
        [
            ("sitecustomize.py", include_str!("../../../python/ambidex/_site/sitecustomize.py")),
            $((concat!("ambidex/", $name), include_str!(concat!("../../../python/ambidex/", $name)))),+
        ]
    };
}

/// The capture's files, by path below its directory. A captured process that imports `ambidex` gets this copy, so it is
/// the whole package.
const FILES: &[(&str, &str)] = &package![
    "__init__.py",
    "_answers.py",
    "_baseline.py",
    "_call.py",
    "_client.py",
    "_copy.py",
    "_cython_state.py",
    "_enable.py",
    "_generator.py",
    "_hooks.py",
    "_imports.py",
    "_library.py",
    "_looks.py",
    "_python_state.py",
    "_session.py",
    "_spawn.py",
    "_state.py",
    "_translate.py",
    "_values.py",
    "build_meta.py",
];

/// The name and the content of the library that is preloaded into captured processes.
const LIBRARY: (&str, &[u8]) =
    ("libambidex_preload.so", include_bytes!(concat!(env!("OUT_DIR"), "/libambidex_preload.so")));

/// The name and the content of the library that is preloaded into commands.
const OBSERVER: (&str, &[u8]) =
    ("libambidex_trace.so", include_bytes!(concat!(env!("OUT_DIR"), "/libambidex_trace.so")));

/// The name and the content of the library that is preloaded into builds whose order ambidex decides.
const GATE: (&str, &[u8]) =
    ("libambidex_gate.so", include_bytes!(concat!(env!("OUT_DIR"), "/libambidex_gate.so")));

/// Returns everything that is laid out, by name.
fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().map(|(name, text)| (*name, text.as_bytes())).chain([LIBRARY, OBSERVER, GATE])
}

/// The capture's files on disk.
#[derive(Debug)]
pub(crate) struct Capture {
    folder: PathBuf,
    _temporary: Option<OwnFolder>,
}

impl Capture {
    /// Lays the files out in the cache, where Python keeps their byte code between runs. If there is no cache, or it is
    /// unsuitable, lays them out in a temporary directory.
    pub fn lay_out() -> Result<Self, Error> {
        if let Some(folder) = store_location::kept_files().map(|cache| cache.join("capture").join(version()))
            && can_be_preloaded(&folder)
            && lay_out_in(&folder).is_ok()
        {
            return Ok(Self { folder, _temporary: None });
        }
        let temporary = OwnFolder::new("").map_err(Error::Engine)?;
        let folder = temporary.path().join("capture");
        lay_out_in(&folder).map_err(|source| Error::Unwritable { path: folder.clone(), source })?;
        Ok(Self { folder, _temporary: Some(temporary) })
    }

    /// Returns the environment variables of a captured process.
    pub fn environment(&self, socket: &Path) -> Vec<(&'static str, OsString)> {
        let mut path = self.folder.clone().into_os_string();
        if let Some(given) = std::env::var_os("PYTHONPATH").filter(|given| !given.is_empty()) {
            path.push(":");
            path.push(given);
        }
        let mut variables = vec![("AMBIDEX_SOCKET", socket.into()), ("PYTHONPATH", path)];
        // Without the library, Python awaits every command.
        if let Some(library) = self.library(LIBRARY.0) {
            // The observer observes the copies in which functions of Python are called.
            variables.push((PRELOAD, preloaded([Some(library), self.observer()].into_iter().flatten())));
        }
        variables
    }

    /// Returns the environment variables of a plain build whose processes ask at this socket before they go on.
    pub fn gate(&self, socket: &Path) -> Result<Vec<(&'static str, OsString)>, Error> {
        let library = self.library(GATE.0).ok_or_else(|| Error::NotPreloadable(self.folder.clone()))?;
        Ok(vec![("AMBIDEX_GATE", socket.into()), (PRELOAD, preloaded([library].into_iter()))])
    }

    /// Returns the library that is preloaded into captured processes, if it can be, and the variables for that.
    pub fn preloaded_library(&self) -> Option<(PathBuf, Vec<(&'static str, OsString)>)> {
        let library = self.library(LIBRARY.0)?;
        let variables = vec![(PRELOAD, preloaded([library.clone()].into_iter()))];
        Some((library, variables))
    }

    /// Returns the path of the library that observes commands, if it can be preloaded.
    pub fn observer(&self) -> Option<PathBuf> {
        self.library(OBSERVER.0)
    }

    /// Returns the path of a library, if it can be preloaded.
    fn library(&self, name: &str) -> Option<PathBuf> {
        let library = self.folder.join(name);
        can_be_preloaded(&library).then_some(library)
    }
}

/// Returns the value of `LD_PRELOAD` with these libraries before those that the user has named.
fn preloaded(libraries: impl Iterator<Item = PathBuf>) -> OsString {
    let given = std::env::var_os(PRELOAD).filter(|given| !given.is_empty());
    let all: Vec<OsString> = libraries.map(PathBuf::into_os_string).chain(given).collect();
    all.join(":".as_ref())
}

/// Returns whether libraries at a path can be preloaded: the path must not contain a space or a colon (ld.so(8)).
fn can_be_preloaded(folder: &Path) -> bool {
    !folder.to_string_lossy().contains([' ', ':'])
}

const PRELOAD: &str = "LD_PRELOAD";

/// Returns a name for exactly these files, so that another version of them gets another directory.
fn version() -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, content) in files() {
        hasher.update(name.as_bytes()).update(&[0]).update(content).update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn lay_out_in(folder: &Path) -> io::Result<()> {
    if files().all(|(name, content)| fs::read(folder.join(name)).is_ok_and(|found| found == content)) {
        return Ok(());
    }
    // Another ambidex may do the same at this moment, so each file appears whole.
    for (name, content) in files() {
        let file = folder.join(name);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent)?;
        let mut partial = tempfile::NamedTempFile::new_in(parent)?;
        io::Write::write_all(&mut partial, content)?;
        partial.persist(&file).map_err(|error| error.error)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_package_is_embedded() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/ambidex");
        let entries = fs::read_dir(package).expect("the package is in the repository").flatten();
        let modules = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        for module in modules.filter(|name| name.ends_with(".py")) {
            let embedded = FILES.iter().any(|(name, _)| *name == format!("ambidex/{module}"));
            assert!(embedded, "{module} is not embedded");
        }
    }
}
