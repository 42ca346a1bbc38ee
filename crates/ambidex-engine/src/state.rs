//! Knows all programs of one run of ambidex, and the pool of jobs that they share.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use ambidex_graph::NodeId;

use crate::process::{self, Ended, Running};
use crate::program::{Dependencies, Program, Started};

/// How the engine is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many commands run at once.
    pub jobs: usize,
    /// Whether a project's own `-j` may change that.
    pub jobs_may_change: bool,
    /// Whether a failure leaves the other extensions alone.
    pub keep_going: bool,
    /// Whether only those commands are run whose results Python asks for.
    pub only_record: bool,
    /// Whether every output is put to its own place in the end, also objects.
    pub commit_all: bool,
    /// Chooses among ready commands at random, from this seed.
    pub schedule_seed: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub programs: Vec<Program>,
    pub jobs: usize,
    pub running: usize,
    workers: usize,
    pub stopping: bool,
    random: Option<u64>,
    /// How long some session waited for commands, how many do now, and since when.
    pub waited: Duration,
    waiting: usize,
    waiting_since: Option<Instant>,
}

impl Inner {
    /// A session begins to wait for commands.
    pub fn begin_wait(&mut self) {
        self.waiting += 1;
        self.waiting_since.get_or_insert_with(Instant::now);
    }

    /// It goes on.
    pub fn end_wait(&mut self) {
        self.waiting -= 1;
        if self.waiting == 0
            && let Some(since) = self.waiting_since.take()
        {
            self.waited += since.elapsed();
        }
    }
}

/// What the threads of the engine share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub options: Options,
    /// Where commands keep temporary files: what one that is ended leaves there goes with the engine.
    temporary: PathBuf,
    inner: Mutex<Inner>,
    /// Something can be started.
    work: Condvar,
    /// Something ended.
    progress: Condvar,
}

impl Shared {
    pub fn new(options: Options, temporary: PathBuf) -> Self {
        let inner = Inner {
            programs: Vec::new(),
            jobs: options.jobs.max(1),
            running: 0,
            workers: 0,
            stopping: false,
            random: options.schedule_seed,
            waited: Duration::ZERO,
            waiting: 0,
            waiting_since: None,
        };
        Self { options, temporary, inner: Mutex::new(inner), work: Condvar::new(), progress: Condvar::new() }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        // A thread that panicked holding the lock has left the state in doubt: no other may go on with it.
        self.inner.lock().expect("the state of the engine is sound")
    }

    /// Something was recorded or demanded: lets it be started.
    pub fn new_work(self: &Arc<Self>, inner: &mut Inner) {
        while inner.workers < inner.jobs {
            inner.workers += 1;
            let shared = self.clone();
            std::thread::spawn(move || shared.work());
        }
        self.work.notify_all();
    }

    /// Waits until something has ended.
    pub fn wait_for_progress<'a>(&self, inner: MutexGuard<'a, Inner>) -> MutexGuard<'a, Inner> {
        self.progress.wait(inner).expect("the state of the engine is sound")
    }

    /// Ends every command, now. None is started any more.
    pub fn stop(&self) {
        let mut inner = self.lock();
        inner.stopping = true;
        let unwanted: Vec<u32> = inner.programs.iter_mut().flat_map(Program::abandon).collect();
        unwanted.into_iter().for_each(process::end);
        self.progress.notify_all();
        while inner.running > 0 {
            inner = self.wait_for_progress(inner);
        }
        self.work.notify_all();
    }

    /// The life of one worker: starts commands while there are any.
    fn work(self: Arc<Self>) {
        let mut inner = self.lock();
        loop {
            if inner.stopping {
                return;
            }
            let next = (inner.running < inner.jobs).then(|| pick(&mut inner)).flatten();
            let Some((program, node)) = next else {
                inner = self.work.wait(inner).expect("the state of the engine is sound");
                continue;
            };
            inner.running += 1;
            let started = inner.programs[program].start(node);
            let (ended, dependencies) = match started {
                Ok(started) => {
                    drop(inner);
                    let result = self.run(program, &started);
                    inner = self.lock();
                    result
                }
                Err(error) => (unable(&error), None),
            };
            inner.running -= 1;
            let unwanted = inner.programs[program].finish(node, ended, dependencies);
            unwanted.into_iter().for_each(process::end);
            self.progress.notify_all();
            if inner.programs[program].graph.ready() > 1 {
                self.work.notify_all();
            }
        }
    }

    /// Runs one command to its end.
    fn run(&self, program: usize, started: &Started) -> (Ended, Option<Dependencies>) {
        let running = match prepare(started).and_then(|()| {
            let env = &started.env.variables;
            Running::start(&started.program, &started.plan.argv, &started.cwd, env, &self.temporary)
        }) {
            Ok(running) => running,
            Err(error) => return (unable(&error), None),
        };
        {
            let mut inner = self.lock();
            let job = &mut inner.programs[program].jobs[started.node.index()];
            job.life = crate::job::Life::Running(Some(running.pid()));
            let state = inner.programs[program].graph.state(started.node);
            if state == ambidex_graph::State::Doomed {
                // It became unwanted between its start and here.
                process::end(running.pid());
            }
        }
        let mut ended = match running.wait() {
            Ok(ended) => ended,
            Err(error) => return (unable(&error), None),
        };
        for (renamed, original) in &started.plan.renamed {
            ended.out = replace(std::mem::take(&mut ended.out), renamed, original);
            ended.err = replace(std::mem::take(&mut ended.err), renamed, original);
        }
        let depfile = started.plan.depfile.as_deref().filter(|_| ended.status == 0);
        let dependencies = depfile.and_then(|file| Dependencies::read(file, &started.cwd));
        (ended, dependencies)
    }
}

fn pick(inner: &mut Inner) -> Option<(usize, NodeId)> {
    let Inner { programs, random, .. } = inner;
    programs.iter().enumerate().find_map(|(number, program)| Some((number, program.next(random)?)))
}

fn prepare(started: &Started) -> std::io::Result<()> {
    std::fs::create_dir_all(&started.folder)?;
    match &started.plan.copy {
        Some((from, to)) => match std::fs::copy(from, to) {
            // An archive that isn't there yet is made.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
        None => Ok(()),
    }
}

/// A command that could not be run at all, as a shell would report it.
fn unable(error: &std::io::Error) -> Ended {
    Ended { err: format!("ambidex: {error}\n").into_bytes(), status: 126, ..Ended::default() }
}

/// What a command printed names the files as the project knows them.
fn replace(text: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let from = from.as_bytes();
    if from.is_empty() || text.len() < from.len() {
        return text;
    }
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text.as_slice();
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    result.extend_from_slice(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn renamed_files_are_told_by_their_own_names() {
        let text = b"ld: build/.ambidex/obj/1/a.o: in f: bad; build/.ambidex/obj/1/a.o\n".to_vec();
        let told = replace(text, "build/.ambidex/obj/1/a.o", "build/temp/a.o");
        assert_eq!(told, b"ld: build/temp/a.o: in f: bad; build/temp/a.o\n");
    }
}
