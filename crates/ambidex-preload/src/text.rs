//! How text that the process prints gets between the texts of its commands: it goes to the engine, in order.
//!
//! While commands are open, what is written to descriptors 1 and 2 is sent on the session, where it is in order with
//! what Python records. The engine writes it when its turn has come. It writes to what the descriptors referred to, so
//! it is told whenever that has become something else.

mod calls;

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::lock::{Guard, Lock};
use crate::sys::{self, Kind, Piece};
use crate::{changes, descriptors, state, wire};

/// The longest text in one frame.
const CHUNK: usize = 1 << 20;

/// What a descriptor refers to.
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

/// What goes over the session.
struct Stream {
    /// What the engine was last told about descriptors 1 and 2.
    told: [Sink; 2],
    /// Whether they still refer to that, and the engine has it.
    is_told: bool,
    /// The length of the frame that Python is sending, as far as it has come.
    head: [u8; 4],
    head_length: usize,
    /// What is missing of that frame. Text of another thread must not get into it.
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

/// The session's descriptor, to know it without a lock.
static SESSION: AtomicI32 = AtomicI32::new(-1);

/// Text or the output of commands may be waiting for a regular file, which can be read.
static FILE: AtomicBool = AtomicBool::new(false);

/// Whether what is not printed yet could be looked for in a file.
#[inline]
pub(crate) fn in_a_file() -> bool {
    state::maybe_open() && FILE.load(Ordering::Relaxed)
}

/// Whether this is the file that text waits for.
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
        // Python's first frame says it.
        stream.is_told = true;
        stream.begin();
        remember_file(&stream);
    }
}

/// The session goes on over a new stream, to an engine that knows what the old one was told.
pub(crate) fn resumed() {
    STREAM.free_after_fork();
    if let Some(mut stream) = STREAM.lock() {
        stream.begin();
    }
}

/// A child by fork has no session.
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

    /// Sends what has waited for the end of Python's frame.
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

    /// Tells the engine what descriptors 1 and 2 refer to, if that has changed.
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

    /// Has the engine let go of what descriptors 1 and 2 refer to: who reads from a pipe waits until nobody has it open.
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
            // SAFETY: this is what the program writes, and it would be read by the kernel.
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

/// The engine has said that nothing is pending any more, and there are no snapshots: when it had taken in so many frames,
/// and as many commands were recorded.
pub(crate) fn settled(frames: u64, recordings: u64) {
    state::snapshots_gone();
    // Another thread may have sent something since, or be about to: what it prints has to stay behind that.
    if let Some(_stream) = STREAM.lock()
        && state::session().is_some()
        && (state::sent(), state::recordings()) == (frames, recordings)
        && !state::announced()
    {
        state::close();
    }
}

/// Before Python announces a command: the engine must know where its text goes.
pub(crate) fn tell_sinks() {
    let Some(session) = state::session() else {
        return;
    };
    if let Some(mut stream) = STREAM.lock() {
        let _ = stream.tell_sinks(session.fd);
    }
}

/// Lets a sending of Python on the session pass, and follows its frames; `None` if it isn't the session.
///
/// # Safety
/// `send` answers how many bytes of the pieces were sent.
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

/// Where something that is written has to go.
enum Way {
    /// Where the program writes it.
    Real,
    /// To the engine, as text for descriptor 1 or 2.
    Text(c_int),
    /// Where the program writes it, when everything before is settled.
    Settled,
}

fn way(fd: c_int) -> Way {
    let Ok(stat) = sys::fstat(fd) else {
        return Way::Real;
    };
    let device = (stat.kind() == Kind::Character).then(|| stat.device());
    // What is written to /dev/null is gone, and to /dev/full an error.
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
        // The file of one of those two, opened once more, has a position of its own.
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

/// Takes what is written, if it is text that must wait; answers how much was taken.
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
    // In a signal handler that has come while this thread was sending, there is no right order any more.
    let mut stream = STREAM.lock()?;
    if !state::open() {
        // Another thread was told just now that nothing is pending any more.
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

/// Before something is written otherwise than by `write`: only a regular file can take it while commands are open.
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

/// Before descriptor 1 or 2 becomes something else.
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

/// Before the C library writes what its streams hold: its own calls do not come by here.
pub(crate) fn flushing() {
    if state::maybe_open() && state::open() {
        let _errno = sys::Errno::keep();
        wire::settle("text");
    }
}

/// Before the length, the position or the state of a file is asked for or changed that text waits for.
#[inline]
fn looked_into(fd: c_int) {
    if in_a_file() && is_a_sink(sys::fstat(fd)) {
        wire::settle("text");
    }
}
