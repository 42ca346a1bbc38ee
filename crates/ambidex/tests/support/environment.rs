//! Virtual environments with one version of setuptools and possibly more packages, made once and kept for later runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::interpreter::{Interpreter, any_interpreter, interpreter};
use super::run::run;
use super::{repository, skipped, told};

/// The newest version of setuptools that the tests know.
pub const NEWEST: &str = "84.2.1";

/// A virtual environment with setuptools.
#[derive(Clone, Debug)]
pub struct Environment {
    folder: PathBuf,
    pub name: String,
}

impl Environment {
    /// Returns the environment with this version of setuptools on Python 3.`minor`. Reports a skip and returns `None`
    /// if this machine can't have it.
    pub fn get(minor: u32, setuptools: &str) -> Option<Self> {
        Self::with(minor, setuptools, &[])
    }

    /// Returns such an environment with more packages, named as for pip: `cffi==2.1.1`.
    pub fn with(minor: u32, setuptools: &str, packages: &[String]) -> Option<Self> {
        match interpreter(minor) {
            Some(python) => Self::on(python, setuptools, packages),
            None => {
                skipped(&format!(
                    "Python 3.{minor} with setuptools {setuptools}: no such Python with headers"
                ));
                None
            }
        }
    }

    /// Returns the environment for tests that work with any Python.
    pub fn usual() -> Option<Self> {
        Self::usual_with(&[])
    }

    /// Returns such an environment with more packages, named as for pip: `cffi==2.1.1`.
    pub fn usual_with(packages: &[String]) -> Option<Self> {
        let Some(python) = any_interpreter() else {
            assert!(std::env::var_os("CI").is_none(), "there is no Python with headers to test with");
            skipped("there is no Python with headers to test with");
            return None;
        };
        Self::on(python, NEWEST, packages)
    }

    fn on(python: &Interpreter, setuptools: &str, packages: &[String]) -> Option<Self> {
        let mut name = format!("{}-{setuptools}", python.full_version());
        packages.iter().for_each(|package| name.extend(["+", package]));
        let all = repository().join("target").join("test-environments");
        fs::create_dir_all(&all).expect("the target folder can be written");
        let folder = all.join(&name);
        // An environment can't be moved, so it is made at its own path, by one process at a time.
        let lock = File::create(all.join(format!("{name}.lock"))).expect("the target folder can be written");
        lock.lock().expect("the target folder is on a file system with locks");
        let ready = folder.join("ready");
        if !ready.is_file() {
            told(&format!("creating the environment {name}, which later runs use again"));
            let _ = fs::remove_dir_all(&folder);
            if let Err(problem) = make(python, setuptools, packages, &folder) {
                assert!(std::env::var_os("CI").is_none(), "{name} can't be made: {problem}");
                skipped(&format!("{name} can't be made: {problem}"));
                return None;
            }
            fs::write(&ready, "").expect("the target folder can be written");
        }
        Some(Self { folder, name })
    }

    /// Returns the directory of its programs.
    pub fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Returns the path of its Python.
    pub fn python(&self) -> PathBuf {
        self.programs().join("python")
    }

    /// Returns the directory of its modules.
    pub fn site_packages(&self) -> PathBuf {
        let library = fs::read_dir(self.folder.join("lib")).expect("the environment has a library");
        let mut folders = library.flatten().map(|entry| entry.path().join("site-packages"));
        folders.find(|folder| folder.is_dir()).expect("the environment has modules")
    }

    /// Makes an empty environment with the same Python, without even setuptools.
    pub fn empty(python: &Path, folder: &Path) -> Self {
        let made = run(Command::new(python).args(["-m", "venv", "--without-pip"]).arg(folder));
        assert_eq!(made.code, 0, "{made}");
        Self { folder: folder.to_owned(), name: "empty".to_owned() }
    }
}

fn make(python: &Interpreter, setuptools: &str, packages: &[String], folder: &Path) -> Result<(), String> {
    let made = run(Command::new(&python.exe).args(["-m", "venv"]).arg(folder));
    if made.code != 0 {
        return Err(made.to_string());
    }
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "wheel"]).arg(format!("setuptools=={setuptools}"));
    let installed = run(pip.args(packages));
    if installed.code == 0 { Ok(()) } else { Err(installed.to_string()) }
}
