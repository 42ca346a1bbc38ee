//! Knows all programs of one run of ambidex, and the pool of jobs that they share.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use ambidex_graph::NodeId;
use ambidex_store::Store;

use crate::base::process;
use crate::execute::obtain::{LooksOf, Means, Obtained, Started};
use crate::observe::by_libc::Loaded;
use crate::program::Program;
use crate::serve::table::Table;

/// How the engine is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many commands run at once.
    pub jobs: usize,
    /// Whether a project's own `-j` may change that.
    pub jobs_may_change: bool,
    /// Whether only those commands are run whose results Python asks for.
    pub only_record: bool,
    /// Whether every output is put to its own place in the end, also objects.
    pub commit_all: bool,
    /// Chooses among ready commands at random, from this seed.
    pub schedule_seed: Option<u64>,
    /// Told of each wait of a process as it ends.
    pub on_wait: Option<fn(&str)>,
    /// Where results are shared with other trees, if anywhere.
    pub store: Option<Store>,
    /// The library that is preloaded into commands to see what they look at. Where there is none, every command is run each
    /// time.
    pub observer: Option<PathBuf>,
}

/// The state, in the hands of one thread.
pub(crate) type Guard<'a> = MutexGuard<'a, Inner>;

#[derive(Debug)]
pub(crate) struct Inner {
    pub programs: Vec<Program>,
    pub jobs: usize,
    pub running: usize,
    workers: usize,
    pub stopping: bool,
    /// What captured processes see of all this without asking.
    pub table: Table,
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
    /// Where processes write down what they change behind a snapshot.
    journals: PathBuf,
    inner: Mutex<Inner>,
    /// What is known of how libraries are found.
    loaded: Mutex<Loaded>,
    /// Something can be started.
    work: Condvar,
    /// Something ended.
    progress: Condvar,
}

impl Shared {
    pub fn new(options: Options, temporary: PathBuf, journals: PathBuf, table: Table) -> Self {
        let inner = Inner {
            programs: Vec::new(),
            jobs: options.jobs.max(1),
            running: 0,
            workers: 0,
            stopping: false,
            table,
            random: options.schedule_seed,
            waited: Duration::ZERO,
            waiting: 0,
            waiting_since: None,
        };
        Self {
            options,
            temporary,
            journals,
            inner: Mutex::new(inner),
            loaded: Mutex::default(),
            work: Condvar::new(),
            progress: Condvar::new(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        // A thread that panicked holding the lock has left the state in doubt: no other may go on with it.
        self.inner.lock().expect("the state of the engine is sound")
    }

    /// Adds a thread that runs commands.
    ///
    /// # Errors
    /// If the system allows no more threads.
    pub fn add_worker(self: &Arc<Self>, inner: &mut Inner) -> std::io::Result<()> {
        let shared = self.clone();
        std::thread::Builder::new().spawn(move || shared.work())?;
        inner.workers += 1;
        Ok(())
    }

    /// Something was recorded or demanded: lets it be started.
    pub fn new_work(self: &Arc<Self>, inner: &mut Inner) {
        // If there can be no more threads, those that are there do it.
        while inner.workers < inner.jobs && self.add_worker(inner).is_ok() {}
        self.work.notify_all();
    }

    /// The folder of a program's journal.
    pub fn journal(&self, program: usize) -> std::io::Result<PathBuf> {
        let folder = self.journals.join(program.to_string());
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Something changed that somebody may wait for.
    pub fn tell_progress(&self) {
        self.progress.notify_all();
    }

    /// Looks how far a program's predictions are confirmed. Where one was wrong, its process is stopped.
    pub fn advance(&self, program: usize) {
        let wrong = self.lock().programs[program].advance();
        self.park(wrong);
    }

    /// A program has advanced: stops its process, if it is to stop.
    pub fn park(&self, pid: Option<u32>) {
        if let Some(pid) = pid {
            process::park(pid);
        }
        self.tell_progress();
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
        drop(inner);
        process::wait_until_ended();
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
            let obtained = match started {
                Ok(started) => {
                    drop(inner);
                    let obtained = self.obtain(program, &started);
                    inner = self.lock();
                    obtained
                }
                Err(error) => Obtained::unable(&error),
            };
            inner.running -= 1;
            let unwanted = inner.programs[program].finish(node, obtained);
            unwanted.into_iter().for_each(process::end);
            if let Some(pid) = inner.programs[program].advance() {
                process::park(pid);
            }
            self.progress.notify_all();
            if inner.programs[program].graph.ready() > 1 {
                self.work.notify_all();
            }
        }
    }

    /// Gets the outputs of one node.
    fn obtain(&self, program: usize, started: &Started) -> Obtained {
        let runs = |pid: u32| {
            let mut inner = self.lock();
            inner.programs[program].jobs[started.node.index()].life =
                crate::program::job::Life::Running(Some(pid));
            if inner.programs[program].graph.state(started.node) == ambidex_graph::State::Doomed {
                // It became unwanted between its start and here.
                process::end(pid);
            }
        };
        let sees_pending = |looks: &LooksOf<'_>| {
            let mut inner = self.lock();
            let mut memory = started.tree.memory();
            inner.programs[program].sees_pending(Some(started.node), &mut memory, looks)
        };
        let store = self.options.store.as_ref();
        let observer = self.options.observer.as_deref();
        let socket = &self.temporary.with_file_name("socket");
        let name = format!("{program} {}", started.node.index());
        let means = Means {
            store,
            temporary: &self.temporary,
            observer,
            loaded: &self.loaded,
            started: &runs,
            sees_pending: &sees_pending,
            socket,
            name,
        };
        started.obtain(&means)
    }
}

fn pick(inner: &mut Inner) -> Option<(usize, NodeId)> {
    let Inner { programs, random, .. } = inner;
    programs.iter().enumerate().find_map(|(number, program)| Some((number, program.next(random)?)))
}
