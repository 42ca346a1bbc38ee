//! What a build has done so far, what it is doing, and how long the rest is expected to take.

use std::time::{Duration, Instant};

use ambidex_command::Kind;

use crate::program::Program;
use crate::program::job::Job;
use crate::serve::pool::{Active, EngineState};

/// The commands of a build at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many are done.
    pub done: usize,
    /// How many Python has recorded so far.
    pub known: usize,
    /// Those that run, the first one first.
    pub running: Vec<RunningCommand>,
    /// How long all that is not done will take, if every such command has run before.
    pub rest: Option<Duration>,
}

/// A command that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningCommand {
    /// The extension for which it was recorded.
    pub extension: Option<String>,
    /// The file name of its source if it compiles, else that of its output.
    pub file: String,
    /// When it was started.
    pub since: Instant,
}

impl Progress {
    /// Returns the progress, or `None` while a process may print what the engine does not see: then `process` itself,
    /// which runs the build, does not leave its text to the engine, or it is not the only one that records commands.
    pub(crate) fn of(engine: &EngineState, process: u32) -> Option<Self> {
        let mut alive = engine.programs.iter().filter(|program| !program.has_ended).peekable();
        alive.peek()?;
        let is_seen = |program: &Program| program.passes_text && program.pid == Some(process);
        if engine.stopping || !alive.all(is_seen) {
            return None;
        }
        let now = Instant::now();
        let running = |active: &Active| {
            let program = &engine.programs[active.program];
            RunningCommand {
                extension: program.extension_of(active.node),
                file: file_of(&program.jobs[active.node.index()]),
                since: active.since,
            }
        };
        let known: usize = engine.programs.iter().map(|program| program.jobs.len()).sum();
        let unsettled: usize = engine.programs.iter().map(|program| program.graph.unsettled()).sum();
        Some(Self {
            done: known - unsettled,
            known,
            running: engine.active.iter().map(running).collect(),
            rest: rest(engine, unsettled, now),
        })
    }
}

/// Returns how long the rest takes if the jobs are always busy, but at least as long as each running command.
fn rest(engine: &EngineState, unsettled: usize, now: Instant) -> Option<Duration> {
    let of_program = |program: &Program| program.expected.of_all(program.graph.unsettled());
    let all = engine.programs.iter().map(of_program).sum::<Option<u64>>().map(Duration::from_millis)?;
    let mut passed = Duration::ZERO;
    let mut longest = Duration::ZERO;
    for active in &engine.active {
        let whole = engine.programs[active.program].jobs[active.node.index()].remembered?;
        let whole = Duration::from_millis(whole.get().into());
        let so_far = now.saturating_duration_since(active.since).min(whole);
        passed += so_far;
        longest = longest.max(whole - so_far);
    }
    let jobs = u32::try_from(engine.jobs.min(unsettled).max(1)).unwrap_or(u32::MAX);
    Some((all.saturating_sub(passed) / jobs).max(longest))
}

fn file_of(job: &Job) -> String {
    let Some(product) = job.products.first() else { return String::new() };
    let has_source = matches!(job.kind, Kind::Compile | Kind::Preprocess | Kind::Generate);
    // Objects and translations are named like their sources.
    let source = || job.reads.iter().find(|read| read.file.file_stem() == product.place.file_stem());
    let file = has_source.then(source).flatten().map_or(&product.place, |read| &read.file);
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
