//! What directed builds show of a hazard, compared with the serial build.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ambidex_engine::HazardPath;

use super::Directed;
use super::report::{Outcome, WrongModule, file_name, module_name};
use super::rules::{Contested, Event};
use crate::outputs::Outputs;

/// How many lines of a failed build are shown at most, and how many characters of each.
const MOST_LINES: usize = 4;
const LONGEST_LINE: usize = 160;

/// The builds that are compared.
pub(crate) struct Compared<'a> {
    pub directed: &'a Directed,
    pub serial: &'a Outputs,
    /// The modules that differ, with the difference.
    pub differing: &'a BTreeMap<PathBuf, String>,
}

/// Why nothing raced in a build whose commands ran one at a time.
const ONE_BY_ONE: &str = "the project builds these extensions one after the other, whatever -j says";

/// Returns what a build that wrote a path several times before it was read shows of the conflict.
pub(crate) fn conflict(hazard: &HazardPath, compared: &Compared<'_>) -> Outcome {
    let rules = &compared.directed.rules;
    let Some(contested) = rules.contested.iter().find(|contested| contested.path == hazard.path) else {
        return Outcome::NotForced;
    };
    let steps = steps(contested);
    if !compared.directed.succeeded {
        return compared.failure(hazard, steps);
    }
    let modules = compared.wrong_modules(hazard, contested);
    if !modules.is_empty() {
        return Outcome::WrongModules { steps, modules };
    }
    if contested.reads().next().is_some() && contested.reads().all(|read| read.is_alone) {
        return Outcome::NoDifference { why: ONE_BY_ONE };
    }
    if rules.are_broken || contested.events.is_empty() {
        return Outcome::NotForced;
    }
    Outcome::NoDifference {
        why: "all commands make the same content here, or nothing in the modules depends on it",
    }
}

/// Returns what a build that read a path while it was written shows of it.
pub(crate) fn torn_read(hazard: &HazardPath, compared: &Compared<'_>) -> Outcome {
    let rules = &compared.directed.rules;
    let Some(contested) = rules.contested.first() else { return Outcome::NotForced };
    let Some(read) = contested.reads().next() else { return Outcome::NotForced };
    if contested.reads().all(|read| read.is_alone) {
        return Outcome::NoDifference { why: ONE_BY_ONE };
    }
    if read.version.is_some() {
        if rules.are_broken {
            return Outcome::NotForced;
        }
        return Outcome::NoDifference {
            why: "no part of the file was ever at its path; the compiler probably renames the finished file",
        };
    }
    let name = file_name(&contested.path);
    let steps = vec![
        format!("the first command writes {name}"),
        format!("the second command opens {name}, which is empty from then on"),
        format!("the link of {} reads {name}", module_name(&read.output)),
        format!("the second command writes {name}"),
    ];
    if !compared.directed.succeeded {
        return compared.failure(hazard, steps);
    }
    let mut modules = compared.wrong_modules(hazard, contested);
    // What is wrong with other modules has other reasons: nothing else is in order in this build.
    modules.retain(|module| module_name(&module.path) == module_name(&read.output));
    if modules.is_empty() {
        return Outcome::NoDifference { why: "the linker waits for the file, or does not use it" };
    }
    Outcome::WrongModules { steps, modules }
}

impl Compared<'_> {
    /// Returns the wrong modules that were made of a path: those that were linked with it, also if the project has given
    /// them another name since.
    fn wrong_modules(&self, hazard: &HazardPath, contested: &Contested) -> Vec<WrongModule> {
        let was_renamed = |output: &Path| {
            let place = output.strip_prefix(&hazard.root).unwrap_or(output);
            !self.serial.contains_key(place)
        };
        let is_of_path = |path: &Path| {
            let place = hazard.root.join(path);
            place == hazard.path
                || contested.reads().any(|read| {
                    let output = &read.output;
                    *output == place || was_renamed(output) && module_name(output) == module_name(path)
                })
        };
        let wrong = |(path, difference): (&PathBuf, &String)| {
            let (serial, parallel) = (self.serial.get(path)?, self.directed.outputs.get(path)?);
            is_of_path(path).then(|| WrongModule::new(path, difference, serial, parallel))
        };
        self.differing.iter().filter_map(wrong).collect()
    }

    /// Returns what a failed build shows: the lines that name the path, but no command lines, and the last line.
    fn failure(&self, hazard: &HazardPath, steps: Vec<String>) -> Outcome {
        let name = file_name(&hazard.path);
        let printed = &self.directed.printed;
        let tells = |line: &&str| line.contains(&name) && !line.contains(" -o ") && line.contains(": ");
        let mut lines: Vec<&str> = printed.lines().filter(tells).take(MOST_LINES).collect();
        let names_the_path = !lines.is_empty();
        lines.extend(printed.lines().rfind(|line| !line.trim().is_empty()));
        lines.dedup();
        let root = format!("{}/", hazard.root.display());
        let shortened = |line: &str| {
            let line = line.replace(&root, "");
            let start: String = line.trim().chars().take(LONGEST_LINE).collect();
            if start.len() < line.trim().len() { start + " ..." } else { start }
        };
        Outcome::BuildFails { steps, names_the_path, lines: lines.into_iter().map(shortened).collect() }
    }
}

/// Returns in words what happened to a path. The order of reads among themselves changes nothing and differs from run to
/// run, so they are sorted.
fn steps(contested: &Contested) -> Vec<String> {
    let name = file_name(&contested.path);
    let mut events: Vec<&Event> = contested.events.iter().collect();
    for reads in events.chunk_by_mut(|a, b| matches!((a, b), (Event::Read(_), Event::Read(_)))) {
        reads.sort_by_key(|event| if let Event::Read(read) = event { Some(&read.output) } else { None });
    }
    let told = |event: &Event| match event {
        Event::Written { extension } => format!("the command of {extension} writes {name}"),
        Event::Read(read) => {
            let whose =
                read.version.as_ref().map_or_else(String::new, |of| format!(", and gets that of {of}"));
            format!("the link of {} reads {name}{whose}", module_name(&read.output))
        }
    };
    events.into_iter().map(told).collect()
}
