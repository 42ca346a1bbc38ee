//! All programs of one run of ambidex, and the pool of jobs that they share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use ambidex_graph::NodeId;
use ambidex_store::Store;

use crate::base::call::WaitingCopy;
use crate::base::{process, terminal};
use crate::execute::obtain::{ExecContext, Execution, LooksOf, Obtained};
use crate::memory::record::Stretch;
use crate::observe::by_libc::Loaded;
use crate::program::Program;
use crate::serve::slots::Slots;
use crate::serve::table::Table;

/// The settings of an engine.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many commands run at once.
    pub jobs: usize,
    /// Whether a project's own `-j` may change that.
    pub jobs_may_change: bool,
    /// Whether to run only those commands whose results Python asks for.
    pub only_record: bool,
    /// Whether to put every output at its place in the end, including objects.
    pub commit_all: bool,
    /// A seed for a random choice among ready commands.
    pub schedule_seed: Option<u64>,
    /// A function that gets a description of each wait of a process as the wait ends.
    pub on_wait: Option<fn(&str)>,
    /// The store where results are shared with other trees, if there is one.
    pub store: Option<Store>,
    /// The library that is preloaded into commands to see what they look at. Without it, every command runs each time.
    pub observer: Option<PathBuf>,
}

/// The engine's state, locked by one thread.
pub(crate) type Guard<'a> = MutexGuard<'a, EngineState>;

/// A node that a worker has started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active {
    pub program: usize,
    pub node: NodeId,
    pub since: Instant,
}

#[derive(Debug)]
pub(crate) struct EngineState {
    pub programs: Vec<Program>,
    pub jobs: usize,
    /// The nodes that workers have started, the first one first.
    pub active: Vec<Active>,
    slots: Slots,
    workers: usize,
    pub stopping: bool,
    /// The copies of processes whose calls are not recorded yet, by program and number.
    pub copies: HashMap<(usize, u64), WaitingCopy>,
    /// The table that captured processes read without asking.
    pub table: Table,
    random: Option<u64>,
    /// How long at least one session has waited for commands. The next fields say how many sessions wait now, and since
    /// when.
    pub waited: Duration,
    waiting: usize,
    waiting_since: Option<Instant>,
}

impl EngineState {
    /// Lets the copies of a program's process go whose calls were not recorded.
    pub fn let_copies_go(&mut self, program: usize) {
        self.copies.retain(|(of, _), _| *of != program);
    }

    /// Notes that a session begins to wait for commands.
    pub fn begin_wait(&mut self) {
        self.waiting += 1;
        self.waiting_since.get_or_insert_with(Instant::now);
    }

    /// Returns how much longer a ready command should wait for heavier ones. The first half of the jobs is given away at
    /// once, the other half is kept for these. While a session waits, none will come.
    fn hold(&self, program: usize, node: NodeId) -> Option<Duration> {
        let is_kept = self.jobs > 1 && self.active.len() >= self.jobs / 2;
        let may_come = is_kept && self.waiting == 0 && self.random.is_none();
        may_come.then(|| self.programs[program].holds.left(node)).flatten()
    }

    /// Notes that a session goes on.
    pub fn end_wait(&mut self) {
        self.waiting -= 1;
        if self.waiting == 0
            && let Some(since) = self.waiting_since.take()
        {
            self.waited += since.elapsed();
        }
    }
}

/// The state that the threads of the engine share.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    pub options: Options,
    /// When the engine was started, by two clocks.
    pub began: Instant,
    pub began_at: SystemTime,
    /// The directory for the temporary files of commands. Files that an ended command leaves there go with the engine.
    temporary: PathBuf,
    /// The directory for the journals, in which processes note what they change after a snapshot.
    journals: PathBuf,
    engine: Mutex<EngineState>,
    /// The known facts about how libraries are found.
    loaded: Mutex<Loaded>,
    /// Signalled when something can be started.
    work: Condvar,
    /// Signalled when something has ended.
    progress: Condvar,
}

impl WorkerPool {
    pub fn new(options: Options, temporary: PathBuf, journals: PathBuf, table: Table) -> Self {
        let engine = EngineState {
            programs: Vec::new(),
            jobs: options.jobs.max(1),
            active: Vec::new(),
            slots: Slots::default(),
            workers: 0,
            stopping: false,
            copies: HashMap::new(),
            table,
            random: options.schedule_seed,
            waited: Duration::ZERO,
            waiting: 0,
            waiting_since: None,
        };
        Self {
            options,
            began: Instant::now(),
            began_at: SystemTime::now(),
            temporary,
            journals,
            engine: Mutex::new(engine),
            loaded: Mutex::default(),
            work: Condvar::new(),
            progress: Condvar::new(),
        }
    }

