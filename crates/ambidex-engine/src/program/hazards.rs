//! The paths that more than one extension writes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use ambidex_graph::Seq;

use super::Program;

/// A path that more than one extension writes.
#[derive(Debug)]
pub struct HazardPath {
    /// The path.
    pub path: PathBuf,
    /// The working directory of the process that built it.
    pub root: PathBuf,
    /// Whether all writers are the same command.
    pub duplicate: bool,
    /// Whether order, not renaming, keeps the writers apart.
    pub ordered: bool,
    /// The writers, in program order.
    pub writers: Vec<Writer>,
}

/// One writer of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The extension.
    pub extension: String,
    /// Its command.
    pub command: Vec<String>,
}

impl Program {
    /// Returns the paths that more than one extension writes. The outputs of probes belong to no extension.
    pub fn hazards(&self) -> Vec<HazardPath> {
        let writer = |seq: &Seq| {
            let job = &self.jobs[self.graph.node_of(*seq).index()];
            Some(Writer { extension: self.extension_at(*seq)?.to_owned(), command: job.line.argv() })
        };
        let mut found = Vec::new();
        for hazard in self.graph.hazards() {
            let writers: Vec<Writer> = hazard.writers.iter().filter_map(writer).collect();
            let extensions: BTreeSet<&String> = writers.iter().map(|w| &w.extension).collect();
            if extensions.len() > 1 {
                found.push(HazardPath {
                    path: self.paths.place(hazard.path).to_owned(),
                    root: self.cwd.clone(),
                    duplicate: hazard.duplicate,
                    ordered: hazard.ordered,
                    writers,
                });
            }
        }
        found
    }

    /// Returns how many paths are written by more than one extension, at least one of them spared. Paths in `known` do
    /// not count.
    pub fn spared_hazards(&self, known: &[HazardPath]) -> usize {
        if self.spared.is_empty() {
            return 0;
        }
        let mut writers: HashMap<&Path, BTreeSet<&str>> = HashMap::new();
        for spared in &self.spared {
            let Some(name) = &spared.name else { continue };
            for done in &spared.unit.commands {
                writers.entry(&done.place).or_default().insert(name);
            }
        }
        for seq in self.graph.program() {
            let Some(name) = self.extension_at(seq) else { continue };
            for product in &self.jobs[self.graph.node_of(seq).index()].products {
                if let Some(names) = writers.get_mut(&*product.place) {
                    names.insert(name);
                }
            }
        }
        known.iter().for_each(|hazard| drop(writers.remove(&*hazard.path)));
        writers.values().filter(|names| names.len() > 1).count()
    }
}
