//! The programs that take part, their paths, and the versions that are compared.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment::{ambidex, python_with};

/// The packages that the projects need for their builds, and meson-python. The version of the first is printed with the
/// figures.
const PACKAGES: [&str; 7] =
    ["setuptools==84.2.1", "wheel", "cython", "numpy", "setuptools_scm", "meson", "meson-python"];

/// Environment variables of the user that would change the measurements.
const UNWANTED: [&str; 13] = [
    "PYTHONDONTWRITEBYTECODE",
    "AMBIDEX_JOBS",
    "AMBIDEX_CACHE_DIR",
    "AMBIDEX_OFF",
    "AMBIDEX_SOCKET",
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "CCACHE_DIR",
    "MAKEFLAGS",
];

/// The programs that take part.
pub(crate) struct Tools {
    /// The Python of the environment that builds the projects.
    pub python: PathBuf,
    /// The program `ambidex`, built by this run.
    pub ambidex: PathBuf,
    /// The version of ninja, if it is installed.
    ninja: Option<String>,
    /// The version of ccache, if it is installed.
    ccache: Option<String>,
}

impl Tools {
    /// Creates or finds the programs.
    pub fn find() -> Result<Self> {
        let version = |program: &str| {
            let output = Command::new(program).arg("--version").output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            Some(text.lines().next()?.split_whitespace().last()?.to_owned())
        };
        Ok(Self {
            python: python_with("bench", &PACKAGES)?,
            ambidex: ambidex()?,
            ninja: version("ninja"),
            ccache: version("ccache"),
        })
    }

    /// Returns a command whose environment does not depend on who starts the benchmarks.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        UNWANTED.iter().for_each(|name| {
            command.env_remove(name);
        });
        command
    }

    /// Returns a command for the system's `ninja`.
    pub fn ninja(&self) -> Result<Command> {
        self.ninja.as_ref().context("there is no ninja; install it, e.g. `apt install ninja-build`")?;
        Ok(self.command("ninja"))
    }

    /// Fails unless `ccache` is installed.
    pub fn need_ccache(&self) -> Result<()> {
        self.ccache.as_ref().map(drop).context("there is no ccache; install it, e.g. `apt install ccache`")
    }

    /// Describes the machine and the versions behind the figures.
    pub fn machine(&self, rounds: usize) -> Result<String> {
        let info = std::fs::read_to_string("/proc/cpuinfo").context("the processor is not known")?;
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let cores = std::thread::available_parallelism()?;
        let or_none = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
        Ok(format!(
            "{}, {cores} cores; {rounds} rounds; {}, ninja {}, ccache {}.",
            model.map_or("unknown processor", |(_, name)| name),
            PACKAGES[0].replace("==", " "),
            or_none(&self.ninja),
            or_none(&self.ccache)
        ))
    }
}
