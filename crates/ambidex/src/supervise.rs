//! Runs a captured process to its end, and makes sure that nothing it started outlives it.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use ambidex_engine::{Engine, Options, Report, Timeline};
use ambidex_store::Store;
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};

use crate::args::JobArgs;
use crate::cache;
use crate::capture::Capture;
use crate::error::Error;
use crate::live::{self, Live};
use crate::settings::Settings;
use crate::store_location;

/// A process to run.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub program: OsString,
    pub arguments: Vec<OsString>,
    pub cwd: &'a Path,
    /// Additional environment variables.
    pub environment: Vec<(&'static str, OsString)>,
    /// The file for standard output and standard error; both are inherited if it is `None`.
    pub log: Option<PathBuf>,
    /// Whether its timeline is wanted.
    pub timed: bool,
    /// Whether to show a line about running commands.
    pub is_shown: bool,
}

/// The end of a captured process.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code, as a shell reports it.
    pub code: u8,
    /// Whether a signal told ambidex itself to end.
    pub interrupted: bool,
    pub report: Report,
    /// When what ran, if that is wanted.
    pub timeline: Option<Timeline>,
    /// The state directories of the trees that were built.
    pub state_folders: Vec<PathBuf>,
}

/// Returns the engine's options for these arguments and settings. Arguments override settings.
pub(crate) fn options(jobs: &JobArgs, settings: &Settings) -> Options {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Options {
        jobs: jobs.jobs.or(settings.jobs).map_or_else(cores, |n| n as usize),
        jobs_may_change: jobs.jobs.is_none(),
        only_record: false,
        commit_all: jobs.objects().or(settings.objects).unwrap_or(true),
        schedule_seed: jobs.schedule_seed,
        on_wait: None,
        store: None,
        observer: None,
    }
}

/// Returns the variable that tells the capture whether to keep building the other extensions when one fails, if it must
/// be set.
pub(crate) fn keep_going(flag: Option<bool>, settings: &Settings) -> Option<(&'static str, OsString)> {
    let wanted = flag.or(settings.keep_going).unwrap_or(false);
    // A flag always sets the variable, which may already be set in another spelling.
    let value = if wanted { "1" } else { "0" };
    (flag.is_some() || wanted).then(|| ("AMBIDEX_KEEP_GOING", value.into()))
}

/// Returns the engine's options for a build that shares its results with other trees.
pub(crate) fn sharing(jobs: &JobArgs, settings: &Settings) -> Result<Options, Error> {
    let options = options(jobs, settings);
    Ok(Options { store: store_location::open_for_build(options.jobs)?, ..options })
}

/// Runs a process with every Python below it captured.
pub(crate) fn captured(task: Task<'_>, options: Options) -> Result<Ended, Error> {
    let capture = Capture::lay_out()?;
    let options = Options { observer: capture.observer(), ..options };
    let store = options.store.clone();
    let engine = Arc::new(Engine::start(options).map_err(Error::Engine)?);
    let mut environment = capture.environment(&engine.socket());
    environment.extend(task.environment.iter().cloned());
    let timed = task.timed;
    let (code, interrupted) = run(&Task { environment, ..task }, Some(&engine))?;
    if interrupted {
        engine.wait_for_processes();
    }
    let report = engine.report();
    let timeline = timed.then(|| engine.timeline());
    engine.stop();
    leave(store.as_ref(), &report, interrupted)?;
    Ok(Ended { code, interrupted, report, timeline, state_folders: engine.state_folders() })
}

/// Notes what a build has found in its store, and sends what another machine does not have yet, unless the build was
/// interrupted.
pub(crate) fn leave(store: Option<&Store>, report: &Report, interrupted: bool) -> Result<(), Error> {
    let Some(store) = store else { return Ok(()) };
    cache::note(store, report);
    if store.has_remote() && !interrupted { send_what_is_left(store) } else { Ok(()) }
}

/// Sends the results that another machine does not have yet, until a signal tells ambidex to end.
fn send_what_is_left(store: &Store) -> Result<(), Error> {
    let mut signals =
        signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Error::Engine)?;
    let handle = signals.handle();
    let stopped = store.clone();
    let thread = std::thread::spawn(move || signals.forever().take(1).for_each(|_| stopped.stop()));
    store.finish();
    handle.close();
    // A panic of the thread has been printed already.
    let _ = thread.join();
    Ok(())
}

/// Runs a process without capturing it. Returns its exit code, and whether a signal told ambidex to end.
pub(crate) fn plain(task: &Task<'_>) -> Result<(u8, bool), Error> {
    run(task, None)
}

