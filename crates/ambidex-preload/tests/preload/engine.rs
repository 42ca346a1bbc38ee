//! A small engine: it writes down the messages and questions that it receives, and lets every process go on at once.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

const BITS: u64 = 4096;
const BIT_COUNT: u64 = 524_288;

/// A question on the connection of a witness.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub kind: u8,
    pub sent: u64,
    /// Whether the process was about to send a `record`.
    pub announced: bool,
    pub why: String,
    pub paths: Vec<String>,
    /// The program that the connection named.
    pub program: String,
}

/// A frame on a session.
#[derive(Debug)]
pub(crate) struct Frame {
    pub payload: Vec<u8>,
    /// The inodes of the descriptors that came with it. An open descriptor would make readers of its other end wait.
    pub inodes: Vec<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub questions: Vec<Question>,
    pub frames: Vec<Frame>,
    pub snapshots: Vec<UnixStream>,
    /// The first frames of the snapshots.
    pub greetings: Vec<String>,
    /// The number of sessions that have ended.
    pub ended: usize,
    /// The number of connections that are still read.
    open: usize,
    /// The answer to every question.
    pub reply: u8,
}

impl Seen {
    /// Returns whether a question of this kind was asked, with a path that ends with this name.
    pub fn asked(&self, kind: u8, name: &str) -> bool {
        self.questions
            .iter()
            .any(|question| question.kind == kind && question.paths.iter().any(|path| path.ends_with(name)))
    }

    pub fn settled(&self, why: &str) -> bool {
        self.questions.iter().any(|question| question.kind == b'S' && question.why == why)
    }

    /// Returns the text for a descriptor, in order.
    pub fn text(&self, fd: u8) -> String {
        let frames = self.frames.iter().filter_map(|frame| frame.payload.strip_prefix(&[b'T', b'0' + fd]));
        String::from_utf8_lossy(&frames.flatten().copied().collect::<Vec<_>>()).into_owned()
    }
}

#[derive(Debug)]
pub(crate) struct Engine {
    folder: tempfile::TempDir,
    table: File,
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

impl Engine {
    /// Starts an engine with which changes below this directory can be undone.
    pub fn new(root: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir(at.join("undo")).unwrap();
        let table = File::create(at.join("table")).unwrap();
        table.set_len(BITS + BIT_COUNT / 8).unwrap();
        table.write_all_at(&[2], 0).unwrap();
        let listener = UnixListener::bind(at.join("socket")).unwrap();
        let shared = Arc::<(Mutex<Seen>, Condvar)>::default();
        let answer = [at.join("undo"), root.canonicalize().unwrap()];
        let served = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (served, answer) = (served.clone(), answer.clone());
                note(&served, |seen| seen.open += 1);
                std::thread::spawn(move || {
                    serve(&served, stream, &answer);
                    note(&served, |seen| seen.open -= 1);
                });
            }
        });
        Self { folder, table, shared }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Returns the directory of the journal.
    pub fn undo(&self) -> PathBuf {
        self.folder.path().join("undo")
    }

    /// Makes something of this name pending.
    pub fn pend(&self, name: &str) {
        self.set(name.as_bytes());
    }

    /// Makes something in a directory of this name pending.
    pub fn pend_in(&self, folder: &str) {
        self.set(format!("/{folder}").as_bytes());
    }

    fn set(&self, name: &[u8]) {
        let hash = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        let bit = hash % BIT_COUNT;
        let at = self.folder.path().join("table");
        let mut byte = [0];
        File::open(at).unwrap().read_exact_at(&mut byte, BITS + bit / 8).unwrap();
        self.table.write_all_at(&[byte[0] | 1 << (bit % 8)], BITS + bit / 8).unwrap();
        self.table.write_all_at(&[1], 4).unwrap();
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.0.lock().unwrap()
    }

    /// Waits until `holds` is true of what the engine has seen.
    pub fn wait(&self, what: &str, holds: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        let mut seen = self.seen();
        while !holds(&seen) {
            assert!(Instant::now() < end, "{what} did not come: {seen:?}");
            seen = self.shared.1.wait_timeout(seen, Duration::from_millis(50)).unwrap().0;
        }
    }

    /// Waits until everything that processes which have ended sent was read.
    pub fn drain(&self) {
        // Connections are taken in order: once this one has ended, all earlier ones are counted.
        let mut last = UnixStream::connect(self.socket()).unwrap();
        send(&mut last, b"last");
        last.shutdown(std::net::Shutdown::Write).unwrap();
        last.read_to_end(&mut Vec::new()).unwrap();
        self.wait("the end of all connections", |seen| seen.open == 0);
    }

    /// Waits until a text was printed through the engine.
    pub fn wait_text(&self, text: &str) {
        self.wait(text, |seen| seen.text(1).contains(text));
    }

    /// Parks a process and waits until its session has ended.
    pub fn park(&self, pid: u32) {
        let before = self.seen().ended;
        signal(pid, 16);
        self.wait("the end of the session", |seen| seen.ended > before);
    }

    /// Resumes one snapshot, and releases the others.
    pub fn resume(&self, at: usize, text: &str) {
        let mut stream = self.seen().snapshots.swap_remove(at);
        self.seen().snapshots.clear();
        send(&mut stream, format!("R{text}").as_bytes());
        let shared = self.shared.clone();
        std::thread::spawn(move || session(&shared, &mut stream));
    }
}

