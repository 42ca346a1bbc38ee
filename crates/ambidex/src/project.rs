//! Knows where a project's build starts: its folder, its Python, its setup.py.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A project that setuptools builds.
#[derive(Debug)]
pub(crate) struct Project {
    /// Its real folder.
    pub root: PathBuf,
    has_setup_py: bool,
}

impl Project {
    /// Finds the project in a folder.
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
        if pyproject.is_file() {
            let unreadable = |source| Error::Unreadable { path: pyproject.clone(), source };
            let text = std::fs::read_to_string(&pyproject).map_err(unreadable)?;
            if let Err(error) = text.parse::<toml::Table>() {
                let message = error.to_string().trim_end().to_owned();
                return Err(Error::BadPyproject { path: pyproject, message });
            }
        }
        Ok(Self { root, has_setup_py })
    }

    /// The arguments that make a Python run setuptools for this project.
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

/// The Python to use: the one that was named, that of the active virtual environment, the first on the PATH.
pub(crate) fn python(named: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(named) = named {
        // A relative path must hold in the project's folder too; a bare name is looked up on the PATH.
        let is_path = named.components().count() > 1;
        return Ok(if is_path { std::path::absolute(named).unwrap_or(named.to_owned()) } else { named.to_owned() });
    }
    let active = std::env::var_os("VIRTUAL_ENV").map(|env| Path::new(&env).join("bin").join("python"));
    let on_path = ["python3", "python"].into_iter().flat_map(|name| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).collect::<Vec<_>>()
    });
    active.into_iter().chain(on_path).find(|file| file.is_file()).ok_or(Error::NoPython)
}
