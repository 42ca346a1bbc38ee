//! What has to be done before a process may look at a path, change it, or start something that may do either.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ambidex_graph::PathId;

use crate::program::Program;
use crate::program::waits::Cause;
use crate::serve::pool::{EngineState, Guard, WorkerPool};
use crate::serve::trees::Trees;

/// The process that asks has been stopped, and does not wait for an answer any more; or the engine ends.
#[derive(Debug)]
pub(crate) struct Stopped;

impl From<Stopped> for io::Error {
    fn from(_: Stopped) -> Self {
        Self::new(io::ErrorKind::Interrupted, "stopped")
    }
}

/// What sessions and witnesses do alike.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub pool: Arc<WorkerPool>,
    pub trees: Arc<Trees>,
    /// The program of the process that asks, if it has one.
    pub asker: Option<usize>,
    /// Which of the program's processes it is (see [`Program::incarnation`]).
    pub incarnation: u64,
}

impl Sight {
    /// Waits until a program has taken in so many frames of its process.
    pub fn catch_up(&self, program: usize, frames: u64) -> Result<(), Stopped> {
        self.wait(program, |program| program.frames >= frames).map(drop)
    }

    /// Waits until nothing of a program is pending, and, of the asker's own, all that it printed is written. That holds as
    /// long as the guard: another process than the one that asks may record its next command at any time.
    ///
    /// What another process prints, the one that asks may have to read, from a pipe that is full: only its commands are
    /// waited for.
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

    /// Puts all that other processes have made to its place: commands of this one may read it.
    pub fn commit_others(&self) -> io::Result<()> {
        for number in self.programs().filter(|number| Some(*number) != self.asker) {
            drop(self.settle_and_commit(number, |_, _| true)?);
        }
        Ok(())
    }

    /// Puts those of these files to their places that other processes have made.
    pub fn commit_read(&self, files: &[Arc<Path>]) -> io::Result<()> {
        for number in self.programs().filter(|number| Some(*number) != self.asker) {
            let wanted = {
                let program = &mut self.pool.lock().programs[number];
                let paths: Vec<&Path> = files.iter().map(|file| &**file).collect();
                concerned(program, &paths, Path::new("/"), Reach::Itself)
            };
            if !wanted.is_empty() {
                drop(self.settle_and_commit(number, |_, path| wanted.contains(&path))?);
            }
        }
        Ok(())
    }

    /// Does what a process waits for, and takes down how long that took.
    pub fn timed<T>(&self, cause: Cause, what: impl FnOnce() -> String, wait: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = wait();
        self.waited(cause, what, began);
        result
    }

    /// Takes down what a process has waited for.
    pub fn waited(&self, cause: Cause, what: impl FnOnce() -> String, began: Instant) {
        let time = began.elapsed();
        let mut engine = self.pool.lock();
        // What a process without a program of its own waits for, somebody with one has started it for.
        if let Some(program) = engine.programs.get_mut(self.asker.unwrap_or(0)) {
            let what = what();
            if program.waits.add(cause, what.clone(), time)
                && let Some(tell) = self.pool.options.on_wait
            {
                tell(&format!("Python waited {:.3} s: it {cause}: {what}", time.as_secs_f64()));
            }
        }
    }

    /// Waits until something holds for a program. It does as long as the guard.
    pub fn wait(&self, number: usize, holds: impl Fn(&Program) -> bool) -> Result<Guard<'_>, Stopped> {
        let mut engine = self.pool.lock();
        // What has been ended by force has not been done.
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

    /// Whether the process that asks has been stopped for good, or is about to: a snapshot goes on in its place. What it
    /// may still say does not count.
    fn is_gone(&self, engine: &EngineState) -> bool {
        self.asker.is_some_and(|asker| {
            let program = &engine.programs[asker];
            program.is_rolling_back() || program.incarnation() != self.incarnation
        })
    }

    /// Whether the process that asks has to stop, or has.
    pub fn is_of_the_past(&self) -> bool {
        self.is_gone(&self.pool.lock())
    }

    /// A snapshot of the process that asks is about to be taken. Returns its number, if it is wanted.
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

    /// The snapshot waits. Returns whether it is wanted.
    pub fn add_snapshot(&self, program: usize, number: u64) -> bool {
        let mut engine = self.pool.lock();
        !self.is_gone(&engine) && engine.programs[program].add_snapshot(number)
    }

    /// The numbers of all programs.
    fn programs(&self) -> std::ops::Range<usize> {
        0..self.pool.lock().programs.len()
    }

