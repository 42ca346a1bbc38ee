//! The messages between a captured process and the engine (`docs/protocol.md`).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The version that both sides must speak. The capture is embedded, so a difference means a stale process.
pub const VERSION: u32 = 3;

/// A message from a captured Python.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    /// Opens a session.
    Hello {
        /// The version of the protocol.
        version: u32,
        /// The process ID.
        pid: u32,
        /// The working directory of the process.
        cwd: String,
        /// The arguments that the process was started with.
        argv: Vec<String>,
        /// The virtual environment of the process, if it runs in one.
        #[serde(default)]
        prefix: Option<String>,
        /// Whether the preloaded library tells the engine what the process looks at. Otherwise the engine puts every
        /// output at its final path as soon as the output exists.
        #[serde(default)]
        sees: bool,
    },
    /// Records a command, in program order.
    Record {
        /// The arguments of the command.
        argv: Vec<String>,
        /// Its working directory.
        cwd: String,
        /// The number of its scope.
        scope: u32,
        /// Sent with the first message of a scope.
        open: Option<OpenScope>,
        /// Its environment, if it differs from that of the last command.
        env: Option<BTreeMap<String, String>>,
        /// The other attributes that the command inherits from the process, if they differ from the last ones sent.
        #[serde(default)]
        attributes: Option<String>,
        /// Whether Python waits for the command to end. Otherwise Python goes on as if the command had succeeded.
        awaited: bool,
        /// The reason why the command is awaited although it could be predicted.
        #[serde(default)]
        refused: Option<String>,
        /// Sent if the command is a call of a function in a copy of the process.
        #[serde(default)]
        call: Option<Box<Call>>,
    },
    /// Says that the text printed from here to the next record announces that command. Has no reply.
    Echo,
    /// Asks whether everything that the commands of an extension would make is there and up to date, before they are
    /// recorded.
    Fresh {
        /// The scope of the extension.
        scope: u32,
        /// Sent with the first message of a scope.
        open: Option<OpenScope>,
        /// A hash of everything in Python that determines the commands.
        state: String,
        /// Whether the engine must look at all files again, because Python may have changed some without notice.
        again: bool,
        /// The files of the code that determines the commands, if they differ from the last ones sent.
        code: Option<Vec<String>>,
        /// The working directory.
        cwd: String,
        /// The environment, if it differs from that of the last command.
        env: Option<BTreeMap<String, String>>,
    },
    /// Asks whether files of this run would be out of date in the serial build.
    Outdated {
        /// The files, each with its sources.
        targets: Vec<Target>,
        /// The working directory.
        cwd: String,
        /// Whether to compare times in seconds.
        seconds: bool,
    },
    /// Asks what functions answered, in copies of the process, that remember their answers in the process.
    Answers {
        /// The numbers of the calls.
        calls: Vec<u64>,
        /// Whether to wait until all of them are done.
        wait: bool,
    },
    /// Waits for everything, and until all text that the program printed is written.
    Wait,
    /// Waits for everything and commits the outputs.
    Finish {
        /// The extensions that the project has now, after a build of them.
        #[serde(default)]
        extensions: Option<Vec<String>>,
        /// What identifies the command that has built them among those of the program.
        #[serde(default)]
        command: String,
    },
    /// The `-j` or `parallel` of the project's own command line; 0 means one job for each core.
    Jobs {
        /// The number of jobs.
        count: usize,
    },
}

/// A call of a function that generates files. It is made in a copy of the process, which waits for its start.
#[derive(Debug, Deserialize)]
pub struct Call {
    /// The number that the copy was announced with.
    pub number: u64,
    /// The executable of the process.
    pub program: PathBuf,
    /// The files that it is known to read.
    pub inputs: Vec<String>,
    /// The files that it writes. It must write all.
    pub outputs: Vec<String>,
    /// Whether the text that it prints to standard output, and to standard error, appears at once.
    pub prints: [bool; 2],
    /// Whether it is a translation by Cython, which goes by the content of files.
    #[serde(default)]
    pub translates: bool,
    /// Why a run of it can't be remembered, if it can't.
    #[serde(default)]
    pub unremembered: Option<String>,
    /// The files of modules that the process has loaded since the last call, besides the project's: the code that calls
    /// run.
    #[serde(default)]
    pub code: Vec<PathBuf>,
}

/// The description of a scope.
#[derive(Debug, Deserialize)]
pub struct OpenScope {
    /// The extension or the libraries that it builds.
    pub name: Option<String>,
}

/// A file whose time is compared with that of other files.
#[derive(Debug, Deserialize)]
pub struct Target {
    /// Its path.
    pub path: String,
    /// The paths of the other files.
    pub sources: Vec<PathBuf>,
}

/// An answer of the engine.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Reply {
    /// The session is open.
    Welcome {
        /// The number of its program.
        program: usize,
        /// Whether commands are only listed, and run only if Python asks for their results.
        only_record: bool,
    },
    /// Answers [`Request::Record`].
    Recorded {
        /// The files that the command writes, with their real directories.
        outputs: Vec<String>,
        /// Whether Python must run the command itself, unchanged. If the command is awaited, all pending work is done
        /// and committed. Otherwise the engine takes Python back to before the command.
        run_in_python: bool,
        /// How the command ended, if it was awaited: the exit status, or the negative number of the signal that ended
        /// it, as in Python.
        status: Option<i32>,
        /// The number of the program's frames for which nothing of it is pending any more; none if something is
        /// pending.
        settled: Option<u64>,
    },
    /// Answers [`Request::Fresh`].
    Fresh {
        /// The files that the commands would write, if they need not be recorded.
        outputs: Option<Vec<String>>,
    },
    /// Answers [`Request::Outdated`].
    Outdated {
        /// Whether each target would be out of date; none for one that the serial build would not have made in this
        /// run.
        outdated: Vec<Option<bool>>,
    },
    /// Answers [`Request::Answers`].
    Answers {
        /// The numbers of those calls that are done, each with the answers as text.
        answers: Vec<(u64, String)>,
    },
    /// Everything is done.
    Waited {
        /// The number of the program's frames for which nothing of it is pending any more; none if something is
        /// pending.
        settled: Option<u64>,
        /// The number of failed commands that were not awaited.
        failed: usize,
    },
    /// The engine has taken note.
    Ok,
    /// Answers any request, and ends the session: a signal to the engine has interrupted the build.
    Interrupted,
}

/// Writes one reply.
///
/// # Errors
/// If the other side has ended.
pub fn send(stream: &mut impl Write, reply: &Reply) -> io::Result<()> {
    send_frame(stream, &serde_json::to_vec(reply)?)
}

/// Writes one frame: its length, then its content.
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
