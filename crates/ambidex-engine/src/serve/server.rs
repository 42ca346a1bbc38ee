//! The socket through which captured processes find the engine.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ambidex_store::Store;

use crate::base::notice;
use crate::base::own_folder::{OwnFolder, remove_abandoned};
use crate::program::Program;
use crate::report::explain;
use crate::report::graph;
use crate::report::summary::Report;
use crate::report::timeline::{self, Run, Timeline};
use crate::serve::calls;
use crate::serve::frames::Frames;
use crate::serve::pool::{Options, WorkerPool};
use crate::serve::progress::Progress;
use crate::serve::session::Session;
use crate::serve::sight::Sight;
use crate::serve::table::Table;
use crate::serve::trees::Trees;
use crate::serve::turns;
use crate::serve::witness;

/// Serves a new connection. Its first frame says who it is.
fn serve(sight: &Sight, stream: UnixStream) -> io::Result<()> {
    let mut frames = Frames::new(stream.try_clone()?);
    let Some(hello) = frames.next()? else { return Ok(()) };
    match hello.first() {
        Some(b'H') => witness::serve(sight, stream, frames, &hello),
        Some(b'K') => witness::register(sight, stream, &hello),
        Some(b'L') => calls::announce(&sight.pool, stream, &hello),
        Some(b'E') => turns::serve(&sight.pool, stream, frames, &hello),
        _ => Session::serve(sight.clone(), stream, frames, &hello),
    }
}

/// Serves a new connection. If its request fails, the build is over: whoever waits for it, or for another process of
/// the same program, must not wait forever.
fn serve_or_stop(sight: &Sight, stream: UnixStream) {
    let stopping = || sight.pool.lock().stopping;
    if let Err(error) = serve(sight, stream)
        && !stopping()
        && !is_of_an_ended_process(&error)
    {
        notice::tell(format_args!("error: {error}"));
        sight.pool.stop();
    }
}

/// Returns whether the error means that a captured process has ended in the middle of its conversation.
fn is_of_an_ended_process(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, Interrupted, UnexpectedEof};
    matches!(error.kind(), Interrupted | UnexpectedEof | BrokenPipe | ConnectionReset)
}

/// Returns whether the connection comes from a process of the same user. The socket's directory lets nobody else in;
/// this check is for a system where it does.
fn is_own(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// How long to wait for processes whose build was interrupted.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before a retry when the system has run out of something.
const SHORTAGE: Duration = Duration::from_millis(20);

/// An engine that serves captured processes until it is dropped or stopped.
#[derive(Debug)]
pub struct Engine {
    pool: Arc<WorkerPool>,
    trees: Arc<Trees>,
    folder: OwnFolder,
}

impl Engine {
    /// Opens a socket and serves whoever connects.
    ///
    /// # Errors
    /// If no socket can be made in the temporary directory.
    pub fn start(options: Options) -> io::Result<Self> {
        remove_abandoned();
        let folder = OwnFolder::new("")?;
        let listener = UnixListener::bind(folder.path().join("socket"))?;
        let temporary = folder.path().join("tmp");
        std::fs::create_dir(&temporary)?;
        let table = Table::new(folder.path())?;
        let large_files = options.store.as_ref().map(Store::large_files);
        let pool = Arc::new(WorkerPool::new(options, temporary, folder.path().join("undo"), table));
        pool.add_worker(&mut pool.lock())?;
        let trees = Arc::new(Trees::new(large_files));
        let engine = Self { pool: pool.clone(), trees: trees.clone(), folder };
        let accept = move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else {
                    // For example, too many files are open (accept(2)).
                    std::thread::sleep(SHORTAGE);
                    continue;
                };
                if !is_own(&stream) {
                    continue;
                }
                let sight = Sight { pool: pool.clone(), trees: trees.clone(), asker: None, incarnation: 0 };
                let start = || {
                    let (sight, stream) = (sight.clone(), stream.try_clone()?);
                    std::thread::Builder::new().spawn(move || serve_or_stop(&sight, stream))
                };
                while start().is_err() {
                    // No more threads or files are available for now, so the connection is served later.
                    std::thread::sleep(SHORTAGE);
                }
            }
        };
        std::thread::Builder::new().spawn(accept)?;
        Ok(engine)
    }

    /// Returns the path of the socket, for `AMBIDEX_SOCKET`.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Returns what is done and what runs now. Returns `None` if `process`, which runs the build, or another one that
    /// records commands, may print something by itself now. Take a [`Chance`](crate::terminal::Chance) before.
    pub fn progress(&self, process: u32) -> Option<Progress> {
        Progress::of(&self.pool.lock(), process)
    }

    /// Stops because of a signal, and tells that to the processes that ask for anything from now on.
    pub fn interrupt(&self) {
        self.trees.is_interrupted.store(true, Ordering::SeqCst);
        self.stop();
    }

    /// Waits until the processes that recorded commands have ended, and what they printed is written. A process that
    /// takes too long to end is left to itself.
    pub fn wait_for_processes(&self) {
        self.pool.wait_for_sessions(PATIENCE);
    }

    /// Ends every running command. Returns when all have ended and everything that was learnt is saved.
    pub fn stop(&self) {
        self.trees.ending.store(true, Ordering::SeqCst);
        self.pool.stop();
        let engine = self.pool.lock();
        let run = Run {
            began: self.pool.began_at,
            wall: self.pool.began.elapsed(),
            waited: engine.waited,
            jobs: engine.jobs,
        };
        for tree in self.trees.all() {
            let programs = || engine.programs.iter().filter(|program| program.belongs_to(&tree));
            if self.pool.options.only_record {
                tree.remove_outside();
                continue;
            }
            let mut memory = tree.memory();
            explain::remember(&mut memory, programs());
            graph::remember(&mut memory, programs());
            timeline::remember(&mut memory, programs(), &run);
            memory.close(programs().all(Program::is_concluded));
            drop(memory);
            tree.go_home();
            // Threads may hold the tree until the process ends.
            tree.remove_outside();
        }
    }

    /// Returns a report of what was done.
    pub fn report(&self) -> Report {
        let engine = self.pool.lock();
        Report::of(&engine.programs, engine.jobs, self.pool.began.elapsed(), engine.waited)
    }

    /// Returns when each command ran, and when Python waited.
    pub fn timeline(&self) -> Timeline {
        let engine = self.pool.lock();
        Timeline::of(&engine.programs, engine.jobs, self.pool.began.elapsed())
    }

    /// Returns the state directories of the trees that were built.
    pub fn state_folders(&self) -> Vec<PathBuf> {
        self.trees.all().iter().map(|tree| tree.folder().to_owned()).collect()
    }
}
