//! The program of one captured process: its graph, its jobs, its scopes, and its log.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::Kind;
use ambidex_graph::{Graph, GroupId, NodeId, Outcome, PathId, Seq, State};

use ambidex_store::Digest;

use crate::base::environment::Environment;
use crate::base::executables::Executables;
use crate::base::paths::PathTable;
use crate::base::protocol::OpenScope;
use crate::base::roles::Roles;
use crate::execute::obtain::Obtained;
use crate::execute::outcome::Ending;
use crate::execute::place::Backup;
use crate::memory::record::How;
use crate::memory::tree::Tree;
use crate::program::build_end::Conclusion;
use crate::program::job::{Job, Life, Memorable, Setting};
use crate::program::left::Left;
use crate::program::text::{Batch, Log, Piece, Printout, Stream};
use crate::program::timeline::Timeline;
use crate::program::waits::Waits;

mod build_end;
mod calls;
mod changes;
mod commit;
mod effects;
mod expected;
pub(crate) mod hazards;
mod hold;
mod intake;
pub(crate) mod job;
pub(crate) mod left;
pub(crate) mod line;
mod made;
pub(crate) mod prepared;
mod read_set;
mod record;
mod rollback;
mod seen_outputs;
mod start;
pub(crate) mod steps;
pub(crate) mod text;
pub(crate) mod timeline;
mod undo;
mod unit;
pub(crate) mod waits;

use changes::Changes;
pub(crate) use effects::Turn;
use expected::Expected;
use hold::Holds;
use made::Made;
pub(crate) use made::Unit;
use read_set::ReadSet;
use rollback::Predictions;
use seen_outputs::SeenOutputs;
pub(crate) use unit::PythonState;
use unit::{Asked, Spared, SparedOutput};

/// The commands of one extension, or of one call that builds something else.
#[derive(Debug)]
pub(crate) struct ScopeState {
    /// The group of the commands that are predicted to succeed.
    group: GroupId,
    pub name: Option<String>,
    /// The recordings of the scope.
    recordings: Vec<Seq>,
}

/// The identity of a process, for those that come after it.
pub(crate) struct Origin {
    pub roles: Roles,
    /// The command line that was started, with paths named by role.
    pub invocation: String,
    /// The directories in which changes can be undone.
    pub roots: Vec<PathBuf>,
}

/// Everything that one captured process records.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its index among the programs of the engine.
    number: usize,
    pub graph: Graph,
    pub paths: PathTable,
    pub jobs: Vec<Job>,
    pub scopes: HashMap<u32, ScopeState>,
    /// The scope of each recording.
    pub scope_of: Vec<u32>,
    pub env: Arc<Environment>,
    /// Whether its commands would inherit other attributes, besides the environment, than commands of the engine have.
    pub has_own_attributes: bool,
    pub cwd: PathBuf,
    pub tree: Option<Arc<Tree>>,
    /// The nodes that may be started, or `None` if all may. (`check` runs only what it must.)
    pub demanded: Option<HashSet<NodeId>>,
    /// The text that the process and its commands have printed.
    pub log: Log,
    /// The number of frames of the process that were taken in.
    pub frames: u64,
    /// The number of the process that was started.
    pub pid: Option<u32>,
    /// Whether the process is certain to leave all that it prints to the engine.
    pub passes_text: bool,
    /// Whether the process reports what it looks at.
    pub sees: bool,
    /// The recordings whose ends Python waits for.
    awaited: HashSet<usize>,
    predictions: Predictions,
    /// The changes that Python makes while commands are not done.
    pub changes: Changes,
    roots: Vec<PathBuf>,
    /// Whether its process has ended.
    pub has_ended: bool,
    /// The actions that were run for it, or came from the store. If it went back and then found them up to date, they
    /// still count as that.
    ran: HashMap<u32, How>,
    /// How often something changed that a recorded command may read.
    generation: u64,
    read_set: ReadSet,
    backups: HashMap<usize, Backup>,
    /// Stamps, by the file system's status, of the files that were put at their places.
    committed: HashMap<PathId, u64>,
    executables: Arc<Executables>,
    /// The roles of paths for the commands of this process.
    pub roles: Arc<Roles>,
    setting: Option<Arc<Setting>>,
    /// The command line that was started, with paths named by role. It identifies the next run of the same program.
    invocation: String,
    /// Everything that was recorded and made since the last conclusion.
    pub conclusion: Conclusion,
    /// A hash of the code that determines which commands an extension has, once known.
    code: Option<Digest>,
    /// The scopes whose commands were asked for as a whole since the last conclusion.
    asked: Vec<(u32, Asked)>,
    /// The extensions that were not recorded because they are up to date.
    pub spared: Vec<Spared>,
    kept: BTreeMap<PathId, SparedOutput>,
    made: Made,
    seen_outputs: SeenOutputs,
    /// The waits of its process.
    pub waits: Waits,
    /// When its commands had a job slot.
    pub timeline: Timeline,
    /// The commands that were left to Python, with the reason.
    pub left: Vec<(Vec<String>, Left)>,
    /// The nodes of calls, by the numbers that the process has given them.
    calls: BTreeMap<u64, NodeId>,
    /// The files of the code that its calls run.
    loaded: Arc<Vec<PathBuf>>,
    /// The commands that wait a moment for heavier ones.
    pub holds: Holds,
    /// How long the commands that have not ended are expected to take.
    pub expected: Expected,
}

