//! How a command that Python sends is recorded: as a new node, or as a repetition of a node.

use std::path::Path;
use std::sync::Arc;

use ambidex_graph::{Action, GroupId, NodeId, Recorded, Version};

use super::Program;
use super::intake::Intake;
use super::job::{Job, Memorable};
use super::left::Left;
use super::prepared::{Prepared, ProcessContext};
use crate::base::clock::tick;
use crate::base::growth::push;
use crate::execute::outcome::Inputs;
use crate::memory::Memory;
use crate::memory::files::FindingId;

impl Program {
    /// Takes a command into the graph. Returns how it was recorded and the files that it writes.
    pub fn record(
        &mut self,
        prepared: Result<Prepared, Left>,
        scope: u32,
        awaited: bool,
    ) -> Result<(Recorded, Vec<String>), Left> {
        if self.has_own_attributes {
            return Err(Left::Attributes);
        }
        // The result of an awaited command concerns no other command.
        let group = if awaited { self.graph.group(false) } else { self.scopes[&scope].group };
        if self.graph.is_past_failure(group) {
            return Ok((Recorded::Skipped, Vec::new()));
        }
        let mut prepared = prepared?;
        let (mut action, mut job) = self.take(&prepared, group);
        if action.reads.iter().any(|read| self.is_kept(read.path)) {
            // A spared extension made the file, which must be where the command looks for it.
            self.commit_kept(|_, path| action.reads.iter().any(|read| read.path == path))
                .map_err(|error| Left::NotAtPlace(error.to_string()))?;
            prepared.stamp();
            (action, job) = self.take(&prepared, group);
        }
        let changed = self.changed_at_places(&action);
        if !changed.is_empty() {
            if !self.graph.is_settled() {
                return Err(Left::ChangedOutside);
            }
            self.change_outside(&changed);
            (action, job) = self.take(&prepared, group);
        }
        job.copy = prepared.copy.take();
        if job.remembered.is_none() {
            action.weight = action.weight.max(self.weight_of_translations(&action));
        }
        action.writes.iter().for_each(|write| self.forget_kept(write.path));
        let outputs = job.products.iter().map(|p| p.place.to_string_lossy().into_owned()).collect();
        let (time, written) =
            (job.recorded, action.writes.iter().map(|write| write.path).collect::<Vec<_>>());
        let twin = self.graph.twin(&action);
        let twin = twin.filter(|node| self.is_unchanged(*node, &job));
        let duration = action.weight;
        let recorded = match twin {
            Some(node) => self.graph.merge(node, group),
            None => self.add(action, job),
        };
        if let Recorded::New(node) = recorded
            && !awaited
        {
            self.holds.note(node, duration);
        }
        if let (Some(seq), Some(state)) = (self.graph.last(), self.scopes.get_mut(&scope))
            && recorded != Recorded::Skipped
        {
            written.iter().for_each(|path| self.made.add(*path, time));
            if let Some(tree) = &self.tree {
                let files = &tree.memory().files;
                written.iter().for_each(|path| {
                    self.seen_outputs.add_output(*path, &mut self.paths, files);
                });
            }
            push(&mut self.scope_of, scope);
            state.recordings.push(seq);
            if awaited {
                self.awaited.insert(seq.index());
                self.jobs[self.graph.node_of(seq).index()].awaited = true;
            }
            self.log.command(seq);
        }
        Ok((recorded, outputs))
    }

    /// Returns what is known of the process before a command is read.
    pub fn context(&self) -> ProcessContext {
        ProcessContext {
            env: self.env.clone(),
            roles: self.roles.clone(),
            executables: self.executables.clone(),
            remembers: self.tree.is_some() && self.demanded.is_none(),
        }
    }

    /// Returns the files that a command reads, as far as its command line tells.
    pub fn reads_of(&mut self, prepared: &Prepared) -> Vec<Arc<Path>> {
        let group = self.graph.group(false);
        let (_, job) = self.take(prepared, group);
        job.reads.iter().map(|read| read.file.clone()).collect()
    }

    fn take(&mut self, prepared: &Prepared, group: GroupId) -> (Action, Job) {
        let tree = self.tree.clone();
        let memory = tree.as_ref().filter(|_| self.demanded.is_none()).map(|tree| tree.memory());
        let mut intake = Intake {
            graph: &mut self.graph,
            paths: &mut self.paths,
            memory: memory.as_deref(),
            setting: &mut self.setting,
            generation: self.generation,
            now: tree.as_ref().map_or_else(tick, |tree| tree.now()),
        };
        intake.take(prepared, group)
    }

    /// Returns what the translations were expected to take whose files an action reads. These files may not be there
    /// yet, or be old ones, so their sizes tell nothing.
    fn weight_of_translations(&self, action: &Action) -> u64 {
        let writers = action.reads.iter().filter_map(|read| match self.graph.newest_version(read.path)? {
            Version::Written(writer) => Some(writer).filter(|writer| self.jobs[writer.index()].translates),
            _ => None,
        });
        writers.map(|writer| self.graph.weight(writer)).sum()
    }

    fn add(&mut self, action: Action, job: Job) -> Recorded {
        let recorded = self.graph.record(action);
        if let Recorded::New(node) = recorded {
            debug_assert_eq!(node.index(), self.jobs.len());
            self.expected.add(job.remembered);
            push(&mut self.jobs, job);
        }
        recorded
    }

    /// Returns whether everything that the node reads is as it was when the node was recorded, as far as the engine can
    /// tell.
    fn is_unchanged(&mut self, node: NodeId, again: &Job) -> bool {
        let job = &self.jobs[node.index()];
        if self.changes.by_commands.contains(&node) {
            // The serial build runs it as often as Python starts it.
            return false;
        }
        if job.generation != self.generation || job.outside_stamp != again.outside_stamp {
            return false;
        }
        let Some(ending) = job.ending() else { return true };
        match ending.inputs() {
            Inputs::Remembered | Inputs::Known(_) => self.inputs_are(node),
            // The command line of an archiver names everything that it reads.
            Inputs::Unknown => job.declares_all && ending.status == 0,
        }
    }

    /// Returns the looks of a node's command, if they are known.
    pub(super) fn looks_of(&self, node: NodeId, memory: &Memory) -> Option<Vec<FindingId>> {
        let job = &self.jobs[node.index()];
        match (job.ending()?.inputs(), &job.memorable) {
            (Inputs::Known(looks), _) => Some(looks.to_vec()),
            (Inputs::Remembered, Memorable::Yes(fingerprint)) => {
                Some(memory.looks(&memory.record(&fingerprint.here)?.looks))
            }
            _ => None,
        }
    }

    /// Returns whether the files that a node's command read are as they were when it ended.
    fn inputs_are(&mut self, node: NodeId) -> bool {
        let Some(tree) = self.tree.clone() else { return true };
        let memory = &mut *tree.memory();
        let Some(inputs) = self.looks_of(node, memory) else { return false };
        if self.sees_pending(None, memory, |_| inputs.clone()) {
            return false;
        }
        let files = &mut memory.files;
        inputs.iter().all(|id| files.look_at_state(files.finding(*id).file) == Some(*id))
    }
}
