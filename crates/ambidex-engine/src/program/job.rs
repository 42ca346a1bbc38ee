//! Everything about one command that the graph need not know: how it runs, with which files, and how it ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Kind, Span};
use ambidex_graph::{Content, PathId};

use crate::base::call::WaitingCopy;
use crate::base::environment::Environment;
use crate::base::stat::Time;
use crate::execute::outcome::Ending;
use crate::execute::plan::{Plan, Renaming};
use crate::memory::record::{RecordKey, Why};
use crate::observe::unremembered::Unremembered;
use crate::program::expected::Remembered;
use crate::program::line::Line;
use crate::uptodate::fingerprint::Fingerprint;

/// How a read of the action appears on the command line.
#[derive(Clone, Debug)]
pub(crate) enum ReadAs {
    /// As a path that may be replaced.
    Operand(Place),
    /// As `-lfoo`, found in a directory of the library path, with the argument that names the directory, if there is
    /// one.
    Library { folder: Option<u32> },
    /// As the archive that the command changes in place.
    Previous,
    /// As something that must stay as it is.
    Fixed,
}

/// A [`Span`] in half the size, because a large build keeps one for each object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    argument: u32,
    start: u32,
    end: u32,
}

impl Place {
    /// Makes a place from a span. Returns `None` for a command line of gigabytes, which no system runs.
    pub fn new(span: Span) -> Option<Self> {
        let small = |number: usize| u32::try_from(number).ok();
        Some(Self { argument: small(span.arg)?, start: small(span.start)?, end: small(span.end)? })
    }

    /// Returns the argument, and where in it the place begins and ends.
    pub fn parts(self) -> [u32; 3] {
        [self.argument, self.start, self.end]
    }

    fn span(self) -> Span {
        Span { arg: self.argument as usize, start: self.start as usize, end: self.end as usize }
    }
}

/// A file that a command writes.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub path: PathId,
    pub place: Arc<Path>,
    /// Whether the command really writes it into the directory of its job.
    pub renamed: bool,
}

/// Whether runs of a command can be compared.
#[derive(Clone, Debug)]
pub(crate) enum Memorable {
    /// They can.
    Yes(Fingerprint),
    /// They can't, for this reason, so the command runs each time.
    No(Unremembered),
}

impl Memorable {
    /// Returns the key of what the tree remembers of the command, if anything.
    pub fn key(&self) -> Option<RecordKey> {
        match self {
            Self::Yes(fingerprint) => Some(fingerprint.here),
            Self::No(_) => None,
        }
    }
}

/// A file that a command line names, or a library that it looks for, in the order of the action's reads.
#[derive(Debug)]
pub(crate) struct DeclaredRead {
    pub path: PathId,
    pub file: Arc<Path>,
    pub as_what: ReadAs,
    /// Whether no command of the program had written it.
    pub outside: bool,
}

/// The working directory, environment and executable of commands. Most commands of a build share one setting.
#[derive(Debug)]
pub(crate) struct Setting {
    pub cwd: Arc<Path>,
    pub env: Arc<Environment>,
    /// The executable file.
    pub program: Arc<Path>,
}

/// A command as it was first recorded.
#[derive(Debug)]
pub(crate) struct Job {
    pub line: Line,
    pub kind: Kind,
    /// Whether its command line names everything that it reads.
    pub declares_all: bool,
    pub memorable: Memorable,
    pub setting: Arc<Setting>,
    pub products: Box<[Product]>,
    pub reads: Box<[DeclaredRead]>,
    /// The number of a directory of its own for its outputs, once it has been started.
    pub folder: Option<u32>,
    /// A stamp of those files that it reads and no command of the program had written, taken when it was recorded.
    pub outside_stamp: u64,
    /// When it was recorded, by the clock of files: the serial build would have run it then.
    pub recorded: Time,
    /// How often Python had changed possible inputs when it was recorded.
    pub generation: u64,
    /// Whether Python waits for its end. Then everything before it is at its place when it runs.
    pub awaited: bool,
    /// Whether it is a translation by Cython.
    pub translates: bool,
    /// Whether the text that a call of a function prints to its two streams appears at once.
    pub prints: [bool; 2],
    /// The copy of the process that makes it, if it is a call of a function and is not made yet.
    pub copy: Option<WaitingCopy>,
    /// How long it took when it last ran.
    pub remembered: Remembered,
    pub life: Life,
}

