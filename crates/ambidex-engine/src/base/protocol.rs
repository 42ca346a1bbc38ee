//! The messages between a captured process and the engine. See `docs/protocol.md`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The version that both sides have to speak; the capture is embedded, so a difference is a stale process.
pub const VERSION: u32 = 2;

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
        /// Its virtual environment, if it runs in one.
        #[serde(default)]
        prefix: Option<String>,
        /// Whether the preloaded library tells what the process looks at: else every output is put to its place as
        /// soon as it is there.
        #[serde(default)]
        sees: bool,
    },
    /// A command, in program order.
    Record {
        /// The command.
        argv: Vec<String>,
        /// Its working directory.
        cwd: String,
        /// The number of the scope that it belongs to.
        scope: u32,
        /// Given with the first message of a scope.
        open: Option<OpenScope>,
        /// Its environment, if it is another than the last command's.
        env: Option<BTreeMap<String, String>>,
        /// What else of the process its commands inherit, if it is not what was told last.
        #[serde(default)]
        attributes: Option<String>,
        /// Whether Python waits for its end; else it goes on as if the command had succeeded.
        awaited: bool,
        /// Why it is awaited in spite of being work that could be predicted.
        #[serde(default)]
        refused: Option<String>,
    },
    /// What is printed from here to the next record announces that command. Has no reply.
    Echo,
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
    /// Asks whether files of this run would be out of date in the serial build.
    Outdated {
        /// Each with its sources.
        targets: Vec<Target>,
        /// The working directory.
        cwd: String,
        /// Whether times are compared in seconds.
        seconds: bool,
    },
    /// Waits for everything, and until all that it printed is out.
    Wait,
    /// Waits for everything and commits the outputs.
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
}

/// What a scope is.
#[derive(Debug, Deserialize)]
pub struct OpenScope {
    /// The extension or libraries that it builds.
    pub name: Option<String>,
}

/// A file that is compared with others by time.
#[derive(Debug, Deserialize)]
pub struct Target {
    /// Its path.
    pub path: String,
    /// The paths of the others.
    pub sources: Vec<PathBuf>,
}

/// What the engine answers.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Reply {
    /// The session is open.
    Welcome {
        /// The number of its program.
        program: usize,
        /// Whether commands are only listed, and run only where Python asks for their results.
        only_record: bool,
    },
    /// Answers [`Request::Record`].
    Recorded {
        /// The files that it writes, with their real folders.
        outputs: Vec<String>,
        /// Whether Python is to run it itself, as it stands: all pending work is done and committed.
        run_in_python: bool,
        /// How it ended, if it was awaited: the exit status; negative for the number of the signal that ended it, as
        /// Python has it.
        status: Option<i32>,
        /// Where nothing of the program is pending any more: of how many of its frames that is true.
        settled: Option<u64>,
    },
    /// Answers [`Request::Fresh`].
    Fresh {
        /// The files that the commands would write, if these need not be recorded.
        outputs: Option<Vec<String>>,
    },
    /// Answers [`Request::Outdated`].
    Outdated {
        /// For each target, whether it would be; none for one that the serial build would not have made in this run.
        outdated: Vec<Option<bool>>,
    },
    /// Everything is done.
    Waited {
        /// Where nothing of the program is pending any more: of how many of its frames that is true.
        settled: Option<u64>,
        /// How many commands failed that nobody has awaited.
        failed: usize,
    },
    /// Taken note of.
    Ok,
}

/// Writes one reply.
///
/// # Errors
/// If the other side has ended.
pub fn send(stream: &mut impl Write, reply: &Reply) -> io::Result<()> {
    send_frame(stream, &serde_json::to_vec(reply)?)
}

/// Writes one frame: its length, then what is in it.
///
/// # Errors
/// If the other side has ended.
pub(crate) fn send_frame(stream: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let length = u32::try_from(data.len()).map_err(io::Error::other)?;
    let mut message = Vec::with_capacity(data.len() + 4);
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(data);
    stream.write_all(&message)
}
