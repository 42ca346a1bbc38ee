//! Knows the program of one captured process: its graph, its jobs, its scopes, and what of it was printed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_graph::{Action, Graph, GroupId, NodeId, Outcome, PathId, Recorded, Seq, State};

use ambidex_store::{Digest, Store};

use crate::conclusion::Conclusion;
use crate::growth::push;
use crate::intake::{Intake, Left};
use crate::job::{Ending, Environment, Inputs, Job, Life, Memorable, Setting};
use crate::lookup::Programs;
use crate::memory::files::VersionId;
use crate::memory::record::How;
use crate::obtain::Obtained;
use crate::paths::PathTable;
use crate::place::Backup;
use crate::protocol::{Failure, OpenScope, Printout};
use crate::roles::Roles;
use crate::search::Search;
use crate::stamp;
use crate::tree::Tree;

mod commit;
mod read_set;
mod start;
mod unit;

use read_set::ReadSet;
pub(crate) use unit::PythonState;
use unit::{Asked, Kept, Spared};

/// The commands of one extension, or of one call that is waited for.
#[derive(Debug)]
pub(crate) struct ScopeState {
    pub group: GroupId,
    pub name: Option<String>,
    pub fatal: bool,
    pub awaited: bool,
    /// Whether Python was told of the scope's failure.
    pub told: bool,
    /// Its recordings.
    recordings: Vec<Seq>,
}

/// What a process is, to those that come after it.
pub(crate) struct Origin {
    pub roles: Roles,
    /// What was started, by role.
    pub invocation: String,
    /// Where results are shared with other trees, if anywhere.
    pub store: Option<Store>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its place among the programs of the engine.
    number: usize,
    pub graph: Graph,
    pub paths: PathTable,
    pub jobs: Vec<Job>,
    pub scopes: HashMap<u32, ScopeState>,
    /// The scope of each recording.
    pub scope_of: Vec<u32>,
    pub env: Arc<Environment>,
    pub cwd: PathBuf,
    pub tree: Option<Arc<Tree>>,
    /// Which nodes may be started; all of them where there is no such set. (`check` runs only what it must.)
    pub demanded: Option<HashSet<NodeId>>,
    /// How many recordings were printed.
    printed: usize,
    /// How often something changed that a recorded command may read.
    generation: u64,
    read_set: ReadSet,
    backups: HashMap<usize, Backup>,
    programs: Programs,
    /// What paths are for, to the commands of this process.
    pub roles: Arc<Roles>,
    setting: Option<Arc<Setting>>,
    searches: HashSet<Arc<Search>>,
    store: Option<Store>,
    /// What was started, by role: by this the next run of the same program is known.
    invocation: String,
    /// What was recorded and made since the last conclusion.
    pub conclusion: Conclusion,
    /// A hash of the code that decides what commands an extension has, once it is known.
    code: Option<Digest>,
    /// The scopes whose commands were asked for as a whole since the last conclusion.
    asked: Vec<(u32, Asked)>,
    /// The extensions that were not recorded, being up to date.
    pub spared: Vec<Spared>,
    kept: BTreeMap<PathId, Kept>,
    /// The program of the process, where this is a lane of it (see `docs/architecture.md`, "Lanes").
    pub lane_of: Option<usize>,
    /// Whether another lane has changed what this one may have read.
    pub spoiled: bool,
    /// Commands that were left to Python, with the reason.
    pub left: Vec<(Vec<String>, String)>,
}