    /// A process looks at these paths: whatever of them is pending is put to its place.
    pub fn look(&self, paths: &[&Path], cwd: &Path) -> io::Result<()> {
        self.see(paths, cwd, Reach::Listed)
    }

    /// A process makes a folder, in which no command can have found anything, nor written. It fails where there is
    /// something of the name.
    pub fn make_folder(&self, paths: &[&Path], cwd: &Path) -> io::Result<()> {
        self.see(paths, cwd, Reach::Itself)
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

    /// A process changes these paths; `undoable` if that can be taken back.
    pub fn change(&self, paths: &[&Path], cwd: &Path, undoable: bool) -> io::Result<()> {
        for number in self.programs() {
            let (concerned, read) = {
                let mut engine = self.pool.lock();
                let program = &mut engine.programs[number];
                // It is about to: what is looked at meanwhile does not count when it has.
                program.changes.unseen = true;
                program.changes.by_others |= self.asker != Some(number);
                let concerned = concerned(program, paths, cwd, Reach::Below);
                // What a command will look at is only known when it has ended.
                let pending = !program.graph.is_settled();
                let mut may_be_read = false;
                let mut may_go_on = undoable && self.asker == Some(number) && program.has_snapshot();
                for path in paths {
                    let spelled = program.paths.spelling(path, cwd);
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

    /// A process does what may look at anything and change anything.
    pub fn settle_all(&self) -> io::Result<()> {
        for number in self.programs() {
            self.settle_and_commit(number, |_, _| true)?.programs[number].inputs_change();
        }
        self.trees.invalidate(None);
        Ok(())
    }

    /// Waits until nothing of a program is pending, and puts its outputs to their places.
    pub fn settle_and_commit(
        &self,
        number: usize,
        wanted: impl Fn(&Program, PathId) -> bool,
    ) -> io::Result<Guard<'_>> {
        let mut engine = self.settle(number)?;
        commit(&mut engine, number, wanted)?;
        Ok(engine)
    }

    /// Whether nothing of a program is pending. Then its process is told so, and goes back no more. Returns how many
    /// frames of it that is true of.
    pub fn tell_settled(&self, program: usize) -> Option<u64> {
        let mut engine = self.pool.lock();
        if self.is_gone(&engine) {
            return None;
        }
        let program = &mut engine.programs[program];
        // Else it would write itself what has been written already.
        let settled = program.is_settled() && program.log.has_caught_up();
        settled.then(|| {
            program.let_snapshots_go();
            program.frames
        })
    }
}

/// Puts outputs of a program to their places.
pub(crate) fn commit(
    engine: &mut Guard<'_>,
    number: usize,
    wanted: impl Fn(&Program, PathId) -> bool,
) -> io::Result<()> {
    engine.programs[number].commit(wanted)?;
    tidy(engine);
    Ok(())
}

/// Clears the table where no program has anything that isn't at its place. From then on nobody asks before it changes
/// something: what is known of files does not count any more when the next command comes.
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

/// A path, and what it leads to where it is a symbolic link.
fn with_targets(path: PathBuf) -> impl Iterator<Item = PathBuf> {
    let target = |link: &PathBuf| {
        let target = std::fs::read_link(link).ok()?;
        Some(link.parent().unwrap_or(Path::new("/")).join(target))
    };
    // As many as the kernel follows (path_resolution(7)).
    std::iter::successors(Some(path), target).take(41)
}

/// What else than a path itself is seen or changed with it.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    Itself,
    /// If it is a folder, what is right in it.
    Listed,
    /// If it is a folder, all that is in it.
    Below,
}

/// The outputs that are pending, or done but not at their place, and are these paths or in their reach.
pub(crate) fn concerned(program: &mut Program, paths: &[&Path], cwd: &Path, reach: Reach) -> Vec<PathId> {
    let mut found = Vec::new();
    for path in paths.iter().flat_map(|path| with_targets(cwd.join(path))) {
        let spelled = program.paths.spelling(&path, cwd);
        let below: Vec<PathId> = program.paths.at_or_below(&spelled).collect();
        let written = |id: &PathId| program.graph.newest_version(*id).is_some() || program.is_kept(*id);
        let near = |id: &PathId| {
            let place = program.paths.place(*id);
            match reach {
                Reach::Itself => place == spelled,
                Reach::Listed => place == spelled || place.parent() == Some(&spelled),
                Reach::Below => true,
            }
        };
        found.extend(below.into_iter().filter(written).filter(near));
    }
    found
}
