//! Runs Pythons with the library.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::compile::compile;
use crate::engine::Engine;

/// The beginning of all scripts: the part of ambidex's own Python that talks to the library.
const BEGIN: &str = r#"
import os, socket, struct, sys, time
def ask(text):
    try:
        return os.readlink(b"/proc/ambidex/" + text.encode()).decode()
    except OSError as error:
        return "error %d" % error.errno
def frame(payload):
    A.sendall(struct.pack(">I", len(payload)) + payload)
def begin():
    global A
    A = socket.socket(socket.AF_UNIX)
    A.connect(os.environ["AMBIDEX_SOCKET"])
    frame(b"hello")
    assert ask("session %d 7" % A.fileno()) == "ok"
def record():
    assert ask("sends record") == "ok"
    frame(b"record")
    ask("replied")
def say(text):
    os.write(1, text.encode() + b"\n")
"#;

/// Returns the library, which is compiled once.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("preload-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        compile(&rustc, None, &crates, "ambidex-preload", &folder)
    })
}

/// Returns the `python3` of this machine. If there is none, the test is skipped.
pub(crate) fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| {
        // The given one may be a script that looks for a Python.
        let given = std::env::var_os("AMBIDEX_TEST_PYTHON").unwrap_or("python3".into());
        let output = Command::new(given).args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    });
    if found.is_none() {
        eprintln!("skipped: there is no python3");
    }
    found.as_deref()
}

/// Returns a command that runs a script with the library.
pub(crate) fn command(python: &Path, engine: &Engine, folder: &Path, script: &str) -> Command {
    let mut command = Command::new(python);
    command.args(["-B", "-c", &format!("{BEGIN}{script}")]).current_dir(folder);
    command.env("AMBIDEX_SOCKET", engine.socket()).env("LD_PRELOAD", library());
    command.env("PYTHONPATH", library().parent().unwrap()).env_remove("PYTHONDONTWRITEBYTECODE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for a process, but not forever.
pub(crate) fn finish(mut child: Child) -> Output {
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("the script does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

/// Runs a script to its end, and fails the test unless it succeeds. All that it sent was read then. Returns what the
/// script printed itself.
pub(crate) fn run(python: &Path, engine: &Engine, folder: &Path, script: &str) -> String {
    let output = finish(command(python, engine, folder, script).spawn().unwrap());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{:?}: {error}\n{script}\n{:?}", output.status, engine.seen());
    engine.drain();
    String::from_utf8(output.stdout).unwrap()
}

/// Returns all Pythons that pyenv has here, and the usual one.
pub(crate) fn pythons() -> Vec<PathBuf> {
    let home = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".pyenv")));
    let versions =
        home.and_then(|home| home.join("versions").read_dir().ok()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("3."))
        .map(|entry| entry.path().join("bin/python3"))
        .filter(|path| path.exists())
        .collect();
    found.extend(python().map(Path::to_owned));
    found.sort();
    found.dedup();
    found
}
