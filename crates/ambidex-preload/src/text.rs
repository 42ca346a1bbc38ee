//! How the text that the process prints stays in order with the text of its commands: it goes through the engine.
//!
//! While commands are open, text for descriptors 1 and 2 is sent on the session, where it is in order with the commands
//! that Python records. The engine writes it when its turn has come. It writes to the files that the descriptors
//! referred to, so the library reports it to the engine whenever a descriptor refers to another file.

mod calls;

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::lock::{Guard, Lock};
use crate::sys::{self, Kind, Piece};
use crate::{changes, descriptors, state, wire};

/// The length of the longest text in one frame.
const CHUNK: usize = 1 << 20;

/// The file that a descriptor refers to.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Sink {
    dev: u64,
    ino: u64,
    file: bool,
}

impl Sink {
    fn of(fd: c_int) -> Self {
        let Ok(stat) = sys::fstat(fd) else {
            return Self::default();
        };
        Self { dev: stat.dev, ino: stat.ino, file: stat.kind() == Kind::Regular }
    }

    fn is(&self, stat: &sys::Stat) -> bool {
        (self.dev, self.ino) == (stat.dev, stat.ino) && self.ino != 0
    }
}

/// A frame that waits until Python's own frame is complete.
struct Waiting {
    payload: Vec<u8>,
    fds: Option<[sys::Own; 2]>,
}

/// The state of the frames on the session.
struct Stream {
    /// The files of descriptors 1 and 2, as last reported to the engine.
    told: [Sink; 2],
    /// Whether the descriptors still refer to these files, and the engine has them open.
    is_told: bool,
    /// The length of the frame that Python is sending, as far as it was sent.
    head: [u8; 4],
    head_length: usize,
    /// The number of bytes that are missing from that frame. Text of another thread must not get into it.
    missing: usize,
    waiting: Vec<Waiting>,
}

static STREAM: Lock<Stream> = Lock::new(Stream {
    told: [Sink { dev: 0, ino: 0, file: false }; 2],
    is_told: false,
    head: [0; 4],
    head_length: 0,
    missing: 0,
    waiting: Vec::new(),
});

/// The session's descriptor, known without a lock.
static SESSION: AtomicI32 = AtomicI32::new(-1);

/// Whether text or the output of commands may be waiting for a regular file, which can be read.
static FILE: AtomicBool = AtomicBool::new(false);

/// Returns whether a process could look in a file for text that is not printed yet.
#[inline]
pub(crate) fn in_a_file() -> bool {
    state::maybe_open() && FILE.load(Ordering::Relaxed)
}

/// Returns whether this is the file that text waits for.
pub(crate) fn is_a_sink(stat: Result<sys::Stat, c_int>) -> bool {
    let (Ok(stat), Some(stream)) = (stat, STREAM.lock()) else {
        return false;
    };
    stat.kind() == Kind::Regular && stream.told.iter().any(|sink| sink.is(&stat)) && state::open()
}

pub(crate) fn begin_session(fd: c_int) {
    SESSION.store(fd, Ordering::Relaxed);
    if let Some(mut stream) = STREAM.lock() {
        stream.told = [Sink::of(1), Sink::of(2)];
        // Python's first frame carries the descriptors.
        stream.is_told = true;
        stream.begin();
        remember_file(&stream);
    }
}

/// Resumes the session on a new connection, to an engine that knows what was reported on the old one.
pub(crate) fn resumed() {
    STREAM.free_after_fork();
    if let Some(mut stream) = STREAM.lock() {
        stream.begin();
    }
}

/// Forgets the session in a child made by fork, which has none.
pub(crate) fn forked() {
    SESSION.store(-1, Ordering::Relaxed);
    STREAM.free_after_fork();
}

fn remember_file(stream: &Stream) {
    FILE.store(stream.told.iter().any(|sink| sink.file), Ordering::Relaxed);
}

impl Stream {
    fn begin(&mut self) {
        self.head_length = 0;
        self.missing = 0;
        self.waiting.clear();
    }

    fn in_a_frame(&self) -> bool {
        self.missing > 0 || self.head_length > 0
    }

