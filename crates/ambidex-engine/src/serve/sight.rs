//! Everything that must happen before a process looks at a path, changes it, or starts something that may do either.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ambidex_graph::PathId;

use crate::base::paths::with_targets;
use crate::base::terminal;
use crate::observe::looks::View;
use crate::program::Program;
use crate::program::waits::Cause;
use crate::serve::pool::{EngineState, Guard, WorkerPool};
use crate::serve::trees::Trees;

/// The error that the process that asks has been stopped and no longer waits for an answer, or that the engine is
/// ending.
#[derive(Debug)]
pub(crate) struct Stopped;

impl From<Stopped> for io::Error {
    fn from(_: Stopped) -> Self {
        Self::new(io::ErrorKind::Interrupted, "stopped")
    }
}

/// The operations that sessions and witnesses share.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub pool: Arc<WorkerPool>,
    pub trees: Arc<Trees>,
    /// The program of the process that asks, if it has one.
    pub asker: Option<usize>,
    /// The incarnation of this process (see [`Program::incarnation`]).
    pub incarnation: u64,
}

impl Sight {
    /// Waits until a program has taken in this many frames of its process.
    pub fn catch_up(&self, program: usize, frames: u64) -> Result<(), Stopped> {
        self.wait(program, |program| program.frames >= frames).map(drop)
    }

