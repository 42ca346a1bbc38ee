//! A build as plain data. All times are in microseconds since it began.

/// A build of one tree.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The version of ambidex that shows it.
    pub version: String,
    /// The project directory.
    pub directory: String,
    /// The commands, each after all that made what it reads.
    pub commands: Vec<Command>,
    /// What had a job slot, and when. No two of one slot overlap.
    pub bars: Vec<Bar>,
    /// What Python waited for.
    pub waits: Vec<Wait>,
    /// The files that commands read and their arguments don't name.
    pub headers: Vec<Header>,
    /// The commands that Python ran itself.
    pub left: Vec<Left>,
    /// The numbers of the last builds of the tree, oldest first. This build is the last.
    pub past: Vec<Past>,
}

/// A command, or a call of a function that makes files.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The kind of work, in one word.
    pub kind: &'static str,
    /// The arguments, with the paths of the serial build.
    pub arguments: Vec<String>,
    /// The working directory.
    pub directory: String,
    /// The environment variables that the project had changed; `None` if it was unset.
    pub variables: Vec<(String, Option<String>)>,
    /// The extensions that it was recorded for.
    pub extensions: Vec<String>,
    /// The files that its arguments name.
    pub inputs: Vec<Input>,
    /// The files that it writes.
    pub outputs: Vec<String>,
    /// Whether it can write its outputs only at their final paths.
    pub in_place: bool,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it concerns temporary files, as probes do.
    pub temporary: bool,
    /// How its outputs were obtained.
    pub done: Done,
    /// Why it ran or did not.
    pub reason: String,
    /// How long its last run took, if that is known.
    pub duration: Option<u64>,
}

/// A file that a command reads.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The path.
    pub path: String,
    /// The command that made it, by its index.
    pub writer: Option<usize>,
}

/// The way in which outputs were obtained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Done {
    /// The command ran.
    #[default]
    Run,
    /// The outputs were up to date in the tree.
    Reused,
    /// The outputs came from the store.
    Cached,
    /// The outputs came from the store of another machine.
    Remote,
}

impl Done {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Reused => "reused",
            Self::Cached => "cached",
            Self::Remote => "remote",
        }
    }
}

/// A stretch of time in which a command had a job slot.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// The slot, from 0.
    pub slot: u32,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// The command, by its index, or `None` if its result did not count because Python went back to before it.
    pub command: Option<usize>,
    /// The output of the command.
    pub output: String,
}

/// A wait of Python.
#[derive(Clone, Debug, Default)]
pub struct Wait {
    /// The number of the captured process.
    pub program: u32,
    /// What Python did so that it had to wait.
    pub why: String,
    /// What Python did this with: a path, a command, or nothing.
    pub what: String,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// Whether Python waited for the rest of the commands, because it had nothing else to do.
    pub is_last: bool,
}

/// A header.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The path.
    pub path: String,
    /// The commands that read it, by their indices.
    pub readers: Vec<usize>,
}

/// A command that Python ran itself.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Why.
    pub reason: String,
}

/// The numbers of a build.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past {
    /// When it began, in microseconds since 1970 (UTC).
    pub began: u64,
    /// How long it took.
    pub wall: u64,
    /// For how much of that Python waited.
    pub waited: u64,
    /// The number of commands that could run at once.
    pub jobs: u32,
    /// The number of commands that ran.
    pub ran: u32,
    /// The number of commands that were up to date.
    pub reused: u32,
    /// The number of commands whose outputs came from the store.
    pub cached: u32,
    /// The number of commands whose outputs came from the store of another machine.
    pub remote: u32,
    /// The number of commands that failed.
    pub failed: u32,
}