    /// Follows the frames that Python sends.
    fn passed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.missing > 0 {
                let part = self.missing.min(bytes.len());
                self.missing -= part;
                bytes = &bytes[part..];
                if self.missing == 0 {
                    state::frame_sent();
                    state::told();
                }
                continue;
            }
            self.head[self.head_length] = bytes[0];
            self.head_length += 1;
            bytes = &bytes[1..];
            if self.head_length == self.head.len() {
                self.head_length = 0;
                self.missing = u32::from_be_bytes(self.head) as usize;
            }
        }
    }

    /// Sends the frames that have waited for the end of Python's frame.
    fn flush(&mut self, session: c_int) {
        if self.in_a_frame() || self.waiting.is_empty() {
            return;
        }
        for frame in std::mem::take(&mut self.waiting) {
            let fds = frame.fds.as_ref().map(|[first, second]| [first.0, second.0]);
            if wire::send_frame(session, &frame.payload, fds).is_ok() {
                state::frame_sent();
            }
        }
    }

    /// Reports the files of descriptors 1 and 2 to the engine, if they have changed.
    fn tell_sinks(&mut self, session: c_int) -> Result<(), c_int> {
        if self.is_told {
            return Ok(());
        }
        let sinks = [Sink::of(1), Sink::of(2)];
        let copy =
            |fd: c_int| sys::duplicate(fd).or_else(|_| sys::open(c"/dev/null", sys::O_WRONLY)).map(sys::Own);
        let fds = [copy(1)?, copy(2)?];
        if self.in_a_frame() {
            self.waiting.push(Waiting { payload: b"F".to_vec(), fds: Some(fds) });
        } else {
            wire::send_frame(session, b"F", Some([fds[0].0, fds[1].0]))?;
            state::frame_sent();
        }
        self.told = sinks;
        self.is_told = true;
        remember_file(self);
        Ok(())
    }

    /// Asks the engine to close the files of descriptors 1 and 2: a reader of a pipe waits until nobody has it open.
    fn let_sinks_go(&mut self, session: c_int) {
        if !std::mem::replace(&mut self.is_told, false) {
            return;
        }
        if self.in_a_frame() {
            self.waiting.push(Waiting { payload: b"X".to_vec(), fds: None });
        } else if wire::send_frame(session, b"X", None).is_ok() {
            state::frame_sent();
        }
    }

    /// Sends text for descriptor 1 or 2.
    fn send_text(&mut self, session: c_int, fd: c_int, text: Piece) -> Result<(), c_int> {
        let kind = [b'T', b'0' + fd as u8];
        if self.in_a_frame() {
            let mut payload = kind.to_vec();
            // SAFETY: the program writes these bytes, and the kernel would read them.
            payload.extend_from_slice(unsafe { std::slice::from_raw_parts(text.start, text.length) });
            self.waiting.push(Waiting { payload, fds: None });
            return Ok(());
        }
        let length = ((kind.len() + text.length) as u32).to_be_bytes();
        let mut pieces = [Piece::of(&length), Piece::of(&kind), text];
        // SAFETY: the kernel checks what it reads.
        unsafe { sys::send(session, &mut pieces, None)? };
        state::frame_sent();
        Ok(())
    }
}

/// Handles the engine's report that nothing is pending any more and no snapshots exist. The report is about the time
/// when the engine had received `frames` frames, and `recordings` commands were recorded.
pub(crate) fn settled(frames: u64, recordings: u64) {
    state::snapshots_gone();
    // Another thread may have sent something since, or be about to: its text has to stay behind that.
    if let Some(_stream) = STREAM.lock()
        && state::session().is_some()
        && (state::sent(), state::recordings()) == (frames, recordings)
        && !state::announced()
    {
        state::close();
    }
}

/// Reports the files of descriptors 1 and 2 before Python announces a command: the engine must know where its text
/// goes.
pub(crate) fn tell_sinks() {
    let Some(session) = state::session() else {
        return;
    };
    if let Some(mut stream) = STREAM.lock() {
        let _ = stream.tell_sinks(session.fd);
    }
}

/// Lets Python send on the session, and follows its frames. Returns `None` if this isn't the session.
///
/// # Safety
/// `send` must return how many bytes of the pieces were sent.
#[inline]
pub(crate) unsafe fn passing(fd: c_int, pieces: &[Piece], send: impl Fn() -> isize) -> Option<isize> {
    if fd != SESSION.load(Ordering::Relaxed) || fd < 0 || state::session().is_none() {
        return None;
    }
    let Some(mut stream) = STREAM.lock() else {
        return Some(send());
    };
    let sent = send();
    let _errno = sys::Errno::keep();
    let mut rest = sent.max(0) as usize;
    for piece in pieces {
        let part = rest.min(piece.length);
        // SAFETY: the kernel has read these bytes.
        stream.passed(unsafe { std::slice::from_raw_parts(piece.start, part) });
        rest -= part;
    }
    stream.flush(fd);
    Some(sent)
}

