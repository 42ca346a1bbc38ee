//! Knows the messages between a captured Python and the engine. See `docs/protocol.md`.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// The version that both sides have to speak; the Python files are embedded, so a difference is a stale process.
pub const VERSION: u32 = 1;

/// What a captured Python says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    /// Opens a session.
    Hello {
        /// The protocol's version.
        version: u32,
        /// The process.
        pid: u32,
        /// Where it runs.
        cwd: String,
        /// What it was started with.
        argv: Vec<String>,
        /// Given where it is no process, but a lane of one: the number of the process's program.
        lane_of: Option<usize>,
        /// Its virtual environment, if it runs in one.
        #[serde(default)]
        prefix: Option<String>,
    },
    /// Commands in program order.
    Record {
        /// The commands, at least one.
        commands: Vec<Vec<String>>,
        /// The number of the first one among all recordings, if all that was said before it is recorded.
        recording: usize,
        /// Their working directory.
        cwd: String,
        /// The number of the scope that they belong to.
        scope: u32,
        /// Given with the first message of a scope.
        open: Option<OpenScope>,
        /// Their environment, if it is another than the last command's.
        env: Option<BTreeMap<String, String>>,
    },
    /// Asks whether all that the commands of an extension would make is there, up to date, before they are recorded.
    Fresh {
        /// The scope of the extension.
        scope: u32,
        /// Given with the first message of a scope.
        open: Option<OpenScope>,
        /// A hash of everything in Python that decides what its commands are.
        state: String,
        /// Whether all files are to be looked at again: Python may have changed some unnoticed.
        again: bool,
        /// The files of the code that decides them, if they are not those that were told before.
        code: Option<Vec<String>>,
        /// The working directory.
        cwd: String,
        /// The environment, if it is another than the last command's.
        env: Option<BTreeMap<String, String>>,
    },
    /// Waits for the commands of a scope.
    Wait {
        /// The scope.
        scope: u32,
    },
    /// Waits for everything and commits the final outputs.
    Finish {
        /// The extensions that the project has now, where a build of them has ended.
        #[serde(default)]
        extensions: Option<Vec<String>>,
    },
    /// `-j` or `parallel`, as the project's own command line has it; 0 is one for each core.
    Jobs {
        /// How many.
        count: usize,
    },
    /// Python reads these paths, or asks whether they are there.
    Look {
        /// The paths.
        paths: Vec<String>,
        /// What relative ones are relative to.
        cwd: String,
    },
    /// Python writes, replaces or removes these paths.
    Change {
        /// The paths.
        paths: Vec<String>,
        /// What relative ones are relative to.
        cwd: String,
        /// Whether no other lane can know of them: temporary files.
        #[serde(default)]
        private: bool,
    },
    /// Python starts a process of its own.
    Process {
        /// Its command, as far as it is known.
        argv: Vec<String>,
    },
    /// A lane is the oldest now: is what its commands have read still what it was?
    Check,
    /// The oldest lane has come to its end: its outputs become part of the result.
    Retire,
    /// Nothing of a lane is wanted.
    Abandon {
        /// The number of the lane's program.
        program: usize,
    },
    /// Answers [`Reply::Print`].
    Printed,
}

/// What a scope is.
#[derive(Debug, Deserialize)]
pub struct OpenScope {
    /// The extension or libraries that it builds.
    pub name: Option<String>,
    /// Whether the serial build would end with the scope's first failure.
    pub fatal: bool,
    /// Whether what Python does next depends on how the scope's commands end.
    pub awaited: bool,
}

/// What the engine answers.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Reply {
    /// The session is open.
    Welcome {
        /// The number of its program.
        program: usize,
    },
    /// Answers [`Request::Check`].
    Checked {
        /// Whether nothing was changed since.
        holds: bool,
    },
    /// Answers [`Request::Record`].
    Recorded {
        /// For each command that was looked at the files that it writes, with their real folders; none where the
        /// serial build would not have come to it.
        outputs: Vec<Option<Vec<String>>>,
        /// Whether Python is to run the next one itself, as it stands: all pending work is done and committed. Those
        /// behind it were not looked at, nor those of messages that were sent before this was known.
        yours: bool,
    },
    /// Answers [`Request::Fresh`].
    Fresh {
        /// The files that the commands would write, if these need not be recorded.
        outputs: Option<Vec<String>>,
    },
    /// The scope, or everything, is done.
    Waited {
        /// In program order.
        failures: Vec<Failure>,
    },
    /// Python may go on.
    Forced {
        /// Whether nothing is pending any more.
        settled: bool,
        /// Whether the serial build would have ended by now.
        failed: bool,
    },
    /// Taken note of.
    Ok,
    /// To be printed now, in this order; Python answers when it has.
    Print {
        /// The commands.
        commands: Vec<Printout>,
    },
}

/// A command that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The scope of the command.
    pub scope: u32,
    /// `compile`, `archive` or `link`.
    pub kind: &'static str,
    /// Its exit status; negative for the number of the signal that ended it, as Python has it.
    pub status: i32,
    /// The command.
    pub argv: Vec<String>,
}

/// What a command printed. Bytes stand as the characters with their numbers (Latin-1).
#[derive(Debug, Serialize)]
pub struct Printout {
    /// The number of the recording.
    pub recording: usize,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Longest message that is read, in bytes: far above any command line, far below what would hurt.
const LIMIT: u32 = 64 << 20;

/// Reads one request; none where the other side has ended.
///
/// # Errors
/// If the stream breaks within a message, or the message isn't one.
pub fn receive(stream: &mut impl Read) -> io::Result<Option<Request>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes(length);
    if length > LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    let mut data = vec![0; length as usize];
    stream.read_exact(&mut data)?;
    Ok(Some(serde_json::from_slice(&data)?))
}

/// Writes one reply.
///
/// # Errors
/// If the other side has ended.
pub fn send(stream: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let data = serde_json::to_vec(reply)?;
    let length = u32::try_from(data.len()).map_err(io::Error::other)?;
    let mut message = Vec::with_capacity(data.len() + 4);
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(&data);
    stream.write_all(&message)
}
