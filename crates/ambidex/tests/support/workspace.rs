//! A copy of a project, in which several kinds of builds run at the same path.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::environment::Environment;
use super::run::{Ran, run};

/// Environment variables that change what is built, or how.
const SCRUBBED: [&str; 27] = [
    "CC",
    "CXX",
    "AR",
    "ARFLAGS",
    "CFLAGS",
    "CPPFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "LDSHARED",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "AMBIDEX_CACHE_READ_DIR",
    "AMBIDEX_JOBS",
    "AMBIDEX_PYTHON",
    "AMBIDEX_REMOTE",
    "AMBIDEX_REMOTE_CREDENTIAL_HELPER",
    "AMBIDEX_REMOTE_READ_ONLY",
    "AMBIDEX_REMOTE_TIMEOUT",
    "AMBIDEX_REMOTE_TOKEN_FILE",
    "AMBIDEX_SOCKET",
    "GITHUB_WORKSPACE",
    "SETUPTOOLS_USE_DISTUTILS",
];

/// A copy of a project with its own temporary files and cache. Compilers put paths into their outputs, so builds that
/// are compared use the same copy one after the other.
#[derive(Debug)]
pub struct Workspace {
    original: PathBuf,
    folder: TempDir,
    /// The name of the copy.
    name: String,
    programs: PathBuf,
    python: PathBuf,
    /// More variables for every process.
    pub variables: Vec<(String, String)>,
    /// The store that builds share. Without one, each build has only the state in its tree.
    pub store: Option<PathBuf>,
}

impl Workspace {
    /// Copies a project.
    pub fn new(original: &Path, environment: &Environment) -> Self {
        let workspace = Self {
            original: original.to_owned(),
            folder: tempfile::Builder::new()
                .prefix("project-")
                .tempdir()
                .expect("there is a temporary folder"),
            name: "project".to_owned(),
            programs: environment.programs(),
            python: environment.python(),
            variables: Vec::new(),
            store: None,
        };
        workspace.start_again();
        workspace
    }

    /// Forgets every build: copies the project again, and empties the cache.
    pub fn start_again(&self) {
        let _ = fs::remove_dir_all(self.cache());
        fs::create_dir(self.cache()).expect("a temporary folder can be written");
        self.copy_again();
    }

    /// Copies the project again to the same path, and keeps what is elsewhere, such as a store.
    pub fn copy_again(&self) {
        for folder in [self.root(), self.temporary()] {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).expect("a temporary folder can be written");
        }
        copy(&self.original, &self.root());
    }

    /// Returns the directory of the copy.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Gives the copy's directory another name.
    pub fn rename(&mut self, name: &str) {
        let before = self.root();
        name.clone_into(&mut self.name);
        fs::rename(before, self.root()).expect("a temporary folder can be written");
    }

    /// Returns the directory for the temporary files of everything that runs here. No process of another test has its
    /// name.
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// Returns the directory for files that programs keep for later runs, which is never the user's own.
    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Returns a path beside the project that tests can use.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a directory first on the `PATH`.
    pub fn put_first_on_path(&mut self, folder: &Path) {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{path}", folder.display(), self.programs.display());
        self.variables.push(("PATH".to_owned(), path));
    }

    /// Returns a command that runs in the project.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        SCRUBBED.iter().for_each(|name| {
            command.env_remove(name);
        });
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.root())
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env("TMPDIR", self.temporary())
            .env("XDG_CACHE_HOME", self.cache())
            .env("PIP_CACHE_DIR", cache_of_pip())
            .env("AMBIDEX_CACHE_DIR", self.store.as_deref().unwrap_or(Path::new("")))
            .env("PYTHONHASHSEED", "0")
            .env("SOURCE_DATE_EPOCH", "1600000000")
            .env("LC_ALL", "C")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Returns an `ambidex` command with these arguments.
    pub fn ambidex(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ambidex"));
        command.args(arguments);
        command
    }

    /// Runs `ambidex build` with these arguments. Fails the test unless the exit code is 0.
    #[track_caller]
    pub fn build(&self, arguments: &[&str]) -> Ran {
        run(self.ambidex(&["build"]).args(arguments)).expect(0)
    }

    /// Builds in the same way, and returns the contents of the `--summary` file.
    #[track_caller]
    pub fn build_with_summary(&self, arguments: &[&str]) -> Value {
        let file = self.beside("summary.json");
        run(self.ambidex(&["build", "--summary"]).arg(&file).args(arguments)).expect(0);
        read_json(&file)
    }

    /// Returns a Python command with these arguments.
    pub fn python(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.python);
        command.args(arguments);
        command
    }

    /// Builds without ambidex. Fails the test unless the build succeeds.
    #[track_caller]
    pub fn build_serially(&self) -> Ran {
        run(&mut self.python(&["setup.py", "build"])).expect(0)
    }

    /// Fails the test if a build has left temporary or partial files.
    #[track_caller]
    pub fn expect_nothing_left_behind(&self) {
        let left: Vec<PathBuf> = fs::read_dir(self.temporary())
            .expect("it was made")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        assert!(left.is_empty(), "temporary files are left: {left:#?}");
        let partial = |entry: &walkdir::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.contains(".ambidex-") || name.ends_with(".tmp")
        };
        let left: Vec<PathBuf> = WalkDir::new(self.root())
            .into_iter()
            .flatten()
            .filter(partial)
            .map(walkdir::DirEntry::into_path)
            .collect();
        assert!(left.is_empty(), "partial files are left: {left:#?}");
    }
}

/// Returns the directory where pip keeps what it has fetched. This is not part of any test, and fetching it again takes
/// long.
fn cache_of_pip() -> PathBuf {
    let given = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = given("XDG_CACHE_HOME").or_else(|| given("HOME").map(|home| home.join(".cache")));
    given("PIP_CACHE_DIR").unwrap_or_else(|| caches.unwrap_or_default().join("pip"))
}

/// Reads a JSON file.
pub fn read_json(file: &Path) -> Value {
    let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Copies a project without the outputs of builds. Every copy of a file has the same modification time.
fn copy(from: &Path, to: &Path) {
    let left_out = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0 && (name == "build" || name == "__pycache__" || name.ends_with(".egg-info"))
    };
    for entry in WalkDir::new(from).into_iter().filter_entry(|entry| !left_out(entry)) {
        let entry = entry.expect("the project can be read");
        let target = to.join(entry.path().strip_prefix(from).expect("it is below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).expect("a temporary folder can be written");
        } else {
            fs::copy(entry.path(), &target).expect("a temporary folder can be written");
            let modified = entry.metadata().expect("it is there").modified().expect("files have times");
            let file = fs::File::options().append(true).open(&target).expect("the copy can be written");
            file.set_modified(modified).expect("it is our file");
        }
    }
}