fn run(task: &Task<'_>, engine: Option<&Arc<Engine>>) -> Result<(u8, bool), Error> {
    let mut command = Command::new(&task.program);
    command.args(&task.arguments).current_dir(task.cwd);
    if engine.is_none() {
        // The process stays plain even if another ambidex started this one, or if the project itself asks for ambidex.
        command.env_remove("AMBIDEX_SOCKET").env("AMBIDEX_OFF", "1");
    }
    command.envs(task.environment.iter().cloned());
    if let Some(log) = &task.log {
        let unwritable = |source| Error::Unwritable { path: log.clone(), source };
        let file = std::fs::File::create(log).map_err(unwritable)?;
        command.stdin(Stdio::null()).stderr(file.try_clone().map_err(unwritable)?).stdout(file);
    }
    // On a terminal, Ctrl-C must reach the process, and the process may want to read. Elsewhere the process leads a
    // group of its own, so that everything it starts can be ended with it.
    let own_group = !std::io::stdin().is_terminal();
    if own_group {
        command.process_group(0);
    }
    let watch = SignalWatch::start(engine.cloned(), own_group, engine.is_some() && task.is_shown)?;
    let name = task.program.to_string_lossy().into_owned();
    let status = command.spawn().and_then(|mut child| {
        watch.supervise(child.id());
        let live = engine.filter(|_| task.is_shown).map(|engine| Live::start(engine.clone(), child.id()));
        let status = child.wait();
        drop(live);
        status
    });
    let interrupted = watch.end();
    let status = status.map_err(|source| Error::NotStarted { program: name, source })?;
    let code = match (interrupted, status.code(), status.signal()) {
        (Some(signal), ..) => 128 + signal,
        (None, Some(code), _) => code,
        (None, None, signal) => 128 + signal.unwrap_or(0),
    };
    Ok((u8::try_from(code & 0xff).unwrap_or(1), interrupted.is_some()))
}

/// A thread that waits for the signals that tell ambidex to end, and passes them on.
struct SignalWatch {
    handle: signal_hook::iterator::Handle,
    thread: std::thread::JoinHandle<()>,
    child: Arc<Mutex<Option<u32>>>,
    caught: Arc<AtomicI32>,
}

impl SignalWatch {
    fn start(engine: Option<Arc<Engine>>, own_group: bool, is_shown: bool) -> Result<Self, Error> {
        let stops = is_shown.then_some(SIGTSTP);
        let caught = [SIGINT, SIGTERM, SIGHUP].into_iter().chain(stops);
        let mut signals = signal_hook::iterator::Signals::new(caught).map_err(Error::Engine)?;
        let handle = signals.handle();
        let child: Arc<Mutex<Option<u32>>> = Arc::default();
        let caught = Arc::new(AtomicI32::new(0));
        let (to, said) = (child.clone(), caught.clone());
        let thread = std::thread::spawn(move || {
            for signal in signals.forever() {
                if signal == SIGTSTP {
                    live::stop();
                    continue;
                }
                said.store(signal, Ordering::SeqCst);
                // Ctrl-C on a terminal has reached the process already.
                if own_group || signal != SIGINT {
                    pass_on(*to.lock().expect("nobody panics with the child's number"), signal, own_group);
                }
                if let Some(engine) = &engine {
                    engine.interrupt();
                }
            }
        });
        Ok(Self { handle, thread, child, caught })
    }

    fn supervise(&self, child: u32) {
        *self.child.lock().expect("nobody panics with the child's number") = Some(child);
        let signal = self.caught.load(Ordering::SeqCst);
        if signal != 0 {
            // The signal came while the process was starting.
            pass_on(Some(child), signal, false);
        }
    }

    /// Stops waiting. Returns the signal that was caught, if any.
    fn end(self) -> Option<i32> {
        self.handle.close();
        // A panic of the thread has been printed already, and the process has ended anyway.
        let _ = self.thread.join();
        let signal = self.caught.load(Ordering::SeqCst);
        (signal != 0).then_some(signal)
    }
}

fn pass_on(child: Option<u32>, signal: i32, group: bool) {
    let Some(pid) = child.and_then(|c| i32::try_from(c).ok()).and_then(Pid::from_raw) else { return };
    let signal = match signal {
        SIGINT => Signal::INT,
        SIGHUP => Signal::HUP,
        _ => Signal::TERM,
    };
    // The process may have just ended by itself.
    let _ = if group {
        rustix::process::kill_process_group(pid, signal)
    } else {
        rustix::process::kill_process(pid, signal)
    };
}