/// The destination of written bytes.
enum Way {
    /// Where the program writes them.
    Real,
    /// The engine, as text for descriptor 1 or 2.
    Text(c_int),
    /// Where the program writes them, after everything before is settled.
    Settled,
}

fn way(fd: c_int) -> Way {
    let Ok(stat) = sys::fstat(fd) else {
        return Way::Real;
    };
    let device = (stat.kind() == Kind::Character).then(|| stat.device());
    // Text for /dev/null is lost, and text for /dev/full is an error.
    if stat.kind() == Kind::Folder || matches!(device, Some((1, 3 | 7))) && fd > 2 || device == Some((1, 7)) {
        return Way::Real;
    }
    if !sys::status_flags(fd).is_ok_and(|flags| flags & sys::O_ACCMODE != sys::O_RDONLY) {
        return Way::Real;
    }
    if fd == 1 || fd == 2 {
        return Way::Text(fd);
    }
    if stat.kind() == Kind::Regular {
        // The file of descriptor 1 or 2, opened once more, has a position of its own.
        if is_a_sink(Ok(stat)) {
            return Way::Settled;
        }
        changes::writing(fd, &stat);
        return Way::Real;
    }
    for sink in [1, 2] {
        if sys::fstat(sink).is_ok_and(|other| (other.dev, other.ino) == (stat.dev, stat.ino)) {
            return Way::Text(sink);
        }
    }
    Way::Settled
}

/// Takes written bytes if they are text that must wait. Returns how many bytes it has taken.
#[cold]
fn taken(fd: c_int, pieces: &[Piece]) -> Option<isize> {
    let session = state::session()?;
    if fd == session.fd || descriptors::our_own(fd) {
        return None;
    }
    let _errno = sys::Errno::keep();
    let sink = match way(fd) {
        Way::Real => return None,
        Way::Text(sink) => sink,
        Way::Settled => {
            wire::settle("write");
            return None;
        }
    };
    // In a signal handler that has interrupted a send of this thread, there is no right order any more.
    let mut stream = STREAM.lock()?;
    if !state::open() {
        // Another thread has just learnt that nothing is pending any more.
        return None;
    }
    let mut all = 0;
    for piece in pieces {
        let mut rest = *piece;
        while rest.length > 0 {
            let part = Piece { start: rest.start, length: rest.length.min(CHUNK) };
            if let Err(number) = sent(&mut stream, session.fd, sink, part) {
                if number != sys::EFAULT {
                    state::end_session();
                }
                return (all > 0).then_some(all as isize);
            }
            all += part.length;
            // SAFETY: the part is not longer than the rest.
            rest.start = unsafe { rest.start.add(part.length) };
            rest.length -= part.length;
        }
    }
    Some(all as isize)
}

fn sent(stream: &mut Guard<'_, Stream>, session: c_int, sink: c_int, part: Piece) -> Result<(), c_int> {
    stream.tell_sinks(session)?;
    stream.send_text(session, sink, part)
}

/// Waits before bytes are written by other means than `write`: only a regular file can take them while commands are
/// open.
#[inline]
pub(crate) fn written_otherwise(fd: c_int) {
    if state::maybe_open() && state::open() {
        let _errno = sys::Errno::keep();
        match sys::fstat(fd) {
            Ok(stat) if stat.kind() != Kind::Regular || is_a_sink(Ok(stat)) => wire::settle("write"),
            Ok(stat) => changes::writing(fd, &stat),
            Err(_) => {}
        }
    }
}

/// Prepares for descriptor 1 or 2 to become something else.
#[inline]
pub(crate) fn turning(fd: c_int) {
    if fd == 1 || fd == 2 {
        turned();
    }
}

#[cold]
fn turned() {
    let Some(session) = state::session() else { return };
    let _errno = sys::Errno::keep();
    if state::open() {
        wire::settle("streams");
    }
    if let Some(mut stream) = STREAM.lock() {
        stream.let_sinks_go(session.fd);
    }
}

/// Settles before the C library writes the buffers of its streams, because no hook sees its own calls.
pub(crate) fn flushing() {
    if state::maybe_open() && state::open() {
        let _errno = sys::Errno::keep();
        wire::settle("text");
    }
}

/// Settles before a call that reads or changes the length, position or state of a file that text waits for.
#[inline]
fn looked_into(fd: c_int) {
    if in_a_file() && is_a_sink(sys::fstat(fd)) {
        wire::settle("text");
    }
}
