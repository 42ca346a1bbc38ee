//! The small projects below `tests/packages`: what each of them needs, and how its builds are compared.

use std::fs;
use std::path::{Path, PathBuf};

use super::environment::{Environment, NEWEST};
use super::files::{Files, differences};
use super::run::{on_path, run};
use super::workspace::{Workspace, read_json};
use super::{repository, shared_source, skipped};

/// A project with one feature. Its `requirements.txt`, if there is one, names packages as pip does, and in its
/// comments what else there is to know:
///
/// ```text
/// # python: 3.9              the only Python that will do
/// # setuptools: 59.6.0       the only setuptools that will do
/// # program: swig            has to be on the PATH
/// # exit code: 1             how its build ends
/// # not compared: target     files and folders of this name
/// # recorded: nothing        ambidex leaves its commands to Python
/// cffi==2.1.1
/// ```
#[derive(Clone, Debug, Default)]
pub struct Package {
    folder: PathBuf,
    pub name: String,
    /// The minor version of Python 3.
    python: Option<u32>,
    setuptools: Option<String>,
    programs: Vec<String>,
    exit_code: i32,
    not_compared: Vec<String>,
    left_to_python: bool,
    pub requirements: Vec<String>,
}

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Equal,
    /// What differs.
    Wrong(Vec<String>),
    /// Plain setuptools ends in another way than it should. Its last words.
    NotBuilt(String),
}

impl Package {
    /// Every project, by name.
    pub fn all() -> Vec<Self> {
        let entries =
            fs::read_dir(repository().join("tests").join("packages")).expect("the projects are there");
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.retain(|folder| folder.join("setup.py").is_file());
        folders.sort();
        folders.push(shared_source());
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
        let mut package = Self { name, ..Self::default() };
        let text = fs::read_to_string(folder.join("requirements.txt")).unwrap_or_default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let Some(comment) = line.strip_prefix('#') else {
                package.requirements.push(line.to_owned());
                continue;
            };
            let (key, value) = comment.split_once(':').unwrap_or((comment, ""));
            let value = value.trim().to_owned();
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{}: {line}", folder.display()));
            match key.trim() {
                "python" => package.python = value.strip_prefix("3.").map(number),
                "setuptools" => package.setuptools = Some(value),
                "program" => package.programs.push(value),
                "exit code" => package.exit_code = value.parse().expect("an exit code is a number"),
                "not compared" => package.not_compared.push(value),
                "recorded" => package.left_to_python = value == "nothing",
                _ => panic!("{}: {line}", folder.display()),
            }
        }
        package.folder = folder;
        package
    }

    /// Whether it is built with plain setuptools on any Python.
    pub fn needs_nothing(&self) -> bool {
        self.python.is_none() && self.setuptools.is_none() && self.requirements.is_empty()
    }

    /// The one Python (its minor version) and setuptools on which a project with needs is built.
    pub fn place(&self) -> (u32, &str) {
        (self.python.unwrap_or(11), self.setuptools.as_deref().unwrap_or(NEWEST))
    }

    /// The environment at that place. None, which is told, if there can't be one here.
    pub fn environment(&self) -> Option<Environment> {
        let (minor, setuptools) = self.place();
        Environment::with(minor, setuptools, &self.requirements)
    }

    /// Whether all programs that it needs are here. If not, that is told.
    pub fn has_programs(&self) -> bool {
        let absent = self.programs.iter().find(|program| on_path(program).is_none());
        if let Some(program) = absent {
            skipped(&format!("{}: there is no {program}", self.name));
        }
        absent.is_none()
    }

    /// Builds it serially and with ambidex. Whatever ambidex leaves is what the serial build leaves.
    pub fn compare(&self, environment: &Environment, variables: &[(&str, &str)]) -> Verdict {
        let mut workspace = Workspace::new(&self.folder, environment);
        for (name, value) in variables {
            workspace.variables.push(((*name).to_owned(), (*value).to_owned()));
        }
        let ran = run(&mut workspace.python(&["setup.py", "build"]));
        if ran.code != self.exit_code {
            let last = ran.stderr.lines().last().unwrap_or_default();
            return Verdict::NotBuilt(format!("exit code {}: {last}", ran.code));
        }
        let serial = self.files(&workspace);
        let mut wrong = Vec::new();
        for arguments in [&["-j4", "--schedule-seed=7"][..], &["-j1"]] {
            workspace.start_again();
            let summary = workspace.beside("summary.json");
            let ran = run(workspace.ambidex(&["build", "--summary"]).arg(&summary).args(arguments));
            if ran.code != self.exit_code {
                wrong.push(ran.to_string());
                continue;
            }
            let recorded = &read_json(&summary)["commands"]["recorded"];
            if (*recorded == 0) != self.left_to_python {
                wrong.push(format!("ambidex has recorded {recorded} commands"));
            }
            wrong.extend(differences(&serial, &self.files(&workspace)));
        }
        workspace.expect_nothing_left_behind();
        if wrong.is_empty() { Verdict::Equal } else { Verdict::Wrong(wrong) }
    }

    fn files(&self, workspace: &Workspace) -> Files {
        let left_out =
            |path: &Path| self.not_compared.iter().any(|name| path.iter().any(|part| part == name.as_str()));
        Files::below(&workspace.root()).only(|path| !left_out(path))
    }
}