    /// Waits until nothing of a program is pending and, if it is the asker's own, all its text is written. This holds
    /// only as long as the guard: a process other than the asker may record its next command at any time.
    ///
    /// For another process, waits only for its commands, because the asker may have to read that process's text, from a
    /// pipe that is full.
    pub fn settle(&self, program: usize) -> Result<Guard<'_>, Stopped> {
        let is_own = self.asker == Some(program);
        let mut engine = self.pool.lock();
        engine.programs[program].demanded = None;
        if is_own {
            engine.programs[program].log.end_echo();
        }
        self.pool.new_work(&mut engine);
        self.pool.tell_progress();
        drop(engine);
        self.wait(program, |program| {
            let is_written = !is_own || program.has_ended || program.log.is_drained();
            program.graph.is_settled() && !program.is_rolling_back() && is_written
        })
    }

    /// Puts everything that other processes have made at its place, because commands of this process may read it.
    pub fn commit_others(&self) -> io::Result<()> {
        for number in self.programs().filter(|number| Some(*number) != self.asker) {
            drop(self.settle_and_commit(number, |_, _| true)?);
        }
        Ok(())
    }

    /// Puts those of these files that other processes have made at their places. Returns whether there were any.
    pub fn commit_read(&self, files: &[Arc<Path>]) -> io::Result<bool> {
        let mut found = false;
        for number in self.programs().filter(|number| Some(*number) != self.asker) {
            let wanted = {
                let program = &mut self.pool.lock().programs[number];
                let paths: Vec<&Path> = files.iter().map(|file| &**file).collect();
                concerned(program, &paths, Path::new("/"), Reach::Itself)
            };
            if !wanted.is_empty() {
                drop(self.settle_and_commit(number, |_, path| wanted.contains(&path))?);
                found = true;
            }
        }
        Ok(found)
    }

    /// Does what a process waits for, and notes how long that took.
    pub fn timed<T>(&self, cause: Cause, what: impl FnOnce() -> String, wait: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = wait();
        self.waited(cause, what, began);
        result
    }

    /// Notes what a process has waited for.
    pub fn waited(&self, cause: Cause, what: impl FnOnce() -> String, began: Instant) {
        let time = began.elapsed();
        let mut engine = self.pool.lock();
        // A process without a program of its own was started by one that has a program. Its wait counts for program 0.
        if let Some(program) = engine.programs.get_mut(self.asker.unwrap_or(0)) {
            let what = what();
            let from = began.saturating_duration_since(self.pool.began);
            if program.waits.add(cause, what.clone(), from, time)
                && let Some(tell) = self.pool.options.on_wait
            {
                tell(&format!("Python waited {:.3} s: it {cause}: {what}", time.as_secs_f64()));
            }
        }
    }

    /// Waits until something holds for a program. It holds as long as the guard.
    pub fn wait(&self, number: usize, holds: impl Fn(&Program) -> bool) -> Result<Guard<'_>, Stopped> {
        let mut engine = self.pool.lock();
        // A command that was ended by force does not count as done.
        let judge = |engine: &EngineState| {
            if engine.stopping || self.is_gone(engine) {
                return Some(Err(Stopped));
            }
            holds(&engine.programs[number]).then_some(Ok(()))
        };
        if let Some(judged) = judge(&engine) {
            return judged.map(|()| engine);
        }
        engine.begin_wait();
        let waited = loop {
            engine = self.pool.wait_for_progress(engine);
            if let Some(judged) = judge(&engine) {
                break judged;
            }
        };
        engine.end_wait();
        waited.map(|()| engine)
    }

    /// Returns whether the process that asks has been stopped for good, or is about to be, because a snapshot goes on
    /// in its place. Its messages no longer count.
    fn is_gone(&self, engine: &EngineState) -> bool {
        self.asker.is_some_and(|asker| {
            let program = &engine.programs[asker];
            program.is_rolling_back() || program.incarnation() != self.incarnation
        })
    }

    /// Returns whether the process that asks must stop, or has stopped.
    pub fn is_of_the_past(&self) -> bool {
        self.is_gone(&self.pool.lock())
    }

    /// Announces that a snapshot of the process that asks is about to be taken. Returns its number, if the engine
    /// accepts it.
    pub fn announce_snapshot(
        &self,
        program: usize,
        pid: u32,
        stream: UnixStream,
        journal: &Path,
    ) -> Option<u64> {
        let mut engine = self.pool.lock();
        if self.is_gone(&engine) {
            return None;
        }
        engine.programs[program].announce_snapshot(pid, stream, journal)
    }

    /// Adds the snapshot, which now waits. Returns whether the engine keeps it.
    pub fn add_snapshot(&self, program: usize, number: u64) -> bool {
        let mut engine = self.pool.lock();
        !self.is_gone(&engine) && engine.programs[program].add_snapshot(number)
    }

    /// Returns the numbers of all programs.
    fn programs(&self) -> std::ops::Range<usize> {
        0..self.pool.lock().programs.len()
    }

    /// Puts whatever is pending among these paths at its place, because a process looks at them: at the paths themselves,
    /// not at what is in a directory. A directory is looked at in this way, too, before it gets other times, or is made:
    /// no command can have found or written anything in a new one.
    pub fn look(&self, paths: &[&Path], cwd: &Path) -> io::Result<()> {
        self.see(paths, cwd, Reach::Itself)
    }

    /// Puts whatever is pending directly in these directories at its place, because a process lists them.
    pub fn list(&self, paths: &[&Path], cwd: &Path) -> io::Result<()> {
        self.see(paths, cwd, Reach::Listed)
    }

    /// Puts whatever is pending at its place that matches one of these paths, because a process lists their directories
    /// for nothing else.
    pub fn look_for(&self, patterns: &[&Path], cwd: &Path) -> io::Result<()> {
        self.see(patterns, cwd, Reach::Matching)
    }

    fn see(&self, paths: &[&Path], cwd: &Path, reach: Reach) -> io::Result<()> {
        for number in self.programs() {
            let concerned = concerned(&mut self.pool.lock().programs[number], paths, cwd, reach);
            if !concerned.is_empty() {
                drop(self.settle_and_commit(number, |_, path| concerned.contains(&path))?);
            }
        }
        Ok(())
    }

    /// Prepares for a process to change these paths. `undoable` says whether the change can be undone.
    pub fn change(&self, paths: &[&Path], cwd: &Path, undoable: bool) -> io::Result<()> {
        for number in self.programs() {
            let (concerned, read) = {
                let mut engine = self.pool.lock();
                let program = &mut engine.programs[number];
                // The change is yet to come, so a look made in the meantime does not count after it.
                program.changes.unseen = true;
                program.changes.by_others |= self.asker != Some(number);
                let concerned = concerned(program, paths, cwd, Reach::Below);
                // The engine learns what a command looks at only when the command has ended.
                let pending = !program.graph.is_settled();
                let mut may_be_read = false;
                let mut may_go_on = undoable && self.asker == Some(number) && program.has_snapshot();
                for path in paths {
                    let spelled = program.paths.spelling(path, cwd);
                    if spelled.is_dir() {
                        program.paths.forget_folders();
                    }
                    self.trees.invalidate(Some(&spelled));
                    may_be_read |= program.may_be_read(&spelled);
                    may_go_on = may_go_on && program.note_change(&spelled);
                }
                if may_be_read && may_go_on {
                    program.inputs_change();
                }
                (concerned, (pending || may_be_read) && !may_go_on)
            };
            if concerned.is_empty() && !read {
                continue;
            }
            let mut engine = self.settle_and_commit(number, |_, path| concerned.contains(&path))?;
            let program = &mut engine.programs[number];
            program.change_outside(&concerned);
            program.inputs_change();
            drop(engine);
            self.trees.invalidate(None);
        }
        Ok(())
    }

    /// Prepares for a process to do something that may look at anything and change anything.
    pub fn settle_all(&self) -> io::Result<()> {
        for number in self.programs() {
            self.settle_and_commit(number, |_, _| true)?.programs[number].inputs_change();
        }
        self.trees.invalidate(None);
        Ok(())
    }

    /// Waits until nothing of a program is pending, and puts its outputs at their places.
    pub fn settle_and_commit(
        &self,
        number: usize,
        wanted: impl Fn(&Program, PathId) -> bool,
    ) -> io::Result<Guard<'_>> {
        let mut engine = self.settle(number)?;
        commit(&mut engine, number, wanted)?;
        Ok(engine)
    }

    /// Returns the number of frames of a program's process for which nothing is pending, if nothing is. The process is
    /// told this number and goes back no more, so its snapshots are released.
    pub fn tell_settled(&self, program: usize) -> Option<u64> {
        let mut engine = self.pool.lock();
        if self.is_gone(&engine) {
            return None;
        }
        let program = &mut engine.programs[program];
        // Otherwise the process would itself write text that has already been written.
        let settled = program.is_settled() && program.log.has_caught_up();
        let frames = settled.then(|| {
            program.let_snapshots_go();
            program.frames
        });
        drop(engine);
        if settled {
            self.let_print();
        }
        frames
    }

    /// Lets the process that asks print by itself.
    pub fn let_print(&self) {
        if let Some(asker) = self.asker
            && std::mem::take(&mut self.pool.lock().programs[asker].passes_text)
        {
            terminal::withdraw();
        }
    }
}