impl Program {
    pub fn new(number: usize, cwd: PathBuf, sees: bool, run_all: bool, origin: Origin) -> Self {
        Self {
            invocation: origin.invocation,
            number,
            graph: Graph::new(),
            paths: PathTable::default(),
            jobs: Vec::new(),
            scopes: HashMap::new(),
            scope_of: Vec::new(),
            env: Arc::default(),
            has_own_attributes: false,
            cwd,
            tree: None,
            demanded: (!run_all).then(HashSet::new),
            log: Log::default(),
            frames: 0,
            pid: None,
            passes_text: false,
            sees,
            awaited: HashSet::new(),
            predictions: Predictions::default(),
            changes: Changes::default(),
            roots: origin.roots,
            has_ended: false,
            ran: HashMap::new(),
            generation: 0,
            read_set: ReadSet::default(),
            backups: HashMap::new(),
            committed: HashMap::new(),
            executables: Arc::default(),
            roles: Arc::new(origin.roles),
            setting: None,
            conclusion: Conclusion::default(),
            code: None,
            asked: Vec::new(),
            spared: Vec::new(),
            kept: BTreeMap::new(),
            made: Made::default(),
            seen_outputs: SeenOutputs::default(),
            waits: Waits::default(),
            timeline: Timeline::default(),
            left: Vec::new(),
            calls: BTreeMap::new(),
            loaded: Arc::default(),
            holds: Holds::default(),
            expected: Expected::default(),
        }
    }

    /// Adds a scope.
    pub fn open_scope(&mut self, number: u32, open: OpenScope) {
        let group = self.graph.group(true);
        self.scopes.insert(number, ScopeState { group, name: open.name, recordings: Vec::new() });
    }

    /// Returns whether a change of this file could change what a recorded command does.
    pub fn may_be_read(&mut self, file: &Path) -> bool {
        self.read_set.take_in(&self.jobs, &mut self.paths);
        self.read_set.may_have(file)
    }

    /// Notes that something changes that recorded commands may read. From here on, their repetitions are separate
    /// commands.
    pub fn inputs_change(&mut self) {
        self.generation += 1;
    }

    /// Lets these nodes be started, and the nodes that they wait for.
    pub fn demand(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        let Some(demanded) = &mut self.demanded else { return };
        let mut queue: Vec<NodeId> = nodes.into_iter().collect();
        while let Some(node) = queue.pop() {
            if demanded.insert(node) {
                queue.extend(self.graph.dependencies(node));
            }
        }
    }

    /// Returns the directories in which changes by its process can be undone.
    pub fn roots(&self) -> Vec<PathBuf> {
        self.roots.clone()
    }

    /// Returns the node to start next. `random` chooses among the ready nodes.
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

    /// Returns the extension for which a node was first recorded.
    pub fn extension_of(&self, node: NodeId) -> Option<String> {
        self.extension_at(self.graph.first_recording(node)).map(str::to_owned)
    }

    /// Returns the extension that a recording belongs to.
    pub fn extension_at(&self, seq: Seq) -> Option<&str> {
        self.scopes.get(&self.scope_of[seq.index()])?.name.as_deref()
    }

    /// Returns where a node puts what it writes as that path, or `None` if it writes to the path itself.
    fn written(&self, node: NodeId, path: PathId) -> Option<PathBuf> {
        let job = &self.jobs[node.index()];
        job.product(path)?.file(&self.tree.as_ref()?.objects().join(job.folder?.to_string()))
    }

    /// Takes in how a node ended. Returns the processes that are no longer needed.
    pub fn finish(&mut self, node: NodeId, obtained: Obtained) -> Vec<u32> {
        let outcome = if obtained.ending.status == 0 { Outcome::Success } else { Outcome::Failure };
        let job = &mut self.jobs[node.index()];
        if outcome == Outcome::Success {
            job.folder = Some(obtained.folder);
        }
        if let (How::Ran | How::Cached | How::Remote, Memorable::Yes(_)) =
            (obtained.ending.how, &job.memorable)
        {
            self.ran.insert(obtained.folder, obtained.ending.how);
            if let Some(tree) = &self.tree {
                tree.has_run(obtained.folder);
            }
        }
        job.copy = None;
        self.expected.remove(job.remembered);
        job.life = Life::Ended(Box::new(obtained.ending));
        let unwanted = self.graph.finish(node, outcome);
        self.check_reads(node);
        self.check_repetitions(node);
        if self.changes.by_commands.contains(&node) {
            self.end_of_changes();
        }
        if self.graph.is_settled() {
            self.end_changes();
        }
        self.take_back();
        self.processes(unwanted)
    }

