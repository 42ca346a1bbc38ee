//! A build as the page's script reads it: JSON in which each text stands once, because commands share most of theirs.

use std::collections::HashMap;

use serde::Serialize;

use crate::build::{Bar, Build, Command, Left, Past, Wait};
use crate::chain;
use crate::hazards;
use crate::headers;
use crate::lanes::lanes;

/// A build, with texts by their numbers in `texts`.
#[derive(Serialize)]
pub(crate) struct Packed<'a> {
    version: &'a str,
    directory: &'a str,
    texts: Vec<&'a str>,
    commands: Vec<PackedCommand>,
    bars: Vec<PackedBar>,
    waits: Vec<PackedWait>,
    hazards: Vec<PackedHazard>,
    headers: Vec<PackedHeader>,
    left: Vec<PackedLeft>,
    past: Vec<PackedPast>,
    /// The commands of the critical path, first one first.
    critical: Vec<usize>,
}

#[derive(Serialize)]
struct PackedCommand {
    kind: usize,
    arguments: Vec<usize>,
    directory: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variables: Vec<(usize, Option<usize>)>,
    extensions: Vec<usize>,
    /// Each path, with the command that made it.
    inputs: Vec<(usize, Option<usize>)>,
    outputs: Vec<usize>,
    done: &'static str,
    reason: usize,
    duration: Option<u64>,
    #[serde(skip_serializing_if = "is_not")]
    failed: bool,
    #[serde(skip_serializing_if = "is_not")]
    temporary: bool,
}

#[derive(Serialize)]
struct PackedBar {
    slot: u32,
    from: u64,
    to: u64,
    command: Option<usize>,
    output: usize,
}

#[derive(Serialize)]
struct PackedWait {
    program: u32,
    row: usize,
    why: usize,
    what: usize,
    from: u64,
    to: u64,
    last: bool,
}

#[derive(Serialize)]
struct PackedHazard {
    path: usize,
    kind: &'static str,
    ordered: bool,
    /// Each extension, with the command that writes the path for it.
    writers: Vec<(usize, usize)>,
}

#[derive(Serialize)]
struct PackedHeader {
    path: usize,
    total: u64,
    count: usize,
    readers: Vec<usize>,
}

#[derive(Serialize)]
struct PackedLeft {
    arguments: Vec<usize>,
    reason: usize,
}

#[derive(Serialize)]
struct PackedPast {
    began: u64,
    wall: u64,
    waited: u64,
    jobs: u32,
    ran: u32,
    reused: u32,
    cached: u32,
    remote: u32,
    failed: u32,
}

fn is_not(flag: &bool) -> bool {
    !flag
}

/// The texts so far, and their numbers.
#[derive(Default)]
struct Texts<'a> {
    texts: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
}

impl<'a> Texts<'a> {
    fn number(&mut self, text: &'a str) -> usize {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    fn numbers(&mut self, list: &'a [String]) -> Vec<usize> {
        list.iter().map(|text| self.number(text)).collect()
    }
}

impl<'a> Packed<'a> {
    /// Packs a build.
    pub fn of(build: &'a Build) -> Self {
        let mut texts = Texts::default();
        let commands = build.commands.iter().map(|command| packed(command, &mut texts)).collect();
        let bar = |bar: &'a Bar| PackedBar {
            slot: bar.slot,
            from: bar.from,
            to: bar.to,
            command: bar.command,
            output: texts.number(&bar.output),
        };
        let bars = build.bars.iter().map(bar).collect();
        let stretches: Vec<(u64, u64)> = build.waits.iter().map(|wait| (wait.from, wait.to)).collect();
        let wait = |(wait, row): (&'a Wait, usize)| PackedWait {
            program: wait.program,
            row,
            why: texts.number(&wait.why),
            what: texts.number(&wait.what),
            from: wait.from,
            to: wait.to,
            last: wait.is_last,
        };
        let waits = build.waits.iter().zip(lanes(&stretches)).map(wait).collect();
        let hazard = |hazard: hazards::Hazard<'a>| PackedHazard {
            path: texts.number(hazard.path),
            kind: if hazard.is_duplicate { "duplicate" } else { "conflict" },
            ordered: hazard.is_ordered,
            writers: hazard.writers.iter().map(|(name, index)| (texts.number(name), *index)).collect(),
        };
        let hazards = hazards::hazards(&build.commands).into_iter().map(hazard).collect();
        let header = |cost: headers::Cost<'a>| PackedHeader {
            path: texts.number(cost.path),
            total: cost.total,
            count: cost.count,
            readers: cost.readers,
        };
        let headers = headers::costs(build).into_iter().map(header).collect();
        let left = |left: &'a Left| PackedLeft {
            arguments: texts.numbers(&left.arguments),
            reason: texts.number(&left.reason),
        };
        let left = build.left.iter().map(left).collect();
        Self {
            version: &build.version,
            directory: &build.directory,
            commands,
            bars,
            waits,
            hazards,
            headers,
            left,
            past: build.past.iter().map(PackedPast::from).collect(),
            critical: chain::critical(build),
            texts: texts.texts,
        }
    }
}

fn packed<'a>(command: &'a Command, texts: &mut Texts<'a>) -> PackedCommand {
    let variables = command.variables.iter();
    let variables =
        variables.map(|(name, value)| (texts.number(name), value.as_ref().map(|value| texts.number(value))));
    PackedCommand {
        variables: variables.collect(),
        kind: texts.number(command.kind),
        arguments: texts.numbers(&command.arguments),
        directory: texts.number(&command.directory),
        extensions: texts.numbers(&command.extensions),
        inputs: command.inputs.iter().map(|i| (texts.number(&i.path), i.writer)).collect(),
        outputs: texts.numbers(&command.outputs),
        done: command.done.word(),
        reason: texts.number(&command.reason),
        duration: command.duration,
        failed: command.failed,
        temporary: command.temporary,
    }
}

impl From<&Past> for PackedPast {
    fn from(past: &Past) -> Self {
        let Past { began, wall, waited, jobs, ran, reused, cached, remote, failed } = *past;
        Self { began, wall, waited, jobs, ran, reused, cached, remote, failed }
    }
}
