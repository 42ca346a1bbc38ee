//! The corpus: real projects, built by plain setuptools and by ambidex, and the comparison in `docs/corpus.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::environment::{ambidex, python_with, root, sdist};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    defaults: Defaults,
    project: Vec<Project>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    setuptools: String,
}

/// A project in `corpus/projects.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Project {
    name: String,
    version: String,
    setuptools: Option<String>,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    remark: String,
}

/// One row of the table.
#[derive(Default)]
struct Row {
    files: u64,
    recorded: u64,
    distinct: u64,
    hazards: u64,
    ratio: f64,
    imported: String,
    verdict: String,
}

/// Builds the named projects, or all if none is named, and writes their rows into `docs/corpus.md`.
pub(crate) fn build(names: &[String], jobs: u32) -> Result<()> {
    let corpus = read()?;
    let program = ambidex()?;
    let file = root().join("docs").join("corpus.md");
    let mut rows = known_rows(&std::fs::read_to_string(&file).unwrap_or_default());
    let mut unequal = Vec::new();
    for project in &corpus.project {
        if !names.is_empty() && !names.contains(&project.name) {
            continue;
        }
        let row = project.compare(&program, &corpus.defaults.setuptools, jobs).unwrap_or_else(|error| Row {
            verdict: format!("not built: {error:#}").replace('\n', " "),
            ..Row::default()
        });
        if row.verdict != "equal" {
            unequal.push(format!("{}: {}", project.name, row.verdict));
        }
        let line = format!(
            "| {} {} | {} | {} | {} | {} | {} | {} | {:.2} | {} |",
            project.name,
            project.version,
            row.files,
            row.recorded,
            row.distinct,
            row.hazards,
            row.verdict,
            row.imported,
            row.ratio,
            project.remark
        );
        println!("{line}");
        rows.insert(format!("{} {}", project.name, project.version), line);
        // After each project, since the whole corpus takes a long time.
        let mut table = String::from(HEAD);
        for project in &corpus.project {
            if let Some(row) = rows.get(&format!("{} {}", project.name, project.version)) {
                writeln!(table, "{row}")?;
            }
        }
        std::fs::write(&file, table)?;
    }
    anyhow::ensure!(unequal.is_empty(), "not equal: {}", unequal.join("; "));
    Ok(())
}

const HEAD: &str = "# Corpus\n
Written by `cargo xtask corpus`: each project's sdist, unmodified, on Python 3.11, built by `setup.py build` and by
ambidex with two jobs, at one path; every file that the builds leave is compared, objects included.

- files: how many are equal. commands, distinct: what was recorded, and without repetitions.
- hazards: paths that more than one extension writes, which `setup.py build -j` may get wrong.
- imported: how many of the built modules could be imported. The others need packages that are not installed in the
  environment.
- time: the wall time of the whole ambidex build, divided by that of the serial build.

| project | files | commands | distinct | hazards | result | imported | time | remark |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

/// Returns the rows of an earlier run, by project and version.
fn known_rows(text: &str) -> BTreeMap<String, String> {
    let row = |line: &str| Some((line.strip_prefix("| ")?.split(" | ").next()?.to_owned(), line.to_owned()));
    text.lines().filter_map(row).collect()
}

/// The directory and the environment in which a project is built.
pub(crate) struct Place {
    pub name: String,
    pub version: String,
    /// The unpacked sdist.
    pub folder: PathBuf,
    /// The Python of an environment that has everything that the build needs.
    pub python: PathBuf,
    /// The packages in the environment.
    pub packages: Vec<String>,
    /// The environment variables that the build needs.
    pub environment: BTreeMap<String, String>,
}

/// Returns the place of the project with this name. Fetches whatever is missing.
pub(crate) fn place(name: &str) -> Result<Place> {
    let corpus = read()?;
    let known = corpus.project.iter().find(|project| project.name == name);
    known
        .with_context(|| format!("{name} is not in corpus/projects.toml"))?
        .place(&corpus.defaults.setuptools)
}

fn read() -> Result<Corpus> {
    let text = std::fs::read_to_string(root().join("corpus").join("projects.toml"))?;
    toml::from_str(&text).context("corpus/projects.toml")
}

impl Project {
    fn place(&self, setuptools: &str) -> Result<Place> {
        let setuptools = format!("setuptools=={}", self.setuptools.as_deref().unwrap_or(setuptools));
        let plain = python_with("corpus-fetch", &["pip", "wheel", "setuptools"])?;
        let folder = sdist(&plain, &self.name, &self.version)?;
        let mut packages = vec![setuptools, "wheel".to_owned()];
        packages.extend(build_requires(&folder)?);
        packages.extend(self.requires.iter().cloned());
        let names: Vec<&str> = packages.iter().map(String::as_str).collect();
        let python = python_with(&format!("corpus-{}-{}", self.name, self.version), &names)?;
        let (name, version) = (self.name.clone(), self.version.clone());
        Ok(Place { name, version, folder, python, packages, environment: self.environment.clone() })
    }