    /// Returns the processes of the running nodes among these.
    fn processes(&self, nodes: Vec<NodeId>) -> Vec<u32> {
        let process = |node: NodeId| match self.jobs[node.index()].life {
            Life::Running(pid) => pid,
            _ => None,
        };
        nodes.into_iter().filter_map(process).collect()
    }

    /// Returns how a recording ended, if it has ended.
    pub fn status(&self, recording: usize) -> Option<i32> {
        let node = self.graph.node_of(self.graph.recording(recording)?);
        self.graph.state(node).settled().then_some(())?;
        self.jobs[node.index()].ending().map(|ending| ending.status)
    }

    /// Returns the node of a recording, if it is not settled.
    pub fn unsettled(&self, recording: usize) -> Option<NodeId> {
        let node = self.graph.node_of(self.graph.recording(recording)?);
        (!self.graph.state(node).settled()).then_some(node)
    }

    /// Returns how many commands failed and were not awaited. From here on, these failures no longer count.
    pub fn acknowledge_failures(&mut self) -> usize {
        self.graph.acknowledge();
        let failed = |seq: &Seq| {
            !self.graph.is_cancelled(*seq)
                && self.graph.state(self.graph.node_of(*seq)) == State::Failed
                && !self.awaited.contains(&seq.index())
        };
        self.graph.program().filter(failed).count()
    }

    /// Takes from the log what can be written now.
    pub fn take_text(&mut self) -> Batch {
        let mut log = std::mem::take(&mut self.log);
        let rolling_back = self.is_rolling_back();
        let batch = log.take(|seq| if rolling_back { Printout::Pending } else { self.printout(seq) });
        self.log = log;
        self.log.busy |= !batch.is_empty();
        batch
    }

    fn printout(&self, seq: Seq) -> Printout {
        let node = self.graph.node_of(seq);
        if self.graph.is_cancelled(seq) {
            return Printout::Nothing;
        }
        match self.graph.state(node) {
            State::Done if !self.is_misled(node) => {}
            // Python makes the call again by itself.
            State::Failed if self.jobs[node.index()].kind == Kind::Generate => return Printout::Nothing,
            State::Failed if self.awaited.contains(&seq.index()) || !self.has_snapshot() => {}
            _ => return Printout::Pending,
        }
        let job = &self.jobs[node.index()];
        let Some(ending) = job.ending() else { return Printout::Pending };
        if self.is_old(job, ending) && ending.is_silent() {
            return Printout::UpToDate;
        }
        let streams = [(Stream::Out, ending.out()), (Stream::Err, ending.err())];
        let printed = streams.into_iter().filter(|(_, data)| !data.is_empty());
        Printout::Ran(printed.map(|(stream, data)| Piece { stream, data: data.to_vec() }).collect())
    }

    /// Returns whether a result is from an earlier build. If a command was run in this build, for whatever program, it
    /// is not: the serial build would run it for each program.
    fn is_old(&self, job: &Job, ending: &Ending) -> bool {
        let is_new = |tree: &Arc<Tree>| job.folder.is_some_and(|folder| tree.is_new(folder));
        ending.how == How::Reused && !self.tree.as_ref().is_some_and(is_new)
    }

    /// Returns how a result was obtained in this run.
    pub fn how(&self, job: &Job, ending: &Ending) -> How {
        match (ending.how, job.folder) {
            (How::Reused, Some(folder)) => self.ran.get(&folder).copied().unwrap_or(How::Reused),
            (how, _) => how,
        }
    }

    /// Returns whether a node is part of what the serial build does.
    pub fn is_wanted(&self, node: NodeId) -> bool {
        !matches!(self.graph.state(node), State::Cancelled | State::Doomed)
    }

    /// Returns whether its state is kept in that tree.
    pub fn belongs_to(&self, tree: &Arc<Tree>) -> bool {
        self.tree.as_ref().is_some_and(|own| Arc::ptr_eq(own, tree))
    }

    /// Returns whether everything that it recorded is part of a build that ended successfully.
    pub fn is_concluded(&self) -> bool {
        self.conclusion.recorded == self.graph.recorded() && self.conclusion.spared == self.spared.len()
    }

    /// Ends the program and cancels its commands. Returns the processes that still run.
    pub fn abandon(&mut self) -> Vec<u32> {
        let unwanted = self.graph.cancel_all();
        self.let_copies_go();
        self.take_back();
        self.processes(unwanted)
    }
}

/// Returns the next number of a small generator (xorshift64*), for schedules in tests.
fn next_random(seed: &mut u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
}
