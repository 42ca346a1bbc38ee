//! The small projects below `tests/packages`: the needs of each, and how its builds are compared.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::environment::{Environment, NEWEST};
use super::files::{Files, differences};
use super::run::{on_path, run};
use super::workspace::{Workspace, read_json};
use super::{repository, shared_source};

/// A project with one feature. Its `package.toml`, if it has one, says what is special about it.
#[derive(Clone, Debug, Default)]
pub struct Package {
    folder: PathBuf,
    pub name: String,
    settings: Settings,
}

/// The contents of `package.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Settings {
    /// The only Python that works: `3.9`.
    python: Option<String>,
    /// The only setuptools that works.
    setuptools: Option<String>,
    /// Packages, named as for pip.
    requirements: Vec<String>,
    /// Programs that must be on the `PATH`.
    programs: Vec<String>,
    /// The exit code of its build.
    exit_code: i32,
    /// The names of files and directories that are not compared.
    not_compared: Vec<String>,
    /// Whether ambidex leaves all its commands to Python.
    left_to_python: bool,
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Equal,
    /// The differences.
    Wrong(Vec<String>),
    /// Plain setuptools ends in another way than it should, which the text describes.
    NotBuilt(String),
}

impl Package {
    /// Returns every project, sorted by name.
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
        let file = folder.join("package.toml");
        let text =
            if file.exists() { fs::read_to_string(&file).expect("it can be read") } else { String::new() };
        let settings = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { folder, name, settings }
    }

    /// Returns whether it is built with plain setuptools on any Python.
    pub fn needs_nothing(&self) -> bool {
        let Settings { python, setuptools, requirements, .. } = &self.settings;
        python.is_none() && setuptools.is_none() && requirements.is_empty()
    }

    /// Returns the packages that it needs.
    pub fn requirements(&self) -> &[String] {
        &self.settings.requirements
    }

    /// Returns the one Python (its minor version) and the one setuptools with which a project with needs is built.
    pub fn place(&self) -> (u32, &str) {
        let minor = self.settings.python.as_ref().map(|python| {
            let minor = python.strip_prefix("3.").and_then(|minor| minor.parse().ok());
            minor.unwrap_or_else(|| panic!("{}: `{python}` is no version of Python 3", self.name))
        });
        (minor.unwrap_or(11), self.settings.setuptools.as_deref().unwrap_or(NEWEST))
    }

    /// Returns the environment at that place. Reports a skip and returns `None` if this machine can't have it.
    pub fn environment(&self) -> Option<Environment> {
        let (minor, setuptools) = self.place();
        Environment::with(minor, setuptools, self.requirements())
    }

    /// Returns a program that it needs and that is not on the `PATH`.
    pub fn lacks(&self) -> Option<&str> {
        self.settings.programs.iter().map(String::as_str).find(|program| on_path(program).is_none())
    }

    /// Builds it serially and with ambidex, and compares all files that the builds leave.
    pub fn compare(&self, environment: &Environment, variables: &[(&str, &str)]) -> Verdict {
        let mut workspace = Workspace::new(&self.folder, environment);
        for (name, value) in variables {
            workspace.variables.push(((*name).to_owned(), (*value).to_owned()));
        }
        let ran = run(&mut workspace.python(&["setup.py", "build"]));
        if ran.code != self.settings.exit_code {
            let last = ran.stderr.lines().last().unwrap_or_default();
            return Verdict::NotBuilt(format!("exit code {}: {last}", ran.code));
        }
        let serial = self.files(&workspace);
        let mut wrong = Vec::new();
        for arguments in [&["-j4", "--schedule-seed=7"][..], &["-j1"]] {
            workspace.start_again();
            let summary = workspace.beside("summary.json");
            let ran = run(workspace.ambidex(&["build", "--summary"]).arg(&summary).args(arguments));
            if ran.code != self.settings.exit_code {
                wrong.push(ran.to_string());
                continue;
            }
            let recorded = &read_json(&summary)["commands"]["recorded"];
            if (*recorded == 0) != self.settings.left_to_python {
                wrong.push(format!("ambidex has recorded {recorded} commands"));
            }
            wrong.extend(differences(&serial, &self.files(&workspace)));
        }
        workspace.expect_nothing_left_behind();
        if wrong.is_empty() { Verdict::Equal } else { Verdict::Wrong(wrong) }
    }

    fn files(&self, workspace: &Workspace) -> Files {
        let left_out = |path: &Path| {
            self.settings.not_compared.iter().any(|name| path.iter().any(|part| part == name.as_str()))
        };
        Files::below(&workspace.root()).only(|path| !left_out(path))
    }
}