    fn compare(&self, program: &Path, setuptools: &str, jobs: u32) -> Result<Row> {
        let Place { folder, python, .. } = self.place(setuptools)?;
        let summary = root().join("target").join("xtask").join(format!("verify-{}.json", self.name));
        let _ = std::fs::remove_file(&summary);
        let output = Command::new(program)
            .args(["verify", &format!("-j{jobs}"), "--summary"])
            .arg(&summary)
            .arg("--python")
            .arg(&python)
            .arg(&folder)
            .envs(&self.environment)
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        let told = told.lines().rfind(|line| line.starts_with("error:")).unwrap_or("see the log").to_owned();
        let text = std::fs::read_to_string(&summary).map_err(|_| anyhow::anyhow!(told))?;
        let summary: Value = serde_json::from_str(&text)?;
        let mut row = row(&summary);
        row.hazards = self.hazards(program, &python, &folder)?;
        row.imported = self.import(program, &python, &folder)?;
        Ok(row)
    }

    /// Returns how many paths would race, according to `ambidex check`.
    fn hazards(&self, program: &Path, python: &Path, folder: &Path) -> Result<u64> {
        let output = Command::new(program)
            .args(["check", "--format", "json", "--python"])
            .arg(python)
            .arg(folder)
            .envs(&self.environment)
            .output()?;
        let found: Value = serde_json::from_slice(&output.stdout).context("ambidex check failed")?;
        Ok(found["hazards"].as_array().map_or(0, Vec::len) as u64)
    }

    /// Builds once more in the directory itself, and imports every module that the build made.
    fn import(&self, program: &Path, python: &Path, folder: &Path) -> Result<String> {
        let status = Command::new(program)
            .args(["build", "--quiet", "--python"])
            .arg(python)
            .arg(folder)
            .envs(&self.environment)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()?;
        anyhow::ensure!(status.success(), "the build to import from failed");
        let output = Command::new(python).arg("-c").arg(IMPORT).current_dir(folder).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// Python code that imports each extension module below `build/lib*` in a separate process.
const IMPORT: &str = r#"
import glob, os, subprocess, sys, sysconfig
suffix = sysconfig.get_config_var("EXT_SUFFIX")
good = total = 0
# Some projects call `build` otherwise.
for lib in glob.glob("build/lib*") or glob.glob("*/lib*"):
    for folder, _, files in os.walk(lib):
        for file in sorted(files):
            if not file.endswith(".so"):
                continue
            name = os.path.relpath(os.path.join(folder, file), lib).split(".")[0].replace(os.sep, ".")
            total += 1
            code = "import sys; sys.path.insert(0, sys.argv[1]); import importlib; importlib.import_module(sys.argv[2])"
            run = subprocess.run([sys.executable, "-c", code, lib, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            good += run.returncode == 0
print("%d of %d" % (good, total))
"#;

/// Returns the requirements in a project's pyproject.toml, except setuptools, whose version the corpus chooses.
fn build_requires(folder: &Path) -> Result<Vec<String>> {
    let file: PathBuf = folder.join("pyproject.toml");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(Vec::new()) };
    let table: toml::Table = text.parse().with_context(|| file.display().to_string())?;
    let requires = table.get("build-system").and_then(|b| b.get("requires")).and_then(|r| r.as_array());
    let names = requires.into_iter().flatten().filter_map(|r| r.as_str());
    let is_setuptools = |r: &&str| {
        let name: String = r.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
        name == "setuptools"
    };
    Ok(names.filter(|r| !is_setuptools(r)).map(str::to_owned).collect())
}

fn row(summary: &Value) -> Row {
    let number = |pointer: &str| summary.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let seconds = |pointer: &str| summary.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    let count = |key: &str| summary[key].as_object().map_or(0, serde_json::Map::len);
    let verdict = match (count("differing"), count("unsteady")) {
        (0, 0) => "equal".to_owned(),
        (0, n) => format!("{n} not reproducible by the serial build either"),
        (n, _) => format!("{n} differ"),
    };
    Row {
        files: number("/equal"),
        recorded: number("/report/commands/recorded"),
        distinct: number("/report/commands/distinct"),
        hazards: 0,
        ratio: seconds("/report/wall_s") / seconds("/serial_s").max(0.001),
        imported: String::new(),
        verdict,
    }
}
