//! The summary of a run: its numbers, its hazards, its failures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ambidex_command::Kind;
use ambidex_graph::{NodeId, State};
use serde::Serialize;

use crate::execute::outcome::Ending;
use crate::memory::record::How;
use crate::program::Program;
use crate::program::hazards::HazardPath;
use crate::program::job::Job;
use crate::program::left::Left;
use crate::program::waits::Wait;

/// The results of one run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The number of commands that could run at once.
    pub jobs: usize,
    /// The total time, in seconds.
    pub wall_s: f64,
    /// The time during which Python ran and did not wait for a command, in seconds.
    pub capture_s: f64,
    /// The processor time that ambidex itself used, in seconds.
    pub engine_cpu_s: f64,
    /// The larger of two times, in seconds: the critical path, and the commands' total time divided by `jobs`.
    pub lower_bound_s: f64,
    /// The total time of the commands and calls that ran, in seconds.
    pub work_s: f64,
    /// The number of modules that were linked, or taken from a cache.
    pub modules: usize,
    /// Counts of commands.
    pub commands: Commands,
    /// Counts of translations by Cython.
    pub translations: Calls,
    /// Counts of calls of other functions that generate files.
    pub generators: Calls,
    /// Counts of paths.
    pub hazards: HazardCounts,
    /// The paths that more than one extension writes.
    #[serde(skip)]
    pub hazard_paths: Vec<HazardPath>,
    /// The commands that failed, in program order.
    #[serde(skip)]
    pub failures: Vec<FailedCommand>,
    /// The waits of Python, longest first.
    pub waits: Vec<Wait>,
    /// The commands that ambidex left to Python, with the reason.
    pub left_to_python: Vec<LeftCommand>,
}

/// Counts of commands.
#[derive(Debug, Default, Serialize)]
pub struct Commands {
    /// Recorded commands, including repetitions.
    pub recorded: usize,
    /// Recorded commands, without repetitions.
    pub distinct: usize,
    /// Commands that were run.
    pub executed: usize,
    /// Commands that were up to date in this tree.
    pub reused: usize,
    /// Commands whose outputs were taken from the store.
    pub cached: usize,
    /// Commands whose outputs were taken from the store of another machine.
    pub remote: usize,
    /// Commands that failed.
    pub failed: usize,
}

/// Counts of calls of functions that generate files.
#[derive(Debug, Default, Serialize)]
pub struct Calls {
    /// Recorded calls.
    pub recorded: usize,
    /// Calls that were made.
    pub executed: usize,
    /// Calls whose results were up to date in this tree.
    pub reused: usize,
    /// Calls whose results were taken from the store.
    pub cached: usize,
    /// Calls whose results were taken from the store of another machine.
    pub remote: usize,
}

/// Counts of paths that more than one extension writes.
#[derive(Debug, Default, Serialize)]
pub struct HazardCounts {
    /// Paths whose writers are kept apart by renaming.
    pub renamed: usize,
    /// Paths whose writers are kept apart by order.
    pub ordered: usize,
}

/// A command that failed.
#[derive(Clone, Debug)]
pub struct FailedCommand {
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// The command.
    pub command: Vec<String>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// Its exit status, or the negative number of the signal that ended it.
    pub status: i32,
    /// The text that it printed to standard error.
    pub err: String,
}

/// A command that ambidex left to Python.
#[derive(Debug, Serialize)]
pub struct LeftCommand {
    /// The command.
    pub command: Vec<String>,
    /// The reason.
    #[serde(serialize_with = "as_text")]
    pub reason: Left,
}

