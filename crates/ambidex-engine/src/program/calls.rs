//! The calls of a process: which copies of it wait for their start, and what functions have answered in copies.

use std::path::PathBuf;
use std::sync::Arc;

use ambidex_graph::{NodeId, State};

use super::Program;

impl Program {
    /// Returns how many copies of the process wait for the start of their calls.
    pub fn waiting_copies(&self) -> usize {
        self.jobs.iter().filter(|job| job.copy.is_some()).count()
    }

    /// Lets the copies go whose calls are cancelled.
    pub(super) fn let_copies_go(&mut self) {
        for (node, job) in self.graph.all_nodes().zip(&mut self.jobs) {
            if matches!(self.graph.state(node), State::Cancelled | State::Doomed) {
                job.copy = None;
            }
        }
    }

    /// Notes the number that the process has given to a call. A process that has gone back gives a number again.
    pub fn note_call(&mut self, number: u64, node: NodeId) {
        self.calls.insert(number, node);
    }

    /// Notes more files of the code that calls run.
    pub fn add_code(&mut self, files: &[PathBuf]) {
        if !files.is_empty() {
            Arc::make_mut(&mut self.loaded).extend(files.iter().cloned());
        }
    }

    /// Returns what functions answered that remember their answers in the process, for those of these calls that are
    /// done.
    pub fn answers(&self, calls: &[u64]) -> Vec<(u64, String)> {
        let answers = |number: &u64| {
            let node = *self.calls.get(number)?;
            let is_done = self.graph.state(node) == State::Done && !self.is_misled(node);
            let ending = self.jobs[node.index()].ending().filter(|_| is_done)?;
            Some((*number, ending.answers().to_owned()))
        };
        calls.iter().filter_map(answers).collect()
    }
}
