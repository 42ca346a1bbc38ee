//! The project that tests edit between builds, and the checks of each build: a clean serial build of the same sources
//! at the same path must give the same modules, and only the expected number of commands may run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;

use super::environment::Environment;
use super::files::{Files, differences};
use super::fixture;
use super::run::{Ran, run};
use super::workspace::{Workspace, read_json};

/// The commands of a build, by outcome. `executed`, `reused`, `cached` and `remote` add up to `distinct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub distinct: u64,
    pub executed: u64,
    pub reused: u64,
    pub cached: u64,
    pub remote: u64,
}

impl Counts {
    /// Reads the counts of a summary.
    #[track_caller]
    pub fn of(summary: &Value) -> Self {
        let count = |name: &str| {
            summary["commands"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {summary:#}"))
        };
        let counts = Self {
            distinct: count("distinct"),
            executed: count("executed"),
            reused: count("reused"),
            cached: count("cached"),
            remote: count("remote"),
        };
        let total = counts.executed + counts.reused + counts.cached + counts.remote;
        assert_eq!(total, counts.distinct, "{summary:#}");
        counts
    }
}

/// A copy of `tests/fixtures/edited`, compiled without debug information, so that an additional line changes no object.
///
/// It has eight commands: five compilations (`one.c`, `two.c`, `three.c`, and `common.c` with and without the macro
/// `LEVEL`), and a link for each of the three modules.
#[derive(Debug)]
pub struct Edited {
    pub workspace: Workspace,
    /// The Python that builds, if it is not the workspace's.
    pub python: Option<PathBuf>,
}

/// The number of commands of the project.
pub const ALL: u64 = 8;

impl Edited {
    /// Makes a copy that is not built yet. Reports a skip and returns `None` where nothing can be built.
    pub fn new() -> Option<Self> {
        let mut workspace = Workspace::new(&fixture("edited"), &Environment::usual()?);
        workspace.variables.push(("CFLAGS".to_owned(), "-O1 -g0".to_owned()));
        Some(Self { workspace, python: None })
    }

    /// Makes a copy and builds it, with nothing shared.
    #[track_caller]
    pub fn built() -> Option<Self> {
        let project = Self::new()?;
        project.runs(ALL);
        Some(project)
    }

    /// Makes a copy that is not built yet, with an empty store.
    pub fn with_store() -> Option<Self> {
        let mut project = Self::new()?;
        project.workspace.store = Some(project.workspace.beside("store"));
        Some(project)
    }

    /// Returns the project's directory.
    pub fn root(&self) -> PathBuf {
        self.workspace.root()
    }

    /// Sets a variable for every process from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.workspace.variables.retain(|(known, _)| known != name);
        self.workspace.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn write(&self, name: &str, text: &str) {
        let file = self.root().join(name);
        fs::create_dir_all(file.parent().expect("it is in the project")).expect("the copy can be written");
        fs::write(file, text).expect("the copy can be written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    pub fn append(&self, name: &str, text: &str) {
        self.write(name, &(self.read(name) + text));
    }

    #[track_caller]
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "no {from:?} in {name}:\n{text}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Sets the modification time of a file.
    pub fn touch(&self, name: &str, time: SystemTime) {
        let file = fs::File::options().append(true).open(self.root().join(name)).expect("it is there");
        file.set_modified(time).expect("it is our file");
    }

    pub fn modified(&self, name: &str) -> SystemTime {
        fs::metadata(self.root().join(name)).and_then(|data| data.modified()).expect("it is there")
    }

    /// Returns the file of the module with this name.
    pub fn module(&self, name: &str) -> PathBuf {
        self.root().join(Files::built(&self.root()).named(&format!("{name}.")))
    }

    /// Returns an `ambidex build` command that writes its summary to the file that [`Self::counts`] reads.
    pub fn ambidex(&self) -> Command {
        let mut command = self.workspace.ambidex(&["build", "-j2", "--summary"]);
        command.arg(self.workspace.beside("summary.json"));
        if let Some(python) = &self.python {
            command.arg("--python").arg(python);
        }
        command
    }

    /// Returns the counts of the last build.
    #[track_caller]
    pub fn counts(&self) -> Counts {
        Counts::of(&read_json(&self.workspace.beside("summary.json")))
    }

    /// Returns the files that a clean serial build makes from the sources as they are now. The last build stays as it
    /// was.
    #[track_caller]
    pub fn clean(&self) -> Files {
        let (build, aside) = (self.root().join("build"), self.workspace.beside("aside"));
        let was_built = fs::rename(&build, &aside).is_ok();
        let mut serial = match &self.python {
            Some(python) => self.workspace.command(python),
            None => self.workspace.python(&[]),
        };
        run(serial.args(["setup.py", "build"])).expect(0);
        let clean = Files::built(&self.root());
        fs::remove_dir_all(&build).expect("it is ours");
        if was_built {
            fs::rename(aside, build).expect("it came from there");
        }
        clean
    }

    /// Builds. Fails the test unless the build succeeds and every module is that of the clean build.
    #[track_caller]
    pub fn builds(&self) -> (Ran, Counts) {
        let ran = run(&mut self.ambidex()).expect(0);
        self.expect_right(&ran);
        let counts = self.counts();
        (ran, counts)
    }

    /// Fails the test unless every module is that of the clean build.
    #[track_caller]
    pub fn expect_right(&self, ran: &Ran) {
        let differing = differences(&self.clean(), &Files::built(&self.root()));
        assert!(differing.is_empty(), "{differing:#?}\n{ran}");
    }

    /// Builds as [`Self::builds`] does. Fails the test unless exactly this many commands ran and all others were up to
    /// date.
    #[track_caller]
    pub fn runs(&self, executed: u64) {
        let (ran, counts) = self.builds();
        assert_eq!((counts.executed, counts.cached), (executed, 0), "{counts:?}\n{ran}");
    }

    /// Builds as [`Self::builds`] does, with a store. Fails the test unless exactly this many commands ran and the
    /// store had all others.
    #[track_caller]
    pub fn misses(&self, executed: u64) {
        let (ran, counts) = self.builds();
        assert_eq!((counts.executed, counts.reused), (executed, 0), "{counts:?}\n{ran}");
    }
}

/// Returns all files below a directory, sorted by name.
pub fn all_files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = walk.map(|entry| entry.expect("the folder can be read"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}
