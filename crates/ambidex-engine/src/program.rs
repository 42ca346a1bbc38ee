//! Knows the program of one captured process: its graph, its jobs, its scopes, and what of it was printed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Depfile, Kind};
use ambidex_graph::{
    Action, Change, Content, Graph, GroupId, Key, NodeId, Outcome, PathId, Recorded, Seq, State, Version,
};

use crate::intake::{Intake, Left};
use crate::job::{Ending, Environment, Job, Life, Plan};
use crate::paths::PathTable;
use crate::place::{self, Backup};
use crate::process::Ended;
use crate::protocol::{Failure, OpenScope, Printout};
use crate::stamp;
use crate::tree::Tree;

/// Endings of files that sources include, wherever they are.
const HEADERS: [&str; 12] = ["h", "hh", "hpp", "hxx", "h++", "H", "inc", "inl", "ipp", "tcc", "tpp", "def"];

/// The commands of one extension, or of one call that is waited for.
#[derive(Debug)]
pub(crate) struct ScopeState {
    pub group: GroupId,
    pub name: Option<String>,
    pub fatal: bool,
    pub awaited: bool,
    /// Whether Python was told of the scope's failure.
    pub told: bool,
}

/// A command that is about to be run.
pub(crate) struct Started {
    pub node: NodeId,
    pub plan: Plan,
    pub program: PathBuf,
    pub cwd: PathBuf,
    pub env: Arc<Environment>,
    pub folder: PathBuf,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its place among the programs of the engine.
    number: usize,
    pub graph: Graph,
    pub paths: PathTable,
    pub jobs: Vec<Job>,
    /// What each node reads, by path.
    reads: Vec<Vec<PathId>>,
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
    /// Files and folders that recorded commands are known to read.
    read_files: BTreeSet<PathBuf>,
    read_folders: BTreeSet<PathBuf>,
    backups: HashMap<usize, Backup>,
    programs: HashMap<(String, String), Option<PathBuf>>,
    folders: HashMap<Key, u32>,
    /// Files that compilers named, by number.
    dependencies: Vec<Arc<Path>>,
    dependency_ids: HashMap<Arc<Path>, u32>,
    /// The program of the process, where this is a lane of it (see `docs/architecture.md`, "Lanes").
    pub lane_of: Option<usize>,
    /// Whether another lane has changed what this one may have read.
    pub spoiled: bool,
    /// Commands that were left to Python, with the reason.
    pub left: Vec<(Vec<String>, String)>,
}

impl Program {
    pub fn new(number: usize, cwd: PathBuf, lane_of: Option<usize>, run_all: bool) -> Self {
        Self {
            number,
            graph: Graph::new(),
            paths: PathTable::default(),
            jobs: Vec::new(),
            reads: Vec::new(),
            scopes: HashMap::new(),
            scope_of: Vec::new(),
            env: Arc::default(),
            cwd,
            tree: None,
            demanded: (!run_all).then(HashSet::new),
            printed: 0,
            generation: 0,
            read_files: BTreeSet::new(),
            read_folders: BTreeSet::new(),
            backups: HashMap::new(),
            programs: HashMap::new(),
            folders: HashMap::new(),
            lane_of,
            spoiled: false,
            dependencies: Vec::new(),
            dependency_ids: HashMap::new(),
            left: Vec::new(),
        }
    }

    /// Makes a scope known.
    pub fn open_scope(&mut self, number: u32, open: OpenScope, keep_going: bool) {
        let group = self.graph.group(open.fatal && !keep_going);
        let scope =
            ScopeState { group, name: open.name, fatal: open.fatal, awaited: open.awaited, told: false };
        self.scopes.insert(number, scope);
    }

    /// Takes a command into the graph. Returns what became of it and the files that it writes.
    pub fn record(
        &mut self,
        argv: Vec<String>,
        cwd: &Path,
        scope: u32,
    ) -> Result<(Recorded, Vec<String>), Left> {
        let group = self.scopes[&scope].group;
        if self.graph.is_past_failure(group) {
            return Ok((Recorded::Skipped, Vec::new()));
        }
        let objects = self.objects();
        let mut intake = Intake {
            graph: &mut self.graph,
            paths: &mut self.paths,
            programs: &mut self.programs,
            objects: &objects,
            folders: &mut self.folders,
            generation: self.generation,
        };
        let (action, job) = intake.take(argv, cwd, &self.env, group)?;
        let outputs = job.products.iter().map(|p| p.place.to_string_lossy().into_owned()).collect();
        let twin = self.graph.twin(&action).filter(|node| self.is_unchanged(*node, &job));
        let recorded = match twin {
            Some(node) => self.graph.merge(node, group),
            None => self.add(action, job),
        };
        if recorded != Recorded::Skipped {
            self.scope_of.push(scope);
        }
        Ok((recorded, outputs))
    }

