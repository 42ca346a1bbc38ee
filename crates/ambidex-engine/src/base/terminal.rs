//! The line about running commands that may stand on the terminal, and how other text is printed without harm to it.
//!
//! The line stands below the cursor, and the cursor stays where the text has ended, even in the middle of a row. So one
//! escape sequence removes the line, whatever became of it when the terminal was resized, and never removes text.
//!
//! Whoever prints in this process removes the line first, while nobody can draw it ([`print`]). Other processes don't
//! know of the line. Before one of them may print again, it is withdrawn ([`withdraw`]).

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The line that is on the terminal, with the number of columns for which it was drawn.
static SHOWN: Mutex<Option<(String, u16)>> = Mutex::new(None);

/// How often the line was withdrawn.
static WITHDRAWN: AtomicU64 = AtomicU64::new(0);

/// Erases everything after the cursor (ECMA-48, ED).
const ERASE: &[u8] = b"\x1b[J";

/// Makes sure that there is a row below the cursor, remembers where the cursor is, and goes to the beginning of that
/// row (IND, RI, DECSC, CUD, CR), which [`ERASE`] then clears.
const BELOW: &[u8] = b"\x1bD\x1bM\x1b7\x1b[B\r\x1b[J";

/// Takes the cursor back to where it was (DECRC).
const BACK: &[u8] = b"\x1b8";

/// How long to wait for a terminal that takes no output, such as after Ctrl-S.
const PATIENCE: Duration = Duration::from_millis(200);

/// A chance to draw the line, which is gone as soon as the line is withdrawn.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// Takes a chance. Whoever takes it looks afterwards whether the line may be drawn, and whether that still holds is
    /// known when it is drawn.
    pub fn take() -> Self {
        Self(WITHDRAWN.load(Ordering::SeqCst))
    }

    /// Draws the line on standard error, in place of the one that is there. It must be shorter than a row, which has
    /// this many columns. Does nothing if the chance is gone, or if the terminal takes no output now.
    pub fn draw(self, line: &str, columns: u16) {
        let mut shown = shown();
        let is_there = shown.as_ref().is_some_and(|(text, width)| text == line && *width == columns);
        if !is_there && self.0 == WITHDRAWN.load(Ordering::SeqCst) && is_writable(Duration::ZERO) {
            *shown = Some((line.to_owned(), columns));
            write([BELOW, line.as_bytes(), BACK].concat().as_slice());
        }
    }
}

/// Prints something while no line is on the terminal.
pub fn print<T>(print: impl FnOnce() -> T) -> T {
    let mut shown = shown();
    if shown.take().is_some() {
        write(ERASE);
    }
    print()
}

/// Removes the line because another process may print from now on. All chances to draw it are gone.
pub fn withdraw() {
    WITHDRAWN.fetch_add(1, Ordering::SeqCst);
    const STEP: Duration = Duration::from_millis(1);
    let mut left = PATIENCE;
    loop {
        match SHOWN.try_lock() {
            Ok(mut shown) => {
                if shown.is_some() && is_writable(PATIENCE) {
                    *shown = None;
                    write(ERASE);
                }
                return;
            }
            // Who prints for so long has removed the line before.
            Err(TryLockError::Poisoned(_)) => return,
            Err(TryLockError::WouldBlock) if left.is_zero() => return,
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(STEP);
                left -= STEP;
            }
        }
    }
}

fn shown() -> MutexGuard<'static, Option<(String, u16)>> {
    // A panic ends the process (`main.rs` of the command line), and prints first.
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_writable(wait: Duration) -> bool {
    let err = io::stderr();
    let wait = Timespec::try_from(wait).ok();
    let mut waits = [PollFd::new(&err, PollFlags::OUT)];
    poll(&mut waits, wait.as_ref()).is_ok() && waits[0].revents().contains(PollFlags::OUT)
}

/// Writes to standard error. If that fails, the build goes on.
fn write(text: &[u8]) {
    let _ = write_all(&mut io::stderr(), text);
}

/// Writes all of the data, even if a process that shares the file has made it non-blocking.
pub(crate) fn write_all(sink: &mut (impl Write + AsFd), mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        match sink.write(data) {
            Ok(count) => data = &data[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(sink, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
