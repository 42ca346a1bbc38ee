//! Builds on a simulated machine with many jobs: compilers and translations sleep for as long as the real ones
//! needed a processor.
//!
//! A machine with two processors can't run sixteen compilers at once, but it can run sixteen that sleep. Everything
//! else is real: Python, what `setup.py` does, the engine. So the build takes as long as it would if each job had a
//! processor of its own, and can be compared with the least time that its commands need.

mod records;
mod translator;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use self::records::Records;
use self::translator::Translator;
use super::contest::{in_a_cell, median};
use super::site::{copy, remove};
use super::spent::spend;
use super::tools::Tools;
use crate::environment::{python_with, root, sdist};

/// The number of jobs of the simulated machine.
const JOBS: usize = 16;

/// A project to build.
pub(crate) struct Subject {
    pub name: &'static str,
    version: &'static str,
    /// What its build needs.
    packages: &'static [&'static str],
    /// Environment variables for its build.
    environment: &'static [(&'static str, &'static str)],
}

/// All projects.
pub(crate) const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "pplpy",
        version: "0.8.10",
        packages: &["setuptools==84.2.1", "wheel", "cython", "cysignals", "gmpy2"],
        environment: &[],
    },
    Subject {
        name: "pygsti",
        version: "0.10.2",
        packages: &["setuptools==84.2.1", "wheel", "cython", "numpy", "setuptools_scm"],
        // Otherwise it compiles in threads of its own, whose commands ambidex leaves to Python.
        environment: &[("BUILD_JOBS", "1")],
    },
    Subject {
        name: "cytoolz",
        version: "1.2.0",
        packages: &["setuptools==84.2.1", "wheel", "cython", "setuptools-git-versioning"],
        environment: &[],
    },
];

impl Subject {
    /// Returns the name of its case.
    pub fn case(&self) -> String {
        format!("simulated/{}", self.name)
    }
}

/// What is known of the commands before the measured build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// There was no earlier build.
    Nothing,
    /// An earlier build has left its state but none of its outputs.
    Known,
}

/// One measured build.
struct Sample {
    wall: f64,
    /// The least time that its commands need with this number of jobs.
    bound: f64,
    /// The time before the first command, and the time after the last one.
    around: (f64, f64),
    commands: u64,
    translations: u64,
}

/// One row of the table, or the reason why it has no figures.
struct Row {
    start: Start,
    outcome: Result<Vec<Sample>, String>,
}

/// Records the commands of a project, measures simulated builds of it, and returns the table.
pub(crate) fn measure(tools: &Tools, subject: &Subject, rounds: usize) -> Result<String> {
    let machine = Machine::make(tools, subject)?;
    let mut rows = [Start::Nothing, Start::Known].map(|start| Row { start, outcome: Ok(Vec::new()) });
    // The first round warms the caches of files and byte code.
    for round in 0..=rounds {
        for row in &mut rows {
            let Ok(samples) = &mut row.outcome else { continue };
            match machine.build(row.start) {
                Ok(sample) if round > 0 => samples.push(sample),
                Ok(_) => {}
                Err(error) => row.outcome = Err(format!("{error:#}")),
            }
        }
        eprintln!("{}: round {round} of {rounds}", subject.case());
    }
    Ok(table(&machine, &rows))
}

/// The arguments that make `chrt` give a program the lowest of the real-time priorities. The measured build hardly needs
/// a processor, and what else runs on this machine must not keep it from one.
const URGENT: [&str; 2] = ["-r", "1"];

/// A simulated machine that can build one project.
struct Machine<'a> {
    tools: &'a Tools,
    subject: &'a Subject,
    python: PathBuf,
    cython: String,
    pristine: PathBuf,
    folder: PathBuf,
    /// The directory of the stand-ins for compilers.
    programs: PathBuf,
    /// Whether this user may give the measured build a real-time priority.
    is_urgent: bool,
    /// The total time of all commands and translations when they really ran, in seconds.
    recorded: f64,
}

impl<'a> Machine<'a> {
    /// Builds the project with one job, and prepares for doing again all that its commands did.
    fn make(tools: &'a Tools, subject: &'a Subject) -> Result<Self> {
        let folder = root().join("target").join("xtask").join("simulated").join(subject.name);
        remove(&folder)?;
        fs::create_dir_all(&folder)?;
        let python = python_with(&format!("simulated-{}", subject.name), subject.packages)?;
        let pristine = sdist(&tools.python, subject.name, subject.version)?;
        let translator = Translator::find(tools, &python)?;
        let records = Records::new(&folder)?;
        let programs = records.recorders()?;
        let cython = translator.version.clone();
        let may = Command::new("chrt").args(URGENT).arg("true").stderr(Stdio::null()).status();
        let is_urgent = may.is_ok_and(|status| status.success());
        let mut machine =
            Self { is_urgent, tools, subject, python, cython, pristine, folder, programs, recorded: 0.0 };
        translator.record(&records.translations())?;
        machine.fresh_tree()?;
        let mut command = tools.command(&machine.python);
        command.args(["setup.py", "build", "-j1"]);
        eprintln!("{}: the real compilers run, one after another", subject.case());
        machine.run(&mut command).context("the build that is recorded")?;
        let translations = translator.replay(&records.translations())?;
        machine.recorded = translations + records.complete()?;
        machine.programs = records.stand_ins()?;
        Ok(machine)
    }

    fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Makes a copy of the untouched project. All copies have the same path.
    fn fresh_tree(&self) -> Result<()> {
        remove(&self.tree())?;
        copy(&self.pristine, &self.tree())
    }

    /// Runs a command that builds, with the stand-ins. Returns how long it took, in seconds.
    fn run(&self, command: &mut Command) -> Result<f64> {
        let path = std::env::var("PATH").context("there is no PATH")?;
        command.env("PATH", format!("{}:{path}", self.programs.display())).current_dir(self.tree());
        // pplpy's command lines have an order that depends on hashes.
        command.env("PYTHONHASHSEED", "0").envs(self.subject.environment.iter().copied());
        Ok(spend(command, &self.folder.join("log"))?.wall)
    }

    /// Returns the start of the measured command.
    fn ambidex(&self) -> Command {
        if !self.is_urgent {
            return self.tools.command(&self.tools.ambidex);
        }
        let mut command = self.tools.command("chrt");
        command.args(URGENT).arg(&self.tools.ambidex);
        command
    }

    /// Builds once, with an empty store.
    fn build(&self, start: Start) -> Result<Sample> {
        let (cache, summary) = (self.folder.join("cache"), self.folder.join("summary.json"));
        let trace = self.folder.join("trace.json");
        let (state, kept) = (self.tree().join("build").join(".ambidex"), self.folder.join("state"));
        remove(&kept)?;
        if start == Start::Known {
            fs::rename(&state, &kept).context("there was no build before")?;
            remove(&kept.join("obj"))?;
        }
        self.fresh_tree()?;
        if start == Start::Known {
            fs::create_dir_all(self.tree().join("build"))?;
            fs::rename(&kept, &state)?;
        }
        empty(&cache)?;
        remove(&summary)?;
        let mut command = self.ambidex();
        command.args(["build", &format!("-j{JOBS}"), "--python"]).arg(&self.python);
        command.arg("--summary").arg(&summary).arg("--trace").arg(&trace).env("AMBIDEX_CACHE_DIR", &cache);
        let wall = self.run(&mut command)?;
        Sample::of(wall, &read(&summary)?, &read(&trace)?)
    }
}

impl Sample {
    fn of(wall: f64, summary: &Value, trace: &Value) -> Result<Self> {
        let number = |pointer: &str| summary.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let (commands, translations) = (number("/commands/executed"), number("/translations/executed"));
        ensure!(
            commands == number("/commands/distinct") && translations == number("/translations/recorded"),
            "not every command ran"
        );
        let bound = summary["lower_bound_s"].as_f64().context("the summary has no bound")?;
        // The first process of the trace has the commands, the second what Python waited for.
        let events = trace["traceEvents"].as_array().context("the trace has no events")?;
        let runs = events.iter().filter(|event| event["ph"] == "X" && event["pid"] == 1);
        let ends = |event: &Value| Some((event["ts"].as_f64()? / 1e6, event["dur"].as_f64()? / 1e6));
        let (first, last) = runs.filter_map(ends).fold((wall, 0.0), |(first, last), (from, time)| {
            (f64::min(first, from), f64::max(last, from + time))
        });
        Ok(Self { wall, bound, around: (first, wall - last), commands, translations })
    }
}

fn read(file: &Path) -> Result<Value> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

/// Empties a store. The Python files of ambidex itself, which are there too, stay, because they belong to no build.
fn empty(cache: &Path) -> Result<()> {
    for entry in fs::read_dir(cache).into_iter().flatten() {
        let entry = entry?;
        if entry.file_name() != "capture" {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn table(machine: &Machine<'_>, rows: &[Row]) -> String {
    let Subject { name, version, environment, .. } = machine.subject;
    let variables: String =
        environment.iter().map(|(name, value)| format!(", with `{name}={value}`")).collect();
    let mut text = format!(
        "{name} {version}, Cython {}{variables}; from nothing, cache empty; {JOBS} simulated jobs. All commands and \
         translations together needed {:.1} s of a processor when they really ran.{}\n\n\
         | build | commands | translations | lower bound, s | median, s | ratio | before, s | after, s |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        machine.cython,
        machine.recorded,
        if machine.is_urgent { "" } else { " Measured without a real-time priority." }
    );
    for row in rows {
        let label = match row.start {
            Start::Nothing => "ambidex",
            Start::Known => "ambidex, durations known",
        };
        let line = match &row.outcome {
            Ok(samples) => figures(samples),
            Err(error) => format!("not measured: {} | | | | | | ", in_a_cell(error)),
        };
        writeln!(text, "| {label} | {line} |").expect("a string takes all");
    }
    text
}

fn figures(samples: &[Sample]) -> String {
    let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
    let (commands, translations) = samples.last().map_or((0, 0), |last| (last.commands, last.translations));
    format!(
        "{commands} | {translations} | {:.3} | {:.3} | {:.2} | {:.3} | {:.3}",
        of(|sample| sample.bound),
        of(|sample| sample.wall),
        of(|sample| sample.wall / sample.bound),
        of(|sample| sample.around.0),
        of(|sample| sample.around.1)
    )
}
