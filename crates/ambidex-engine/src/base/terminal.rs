//! The line about running commands that may stand on the terminal, and how other text is printed without harm to it.
//!
//! The line stands behind the cursor if the row of the cursor is thought to be empty, else in the row below. The cursor
//! stays where the text has ended, even in the middle of a row. So the line can be removed whatever became of it when the
//! terminal was resized, and text is never removed, even that of a process in the background of which nobody knew.
//!
//! Whoever prints in this process removes the line first, while nobody can draw it ([`print()`]). Other processes don't
//! know of the line. Before one of them may print again, it is withdrawn ([`withdraw`]).

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

static SCREEN: Mutex<Screen> = Mutex::new(Screen { line: None, row_is_empty: false });

/// What is known of the terminal.
struct Screen {
    line: Option<Line>,
    /// Whether the last text ended a row. Other processes may have printed since.
    row_is_empty: bool,
}

/// The line that is on the terminal.
#[derive(PartialEq, Eq)]
struct Line {
    text: String,
    /// The width of the terminal for which it was drawn.
    columns: u16,
    /// Whether it is behind the cursor.
    is_here: bool,
}

/// Whether the line is being drawn.
static IS_BEING_DRAWN: AtomicBool = AtomicBool::new(false);

/// How often the line was withdrawn.
static WITHDRAWN: AtomicU64 = AtomicU64::new(0);

/// Erases everything after the cursor (ECMA-48, ED).
const ERASE: &str = "\x1b[J";

/// Erases everything after the cursor, remembers where the cursor is, and makes the terminal cut off what is too long for
/// the row, as it is if there is text before it (ED, DECSC, DECAWM).
const HERE: &str = "\x1b[J\x1b7\x1b[?7l";

/// Ends what [`HERE`] has begun (DECAWM, DECRC).
const BACK_HERE: &str = "\x1b[?7h\x1b8";

/// Makes sure that there is a row below the cursor, remembers where the cursor is, goes to the beginning of that row
/// (IND, RI, DECSC, CUD, CR), and erases everything from there.
const BELOW: &str = "\x1bD\x1bM\x1b7\x1b[B\r\x1b[J";

/// Takes the cursor back to where it was (DECRC).
const BACK: &str = "\x1b8";

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
    /// this many columns. Does nothing if the chance is gone, or if the terminal takes no output now, such as after
    /// Ctrl-S: then somebody may be printing without an end.
    pub fn draw(self, text: &str, columns: u16) {
        let Ok(mut screen) = SCREEN.try_lock() else { return };
        let line = Line { text: text.to_owned(), columns, is_here: screen.row_is_empty };
        let is_there = screen.line.as_ref() == Some(&line);
        if !is_there && self.0 == WITHDRAWN.load(Ordering::SeqCst) && is_writable(Duration::ZERO) {
            IS_BEING_DRAWN.store(true, Ordering::SeqCst);
            match line.is_here {
                true => write(&format!("{HERE}{text}{BACK_HERE}")),
                false => write(&format!("{BELOW}{text}{BACK}")),
            }
            screen.line = Some(line);
            IS_BEING_DRAWN.store(false, Ordering::SeqCst);
        }
    }
}

impl Screen {
    fn erase(&mut self) {
        match self.line.take() {
            Some(Line { is_here: true, .. }) => write(ERASE),
            // From the cursor on would be simpler, but tmux keeps a copy of a screen that is erased as a whole.
            Some(_) => write(&format!("{BELOW}{BACK}")),
            None => {}
        }
    }
}

/// Prints something while no line is on the terminal.
pub fn print<T>(print: impl FnOnce() -> T) -> T {
    let mut screen = screen();
    screen.erase();
    screen.row_is_empty = false;
    print()
}

/// Prints whole lines on the terminal of standard error while no line is there. They are the last text there.
pub fn print_lines<T>(print: impl FnOnce() -> T) -> T {
    let mut screen = screen();
    screen.erase();
    let result = print();
    screen.row_is_empty = true;
    result
}

/// Removes the line because another process prints, or may print from now on. All chances to draw it are gone.
pub fn withdraw() {
    WITHDRAWN.fetch_add(1, Ordering::SeqCst);
    const STEP: Duration = Duration::from_millis(1);
    let mut left = PATIENCE;
    loop {
        match SCREEN.try_lock() {
            Ok(mut screen) => {
                if screen.line.is_some() && is_writable(PATIENCE) {
                    screen.erase();
                }
                screen.row_is_empty = false;
                return;
            }
            Err(TryLockError::Poisoned(_)) => return,
            Err(TryLockError::WouldBlock) => {
                // Who prints for so long has removed the line before. Who draws it only needs time on a busy machine,
                // unless the terminal takes no output.
                let is_done_soon = IS_BEING_DRAWN.load(Ordering::SeqCst) && is_writable(Duration::ZERO);
                if left.is_zero() && !is_done_soon {
                    return;
                }
                std::thread::sleep(STEP);
                left = left.saturating_sub(STEP);
            }
        }
    }
}

fn screen() -> MutexGuard<'static, Screen> {
    // A panic ends the process (`main.rs` of the command line), and prints first.
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_writable(wait: Duration) -> bool {
    let err = io::stderr();
    let wait = Timespec::try_from(wait).ok();
    let mut waits = [PollFd::new(&err, PollFlags::OUT)];
    poll(&mut waits, wait.as_ref()).is_ok() && waits[0].revents().contains(PollFlags::OUT)
}

/// Writes to standard error. If that fails, the build goes on.
fn write(text: &str) {
    let _ = write_all(&mut io::stderr(), text.as_bytes());
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