/// Puts outputs of a program at their places.
pub(crate) fn commit(
    engine: &mut Guard<'_>,
    number: usize,
    wanted: impl Fn(&Program, PathId) -> bool,
) -> io::Result<()> {
    engine.programs[number].commit(wanted)?;
    tidy(engine);
    Ok(())
}

/// Clears the table if every output of every program is at its place. From then on no process asks before it changes
/// something, so what is known of files no longer counts when the next command comes.
pub(crate) fn tidy(engine: &mut Guard<'_>) {
    let idle = |program: &Program| {
        program.graph.is_settled()
            && program.graph.uncommitted().next().is_none()
            && !program.keeps_anything()
    };
    if engine.programs.iter().all(idle) {
        engine.table.clear();
        engine.programs.iter_mut().for_each(|program| program.changes.unseen = true);
    }
}

/// How far beyond a path itself a look or a change reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Itself,
    /// If it is a directory, its direct entries.
    Listed,
    /// The entries of a directory that match its name: see [`View::Matching`].
    Matching,
    /// If it is a directory, everything in it.
    Below,
}

/// Returns the outputs of a program that are among these paths or within their reach, including those that are at their
/// places.
pub(crate) fn concerned(program: &mut Program, paths: &[&Path], cwd: &Path, reach: Reach) -> Vec<PathId> {
    let mut found = Vec::new();
    for path in paths.iter().flat_map(|path| with_targets(cwd.join(path))) {
        let spelled = program.paths.spelling(&path, cwd);
        let root = if reach == Reach::Matching { spelled.parent().unwrap_or(&spelled) } else { &spelled };
        let below: Vec<PathId> = program.paths.at_or_below(root).collect();
        let written = |id: &PathId| program.graph.newest_version(*id).is_some() || program.is_kept(*id);
        let near = |id: &PathId| {
            let place = program.paths.place(*id);
            match reach {
                Reach::Itself => place == spelled,
                Reach::Listed => place == spelled || place.parent() == Some(&spelled),
                Reach::Matching => View::Matching.shows(&spelled, place),
                Reach::Below => true,
            }
        };
        found.extend(below.into_iter().filter(written).filter(near));
    }
    found
}
