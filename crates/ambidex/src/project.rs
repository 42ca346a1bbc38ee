//! The starting point of a project's build: its directory, its Python and its setup.py.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::python;
use crate::settings::Settings;

/// A project that setuptools builds.
#[derive(Debug)]
pub(crate) struct Project {
    /// The project directory, with symbolic links resolved.
    pub root: PathBuf,
    /// The parsed `pyproject.toml`, if there is one.
    pub pyproject: Option<toml::Table>,
    /// The settings for ambidex in `pyproject.toml`.
    pub settings: Settings,
    pub has_setup_py: bool,
}

impl Project {
    /// Finds the project in a directory.
    pub fn find(dir: &Path) -> Result<Self, Error> {
        let root = dir.canonicalize().map_err(|_| Error::NoFolder(dir.to_owned()))?;
        if !root.is_dir() {
            return Err(Error::NoFolder(dir.to_owned()));
        }
        let has_setup_py = root.join("setup.py").is_file();
        let pyproject = root.join("pyproject.toml");
        if !has_setup_py && !pyproject.is_file() {
            return Err(Error::NoProject(dir.to_owned()));
        }
        let pyproject = if pyproject.is_file() { Some(parse(pyproject)?) } else { None };
        let settings = match &pyproject {
            Some(table) => Settings::read(&root, table)?,
            None => Settings::default(),
        };
        Ok(Self { root, pyproject, settings, has_setup_py })
    }

    /// Returns the Python to use: the named one, otherwise the project's, otherwise the usual one.
    pub fn python(&self, named: Option<&Path>) -> Result<PathBuf, Error> {
        python::find(named.or(self.settings.python.as_deref()))
    }

    /// Returns the environment variables for a process that runs the project's setup.py.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![("AMBIDEX_ENTRY", "setup".into())]
    }

    /// Returns the arguments that make a Python run setuptools for this project.
    pub fn arguments(&self, inplace: bool, more: &[String]) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = if self.has_setup_py {
            vec!["setup.py".into()]
        } else {
            vec!["-c".into(), "import setuptools; setuptools.setup()".into()]
        };
        if inplace {
            arguments.extend(["build_ext".into(), "--inplace".into()]);
        } else {
            arguments.push("build".into());
        }
        arguments.extend(more.iter().map(OsString::from));
        arguments
    }
}

fn parse(path: PathBuf) -> Result<toml::Table, Error> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::Unreadable { path, source }),
    };
    let parsed = text.parse::<toml::Table>();
    parsed.map_err(|error| Error::BadPyproject { path, message: error.to_string().trim_end().to_owned() })
}