    /// Returns the time since the engine was started, in microseconds.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub fn lock(&self) -> MutexGuard<'_, EngineState> {
        // A thread that panicked while it held the lock has left the state in doubt, so no other may go on with it.
        self.engine.lock().expect("the state of the engine is sound")
    }

    /// Adds a thread that runs commands.
    ///
    /// # Errors
    /// If the system allows no more threads.
    pub fn add_worker(self: &Arc<Self>, engine: &mut EngineState) -> std::io::Result<()> {
        let pool = self.clone();
        std::thread::Builder::new().spawn(move || pool.work())?;
        engine.workers += 1;
        Ok(())
    }

    /// Lets the workers start what was recorded or demanded.
    pub fn new_work(self: &Arc<Self>, engine: &mut EngineState) {
        // If the system allows no more threads, the existing ones do the work.
        while engine.workers < engine.jobs && self.add_worker(engine).is_ok() {}
        self.work.notify_all();
    }

    /// Returns the directory of a program's journal.
    pub fn journal(&self, program: usize) -> std::io::Result<PathBuf> {
        let folder = self.journals.join(program.to_string());
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Announces that something changed that another thread may wait for.
    pub fn tell_progress(&self) {
        self.progress.notify_all();
    }

    /// Finds how far a program's predictions are confirmed. If one was wrong, stops the program's process.
    pub fn advance(&self, program: usize) {
        let wrong = self.lock().programs[program].advance();
        self.park(wrong);
    }

    /// Stops a program's process after an advance, if it must stop.
    pub fn park(&self, pid: Option<u32>) {
        if let Some(pid) = pid {
            process::park(pid);
        }
        self.tell_progress();
    }

    /// Waits until something has ended.
    pub fn wait_for_progress<'a>(&self, engine: MutexGuard<'a, EngineState>) -> MutexGuard<'a, EngineState> {
        self.progress.wait(engine).expect("the state of the engine is sound")
    }

    /// Waits until all sessions have ended and their text is written, but at most this long.
    pub fn wait_for_sessions(&self, limit: Duration) {
        let are_there =
            |engine: &mut EngineState| !engine.programs.iter().all(|p| p.has_ended && p.log.is_drained());
        // Whether the time was enough makes no difference.
        drop(self.progress.wait_timeout_while(self.lock(), limit, are_there));
    }

    /// Ends every command now. No more commands are started.
    pub fn stop(&self) {
        let mut engine = self.lock();
        engine.stopping = true;
        // The processes learn of it, and print by themselves.
        terminal::withdraw();
        let unwanted: Vec<u32> = engine.programs.iter_mut().flat_map(Program::abandon).collect();
        unwanted.into_iter().for_each(process::end);
        self.progress.notify_all();
        while !engine.active.is_empty() {
            engine = self.wait_for_progress(engine);
        }
        self.work.notify_all();
        drop(engine);
        process::wait_until_ended();
    }

    /// Runs one worker: starts commands as they become ready.
    fn work(self: Arc<Self>) {
        let mut engine = self.lock();
        loop {
            if engine.stopping {
                return;
            }
            let next = (engine.active.len() < engine.jobs).then(|| pick(&mut engine)).flatten();
            let Some((program, node)) = next else {
                engine = self.work.wait(engine).expect("the state of the engine is sound");
                continue;
            };
            if let Some(left) = engine.hold(program, node) {
                (engine, _) = self.work.wait_timeout(engine, left).expect("the state of the engine is sound");
                continue;
            }
            engine.active.push(Active { program, node, since: Instant::now() });
            let (slot, from) = (engine.slots.take(), self.now());
            let started = engine.programs[program].start(node);
            let obtained = match started {
                Ok(started) => {
                    drop(engine);
                    let obtained = self.obtain(program, &started);
                    engine = self.lock();
                    obtained
                }
                Err(error) => Obtained::unable(&error),
            };
            engine.active.retain(|active| (active.program, active.node) != (program, node));
            let stretch = Stretch { slot, from, to: self.now() };
            engine.programs[program].timeline.add(node, stretch);
            engine.slots.give_back(slot);
            let unwanted = engine.programs[program].finish(node, obtained);
            unwanted.into_iter().for_each(process::end);
            if let Some(pid) = engine.programs[program].advance() {
                process::park(pid);
            }
            self.progress.notify_all();
            if engine.programs[program].graph.ready() > 1 {
                self.work.notify_all();
            }
        }
    }

    /// Gets the outputs of one node.
    fn obtain(&self, program: usize, started: &Execution) -> Obtained {
        let runs = |pid: u32| {
            let mut engine = self.lock();
            engine.programs[program].jobs[started.node.index()].life =
                crate::program::job::Life::Running(Some(pid));
            if engine.programs[program].graph.state(started.node) == ambidex_graph::State::Doomed {
                // It was doomed between its start and here.
                process::end(pid);
            }
        };
        let sees_pending = |looks: &LooksOf<'_>| {
            let mut engine = self.lock();
            let mut memory = started.tree.memory();
            engine.programs[program].sees_pending(Some(started.node), &mut memory, looks)
        };
        let store = self.options.store.as_ref();
        let observer = self.options.observer.as_deref();
        let socket = &self.temporary.with_file_name("socket");
        let name = format!("{program} {}", started.node.index());
        let context = ExecContext {
            store,
            temporary: &self.temporary,
            observer,
            loaded: &self.loaded,
            started: &runs,
            sees_pending: &sees_pending,
            socket,
            name,
        };
        started.obtain(&context)
    }
}

fn pick(engine: &mut EngineState) -> Option<(usize, NodeId)> {
    let EngineState { programs, random, .. } = engine;
    programs.iter().enumerate().find_map(|(number, program)| Some((number, program.next(random)?)))
}
