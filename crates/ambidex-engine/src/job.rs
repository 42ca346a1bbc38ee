//! Knows all of one command that the graph need not know: how it is run, with what, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Depfile, Kind, Span};
use ambidex_graph::{Action, Content, PathId};

use crate::process::Ended;

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
    Operand(Span),
    /// As `-lfoo`, found in a folder of the library path: the argument of the folder, if it has one.
    Library { folder: Option<usize> },
    /// As the archive that the command changes in place.
    Previous,
    /// As something that has to stay.
    Fixed,
}

/// A file that a command writes.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub path: PathId,
    pub place: PathBuf,
    /// Where it is really written; none where it can't be renamed.
    pub renamed: Option<PathBuf>,
}

/// A command as it was recorded first.
#[derive(Debug)]
pub(crate) struct Job {
    pub command: Command,
    /// The command as it was recorded, before response files were read.
    pub argv: Vec<String>,
    pub cwd: PathBuf,
    pub env: Arc<Environment>,
    pub program: PathBuf,
    pub products: Vec<Product>,
    /// In the order of the action's reads.
    pub reads: Vec<ReadAs>,
    /// A folder of its own for what it writes.
    pub folder: PathBuf,
    /// Files that it was known to read when it was recorded.
    pub declared: Vec<PathBuf>,
    /// Those of them that no command of the program had written.
    pub outside: Vec<PathBuf>,
    /// What the state of `outside` was then.
    pub outside_stamp: u64,
    /// How often Python had changed possible inputs when it was recorded.
    pub generation: u64,
    pub life: Life,
}

/// What came of a job.
#[derive(Debug, Default)]
pub(crate) enum Life {
    /// It was not started.
    #[default]
    Waiting,
    /// It runs, with that process, once it has one.
    Running(Option<u32>),
    /// It ended.
    Ended(Box<Ending>),
}

/// The end of a job.
#[derive(Debug)]
pub(crate) struct Ending {
    pub ended: Ended,
    /// Every file that it read, as far as the compiler tells: numbers in the program's table; none if unknown.
    pub dependencies: Option<Vec<u32>>,
    /// What their state was when it had ended.
    pub dependencies_stamp: u64,
}

/// A command line as it is really run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub argv: Vec<String>,
    pub depfile: Option<PathBuf>,
    /// An archive that the command will change: where its content is now, and where the command expects it.
    pub copy: Option<(PathBuf, PathBuf)>,
    /// Texts that stand in the argv only because outputs were renamed, and what stood there.
    pub renamed: Vec<(String, String)>,
}

impl Job {
    /// What the command is called where an error is raised for it.
    pub fn error_kind(&self) -> &'static str {
        match self.command.kind {
            Kind::Compile | Kind::Preprocess | Kind::Query => "compile",
            Kind::Archive | Kind::Index => "archive",
            Kind::Link | Kind::CompileAndLink => "link",
        }
    }

    /// Whether its product is one that a project is built for, and no step on the way.
    pub fn is_final(&self) -> bool {
        !matches!(self.command.kind, Kind::Compile | Kind::Preprocess)
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

    /// The command line with all that is renamed. `contents` says for each read where it is; `written` where a
    /// node has put a path.
    pub fn plan(
        &self,
        action_reads: &[PathId],
        contents: &[Content],
        written: &dyn Fn(ambidex_graph::NodeId, PathId) -> Option<PathBuf>,
    ) -> Plan {
        let mut rewrite = self.command.rewrite();
        let mut plan = Plan { argv: Vec::new(), depfile: None, copy: None, renamed: Vec::new() };
        let mut appended: Vec<String> = Vec::new();
        let primary = self.products.first();
        for ((as_what, content), path) in self.reads.iter().zip(contents).zip(action_reads) {
            let found = match content {
                Content::Of(node) => written(*node, *path),
                Content::AtPlace => None,
            };
            match (as_what, found) {
                (ReadAs::Operand(span), Some(file)) => {
                    let text = self.shown(&file);
                    let original = self.command.argv[span.arg][span.start..span.end].to_owned();
                    plan.renamed.push((text.clone(), original));
                    rewrite = rewrite.replace(*span, text);
                }
                (ReadAs::Library { folder }, Some(file)) => {
                    let option = format!("-L{}", self.shown(file.parent().unwrap_or(Path::new("."))));
                    match folder {
                        Some(arg) => rewrite = rewrite.insert_before(*arg, [option]),
                        None => appended.push(option),
                    }
                }
                (ReadAs::Previous, file) => {
                    let product = primary.filter(|p| p.path == *path);
                    if let Some((place, target)) = product.and_then(|p| Some((&p.place, p.renamed.clone()?)))
                    {
                        plan.copy = Some((file.unwrap_or_else(|| place.clone()), target));
                    }
                }
                _ => {}
            }
        }
        if let Some(file) = primary.and_then(|product| product.renamed.as_ref()) {
            let text = self.shown(file);
            if let Some(output) = self.command.primary() {
                plan.renamed.push((text.clone(), output.path.clone()));
            }
            rewrite = rewrite.output(text);
        }
        match &self.command.depfile {
            Depfile::Inject => {
                let file = self.folder.join("inputs.d");
                appended.extend(["-MD".to_owned(), "-MF".to_owned(), self.shown(&file)]);
                plan.depfile = Some(file);
            }
            Depfile::Own { path, system_headers: true } => plan.depfile = Some(self.cwd.join(path)),
            Depfile::Own { .. } | Depfile::None | Depfile::Unknown => {}
        }
        plan.argv = rewrite.append(appended).finish();
        plan
    }

    /// A file of ours as it is written on the command line: short where it is below the working directory.
    fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.cwd).unwrap_or(file).to_string_lossy().into_owned()
    }
}

/// The reads of an action, by path only.
pub(crate) fn read_paths(action: &Action) -> Vec<PathId> {
    action.reads.iter().map(|read| read.path).collect()
}
