//! A build in the Trace Event Format of Chrome, which Perfetto and chrome://tracing open.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::build::Wait;
use crate::lanes::lanes;

/// What a trace shows. All times are in microseconds since the build began.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The number of commands that could run at once.
    pub jobs: usize,
    /// How long the build took.
    pub wall: u64,
    /// The commands that had a job slot. No two of one slot overlap.
    pub commands: Vec<Event>,
    /// The waits of Python.
    pub waits: Vec<Wait>,
}

/// A command that had a job slot.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// The slot, from 0.
    pub slot: u32,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// Its output.
    pub output: String,
    /// The extension that it was first recorded for.
    pub extension: Option<String>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How its outputs were obtained, in one word.
    pub done: &'static str,
    /// Why it ran or did not.
    pub reason: String,
    /// The exit status, or the negative number of the signal that ended it.
    pub status: i32,
    /// Whether its result did not count, because Python went back to before it.
    pub is_cancelled: bool,
}

/// The process of the trace that has the job slots as its threads, and the one that has Python's waits.
const SLOTS: u32 = 1;
const PYTHON: u32 = 2;

/// An event ("Trace Event Format", complete events and metadata events).
#[derive(Serialize)]
struct TraceEvent<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'a str>,
    ph: char,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<u64>,
    pid: u32,
    tid: usize,
    args: Value,
}

/// Returns the trace as JSON.
pub fn trace(trace: &Trace) -> String {
    let mut events = vec![named("process_name", SLOTS, 0, "commands"), sorted(SLOTS, 1)];
    let slots = trace.commands.iter().map(|command| command.slot as usize + 1).max().unwrap_or(0);
    let names: Vec<String> = (1..=slots.max(trace.jobs)).map(|slot| format!("job {slot}")).collect();
    events.extend(names.iter().enumerate().map(|(slot, name)| named("thread_name", SLOTS, slot, name)));
    events.extend(trace.commands.iter().map(command));
    events.extend([named("process_name", PYTHON, 0, "Python waits"), sorted(PYTHON, 0)]);
    let rows = rows_of(&trace.waits);
    let mut threads = BTreeMap::new();
    for (wait, (row, name)) in trace.waits.iter().zip(&rows) {
        threads.entry(*row).or_insert_with(|| name.clone());
        let args = json!({ "because": format!("Python {}", wait.why), "what": wait.what });
        events.push(stretch(&wait.why, "wait", (wait.from, wait.to), (PYTHON, *row), args));
    }
    events.extend(threads.iter().map(|(row, name)| named("thread_name", PYTHON, *row, name)));
    let all = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": { "jobs": trace.jobs, "wall_us": trace.wall },
    });
    all.to_string() + "\n"
}

/// Returns a row for each wait, with the name of the row. A process has more than one if its children wait, too.
fn rows_of(waits: &[Wait]) -> Vec<(usize, String)> {
    let mut rows = vec![(0, String::new()); waits.len()];
    let mut first = 0;
    let mut programs: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, wait) in waits.iter().enumerate() {
        programs.entry(wait.program).or_default().push(index);
    }
    for (program, own) in programs {
        let stretches: Vec<(u64, u64)> =
            own.iter().map(|index| (waits[*index].from, waits[*index].to)).collect();
        let lanes = lanes(&stretches);
        for (index, lane) in own.iter().zip(&lanes) {
            rows[*index] = (first + lane, format!("process {}", program + 1));
        }
        first += lanes.iter().max().map_or(0, |last| last + 1);
    }
    rows
}

fn command(event: &Event) -> TraceEvent<'_> {
    let args = json!({
        "extension": event.extension,
        "file": event.output,
        "command": event.arguments.join(" "),
        "obtained": event.done,
        "reason": event.reason,
        "status": event.status,
        "cancelled": event.is_cancelled,
    });
    let name = event.output.rsplit('/').next().unwrap_or(&event.output);
    stretch(name, event.done, (event.from, event.to), (SLOTS, event.slot as usize), args)
}

fn stretch<'a>(
    name: &'a str,
    cat: &'a str,
    (from, to): (u64, u64),
    (pid, tid): (u32, usize),
    args: Value,
) -> TraceEvent<'a> {
    let dur = Some(to.saturating_sub(from));
    TraceEvent { name, cat: Some(cat), ph: 'X', ts: Some(from), dur, pid, tid, args }
}

fn named<'a>(what: &'a str, pid: u32, tid: usize, name: &str) -> TraceEvent<'a> {
    metadata(what, pid, tid, json!({ "name": name }))
}

fn sorted(pid: u32, at: u32) -> TraceEvent<'static> {
    metadata("process_sort_index", pid, 0, json!({ "sort_index": at }))
}

fn metadata(name: &str, pid: u32, tid: usize, args: Value) -> TraceEvent<'_> {
    TraceEvent { name, cat: None, ph: 'M', ts: None, dur: None, pid, tid, args }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_waits_are_on_rows_of_their_own() {
        let wait = |program, from, to| Wait { program, from, to, ..Wait::default() };
        let waits = [wait(0, 0, 9), wait(0, 2, 3), wait(1, 0, 4), wait(1, 4, 5)];
        let rows: Vec<usize> = rows_of(&waits).into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [0, 1, 2, 2]);
        let shown: Value =
            serde_json::from_str(&trace(&Trace { waits: waits.to_vec(), ..Trace::default() })).unwrap();
        let events = shown["traceEvents"].as_array().unwrap();
        let waits = events.iter().filter(|event| event["cat"] == "wait");
        assert_eq!(waits.map(|event| event["tid"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 2]);
    }
}
