//! When each command of a build ran and in which job slot, and when Python waited.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::memory::Memory;
use crate::memory::past::{PastBuild, TimedWait};
use crate::memory::record::{How, Stretch};
use crate::program::Program;
use crate::report::explain;
use crate::report::summary::{Calls, Commands};

/// The commands and waits of one run. Times are in microseconds since the engine was started.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The number of commands that could run at once at the end.
    pub jobs: usize,
    /// How long the run took.
    pub wall: u64,
    /// The commands that had a job slot, in program order. No two of one slot overlap.
    pub commands: Vec<TimedCommand>,
    /// The waits of each captured process, in the order in which they ended.
    pub waits: Vec<TimedWait>,
}

/// A command that had a job slot: it ran, or its outputs came from a store.
#[derive(Debug)]
pub struct TimedCommand {
    /// When and where.
    pub stretch: Stretch,
    /// The final path of its output.
    pub output: PathBuf,
    /// The extension that it was first recorded for.
    pub extension: Option<String>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How its outputs were obtained: `run`, `cached` or `remote`.
    pub done: &'static str,
    /// Why it ran or did not.
    pub reason: String,
    /// The exit status, or the negative number of the signal that ended the command.
    pub status: i32,
    /// Whether its result does not count, because Python went back to before it.
    pub is_cancelled: bool,
}

/// What holds for all programs of a run.
pub(crate) struct Run {
    pub began: SystemTime,
    pub wall: Duration,
    /// For how much of that Python waited.
    pub waited: Duration,
    pub jobs: usize,
}

impl Timeline {
    /// Gathers what these programs did. The run took `wall`.
    pub(crate) fn of(programs: &[Program], jobs: usize, wall: Duration) -> Self {
        Self {
            jobs,
            wall: micros(wall),
            commands: programs.iter().flat_map(commands).collect(),
            waits: waits(programs.iter()).collect(),
        }
    }
}

fn commands(program: &Program) -> impl Iterator<Item = TimedCommand> + '_ {
    let jobs = program.graph.all_nodes().zip(&program.jobs);
    jobs.filter_map(|(node, job)| {
        let ending = job.ending().filter(|ending| ending.how != How::Reused)?;
        Some(TimedCommand {
            stretch: program.timeline.of(node)?,
            output: job.products.first().map_or_else(PathBuf::new, |product| product.place.to_path_buf()),
            extension: program.extension_of(node),
            arguments: job.line.argv(),
            done: explain::word(ending.how),
            reason: explain::reason(&ending.why),
            status: ending.status,
            is_cancelled: !program.is_wanted(node),
        })
    })
}

fn waits<'a>(programs: impl Iterator<Item = &'a Program>) -> impl Iterator<Item = TimedWait> {
    (0..).zip(programs).flat_map(|(number, program)| program.waits.each(number))
}

/// Remembers what Python waited for in these programs, and the numbers of their build.
pub(crate) fn remember<'a>(
    memory: &mut Memory,
    programs: impl Iterator<Item = &'a Program> + Clone,
    run: &Run,
) {
    memory.remember_waits(waits(programs.clone()));
    let mut commands = Commands::default();
    programs.clone().for_each(|program| commands.count(program));
    let calls = Calls::of(programs, |_| true);
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    memory.remember_past(&PastBuild {
        began: run.began.duration_since(UNIX_EPOCH).map_or(0, micros),
        wall: micros(run.wall),
        waited: micros(run.waited),
        jobs: small(run.jobs),
        ran: small(commands.executed + calls.executed),
        reused: small(commands.reused + calls.reused),
        cached: small(commands.cached + calls.cached),
        remote: small(commands.remote + calls.remote),
        failed: small(commands.failed),
    });
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
