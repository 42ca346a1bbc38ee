//! The Pythons on this machine for which extension modules can be built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A Python with headers.
#[derive(Clone, Debug)]
pub struct Interpreter {
    pub exe: PathBuf,
    /// Major, minor, micro.
    pub version: [u32; 3],
}

impl Interpreter {
    pub fn full_version(&self) -> String {
        self.version.map(|number| number.to_string()).join(".")
    }
}

/// Returns the newest Python 3 with this minor version.
pub fn interpreter(minor: u32) -> Option<&'static Interpreter> {
    interpreters().iter().rfind(|python| python.version[1] == minor)
}

/// Returns a Python that the newest setuptools supports: 3.11 if there is one, otherwise the newest.
pub fn any_interpreter() -> Option<&'static Interpreter> {
    interpreter(11).or_else(|| interpreters().last().filter(|python| python.version[1] >= 10))
}

/// Returns all of them, sorted by version.
fn interpreters() -> &'static [Interpreter] {
    static FOUND: OnceLock<Vec<Interpreter>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut found: Vec<Interpreter> = candidates().iter().filter_map(|exe| examine(exe)).collect();
        found.sort_by_key(|python| python.version);
        found
    })
}

/// Returns the Pythons that pyenv has built, the one on the `PATH`, and `/usr/bin/python3`.
fn candidates() -> Vec<PathBuf> {
    let mut candidates = vec![PathBuf::from("/usr/bin/python3"), PathBuf::from("python3")];
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let pyenv = std::env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from);
    for entry in std::fs::read_dir(pyenv.join("versions")).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("3.") {
            candidates.push(entry.path().join("bin").join("python"));
        }
    }
    candidates
}

/// Asks a Python about itself. Returns `None` if it can't be used.
fn examine(exe: &Path) -> Option<Interpreter> {
    const QUESTION: &str = "import sys, sysconfig, ensurepip\n\
        print(*sys.version_info[:3])\n\
        print(sys.executable)\n\
        print(sysconfig.get_paths()['include'])";
    let asked =
        Command::new(exe).args(["-c", QUESTION]).env_remove("PYTHONPATH").stderr(Stdio::null()).output();
    let answer = String::from_utf8(asked.ok()?.stdout).ok()?;
    let mut lines = answer.lines();
    let numbers: Vec<u32> = lines.next()?.split(' ').filter_map(|number| number.parse().ok()).collect();
    let version: [u32; 3] = numbers.try_into().ok()?;
    let exe = PathBuf::from(lines.next()?);
    let headers = Path::new(lines.next()?).join("Python.h");
    let fits = version[0] == 3 && version[1] >= 6 && headers.is_file();
    fits.then_some(Interpreter { exe, version })
}
