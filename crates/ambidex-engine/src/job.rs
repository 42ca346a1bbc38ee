//! Knows all of one command that the graph need not know: how it is run, with what, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ambidex_command::{Command, Kind, Span};
use ambidex_graph::{Content, PathId};
use ambidex_store::Digest;

use crate::fresh::Subject;
use crate::line::Line;
use crate::memory::files::{Time, VersionId};
use crate::memory::record::{How, Why};
use crate::process::Ended;

/// The variable that names libraries to be preloaded.
const PRELOAD: &str = "LD_PRELOAD";
/// The end of the path of ambidex' own.
const LIBRARY: &str = "/libambidex_preload.so";

/// An environment with its hash, shared by the commands that run in it.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub variables: BTreeMap<String, String>,
    pub hash: [u8; 32],
}

impl Environment {
    /// An environment without what only ambidex itself put there.
    pub fn new(mut variables: BTreeMap<String, String>) -> Self {
        variables.retain(|name, _| !name.starts_with("AMBIDEX_"));
        if let Some(preloaded) = variables.remove(PRELOAD) {
            // ld.so(8): the list is separated by spaces or colons.
            let others: Vec<&str> =
                preloaded.split([' ', ':']).filter(|l| !l.is_empty() && !l.ends_with(LIBRARY)).collect();
            if !others.is_empty() {
                variables.insert(PRELOAD.to_owned(), others.join(":"));
            }
        }
        let mut hasher = blake3::Hasher::new();
        for (name, value) in &variables {
            hasher.update(name.as_bytes()).update(&[0]).update(value.as_bytes()).update(&[0]);
        }
        let hash = *hasher.finalize().as_bytes();
        Self { variables, hash }
    }
}

/// How a read of the action shows on the command line.
#[derive(Clone, Debug)]
pub(crate) enum ReadAs {
    /// As a path that may be replaced.
    Operand(Place),
    /// As `-lfoo`, found in a folder of the library path: the argument of the folder, if it has one.
    Library { folder: Option<u32> },
    /// As the archive that the command changes in place.
    Previous,
    /// As something that has to stay.
    Fixed,
}

/// A [`Span`] in half its size: a large build keeps one for each object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    argument: u32,
    start: u32,
    end: u32,
}

impl Place {
    /// None in a command line of gigabytes, which no system runs.
    pub fn new(span: Span) -> Option<Self> {
        let small = |number: usize| u32::try_from(number).ok();
        Some(Self { argument: small(span.arg)?, start: small(span.start)?, end: small(span.end)? })
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
    /// Whether it is really written into the folder of its job.
    pub renamed: bool,
}

/// Whether runs of a command can be compared.
#[derive(Debug)]
pub(crate) enum Memorable {
    /// They can.
    Yes(Subject),
    /// They can't, for this reason: it is run each time.
    No(String),
}

/// A file that a command line names, or a library that it looks for, in the order of the action's reads.
#[derive(Debug)]
pub(crate) struct Read {
    pub path: PathId,
    pub file: Arc<Path>,
    pub as_what: ReadAs,
    /// Whether no command of the program had written it.
    pub outside: bool,
}

/// Where, in what and with what commands run; most of a build's share one.
#[derive(Debug)]
pub(crate) struct Setting {
    pub cwd: Arc<Path>,
    pub env: Arc<Environment>,
    /// The file of the program.
    pub program: Arc<Path>,
}

/// A command as it was recorded first.
#[derive(Debug)]
pub(crate) struct Job {
    pub line: Line,
    pub kind: Kind,
    /// Whether its line names all that it reads.
    pub declares_all: bool,
    pub memorable: Memorable,
    pub setting: Arc<Setting>,
    pub products: Box<[Product]>,
    pub reads: Box<[Read]>,
    /// The number of a folder of its own for what it writes, once it is started.
    pub folder: Option<u32>,
    /// What the state of the files that it reads and that no command of the program had written was when it was recorded.
    pub outside_stamp: u64,
    /// When it was recorded, by the clock of files: the serial build would have run it then.
    pub recorded: Time,
    /// How often Python had changed possible inputs when it was recorded.
    pub generation: u64,
    /// Whether Python waits for its end: all before it is at its place when it runs.
    pub awaited: bool,
    pub life: Life,
}

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Life {
    /// It was not started. Why it is not up to date, once that is known.
    Waiting(Option<Box<Why>>),
    /// It runs, with that process, once it has one.
    Running(Option<u32>),
    /// It ended.
    Ended(Box<Ending>),
}

/// The end of a job.
#[derive(Debug)]
pub(crate) struct Ending {
    /// The exit status; negative for the number of the signal that ended it.
    pub status: i32,
    /// In microseconds.
    duration: u64,
    /// None where it printed nothing, as most commands do.
    printed: Option<Box<Printed>>,
    pub how: How,
    pub why: Why,
    inputs: Inputs,
    /// The contents of its outputs, as far as they are known.
    pub outputs: Box<[Digest]>,
}

/// What a command looked at besides its operands.
#[derive(Debug, Default)]
pub(crate) enum Inputs {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Its record has them.
    Remembered,
    /// They are known, but the run could not be remembered.
    Known(Box<[VersionId]>),
}

#[derive(Debug)]
struct Printed {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Ending {
    /// The end of a command of whose inputs and outputs nothing is known.
    pub fn new(ended: Ended, how: How, why: Why) -> Self {
        let Ended { out, err, status, duration } = ended;
        let printed = (!out.is_empty() || !err.is_empty()).then(|| Box::new(Printed { out, err }));
        let duration = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self { status, duration, printed, how, why, inputs: Inputs::Unknown, outputs: Box::default() }
    }