fn as_text<S: serde::Serializer>(reason: &Left, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

impl Report {
    /// Summarizes these programs. The run took `wall`, and Python waited for `waited` of that.
    pub(crate) fn of(programs: &[Program], jobs: usize, wall: Duration, waited: Duration) -> Self {
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let (totals, chains): (Vec<Duration>, Vec<Duration>) = programs.iter().map(durations).unzip();
        let (total, critical) =
            (totals.into_iter().sum::<Duration>(), chains.into_iter().max().unwrap_or_default());
        let mut commands = Commands::default();
        programs.iter().for_each(|program| commands.count(program));
        let mut spared_hazards = 0;
        let mut hazard_paths = Vec::new();
        for program in programs {
            let found = program.hazards();
            spared_hazards += program.spared_hazards(&found);
            hazard_paths.extend(found);
        }
        let ordered = hazard_paths.iter().filter(|h| h.ordered).count();
        let mut waits: Vec<Wait> = programs.iter().flat_map(|program| program.waits.told()).collect();
        waits.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        let left = programs.iter().flat_map(|program| &program.left);
        Self {
            jobs,
            wall_s: wall.as_secs_f64(),
            capture_s: wall.saturating_sub(waited).as_secs_f64(),
            engine_cpu_s: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
            lower_bound_s: critical.max(total.div_f64(jobs as f64)).as_secs_f64(),
            work_s: total.as_secs_f64(),
            modules: programs.iter().map(new_modules).sum(),
            commands,
            translations: Calls::of(programs.iter(), |job| job.translates),
            generators: Calls::of(programs.iter(), |job| !job.translates),
            hazards: HazardCounts { renamed: hazard_paths.len() - ordered + spared_hazards, ordered },
            hazard_paths,
            failures: programs.iter().flat_map(failed).collect(),
            waits,
            left_to_python: left
                .map(|(command, reason)| LeftCommand { command: command.clone(), reason: reason.clone() })
                .collect(),
        }
    }
}

impl Commands {
    pub(super) fn count(&mut self, program: &Program) {
        let graph = &program.graph;
        let (spared, distinct) = program.spared_commands();
        // A command that was recorded twice because Python went back counts once.
        let is_command = |node: NodeId| program.jobs[node.index()].kind != Kind::Generate;
        let recorded =
            graph.program().filter(|seq| !graph.is_cancelled(*seq) && is_command(graph.node_of(*seq)));
        self.recorded += recorded.count() + spared;
        let is_distinct = |node: &NodeId| program.is_wanted(*node) && is_command(*node);
        self.distinct += graph.all_nodes().filter(is_distinct).count() + distinct;
        self.reused += distinct;
        for (node, job) in graph.all_nodes().zip(&program.jobs).filter(|(node, _)| is_command(*node)) {
            if let Some(ending) = job.ending().filter(|_| program.is_wanted(node)) {
                match program.how(job, ending) {
                    How::Ran => self.executed += 1,
                    How::Reused => self.reused += 1,
                    How::Cached => self.cached += 1,
                    How::Remote => self.remote += 1,
                }
                self.failed += usize::from(ending.status != 0);
            }
        }
    }
}

impl Calls {
    /// Counts the calls that `is_counted` accepts.
    pub(super) fn of<'a>(programs: impl Iterator<Item = &'a Program>, is_counted: fn(&Job) -> bool) -> Self {
        let mut counts = Self::default();
        for program in programs {
            let nodes = program.graph.all_nodes().zip(&program.jobs);
            let calls = nodes.filter(|(node, job)| job.kind == Kind::Generate && program.is_wanted(*node));
            for (_, job) in calls.filter(|(_, job)| is_counted(job)) {
                counts.recorded += 1;
                match job.ending().map(|ending| program.how(job, ending)) {
                    Some(How::Ran) => counts.executed += 1,
                    Some(How::Reused) => counts.reused += 1,
                    Some(How::Cached) => counts.cached += 1,
                    Some(How::Remote) => counts.remote += 1,
                    None => {}
                }
            }
        }
        counts
    }
}

/// Returns how many modules of extensions were linked, or came from a store.
fn new_modules(program: &Program) -> usize {
    let nodes = program.graph.all_nodes().zip(&program.jobs);
    let new = nodes.filter(|(node, job)| {
        let is_link = matches!(job.kind, Kind::Link | Kind::CompileAndLink);
        let is_new = |ending: &Ending| ending.status == 0 && program.how(job, ending) != How::Reused;
        is_link
            && program.is_wanted(*node)
            && job.ending().is_some_and(is_new)
            && program.extension_of(*node).is_some()
    });
    let places: BTreeSet<&Path> =
        new.flat_map(|(_, job)| job.products.iter().take(1)).map(|product| &*product.place).collect();
    places.len()
}

/// Returns the sum of all durations, and the duration of the longest chain.
fn durations(program: &Program) -> (Duration, Duration) {
    let mut total = Duration::ZERO;
    let mut chains: Vec<Duration> = Vec::with_capacity(program.jobs.len());
    // Every node that a node waits for was recorded before it.
    for (node, job) in program.graph.all_nodes().zip(&program.jobs) {
        let own = job.ending().map_or(Duration::ZERO, Ending::duration);
        total += own;
        let waited_for = program.graph.dependencies(node).iter().copied();
        // Some of these had ended before it was recorded, so it did not have to wait for them.
        let read = program.graph.sources(node).filter_map(|(_, source)| source);
        let before = waited_for.chain(read).map(|before| chains[before.index()]).max();
        chains.push(own + before.unwrap_or_default());
    }
    (total, chains.into_iter().max().unwrap_or_default())
}

fn failed(program: &Program) -> Vec<FailedCommand> {
    let mut found = Vec::new();
    for seq in program.graph.program() {
        let node = program.graph.node_of(seq);
        if program.graph.is_cancelled(seq) || program.graph.state(node) != State::Failed {
            continue;
        }
        let job = &program.jobs[node.index()];
        // Python makes a failed call again by itself.
        let Some(ending) = job.ending().filter(|_| job.kind != Kind::Generate) else { continue };
        found.push(FailedCommand {
            extension: program.extension_at(seq).map(str::to_owned),
            command: job.line.argv(),
            cwd: job.setting.cwd.to_path_buf(),
            status: ending.status,
            err: String::from_utf8_lossy(ending.err()).into_owned(),
        });
    }
    found
}
