//! The line at the bottom of the terminal that says what a build is doing, and when it may be there.

mod layout;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ambidex_engine::{Engine, terminal};
use rustix::fs::{FileType, fstat};
use rustix::process::{Pid, getpgid, getpgrp, getppid, getsid};
use rustix::termios::{tcgetpgrp, tcgetwinsize};
use signal_hook::consts::SIGTSTP;

use crate::args::OutputArgs;
use crate::tell;

/// The time between two looks at the build.
const PERIOD: Duration = Duration::from_millis(100);

/// The time before the first line: a build that is up to date has ended by then.
const DELAY: Duration = Duration::from_millis(300);

/// Whether this process is about to be stopped.
static IS_STOPPING: AtomicBool = AtomicBool::new(false);

/// Returns whether the line can be shown: the user wants more than errors, and what is printed goes to a terminal that
/// can erase, with nobody in between who would print it there.
pub(crate) fn can_be_shown(output: &OutputArgs) -> bool {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let in_ci = !matches!(variable("CI").as_str(), "" | "0" | "false");
    let can_erase = !matches!(variable("TERM").as_str(), "" | "dumb");
    // A pager or `tee` prints on the same terminal.
    let is_passed_on = fstat(io::stdout())
        .is_ok_and(|stat| matches!(FileType::from_raw_mode(stat.st_mode), FileType::Fifo | FileType::Socket));
    !output.quiet && !in_ci && can_erase && !is_passed_on && io::stderr().is_terminal()
}

/// Stops this process, as Ctrl-Z would, with no line on the terminal. Returns when it goes on.
pub(crate) fn stop() {
    if !can_go_on() {
        return;
    }
    IS_STOPPING.store(true, Ordering::SeqCst);
    terminal::withdraw();
    // It can't fail for this signal.
    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
    IS_STOPPING.store(false, Ordering::SeqCst);
}

/// Returns whether somebody could make this process go on after a stop. Otherwise, in an orphaned process group, the
/// signal has no effect (setpgid(2)).
fn can_go_on() -> bool {
    let mut process = getppid();
    while let Some(parent) = process {
        if getsid(process).ok() != getsid(None).ok() {
            return false;
        }
        if getpgid(process).ok() != Some(getpgrp()) {
            return true;
        }
        process = parent_of(parent);
    }
    false
}

/// Returns the parent of a process, which is the second word after the name in parentheses (proc_pid_stat(5)).
fn parent_of(process: Pid) -> Option<Pid> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, words) = stat.rsplit_once(')')?;
    Pid::from_raw(words.split_whitespace().nth(1)?.parse().ok()?)
}

/// The thread that draws the line, which is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Live(Option<(Sender<()>, JoinHandle<()>)>);

impl Live {
    /// Shows the line while this process builds. If the system allows no more threads, there is no line.
    pub fn start(engine: Arc<Engine>, process: u32) -> Self {
        let (end, ended) = channel();
        let began = Instant::now();
        let draw = move || {
            let mut wait = DELAY;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = PERIOD;
                draw(&engine, process, began.elapsed());
            }
        };
        Self(std::thread::Builder::new().spawn(draw).ok().map(|thread| (end, thread)))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            // A panic of the thread has been printed already.
            let _ = thread.join();
            terminal::withdraw();
        }
    }
}

fn draw(engine: &Engine, process: u32, passed: Duration) {
    let chance = terminal::Chance::take();
    let is_behind = tcgetpgrp(io::stderr()).is_ok_and(|group| group != getpgrp());
    if IS_STOPPING.load(Ordering::SeqCst) || is_behind {
        return;
    }
    let (Some(progress), Ok(size)) = (engine.progress(process), tcgetwinsize(io::stderr())) else { return };
    // The last column stays free, where terminals differ in when they go to the next row.
    let room = usize::from(size.ws_col.saturating_sub(1));
    if let Some(line) = layout::line(&progress, passed, room).filter(|_| size.ws_row > 1) {
        chance.draw(&tell::with_head(&line.head, &line.rest), size.ws_col);
    }
}
