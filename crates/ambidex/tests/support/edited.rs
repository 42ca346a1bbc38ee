//! The project that tests edit between builds, and how each build of it is judged: by a clean serial build of the
//! same sources at the same place, and by how many commands had to run.

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

/// What became of the commands of a build. `executed`, `reused` and `cached` are all of the distinct ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub distinct: u64,
    pub executed: u64,
    pub reused: u64,
    pub cached: u64,
}

impl Counts {
    /// Those of a summary.
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
        };
        assert_eq!(counts.executed + counts.reused + counts.cached, counts.distinct, "{summary:#}");
        counts
    }
}

/// A copy of `tests/fixtures/edited`, compiled without debug information, so that a line more changes no object.
///
/// Its commands are eight: five compilations (`one.c`, `two.c`, `three.c`, and `common.c` with and without the macro
/// `LEVEL`), and a link for each of the three modules.
#[derive(Debug)]
pub struct Edited {
    pub workspace: Workspace,
    /// The Python that builds, unless it is that of the workspace.
    pub python: Option<PathBuf>,
}

/// How many commands the project has.
pub const ALL: u64 = 8;

impl Edited {
    /// A copy that was not built yet. None, which is told, where nothing can be built.
    pub fn new() -> Option<Self> {
        let mut workspace = Workspace::new(&fixture("edited"), &Environment::usual()?);
        workspace.variables.push(("CFLAGS".to_owned(), "-O1 -g0".to_owned()));
        Some(Self { workspace, python: None })
    }

    /// A copy that was built, with nothing shared.
    #[track_caller]
    pub fn built() -> Option<Self> {
        let project = Self::new()?;
        project.runs(ALL);
        Some(project)
    }

    /// A copy that was not built yet, with an empty store.
    pub fn with_store() -> Option<Self> {
        let mut project = Self::new()?;
        project.workspace.store = Some(project.workspace.beside("store"));
        Some(project)
    }

    /// The project's folder.
    pub fn root(&self) -> PathBuf {
        self.workspace.root()
    }

    /// Gives a variable to every process from now on.
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

    /// The file of a module, by its name.
    pub fn module(&self, name: &str) -> PathBuf {
        self.root().join(Files::built(&self.root()).named(&format!("{name}.")))
    }

    /// `ambidex build` that writes its summary to [`Self::summary`].
    pub fn ambidex(&self) -> Command {
        let mut command = self.workspace.ambidex(&["build", "-j2", "--summary"]);
        command.arg(self.workspace.beside("summary.json"));
        if let Some(python) = &self.python {
            command.arg("--python").arg(python);
        }
        command
    }

    /// What the last build did.
    #[track_caller]
    pub fn counts(&self) -> Counts {
        Counts::of(&read_json(&self.workspace.beside("summary.json")))
    }

    /// What a clean serial build makes of the sources as they are now. The last build stays as it was.
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

    /// Builds. Fails the test unless that succeeds, and every module is that of the clean build.
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

    /// Builds as [`Self::builds`] does. Fails the test unless so many commands were run and all others were up to date.
    #[track_caller]
    pub fn runs(&self, executed: u64) {
        let (ran, counts) = self.builds();
        assert_eq!((counts.executed, counts.cached), (executed, 0), "{counts:?}\n{ran}");
    }

    /// The same with a store, in which all other commands were found.
    #[track_caller]
    pub fn misses(&self, executed: u64) {
        let (ran, counts) = self.builds();
        assert_eq!((counts.executed, counts.reused), (executed, 0), "{counts:?}\n{ran}");
    }
}

/// All files below a folder, by name.
pub fn all_files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = walk.map(|entry| entry.expect("the folder can be read"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}
