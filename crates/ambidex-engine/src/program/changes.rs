//! Knows what Python has changed while commands were not done, and which of those have read it.
//!
//! In the serial build a command is over before Python changes anything behind it. Here Python goes on: a command that
//! reads what was changed meanwhile may have done something else. What it has read is known when it has ended.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ambidex_graph::{NodeId, State};

use super::Program;
use crate::job::{Inputs, Job, Memorable};
use crate::memory::files::VersionId;
use crate::paths::plain;

/// A file or folder that was changed, made or removed.
#[derive(Debug)]
struct Changed {
    path: PathBuf,
    /// The nodes that were not settled then.
    nodes: HashSet<NodeId>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    all: Vec<Changed>,
    /// The nodes that may have read what was changed after they were recorded.
    misled: HashSet<NodeId>,
    /// Whether something was changed since the engine has last looked at files.
    pub unseen: bool,
}

impl Program {
    /// Python changes this path, in a way that can be taken back. Says whether it may do so at once; else all commands
    /// have to end first, since nobody would see what they have read.
    pub fn note_change(&mut self, path: &Path) -> bool {
        if path.is_dir() {
            // What was in it and is then found elsewhere has other names.
            return false;
        }
        let unsettled = |node: &NodeId| !self.graph.state(*node).settled();
        let nodes: HashSet<NodeId> = self.graph.all_nodes().filter(unsettled).collect();
        if nodes.iter().any(|node| is_unobserved(&self.jobs[node.index()], path)) {
            return false;
        }
        self.changes.unseen = true;
        if !nodes.is_empty() {
            self.changes.all.push(Changed { path: path.to_owned(), nodes });
        }
        true
    }

    /// A node has ended well: looks whether it has read what was changed since it was recorded.
    pub(super) fn check_reads(&mut self, node: NodeId) {
        let changed: Vec<&Path> = {
            let concerned = self.changes.all.iter().filter(|changed| changed.nodes.contains(&node));
            concerned.map(|changed| changed.path.as_path()).collect()
        };
        if !changed.is_empty() && self.may_have_read(node, &changed) {
            self.changes.misled.insert(node);
        }
    }

    /// Whether a node that has ended well may have done something else than in the serial build.
    pub(super) fn is_misled(&self, node: NodeId) -> bool {
        self.changes.misled.contains(&node)
    }

    /// Nothing is pending any more that could read what was changed.
    pub(super) fn end_changes(&mut self) {
        self.changes.all.clear();
    }

    /// Python is where it was before.
    pub(super) fn forget_changes(&mut self) {
        self.changes = Changes { unseen: true, ..Changes::default() };
    }

    fn may_have_read(&self, node: NodeId, changed: &[&Path]) -> bool {
        let job = &self.jobs[node.index()];
        if self.graph.state(node) != State::Done {
            return false;
        }
        if job.reads.iter().any(|read| changed.iter().any(|path| read.file.starts_with(path))) {
            return true;
        }
        let (Some(ending), Some(tree)) = (job.ending(), &self.tree) else { return true };
        let memory = &mut *tree.memory();
        let record;
        let inputs: &[VersionId] = match (ending.inputs(), &job.memorable) {
            (Inputs::Known(inputs), _) => inputs,
            (Inputs::Remembered, Memorable::Yes(subject)) => {
                record = memory.record(&subject.key);
                let Some(record) = &record else { return true };
                &record.inputs
            }
            // Of an archive all is declared.
            _ => return !job.declares_all,
        };
        inputs.iter().any(|id| {
            let file = memory.files.path_of(*id);
            let traits = memory.files.version(*id).content.traits.as_ref();
            changed.iter().any(|path| {
                let name = path.file_name().unwrap_or_default();
                // By the name alone: it may be found where another of that name was, or the other way round.
                let is_like = file.file_name() == Some(name);
                let precompiled =
                    path.extension().is_some_and(|end| end == "gch") && path.file_stem() == file.file_name();
                let asks = traits.is_some_and(|traits| {
                    traits.embeds
                        || traits.asks_for_unknown
                        || traits.asks_for.iter().any(|asked| Path::new(asked).file_name() == Some(name))
                });
                file.starts_with(path) || is_like || precompiled || asks
            })
        })
    }
}

/// Whether nobody will know if this job has read the file: it does not tell what it reads, or the file is a program
/// that it may start.
fn is_unobserved(job: &Job, file: &Path) -> bool {
    let folder = file.parent();
    let setting = &job.setting;
    let is_in = |searched: &Path| folder == Some(&*plain(&setting.cwd.join(searched)));
    let is_listed = |name: &str| {
        setting
            .env
            .variables
            .get(name)
            .is_some_and(|path| std::env::split_paths(path).any(|entry| is_in(&entry)))
    };
    // GCC manual, "Directory Options" and "Environment Variables".
    let command = job.command();
    let mut words = command.argv.iter();
    let mut is_prefixed = || {
        while let Some(word) = words.next() {
            let folder = word.strip_prefix("-B");
            let folder = if folder == Some("") { words.next().map(String::as_str) } else { folder };
            if folder.is_some_and(|folder| is_in(Path::new(folder))) {
                return true;
            }
        }
        false
    };
    matches!(job.memorable, Memorable::No(_))
        || *setting.program == *file
        || is_listed("PATH")
        || is_listed("COMPILER_PATH")
        || is_prefixed()
}
