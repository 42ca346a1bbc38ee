//! Everything that is known of the last build of a tree: its graph, what was done about each command, when, and why.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use ambidex_command::Kind;

use crate::memory::Memory;
use crate::memory::files::FileId;
use crate::memory::groups::GroupId;
use crate::memory::past::{PastBuild, TimedWait};
use crate::memory::record::{How, RecordKey, Stretch, Why};
use crate::report::explain::{self, Explanation};
use crate::report::graph::{self, BuildGraph, GraphCommand};

/// The last build of a tree.
#[derive(Debug)]
pub struct BuildDetails {
    /// Its commands.
    pub graph: BuildGraph,
    /// What was done about each of them, in the same order.
    pub outcomes: Vec<Outcome>,
    /// Everything that had a job slot, in no particular order.
    pub bars: Vec<Bar>,
    /// The waits of Python, in the order in which they ended.
    pub waits: Vec<TimedWait>,
    /// The files that commands read and their arguments don't name, in the order of their paths.
    pub headers: Vec<Header>,
    /// The last builds of the tree, oldest first. This one is the last.
    pub past: Vec<PastBuild>,
}

/// What was done about a command.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How its outputs were obtained.
    pub done: How,
    /// The reason.
    pub reason: String,
    /// How long its last run took, in microseconds, if that is known: perhaps in an earlier build, or on another machine.
    pub duration: Option<u64>,
}

/// A stretch of time in which something had a job slot.
#[derive(Debug)]
pub struct Bar {
    /// When and where.
    pub stretch: Stretch,
    /// The command, by its index in the graph, or `None` if it was cancelled.
    pub command: Option<usize>,
    /// What was done, and why.
    pub told: Explanation,
}

/// A header.
#[derive(Debug)]
pub struct Header {
    /// The path.
    pub path: PathBuf,
    /// The commands that read it, by their indices in the graph.
    pub readers: Vec<usize>,
}

/// Returns what is known of the last build in a project's directory, or `None` if nothing is. Waits while another build
/// uses the state.
///
/// # Errors
/// If the state can't be read.
pub fn last_build(root: &Path) -> io::Result<Option<BuildDetails>> {
    let Some(tree) = explain::opened(root)? else { return Ok(None) };
    let memory = tree.memory();
    let read = graph::read(&memory)?;
    if read.commands.is_empty() {
        return Ok(None);
    }
    let mut outcomes: Vec<Outcome> = read
        .runs
        .iter()
        .map(|run| Outcome {
            done: How::Reused,
            reason: explain::reason(&Why::UpToDate),
            duration: run.as_ref().and_then(|run| memory.duration(&run.action)),
        })
        .collect();
    let mut bars = Vec::new();
    let runs = read.runs.iter().enumerate();
    let by_action: HashMap<RecordKey, usize> =
        runs.filter_map(|(index, run)| Some((run.as_ref()?.action, index))).collect();
    let (recorded, cancelled): (Vec<_>, Vec<_>) =
        memory.last_build().explained.into_iter().partition(|explained| explained.node.is_some());
    for explained in recorded.into_iter().chain(cancelled) {
        // If Python went back and then found a result up to date, the run before that made it.
        let before = || {
            let command = by_action.get(explained.action.as_ref()?).copied()?;
            (outcomes[command].done == How::Reused).then_some(command)
        };
        let own = explained.node.and_then(|at| read.numbered.get(&at).copied());
        let command = own.or_else(before);
        let (how, stretch) = (explained.how, explained.stretch);
        let told = Explanation::from(explained);
        if let Some(outcome) = command.map(|command| &mut outcomes[command])
            && outcome.done == How::Reused
        {
            *outcome = Outcome {
                done: how,
                reason: told.reason.clone(),
                duration: outcome.duration.or(stretch.map(|stretch| stretch.to - stretch.from)),
            };
        }
        bars.extend(stretch.map(|stretch| Bar { stretch, command, told }));
    }
    let headers = headers(&memory, &read);
    let graph = BuildGraph { root: root.to_owned(), commands: read.commands };
    let (waits, past) = (memory.last_waits(), memory.past_builds());
    Ok(Some(BuildDetails { graph, outcomes, bars, waits, headers, past }))
}

/// Finds the headers of the commands that compile something.
fn headers(memory: &Memory, read: &graph::Read) -> Vec<Header> {
    let is_compilation = |command: &GraphCommand| {
        matches!(command.kind, Kind::Compile | Kind::CompileAndLink | Kind::Preprocess)
    };
    let mut are_headers: HashMap<FileId, bool> = HashMap::new();
    // Many commands look at the same files, which they share in groups.
    let mut groups: HashMap<GroupId, Vec<FileId>> = HashMap::new();
    let mut readers: HashMap<FileId, Vec<usize>> = HashMap::new();
    let compilations = read.commands.iter().zip(&read.runs).enumerate();
    for (index, (_, run)) in compilations.filter(|(_, (command, _))| is_compilation(command)) {
        let Some(record) = run.as_ref().and_then(|run| memory.record(&run.action)) else { continue };
        for group in record.looks {
            let files = groups.entry(group).or_insert_with(|| {
                let found = memory.looks(&[group]).into_iter().filter(|id| memory.files.is_content(*id));
                let files = found.map(|id| memory.files.finding(id).file);
                let mut headers: Vec<FileId> = files
                    .filter(|file| *are_headers.entry(*file).or_insert_with(|| is_header(memory, *file)))
                    .collect();
                headers.dedup();
                headers
            });
            for file in files {
                let readers = readers.entry(*file).or_default();
                if readers.last() != Some(&index) {
                    readers.push(index);
                }
            }
        }
    }
    let path = |file: FileId| memory.files.path(file).to_owned();
    let mut headers: Vec<Header> =
        readers.into_iter().map(|(file, readers)| Header { path: path(file), readers }).collect();
    headers.sort_by(|a, b| a.path.cmp(&b.path));
    headers
}

/// The endings of files that sources include.
const HEADER_ENDINGS: [&str; 14] =
    ["h", "hh", "hpp", "hxx", "h++", "H", "inc", "inl", "ipp", "tcc", "def", "pxd", "cuh", "tpp"];

/// Returns whether a file that was found is a header, by its name: the headers of the standard library of C++ have no
/// ending, but are in a directory for headers.
fn is_header(memory: &Memory, file: FileId) -> bool {
    let path = memory.files.path(file);
    match path.extension() {
        Some(ending) => HEADER_ENDINGS.iter().any(|known| ending == *known),
        None => path.iter().any(|part| part == "include"),
    }
}