    /// The same with what is known of inputs and outputs.
    pub fn with(self, inputs: Inputs, outputs: Box<[Digest]>) -> Self {
        Self { inputs, outputs, ..self }
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration)
    }

    /// What is known of what it looked at.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What it printed.
    pub fn out(&self) -> &[u8] {
        self.printed.as_ref().map_or(&[], |printed| &printed.out)
    }

    /// What it printed to its standard error.
    pub fn err(&self) -> &[u8] {
        self.printed.as_ref().map_or(&[], |printed| &printed.err)
    }

    /// Whether it printed nothing.
    pub fn is_silent(&self) -> bool {
        self.printed.is_none()
    }
}

/// A command line as it is really run.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub argv: Vec<String>,
    /// An archive that the command will change: where its content is now, and where the command expects it.
    pub copy: Option<(PathBuf, PathBuf)>,
    /// Places that the command would write to, and where it writes instead: should it fail, what it has met matters.
    pub met: Vec<(PathBuf, PathBuf)>,
    /// The objects and archives that are at their own places, as the command line names them.
    pub operands: Vec<String>,
    /// Texts that stand in the argv only because outputs were renamed, and what stood there.
    pub renamed: Vec<(String, String)>,
}

impl Product {
    /// The file in the folder of its job, if it is renamed.
    pub fn file(&self, folder: &Path) -> Option<PathBuf> {
        self.renamed.then(|| folder.join(self.place.file_name().unwrap_or_default()))
    }
}

impl Job {
    /// What its line means.
    pub fn command(&self) -> Arc<Command> {
        self.line.command(&self.setting.env.variables)
    }

    /// Whether its product is one that a project is built for, and no step on the way.
    pub fn is_final(&self) -> bool {
        !matches!(self.kind, Kind::Compile | Kind::Preprocess)
    }

    /// Where it writes that path.
    pub fn product(&self, path: PathId) -> Option<&Product> {
        self.products.iter().find(|product| product.path == path)
    }

    /// What the end was, if there was one.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.life {
            Life::Ended(ending) => Some(ending),
            _ => None,
        }
    }

    /// The command line with all that is renamed. `command` is what it means, `folder` where its outputs go; `contents`
    /// says for each read where it is; `written` where a node has put a path.
    pub fn plan(
        &self,
        command: &Command,
        folder: &Path,
        contents: &[Content],
        written: &dyn Fn(ambidex_graph::NodeId, PathId) -> Option<PathBuf>,
    ) -> Plan {
        let mut rewrite = command.rewrite();
        let mut plan = Plan::default();
        let mut appended: Vec<String> = Vec::new();
        let primary = self.products.first();
        for (read, content) in self.reads.iter().zip(contents) {
            let found = match content {
                Content::Of(node) => written(*node, read.path),
                Content::AtPlace => None,
            };
            if let (ReadAs::Operand(place), None) = (&read.as_what, &found) {
                let span = place.span();
                plan.operands.push(command.argv[span.arg][span.start..span.end].to_owned());
            }
            match (&read.as_what, found) {
                (ReadAs::Operand(place), Some(file)) => {
                    let span = place.span();
                    let text = self.shown(&file);
                    let original = command.argv[span.arg][span.start..span.end].to_owned();
                    plan.renamed.push((text.clone(), original));
                    rewrite = rewrite.replace(span, text);
                }
                (ReadAs::Library { folder }, Some(file)) => {
                    let option = format!("-L{}", self.shown(file.parent().unwrap_or(Path::new("."))));
                    match folder {
                        Some(arg) => rewrite = rewrite.insert_before(*arg as usize, [option]),
                        None => appended.push(option),
                    }
                }
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
            let text = self.shown(&file);
            if let Some(output) = command.primary() {
                plan.renamed.push((text.clone(), output.path.clone()));
            }
            rewrite = rewrite.output(text);
        }
        if self.awaited && plan.copy.is_none() {
            let met = |product: &Product| Some((product.place.to_path_buf(), product.file(folder)?));
            plan.met = self.products.iter().filter_map(met).collect();
        }
        plan.argv = rewrite.append(appended).finish();
        plan
    }

    /// A file of ours as it is written on the command line: short where it is below the working directory.
    fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.setting.cwd).unwrap_or(file).to_string_lossy().into_owned()
    }
}