impl Program {
    pub fn new(number: usize, cwd: PathBuf, lane_of: Option<usize>, run_all: bool, origin: Origin) -> Self {
        Self {
            invocation: origin.invocation,
            store: origin.store,
            number,
            graph: Graph::new(),
            paths: PathTable::default(),
            jobs: Vec::new(),
            scopes: HashMap::new(),
            scope_of: Vec::new(),
            env: Arc::default(),
            cwd,
            tree: None,
            demanded: (!run_all).then(HashSet::new),
            printed: 0,
            generation: 0,
            read_set: ReadSet::default(),
            backups: HashMap::new(),
            programs: Programs::default(),
            roles: Arc::new(origin.roles),
            setting: None,
            searches: HashSet::new(),
            conclusion: Conclusion::default(),
            code: None,
            asked: Vec::new(),
            spared: Vec::new(),
            kept: BTreeMap::new(),
            lane_of,
            spoiled: false,
            left: Vec::new(),
        }
    }

    /// Makes a scope known.
    pub fn open_scope(&mut self, number: u32, open: OpenScope, keep_going: bool) {
        let group = self.graph.group(open.fatal && !keep_going);
        let scope = ScopeState {
            group,
            name: open.name,
            fatal: open.fatal,
            awaited: open.awaited,
            told: false,
            recordings: Vec::new(),
        };
        self.scopes.insert(number, scope);
    }

    /// Takes a command into the graph. Returns what became of it and the files that it writes.
    pub fn record(
        &mut self,
        argv: &[String],
        cwd: &Arc<Path>,
        scope: u32,
    ) -> Result<(Recorded, Vec<String>), Left> {
        let group = self.scopes[&scope].group;
        if self.graph.is_past_failure(group) {
            return Ok((Recorded::Skipped, Vec::new()));
        }
        let (mut action, mut job) = self.take(argv, cwd, group)?;
        if action.reads.iter().any(|read| self.is_kept(read.path)) {
            // What an extension has made that was spared: it has to be where it is looked for.
            self.commit_kept(|_, path| action.reads.iter().any(|read| read.path == path))
                .map_err(|error| Left::NotAtPlace(error.to_string()))?;
            (action, job) = self.take(argv, cwd, group)?;
        }
        action.writes.iter().for_each(|write| self.forget_kept(write.path));
        let outputs = job.products.iter().map(|p| p.place.to_string_lossy().into_owned()).collect();
        let twin = self.graph.twin(&action).filter(|node| self.is_unchanged(*node, &job));
        let recorded = match twin {
            Some(node) => self.graph.merge(node, group),
            None => self.add(action, job),
        };
        if let (Some(seq), Some(state)) = (self.graph.last(), self.scopes.get_mut(&scope))
            && recorded != Recorded::Skipped
        {
            push(&mut self.scope_of, scope);
            state.recordings.push(seq);
        }
        Ok((recorded, outputs))
    }

    fn take(&mut self, argv: &[String], cwd: &Arc<Path>, group: GroupId) -> Result<(Action, Job), Left> {
        let tree = self.tree.clone();
        let mut memory = tree.as_ref().filter(|_| self.demanded.is_none()).map(|tree| tree.memory());
        let mut intake = Intake {
            graph: &mut self.graph,
            paths: &mut self.paths,
            programs: &mut self.programs,
            memory: memory.as_deref_mut(),
            store: self.store.as_ref(),
            roles: &self.roles,
            setting: &mut self.setting,
            searches: &mut self.searches,
            generation: self.generation,
        };
        intake.take(argv, cwd, &self.env, group)
    }

    fn add(&mut self, action: Action, job: Job) -> Recorded {
        let recorded = self.graph.record(action);
        if let Recorded::New(node) = recorded {
            debug_assert_eq!(node.index(), self.jobs.len());
            push(&mut self.jobs, job);
        }
        recorded
    }

    /// Whether all that the node reads is what it was when it was recorded, as far as anybody can tell.
    fn is_unchanged(&self, node: NodeId, again: &Job) -> bool {
        let job = &self.jobs[node.index()];
        if job.generation != self.generation || job.outside_stamp != again.outside_stamp {
            return false;
        }
        let Some(ending) = job.ending() else { return true };
        match ending.inputs() {
            Inputs::Remembered | Inputs::Known(_) => self.inputs_are(job, ending),
            // Of an archive all is declared; of a compilation that names no headers nothing is known.
            Inputs::Unknown => job.declares_all && ending.status == 0,
        }
    }