    fn add(&mut self, action: Action, job: Job) -> Recorded {
        let reads = crate::job::read_paths(&action);
        self.read_files.extend(job.declared.iter().cloned());
        let dirs = job.command.include_dirs.iter().chain(&job.command.library_dirs);
        for folder in dirs {
            let folder = self.paths.folder(&job.cwd.join(&folder.path));
            self.read_folders.insert(folder);
        }
        // `#include "x.h"` looks beside the source first (GCC manual, "Search Path").
        if !matches!(job.command.kind, Kind::Link | Kind::Archive | Kind::Index) {
            self.read_folders.extend(job.declared.iter().filter_map(|f| f.parent().map(Path::to_owned)));
        }
        let recorded = self.graph.record(action);
        if let Recorded::New(node) = recorded {
            debug_assert_eq!(node.index(), self.jobs.len());
            self.jobs.push(job);
            self.reads.push(reads);
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
        match &ending.dependencies {
            Some(_) => self.dependencies_hold(ending),
            // Of a link all is declared; of a compilation that names no headers nothing is known.
            None => job.command.depfile == Depfile::None && ending.ended.status == 0,
        }
    }

    /// Whether the files that the compiler named are what they were when it had ended.
    fn dependencies_hold(&self, ending: &Ending) -> bool {
        let Some(numbers) = &ending.dependencies else { return true };
        let files = numbers.iter().map(|n| &*self.dependencies[*n as usize]);
        stamp::of(files) == ending.dependencies_stamp
    }

    /// Whether every file that the commands have read is still what it was.
    pub fn inputs_hold(&self) -> bool {
        // Of a command that failed it isn't known what it looked for and did not find.
        let hold = |job: &Job| {
            stamp::of(job.outside.iter().map(PathBuf::as_path)) == job.outside_stamp
                && job.ending().is_none_or(|end| end.ended.status == 0 && self.dependencies_hold(end))
        };
        !self.spoiled && self.jobs.iter().all(hold)
    }

    /// Whether a change of this file could change what a recorded command does.
    pub fn may_be_read(&self, file: &Path) -> bool {
        // Headers are found in more folders than the command line names (the environment, `#include_next`).
        file.extension().is_some_and(|e| HEADERS.iter().any(|header| e == *header))
            || file.ancestors().skip(1).any(|folder| self.read_folders.contains(folder))
            || [&self.read_files, &self.read_folders].into_iter().any(|read| {
                read.range::<Path, _>((Bound::Included(file), Bound::Unbounded))
                    .next()
                    .is_some_and(|first| first.starts_with(file))
            })
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
        let recordings = self.graph.program().zip(&self.scope_of);
        recordings.filter(|(_, s)| **s == scope).map(|(seq, _)| self.graph.node_of(seq)).collect()
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

    /// Starts a node: makes the changes at places that it needs, and says how it is run.
    pub fn start(&mut self, node: NodeId) -> io::Result<Started> {
        let start = self.graph.start(node);
        for change in &start.changes {
            let place = self.paths.place(change.path).to_owned();
            fs::create_dir_all(self.objects())?;
            let keep = self.objects().join(format!("before-{}", change.token));
            self.backups.insert(change.token, Backup::take(&place, keep)?);
            if let Change::Commit(version) = change.change {
                self.put(change.path, version)?;
            }
        }
        self.jobs[node.index()].life = Life::Running(None);
        let job = &self.jobs[node.index()];
        let written = |node: NodeId, path: PathId| self.written(node, path);
        let plan = job.plan(&self.reads[node.index()], &start.reads, &written);
        debug_assert!(start.reads.iter().all(|c| !matches!(c, Content::Of(n) if *n == node)));
        Ok(Started {
            node,
            plan,
            program: job.program.clone(),
            cwd: job.cwd.clone(),
            env: job.env.clone(),
            folder: job.folder.clone(),
        })
    }

    /// Where this program keeps renamed outputs. Programs of one tree may hold equal commands.
    fn objects(&self) -> PathBuf {
        let objects = self.tree.as_ref().map(|tree| tree.objects()).unwrap_or_default();
        objects.join(self.number.to_string())
    }

    fn written(&self, node: NodeId, path: PathId) -> Option<PathBuf> {
        self.jobs[node.index()].product(path)?.renamed.clone()
    }

    /// A node ended. Returns the processes that are not wanted any more.
    pub fn finish(&mut self, node: NodeId, ended: Ended, dependencies: Option<Dependencies>) -> Vec<u32> {
        let outcome = if ended.status == 0 { Outcome::Success } else { Outcome::Failure };
        let (numbers, stamp) = match dependencies {
            Some(found) => {
                let numbers = found.files.into_iter().map(|f| self.dependency_id(f)).collect();
                (Some(numbers), found.stamp)
            }
            None => (None, 0),
        };
        let ending = Ending { ended, dependencies: numbers, dependencies_stamp: stamp };
        self.jobs[node.index()].life = Life::Ended(Box::new(ending));
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

    fn dependency_id(&mut self, file: PathBuf) -> u32 {
        let file: Arc<Path> = file.into();
        if let Some(id) = self.dependency_ids.get(&file) {
            return *id;
        }
        let id = self.dependencies.len() as u32;
        self.dependencies.push(file.clone());
        self.dependency_ids.insert(file, id);
        id
    }

    /// Takes back what cancelled commands did at places.
    fn take_back(&mut self) {
        let steps = self.graph.undo();
        if steps.is_empty() {
            return;
        }
        for step in steps {
            if let Some(backup) = self.backups.remove(&step.token) {
                let place = self.paths.place(step.path).to_owned();
                if let Err(error) = backup.restore() {
                    eprintln!("warning: {} can't be put back: {error}", place.display());
                }
            }
        }
        self.graph.undone();
    }

    fn put(&self, path: PathId, version: Version) -> io::Result<()> {
        let place = self.paths.place(path);
        let result = match version {
            Version::Absent => place::remove(place),
            Version::Written(node) => match self.written(node, path) {
                Some(file) => place::commit(&file, place),
                None => Ok(()),
            },
        };
        result.map_err(|e| io::Error::new(e.kind(), format!("{} can't be written: {e}", place.display())))
    }

    /// Puts versions to their own places: those that `wanted` says yes to. Everything must be settled.
    pub fn commit(&mut self, wanted: impl Fn(&Self, PathId, Version) -> bool) -> io::Result<()> {
        let all: Vec<(PathId, Version)> = self.graph.uncommitted().collect();
        for (path, version) in all {
            if wanted(self, path, version) {
                self.put(path, version)?;
                self.graph.committed(path);
            }
        }
        Ok(())
    }

    /// The files that its commands write.
    pub fn written_places(&self) -> impl Iterator<Item = &Path> {
        self.jobs.iter().flat_map(|job| job.products.iter().map(|product| product.place.as_path()))
    }

    /// Commits what the project is built for: modules, libraries, whatever no other command has used, and what has
    /// an older version at its place.
    pub fn commit_finals(&mut self) -> io::Result<()> {
        self.commit(|program, path, version| match version {
            Version::Absent => true,
            Version::Written(node) => {
                program.jobs[node.index()].is_final()
                    || !program.graph.is_consumed(node)
                    || program.paths.place(path).exists()
            }
        })
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
            status: job.ending().map_or(-1, |ending| ending.ended.status),
            argv: job.argv.clone(),
        }
    }

    /// Whether all recordings before this scope's first were printed.
    pub fn prints_in_turn(&self, scope: u32) -> bool {
        let first = self.scope_of.iter().position(|s| *s == scope);
        first.is_none_or(|first| {
            let mut between =
                self.graph.program().skip(self.printed).take(first.saturating_sub(self.printed));
            between.all(|seq| self.graph.is_cancelled(seq))
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
                ready.push(Printout {
                    recording: seq.index(),
                    out: as_latin_1(&ending.ended.out),
                    err: as_latin_1(&ending.ended.err),
                });
            }
            self.printed += 1;
        }
        ready
    }

    /// Ends the program: nothing more of it is wanted. Returns the processes that still run.
    pub fn abandon(&mut self) -> Vec<u32> {
        let unwanted = self.graph.cancel_all();
        self.take_back();
        self.processes(unwanted)
    }
}

/// The files that a command named as its inputs.
pub(crate) struct Dependencies {
    pub files: Vec<PathBuf>,
    pub stamp: u64,
}

impl Dependencies {
    /// Reads a dependency file.
    pub fn read(depfile: &Path, cwd: &Path) -> Option<Self> {
        let text = fs::read(depfile).ok()?;
        let names = crate::depfile::prerequisites(&String::from_utf8_lossy(&text));
        let files: Vec<PathBuf> = names.into_iter().map(|name| cwd.join(name)).collect();
        let stamp = stamp::of(files.iter().map(PathBuf::as_path));
        Some(Self { files, stamp })
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
