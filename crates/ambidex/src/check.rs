//! `ambidex check`: the paths that more than one extension writes, and how to print them.

mod github;
mod places;
mod sarif;

use std::path::Path;

use ambidex_engine::{HazardPath, OwnFolder, Writer};
use serde::Serialize;

use crate::args::{CheckArgs, CheckFormat};
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::hazards::{self, kind, own_arguments, shown};
use crate::project::Project;
use crate::supervise::{self, Task};
use crate::tell;

use self::places::Places;

#[derive(Serialize)]
struct Findings<'a> {
    hazards: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    path: &'a Path,
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
    let folder = OwnFolder::new("check-").map_err(Error::Engine)?;
    let build = project.root.join("build");
    let was_built = build.exists();
    let task = Task {
        program: python.into_os_string(),
        arguments: project.arguments(false, &[]),
        cwd: &project.root,
        environment: vec![("AMBIDEX_ENTRY", "setup".into())],
        log: Some(folder.path().join("log")),
        timed: false,
        is_shown: false,
    };
    let found = hazards::of(task, supervise::options(&args.common.jobs, &project.settings));
    if !was_built {
        // This check made everything in it: copied and generated sources, empty directories. Nobody needs them.
        let _ = std::fs::remove_dir_all(&build);
    }
    let hazards = &found?;
    let places = || Places::of(&project);
    tell::print(&match args.format {
        CheckFormat::Json => as_json(hazards),
        CheckFormat::Text => as_text(hazards),
        CheckFormat::Sarif => sarif::text(hazards, &places()),
        CheckFormat::Github => github::text(hazards, &places()),
    })?;
    Ok(u8::from(!hazards.is_empty()))
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
    text + &conclusion(hazards.len())
}

/// Says what is wrong with a path in one sentence.
fn message(hazard: &HazardPath) -> String {
    let mut extensions: Vec<&str> = hazard.writers.iter().map(|writer| writer.extension.as_str()).collect();
    extensions.dedup();
    let own = |writer: &Writer| {
        let own = own_arguments(writer, &hazard.writers).join(" ");
        (!own.is_empty()).then(|| format!("{}: {own}", writer.extension))
    };
    let own: Vec<String> = hazard.writers.iter().filter_map(own).collect();
    let (how, consequence) = if hazard.duplicate {
        ("the same command", "a link may read a part of the file")
    } else {
        ("different commands", "a module may get the other one's object")
    };
    let own = if own.is_empty() { String::new() } else { format!(" ({})", own.join("; ")) };
    format!(
        "{} write {} by {how}{own}. Under `setup.py build -j`, {consequence}.",
        listed(&extensions),
        shown(hazard).display()
    )
}

/// Joins names: `a, b and c`. Of many names, the first ones stand for all.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 6;
    match names {
        many if many.len() > MOST => {
            format!("{} and {} others", many[..MOST - 1].join(", "), many.len() - (MOST - 1))
        }
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        names => names.concat(),
    }
}

/// Says how many hazards there are.
fn conclusion(count: usize) -> String {
    let (count, verb) = match count {
        0 => return "no path is written by more than one extension\n".to_owned(),
        1 => ("1 path".to_owned(), "is"),
        n => (format!("{n} paths"), "are"),
    };
    format!(
        "{count} {verb} written by more than one extension; `setup.py build -j` may build wrong modules\n"
    )
}