/// Sends a signal.
pub(crate) fn signal(pid: u32, signal: i32) {
    assert_ne!(pid, 0, "0 is the whole process group, this test among it");
    unsafe extern "C" {
        fn kill(pid: i32, signal: i32) -> i32;
    }
    // SAFETY: this takes only numbers.
    assert_eq!(unsafe { kill(pid.cast_signed(), signal) }, 0);
}

fn note(shared: &(Mutex<Seen>, Condvar), write: impl FnOnce(&mut Seen)) {
    write(&mut shared.0.lock().unwrap());
    shared.1.notify_all();
}

fn serve(shared: &Arc<(Mutex<Seen>, Condvar)>, mut stream: UnixStream, answer: &[PathBuf; 2]) {
    let Some(hello) = receive(&mut stream) else { return };
    let text = String::from_utf8_lossy(&hello.payload).into_owned();
    match hello.payload.first() {
        Some(b'H') => {
            let program = text.split(' ').nth(2).unwrap_or_default().to_owned();
            while let Some(frame) = receive(&mut stream) {
                if frame.payload.first() == Some(&b'W') {
                    // The engine keeps the snapshot.
                    send(&mut stream, &[2]);
                    continue;
                }
                note(shared, |seen| seen.questions.push(question(&frame.payload, program.clone())));
                let reply = shared.0.lock().unwrap().reply;
                send(&mut stream, &[reply]);
            }
        }
        Some(b'K') => {
            let mut kept = stream.try_clone().unwrap();
            note(shared, |seen| {
                let number = seen.greetings.len() + 1;
                seen.greetings.push(text);
                let mut reply = format!("U{number}\0").into_bytes();
                for path in answer {
                    reply.extend(path.as_os_str().as_bytes());
                    reply.push(0);
                }
                send(&mut kept, &reply);
                seen.snapshots.push(stream);
            });
        }
        _ => session(shared, &mut stream),
    }
}

fn session(shared: &(Mutex<Seen>, Condvar), stream: &mut UnixStream) {
    while let Some(frame) = receive(stream) {
        note(shared, |seen| seen.frames.push(frame));
    }
    note(shared, |seen| seen.ended += 1);
}

fn question(payload: &[u8], program: String) -> Question {
    let fields = payload[1..].strip_suffix(b"\0").unwrap().split(|byte| *byte == 0);
    let mut fields = fields.map(|field| String::from_utf8_lossy(field).into_owned());
    let sent = fields.next().unwrap();
    let announced = sent.ends_with('+');
    let sent = sent.trim_end_matches('+').parse().unwrap();
    let why = fields.next().unwrap();
    assert!(fields.next().unwrap().starts_with('/'), "the working folder is absolute");
    Question { kind: payload[0], sent, announced, why, paths: fields.collect(), program }
}

fn send(stream: &mut UnixStream, payload: &[u8]) {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    frame.extend(payload);
    // The other end may be gone, as may happen to a real engine.
    let _ = stream.write_all(&frame);
}

#[repr(C)]
struct Piece {
    start: *mut u8,
    length: usize,
}

#[repr(C)]
struct Message {
    name: *mut u8,
    name_length: u32,
    pieces: *mut Piece,
    count: usize,
    control: *mut u8,
    control_length: usize,
    flags: i32,
}

/// Receives one frame, with the descriptors that come with its beginning.
fn receive(stream: &mut UnixStream) -> Option<Frame> {
    unsafe extern "C" {
        fn recvmsg(fd: i32, message: *mut Message, flags: i32) -> isize;
    }
    let (mut head, mut control) = ([0_u8; 4], [0_u64; 8]);
    let mut piece = Piece { start: head.as_mut_ptr(), length: head.len() };
    let mut message = Message {
        name: std::ptr::null_mut(),
        name_length: 0,
        pieces: &raw mut piece,
        count: 1,
        control: control.as_mut_ptr().cast(),
        control_length: size_of_val(&control),
        flags: 0,
    };
    // SAFETY: everything that the message refers to is alive. The flag is MSG_WAITALL.
    let length = unsafe { recvmsg(stream.as_raw_fd(), &raw mut message, 0x100) };
    if length != 4 {
        return None;
    }
    let mut inodes = Vec::new();
    if message.control_length >= 3 * size_of::<u64>() {
        // Length, level and kind come before the descriptors.
        for fd in control[2].to_ne_bytes().chunks(4) {
            let fd = i32::from_ne_bytes(fd.try_into().unwrap());
            // SAFETY: the kernel has just made the descriptor for this process.
            let file = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
            inodes.push(file.metadata().unwrap().ino());
        }
    }
    let mut payload = vec![0; u32::from_be_bytes(head) as usize];
    stream.read_exact(&mut payload).ok()?;
    Some(Frame { payload, inodes })
}