    /// Whether the files that the command read are what they were when it had ended.
    fn inputs_are(&self, job: &Job, ending: &Ending) -> bool {
        let Some(tree) = &self.tree else { return true };
        let memory = &mut *tree.memory();
        let record;
        let inputs: &[VersionId] = match (ending.inputs(), &job.memorable) {
            (Inputs::Unknown, _) => return true,
            (Inputs::Known(inputs), _) => inputs,
            (Inputs::Remembered, Memorable::No(_)) => return false,
            (Inputs::Remembered, Memorable::Yes(subject)) => {
                record = memory.record(&subject.key);
                let Some(record) = &record else { return false };
                &record.inputs
            }
        };
        let files = &mut memory.files;
        inputs.iter().all(|id| files.look(files.version(*id).file) == Some(*id))
    }

    /// Whether every file that the commands have read is still what it was.
    pub fn inputs_hold(&self) -> bool {
        // Of a command that failed it isn't known what it looked for and did not find.
        let hold = |job: &Job| {
            stamp::of(job.outside()) == job.outside_stamp
                && job.ending().is_none_or(|end| end.status == 0 && self.inputs_are(job, end))
        };
        !self.spoiled && self.jobs.iter().all(hold)
    }

    /// Whether a change of this file could change what a recorded command does.
    pub fn may_be_read(&mut self, file: &Path) -> bool {
        self.read_set.take_in(&self.jobs, &mut self.paths);
        self.read_set.may_have(file)
    }

    /// Something changes that recorded commands may read: from here on their repetitions are commands of their own.
    pub fn inputs_change(&mut self) {
        self.generation += 1;
    }

    /// Lets these nodes be started, and what they wait for.
    pub fn demand(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        let Some(demanded) = &mut self.demanded else { return };
        let mut queue: Vec<NodeId> = nodes.into_iter().collect();
        while let Some(node) = queue.pop() {
            if demanded.insert(node) {
                queue.extend(self.graph.dependencies(node));
            }
        }
    }

    /// The nodes of a scope.
    pub fn nodes_of(&self, scope: u32) -> Vec<NodeId> {
        let recordings = self.scopes.get(&scope).map_or(&[][..], |scope| &scope.recordings);
        recordings.iter().map(|seq| self.graph.node_of(*seq)).collect()
    }

    /// The node to start next. `random` chooses among those that are ready.
    pub fn next(&self, random: &mut Option<u64>) -> Option<NodeId> {
        let ready = self.graph.ready();
        if ready == 0 {
            return None;
        }
        if let Some(demanded) = &self.demanded {
            let mut nodes = (0..ready).filter_map(|n| self.graph.nth_ready(n));
            return nodes.find(|node| demanded.contains(node));
        }
        let nth = random.as_mut().map_or(0, |seed| (next_random(seed) % ready as u64) as usize);
        self.graph.nth_ready(nth)
    }

    /// The extension for which a node was recorded first.
    pub fn extension_of(&self, node: NodeId) -> Option<String> {
        let first = self.graph.first_recording(node);
        self.scopes.get(&self.scope_of[first.index()])?.name.clone()
    }

    /// Where a node puts what it writes as that path; none where it writes to the path itself.
    fn written(&self, node: NodeId, path: PathId) -> Option<PathBuf> {
        let job = &self.jobs[node.index()];
        job.product(path)?.file(&self.tree.as_ref()?.objects().join(job.folder?.to_string()))
    }

    /// A node ended. Returns the processes that are not wanted any more.
    pub fn finish(&mut self, node: NodeId, obtained: Obtained) -> Vec<u32> {
        let outcome = if obtained.ending.status == 0 { Outcome::Success } else { Outcome::Failure };
        let job = &mut self.jobs[node.index()];
        if outcome == Outcome::Success {
            job.folder = Some(obtained.folder);
        }
        job.life = Life::Ended(Box::new(obtained.ending));
        let unwanted = self.graph.finish(node, outcome);
        self.take_back();
        self.processes(unwanted)
    }

