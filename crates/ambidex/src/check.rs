//! `ambidex check`: the paths that more than one extension writes, and how to print them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ambidex_engine::{HazardPath, Options, Writer};
use serde::Serialize;

use crate::args::{CheckArgs, Format};
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::project::Project;
use crate::supervise::{self, Task};
use crate::tell;

#[derive(Serialize)]
struct Findings<'a> {
    hazards: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    path: PathBuf,
    kind: &'static str,
    writers: Vec<FindingWriter<'a>>,
}

#[derive(Serialize)]
struct FindingWriter<'a> {
    extension: &'a str,
    command: &'a [String],
}

/// Lists hazards. The exit code is 1 if there are any.
pub(crate) fn check(args: &CheckArgs) -> Result<u8, Error> {
    tell::set_color(args.common.output.color);
    let project = Project::find(&args.dir)?;
    BuildSystem::expect_setuptools(&project)?;
    let python = project.python(args.common.python.as_deref())?;
    let folder = tempfile::tempdir().map_err(Error::Engine)?;
    let build = project.root.join("build");
    let was_built = build.exists();
    let log = folder.path().join("log");
    let task = Task {
        program: python.into_os_string(),
        arguments: project.arguments(false, &[]),
        cwd: &project.root,
        environment: vec![("AMBIDEX_ENTRY", "setup".into())],
        log: Some(log.clone()),
        is_shown: false,
    };
    let options = Options { only_record: true, ..supervise::options(&args.common.jobs, &project.settings) };
    let ended = supervise::captured(task, options)?;
    if !was_built {
        // This check made everything in it: copied and generated sources, empty directories. Nobody needs them.
        let _ = std::fs::remove_dir_all(&build);
    }
    if ended.interrupted {
        return Err(Error::Interrupted(ended.code));
    }
    if ended.code != 0 {
        let printed = std::fs::read(&log).unwrap_or_default();
        let printed = String::from_utf8_lossy(&printed);
        if !printed.trim().is_empty() {
            tell::say(printed.trim_end());
        }
        return Err(Error::SetupFailed(ended.code));
    }
    let hazards = &ended.report.hazard_paths;
    tell::print(&match args.format {
        Format::Json => as_json(hazards),
        Format::Text => as_text(hazards),
    })?;
    Ok(u8::from(!hazards.is_empty()))
}

/// Returns the path relative to the project, if it is in the project.
fn shown(hazard: &HazardPath) -> PathBuf {
    hazard.path.strip_prefix(&hazard.root).unwrap_or(&hazard.path).to_owned()
}

fn kind(hazard: &HazardPath) -> &'static str {
    if hazard.duplicate { "duplicate" } else { "conflict" }
}

fn as_json(hazards: &[HazardPath]) -> String {
    let finding = |hazard| Finding {
        path: shown(hazard),
        kind: kind(hazard),
        writers: hazard
            .writers
            .iter()
            .map(|writer| FindingWriter { extension: &writer.extension, command: &writer.command })
            .collect(),
    };
    let findings = Findings { hazards: hazards.iter().map(finding).collect() };
    serde_json::to_string_pretty(&findings).expect("findings are plain data") + "\n"
}

fn as_text(hazards: &[HazardPath]) -> String {
    let mut text = String::new();
    for hazard in hazards {
        text += &format!("{}: {}\n", kind(hazard), shown(hazard).display());
        for writer in &hazard.writers {
            let own = own_arguments(writer, &hazard.writers);
            text += "  ";
            text += &writer.extension;
            if !own.is_empty() {
                text += ": ";
                text += &own.join(" ");
            }
            text += "\n";
        }
    }
    let (count, verb) = match hazards.len() {
        0 => return text + "no path is written by more than one extension\n",
        1 => ("1 path".to_owned(), "is"),
        n => (format!("{n} paths"), "are"),
    };
    text + &format!(
        "{count} {verb} written by more than one extension; `setup.py build -j` may build wrong modules\n"
    )
}

/// Returns the arguments of a writer that not all writers have.
fn own_arguments<'a>(writer: &'a Writer, all: &[Writer]) -> Vec<&'a str> {
    let sets: Vec<BTreeSet<&String>> = all.iter().map(|w| w.command.iter().collect()).collect();
    let everywhere = |argument: &String| sets.iter().all(|set| set.contains(argument));
    writer.command.iter().filter(|a| !everywhere(a)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let writer = |extension: &str, value: &str| Writer {
            extension: extension.into(),
            command: ["gcc", "-c", "common.c", value].map(String::from).to_vec(),
        };
        let all = [writer("a", "-DV=1"), writer("b", "-DV=2")];
        assert_eq!(own_arguments(&all[0], &all), ["-DV=1"]);
        assert_eq!(own_arguments(&all[1], &all), ["-DV=2"]);
        let same = [writer("a", "-DV=1"), writer("b", "-DV=1")];
        assert!(own_arguments(&same[0], &same).is_empty());
    }
}
