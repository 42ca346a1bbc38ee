//! The environment of an isolated build, made by uv if it is installed, otherwise by venv and pip.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ambidex_engine::OwnFolder;

use crate::error::Error;
use crate::python::on_path;
use crate::supervise::{self, Task};
use crate::tell;

/// A virtual environment that is removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: OwnFolder,
    /// The uv that installs packages; `None` if pip does.
    uv: Option<PathBuf>,
    /// Whether to print the tools' output.
    verbose: bool,
}

impl Environment {
    /// Makes an empty environment.
    pub fn make(python: &Path, verbose: bool) -> Result<Self, Error> {
        let folder = OwnFolder::new("env-").map_err(Error::Engine)?;
        let mut environment = Self { folder, uv: on_path("uv"), verbose };
        if let Some(uv) = environment.uv.clone() {
            let asked = ["venv", "--quiet", "--no-project", "--python"].map(OsString::from).into_iter();
            let at = [python.as_os_str(), environment.root().as_os_str()].map(OsString::from);
            if environment.run(&uv, asked.chain(at).collect())?.is_ok() {
                return Ok(environment);
            }
            // Newer versions of uv don't support older Pythons.
            environment.uv = None;
        }
        let at = environment.root().into();
        match environment.run(python, vec!["-m".into(), "venv".into(), at])? {
            Ok(()) => Ok(environment),
            Err(log) => Err(Error::Environment { what: "created", log }),
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("env")
    }

    /// Returns the path of the environment's Python.
    pub fn python(&self) -> PathBuf {
        self.root().join("bin").join("python")
    }

    /// Installs the requirements of a project.
    pub fn install(&self, requirements: &[String]) -> Result<(), Error> {
        if requirements.is_empty() {
            return Ok(());
        }
        let python = self.python();
        // Before Python 3.12, venv installs a setuptools of its own, which must not pass for the newest.
        let by_pip = ["-m", "pip", "install", "--disable-pip-version-check", "--upgrade"];
        let (program, mut arguments): (&Path, Vec<OsString>) = match &self.uv {
            Some(uv) => (uv, vec!["pip".into(), "install".into(), "--python".into(), python.clone().into()]),
            None => (&python, by_pip.map(Into::into).into()),
        };
        arguments.push("--".into());
        arguments.extend(requirements.iter().map(OsString::from));
        self.run(program, arguments)?.map_err(|log| Error::Environment { what: "populated", log })
    }

    /// Returns the environment variables that let a process find the environment's programs.
    pub fn variables(&self) -> Vec<(&'static str, OsString)> {
        let mut path = self.root().join("bin").into_os_string();
        if let Some(given) = std::env::var_os("PATH") {
            path.push(":");
            path.push(given);
        }
        vec![("PATH", path), ("VIRTUAL_ENV", self.root().into())]
    }

    /// Runs a tool. If it fails, the inner error is what it printed.
    fn run(&self, program: &Path, arguments: Vec<OsString>) -> Result<Result<(), String>, Error> {
        let log = self.folder.path().join("log");
        let task = Task {
            program: program.into(),
            arguments,
            cwd: Path::new("."),
            environment: Vec::new(),
            log: Some(log.clone()),
            timed: false,
            is_shown: false,
        };
        let (code, interrupted) = supervise::plain(&task)?;
        if interrupted {
            return Err(Error::Interrupted(code));
        }
        let printed = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).trim_end().to_owned();
        if code != 0 {
            return Ok(Err(printed));
        }
        if self.verbose && !printed.is_empty() {
            tell::say(&printed);
        }
        Ok(Ok(()))
    }
}
