//! All of one command that the graph need not know: how it is run, with what, and what came of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Kind, Span};
use ambidex_graph::{Content, PathId};

use crate::base::environment::Environment;
use crate::base::stat::Time;
use crate::execute::outcome::Ending;
use crate::execute::plan::Plan;
use crate::memory::record::Why;
use crate::observe::unremembered::Unremembered;
use crate::program::line::Line;
use crate::uptodate::fingerprint::Fingerprint;

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
#[derive(Clone, Debug)]
pub(crate) enum Memorable {
    /// They can.
    Yes(Fingerprint),
    /// They can't, for this reason: it is run each time.
    No(Unremembered),
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
    pub reads: Box<[DeclaredRead]>,
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