    /// The processes of those of these nodes that run.
    fn processes(&self, nodes: Vec<NodeId>) -> Vec<u32> {
        let process = |node: NodeId| match self.jobs[node.index()].life {
            Life::Running(pid) => pid,
            _ => None,
        };
        nodes.into_iter().filter_map(process).collect()
    }

    /// The failures that Python has not been told of, in program order. Afterwards it has.
    pub fn tell_failures(&mut self) -> Vec<Failure> {
        let mut failed: Vec<(Seq, u32)> = self
            .scopes
            .iter()
            .filter(|(_, scope)| !scope.told)
            .filter_map(|(number, scope)| Some((self.graph.failure(scope.group)?, *number)))
            .collect();
        failed.sort_unstable();
        for (_, scope) in &failed {
            if let Some(scope) = self.scopes.get_mut(scope) {
                scope.told = true;
            }
        }
        self.graph.acknowledge();
        failed.into_iter().map(|(seq, scope)| self.failure(seq, scope)).collect()
    }

    /// The failure of one scope, if it failed. Afterwards Python has been told.
    pub fn tell_failure(&mut self, scope: u32) -> Option<Failure> {
        let state = self.scopes.get_mut(&scope)?;
        let seq = self.graph.failure(state.group)?;
        state.told = true;
        Some(self.failure(seq, scope))
    }

    fn failure(&self, seq: Seq, scope: u32) -> Failure {
        let job = &self.jobs[self.graph.node_of(seq).index()];
        Failure {
            scope,
            kind: job.error_kind(),
            status: job.ending().map_or(-1, |ending| ending.status),
            argv: job.line.argv(),
        }
    }

    /// Whether all recordings before this scope's first were printed.
    pub fn prints_in_turn(&self, scope: u32) -> bool {
        let first = self.scopes.get(&scope).and_then(|scope| scope.recordings.first());
        first.is_none_or(|first| {
            let between = first.index().saturating_sub(self.printed);
            self.graph.program().skip(self.printed).take(between).all(|seq| self.graph.is_cancelled(seq))
        })
    }

    /// What can be printed now, in program order: commands that ended and that nothing before can cancel any more.
    pub fn printouts(&mut self) -> Vec<Printout> {
        let mut ready = Vec::new();
        while let Some(seq) = self.graph.recording(self.printed) {
            let node = self.graph.node_of(seq);
            if !self.graph.is_cancelled(seq) {
                if !matches!(self.graph.state(node), State::Done | State::Failed) {
                    break;
                }
                let Some(ending) = self.jobs[node.index()].ending() else { break };
                // Nothing was done, and nothing is to be said of it.
                if ending.how != How::Reused || !ending.is_silent() {
                    ready.push(Printout {
                        recording: seq.index(),
                        out: as_latin_1(ending.out()),
                        err: as_latin_1(ending.err()),
                    });
                }
            }
            self.printed += 1;
        }
        ready
    }

    /// Whether its state is kept in that tree.
    pub fn belongs_to(&self, tree: &Arc<Tree>) -> bool {
        self.tree.as_ref().is_some_and(|own| Arc::ptr_eq(own, tree))
    }

    /// Whether all that it recorded is part of a build that has come to a good end.
    pub fn is_concluded(&self) -> bool {
        self.lane_of.is_some()
            || self.conclusion.recorded == self.graph.recorded()
                && self.conclusion.spared == self.spared.len()
    }

    /// Ends the program: nothing more of it is wanted. Returns the processes that still run.
    pub fn abandon(&mut self) -> Vec<u32> {
        let unwanted = self.graph.cancel_all();
        self.take_back();
        self.processes(unwanted)
    }
}

fn as_latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The next number of a small generator (xorshift64*), for schedules in tests.
fn next_random(seed: &mut u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
}
