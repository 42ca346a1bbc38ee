//! The answers of a Python about itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// The program that answers: see its own documentation.
const PROGRAM: &str = include_str!("probe.py");

/// What a Python has for building extension modules.
#[derive(Debug, Deserialize)]
pub(crate) struct Answers {
    pub version: String,
    /// The first two numbers of the version.
    pub minor: (u32, u32),
    pub executable: String,
    pub implementation: String,
    /// The version of setuptools, an error that begins with `!`, or nothing.
    pub setuptools: Option<String>,
    /// Whose distutils is in use: `setuptools` or `library`.
    pub distutils: Option<String>,
    /// As for setuptools.
    pub cython: Option<String>,
    /// The directories in which compilers look for `Python.h`.
    pub includes: Vec<PathBuf>,
    /// The ending of a module's file.
    pub suffix: String,
    /// The compilers, the archiver and the linker, by the names of their variables, as words of a command line.
    pub tools: BTreeMap<String, Vec<String>>,
    /// Whether the library was loaded.
    pub is_preloaded: bool,
}

impl Answers {
    /// Returns the directory with `Python.h`.
    pub fn headers(&self) -> Option<&Path> {
        self.includes.iter().map(PathBuf::as_path).find(|folder| folder.join("Python.h").is_file())
    }
}

/// Asks a Python, with these additional variables. `library` is the file name of a library that may be preloaded.
///
/// # Errors
/// A line that says why there is no answer.
pub(crate) fn ask(python: &Path, library: &str, variables: &[(&str, OsString)]) -> Result<Answers, String> {
    let mut command = Command::new(python);
    command.args(["-c", PROGRAM, library]).envs(variables.iter().cloned());
    command.env_remove("AMBIDEX_SOCKET").env("AMBIDEX_OFF", "1").stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("it can't be started: {error}"))?;
    let answer = String::from_utf8_lossy(&output.stdout);
    let answer = answer.lines().last().and_then(|line| serde_json::from_str(line).ok());
    answer.ok_or_else(|| {
        let printed = String::from_utf8_lossy(&output.stderr);
        let why = printed.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it prints nothing");
        format!("it does not answer ({}): {}", output.status, why.trim())
    })
}