/// The state of a job.
#[derive(Debug)]
pub(crate) enum Life {
    /// It has not been started. The reason why it is not up to date, once known.
    Waiting(Option<Box<Why>>),
    /// It is running, in the process with this ID, once there is one.
    Running(Option<u32>),
    /// It has ended.
    Ended(Box<Ending>),
}

impl Product {
    /// Returns the file in the directory of its job, if it is renamed.
    pub fn file(&self, folder: &Path) -> Option<PathBuf> {
        self.renamed.then(|| folder.join(self.place.file_name().unwrap_or_default()))
    }
}

impl Job {
    /// Returns what its command line means.
    pub fn command(&self) -> Arc<Command> {
        self.line.command(&self.setting.env.variables)
    }

    /// Returns whether its product is one that the project is built for, not an intermediate step.
    pub fn is_final(&self) -> bool {
        !matches!(self.kind, Kind::Compile | Kind::Preprocess)
    }

    /// Returns the product that it writes at that path, if there is one.
    pub fn product(&self, path: PathId) -> Option<&Product> {
        self.products.iter().find(|product| product.path == path)
    }

    /// Returns how it ended, if it has ended.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.life {
            Life::Ended(ending) => Some(ending),
            _ => None,
        }
    }

    /// Returns the command line with everything renamed. `command` is what the line means, and `folder` the directory
    /// for its outputs. `contents` says for each read where it is, and `written` where a node has put a path.
    pub fn plan(
        &self,
        command: &Command,
        folder: &Path,
        contents: &[Content],
        written: &dyn Fn(ambidex_graph::NodeId, PathId) -> Option<PathBuf>,
    ) -> Plan {
        let mut plan = Plan::default();
        let put = |product: &Product| Some((product.place.to_path_buf(), product.file(folder)?));
        plan.outputs = self.products.iter().filter_map(put).collect();
        if self.kind == Kind::Generate {
            plan.argv = command.argv.clone();
            return plan;
        }
        let mut renaming = Renaming::of(command, &self.setting.cwd);
        let primary = self.products.first();
        for (read, content) in self.reads.iter().zip(contents) {
            let found = match content {
                Content::Of(node) => written(*node, read.path),
                Content::AtPlace => None,
            };
            match (&read.as_what, found) {
                (ReadAs::Operand(place), found) => {
                    let span = place.span();
                    let original = command.argv[span.arg][span.start..span.end].to_owned();
                    match found {
                        Some(file) => {
                            plan.renamed.push((renaming.shown(&file), original));
                            renaming.operand(span, &file);
                        }
                        None => plan.operands.push(original),
                    }
                }
                (ReadAs::Library { folder }, Some(file)) => renaming.library(*folder, &file),
                (ReadAs::Previous, file) => {
                    let product = primary.filter(|p| p.path == read.path);
                    if let Some((place, target)) = product.and_then(|p| Some((&p.place, p.file(folder)?))) {
                        plan.copy = Some((file.unwrap_or_else(|| place.to_path_buf()), target));
                    }
                }
                _ => {}
            }
        }
        if let Some(file) = primary.and_then(|product| product.file(folder)) {
            if let Some(output) = command.primary() {
                plan.renamed.push((renaming.shown(&file), output.path.clone()));
            }
            renaming.output(&file);
        }
        plan.meets = self.awaited && plan.copy.is_none();
        plan.argv = renaming.finish();
        plan
    }
}
