//! Which extensions are up to date as a whole, so that Python need not record their commands.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::Kind;
use ambidex_graph::{Key, NodeId, PathId};
use ambidex_store::Digest;

use super::{Program, ScopeState};
use crate::base::environment::Environment;
use crate::base::parts::Parts;
use crate::base::paths::with_targets;
use crate::base::roles::Roles;
use crate::base::stat::is_still;
use crate::memory::Memory;
use crate::memory::files::FindingId;
use crate::memory::graph;
use crate::memory::record::{Record, RecordKey};
use crate::memory::unit::{Done, Unit};
use crate::observe::tools;
use crate::program::job::{Job, Memorable, ReadAs};
use crate::program::steps::Steps;
use crate::uptodate::key;

/// A version number, which goes up when the data that goes into a state changes.
const VERSION: &[u8] = b"ambidex unit 1";

/// The state that Python reports when it asks for an extension's commands.
pub(crate) struct PythonState<'a> {
    /// A hash of the objects that determine the commands.
    pub objects: &'a str,
    pub cwd: &'a Arc<Path>,
}

/// The setting of an extension whose commands were asked for as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Python's state, which identifies the unit.
    state: Digest,
    cwd: Arc<Path>,
    env: Arc<Environment>,
}

/// An extension whose commands were not recorded.
#[derive(Debug)]
pub(crate) struct Spared {
    pub name: Option<String>,
    /// Python's state, which identifies the unit.
    pub state: Digest,
    pub unit: Unit,
    /// How many commands the program had recorded before.
    pub at: usize,
}

/// The newest version of a file that a spared command has written. It need not be at its place.
#[derive(Clone, Debug)]
pub(super) struct SparedOutput {
    file: PathBuf,
    digest: Digest,
}

impl Program {
    /// Takes in the code that determines which commands an extension has. It was loaded from these files.
    pub fn learn_code(&mut self, code: &[String]) {
        let Some(tree) = &self.tree else { return };
        let mut memory = tree.memory();
        let mut hasher = blake3::Hasher::new();
        for file in code {
            let id = memory.files.id(Path::new(file));
            let digest = memory.files.current(id).map(|finding| memory.files.finding(finding).digest);
            hasher.update(file.as_bytes()).update(&[0]).update(&digest.unwrap_or(Digest([0; 32])).0);
        }
        self.code = Some(Digest(*hasher.finalize().as_bytes()));
    }

    /// Spares an extension whose commands would change nothing. Returns the files that they would write.
    pub fn spare(&mut self, scope: u32, python: &PythonState<'_>) -> Option<Vec<String>> {
        let tree = self.tree.clone().filter(|_| self.demanded.is_none())?;
        let state = self.state_of(python)?;
        let asked = Asked { state, cwd: python.cwd.clone(), env: self.env.clone() };
        self.asked.push((scope, asked));
        let scope = self.scopes.get(&scope)?;
        let (group, name) = (scope.group, scope.name.clone());
        if self.graph.is_past_failure(group) {
            return None;
        }
        let mut memory = tree.memory();
        let unit = memory.unit(&state)?;
        if !self.holds(&unit, &mut memory, python.cwd) {
            return None;
        }
        // When commands are recorded, these directories exist, and Python looks for them.
        let folders: BTreeSet<&Path> = unit.commands.iter().filter_map(|done| done.place.parent()).collect();
        if folders.into_iter().any(|folder| std::fs::create_dir_all(folder).is_err()) {
            return None;
        }
        let mut outputs = Vec::with_capacity(unit.commands.len());
        for done in &unit.commands {
            let path = self.paths.id(&mut self.graph, done.place.clone());
            self.made.add(path, tree.now());
            self.kept.insert(path, SparedOutput { file: done.file(&memory), digest: done.digest });
            outputs.push(done.place.to_string_lossy().into_owned());
        }
        let at = self.graph.recorded();
        self.spared.push(Spared { name, state, unit, at });
        self.conclusion.add_unit(state);
        Some(outputs)
    }

    /// Forgets which extensions were asked for: Python has run commands that were not recorded, and the engine does not
    /// know which extension they belong to.
    pub fn invalidate_units(&mut self) {
        self.asked.clear();
    }

    /// Returns a hash of what determines which commands an extension has: Python's objects and code, and its
    /// environment.
    fn state_of(&self, python: &PythonState<'_>) -> Option<Digest> {
        let mut parts = Parts::default();
        let mut add = |part: &[u8]| parts.add(part);
        add(VERSION);
        add(python.objects.as_bytes());
        add(&self.code?.0);
        add(python.cwd.as_os_str().as_encoded_bytes());
        if let Some(other) = key::other_name_of(python.cwd, &self.env) {
            add(other.as_bytes());
        }
        // Python code is like a script: it may look at any variable.
        for (name, value) in self.env.variables.iter().filter(|(name, _)| tools::may_matter(name)) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        Some(parts.digest())
    }

    /// Returns whether nothing has changed that the commands of a unit depend on, and their outputs exist.
    fn holds(&mut self, unit: &Unit, memory: &mut Memory, cwd: &Path) -> bool {
        let env = self.env.clone();
        let found = |(name, file): &(String, PathBuf)| {
            self.executables.find(name, cwd, &env).is_some_and(|found| *found == **file)
        };
        let mut is_in = |(number, roles): &(u32, Vec<(String, String)>)| {
            let roles = Arc::new(Roles::of(roles));
            memory.is_in(*number, &env, &roles).is_some_and(|(same, _)| same)
        };
        unit.programs.iter().all(found)
            && unit.surroundings.iter().all(&mut is_in)
            && memory.check(&unit.looks).is_ok()
            && !self.has_pending(unit, memory, cwd)
            && unit.commands.iter().all(|done| {
                is_still(&done.file(memory), done.state, &done.digest)
                    && (!done.is_final || memory.files.digest(&done.place) == Some(done.digest))
            })
    }

    /// Returns whether a command of the program writes something that the unit reads or would find now, or touches what
    /// the unit writes.
    fn has_pending(&mut self, unit: &Unit, memory: &Memory, cwd: &Path) -> bool {
        if self.graph.is_empty() {
            return false;
        }
        let mut is_written = |path: PathBuf| {
            let spelled = self.paths.spelling(&path, cwd);
            self.paths.known(&spelled).is_some_and(|path| self.graph.newest_version(path).is_some())
        };
        let reads = memory.looks(&unit.looks).into_iter().any(|finding| {
            let file = memory.files.finding(finding).file;
            let path = memory.files.path(file).to_owned();
            match memory.files.follows_link(file) {
                true => with_targets(path).any(&mut is_written),
                false => is_written(path),
            }
        });
        // The paths of spared commands are known too, but no command touches them yet.
        let touched = |path: PathId| !self.kept.contains_key(&path);
        let writes = unit.commands.iter().any(|done| self.paths.known(&done.place).is_some_and(touched));
        reads || writes
    }

    /// Returns whether a spared command was the last to write this path.
    pub fn is_kept(&self, path: PathId) -> bool {
        self.kept.contains_key(&path)
    }

    /// Returns whether there are outputs of spared commands that may not be at their places.
    pub fn keeps_anything(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Forgets the output of a spared command, because another command, or Python, writes this path now.
    pub fn forget_kept(&mut self, path: PathId) {
        self.kept.remove(&path);
    }

    /// Puts the outputs of spared commands at their places, for all paths that `wanted` accepts.
    pub(super) fn commit_kept(&mut self, wanted: impl Fn(&Self, PathId) -> bool) -> io::Result<()> {
        let Some(tree) = self.tree.clone() else { return Ok(()) };
        let paths: Vec<PathId> = self.kept.keys().copied().filter(|path| wanted(self, *path)).collect();
        for path in paths {
            let Some(kept) = self.kept.remove(&path) else { continue };
            let place = self.paths.place(path);
            if !place.exists() || tree.memory().files.digest(place) != Some(kept.digest) {
                match self.place(&kept.file, place, None) {
                    // Somebody has removed the directory since, and with it what the serial build left there.
                    Err(_) if !place.parent().is_some_and(Path::is_dir) => {}
                    committed => committed?,
                }
            }
        }
        Ok(())
    }

    /// Remembers the extensions that were asked for as a whole since the last call, and recorded.
    pub(super) fn remember_units(&mut self, memory: &mut Memory) {
        let mut asked = std::mem::take(&mut self.asked);
        // The others were spared.
        asked.retain(|(scope, _)| self.scopes.get(scope).is_some_and(|scope| !scope.recordings.is_empty()));
        if asked.is_empty() {
            return;
        }
        let needed = self.needed_elsewhere();
        let mut units = Vec::new();
        for (scope, asked) in &asked {
            if let Some(unit) = self.unit_of(&self.scopes[scope], asked, &needed, memory) {
                units.push((asked.state, unit));
            }
        }
        for (state, unit) in units {
            memory.remember_unit(state, &unit);
            self.conclusion.add_unit(state);
        }
    }

    /// Returns the nodes whose outputs are read in a scope that has not recorded them.
    fn needed_elsewhere(&self) -> HashSet<NodeId> {
        let mut needed = HashSet::new();
        for scope in self.scopes.values() {
            let own = self.nodes_in(scope);
            let sources = own.iter().flat_map(|node| self.graph.sources(*node)).filter_map(|(_, node)| node);
            needed.extend(sources.filter(|node| !own.contains(node)));
        }
        needed
    }

    fn nodes_in(&self, scope: &ScopeState) -> HashSet<NodeId> {
        let live = scope.recordings.iter().filter(|seq| !self.graph.is_cancelled(**seq));
        live.map(|seq| self.graph.node_of(*seq)).collect()
    }

    /// Returns a unit of the commands of a scope, if they could have been spared. Returns `None` if another extension
    /// builds upon one of them, or one of them builds upon another extension.
    fn unit_of(
        &self,
        scope: &ScopeState,
        asked: &Asked,
        needed: &HashSet<NodeId>,
        memory: &mut Memory,
    ) -> Option<Unit> {
        let own = self.nodes_in(scope);
        let mut unit = Unit {
            programs: Vec::new(),
            looks: Vec::new(),
            surroundings: Vec::new(),
            commands: Vec::with_capacity(scope.recordings.len()),
            steps: Vec::new(),
        };
        let (mut steps, mut gathered) = (Steps::new(self), Vec::new());
        let (mut programs, mut looks) = (BTreeSet::new(), BTreeSet::new());
        let mut surroundings = BTreeSet::new();
        for seq in &scope.recordings {
            let node = self.graph.node_of(*seq);
            if self.graph.is_cancelled(*seq) || needed.contains(&node) {
                return None;
            }
            let job = &self.jobs[node.index()];
            let (action, record) = outcome(job, asked, memory)?;
            let outside = self.operands_outside(node, &own, &record, memory)?;
            gathered.push(steps.of(*seq, memory));
            unit.commands.push(Done {
                node: number(self.graph.key(node)),
                action,
                place: job.products[0].place.to_path_buf(),
                digest: record.result.outputs[0].digest,
                folder: record.folder,
                state: record.states.first().copied().flatten(),
                is_final: job.is_final(),
            });
            surroundings.insert((record.surroundings, record.roles.clone()));
            looks.extend(record.looks.iter().copied().chain(memory.grouped(&outside)));
            let command = job.command();
            // A unit is found by the names of response files, not by their contents.
            if command.expanded || command.argv.iter().any(|argument| argument.contains('@')) {
                return None;
            }
            programs.insert((command.argv[0].clone(), job.setting.program.to_path_buf()));
            if command.tool > 0 {
                let name = &command.argv[command.tool];
                programs.insert((
                    name.clone(),
                    self.executables.known(name, &job.setting.cwd, &job.setting.env)?.to_path_buf(),
                ));
            }
        }
        unit.steps = graph::packed(gathered);
        unit.programs = programs.into_iter().collect();
        unit.looks = looks.into_iter().collect();
        unit.surroundings = surroundings.into_iter().collect();
        Some(unit)
    }

    /// Returns the objects and archives that a command has read and no command of the program has written, if they are
    /// still what it read. Returns `None` if it has read an output of a command outside of its extension.
    fn operands_outside(
        &self,
        node: NodeId,
        own: &HashSet<NodeId>,
        record: &Record,
        memory: &mut Memory,
    ) -> Option<Vec<FindingId>> {
        let job = &self.jobs[node.index()];
        let mut found = Vec::new();
        let mut operands = record.result.operands.iter();
        for ((_, source), read) in self.graph.sources(node).zip(&job.reads) {
            let operand = if matches!(read.as_what, ReadAs::Fixed) { None } else { Some(operands.next()?) };
            match (source, operand) {
                (Some(writer), _) if own.contains(&writer) => {}
                (Some(_), _) => return None,
                // A command of this run wrote it, and it was changed since.
                (None, _) if !read.outside => return None,
                (None, None) => {}
                (None, Some(operand)) => {
                    let id = memory.files.id_of(&read.file);
                    let finding = memory.files.look_at_state(id)?;
                    if memory.files.finding(finding).digest != *operand {
                        return None;
                    }
                    found.push(finding);
                }
            }
        }
        Some(found)
    }

    /// Returns two counts of spared commands: all of them, including repetitions, and those that are not in the graph,
    /// without repetitions.
    pub fn spared_commands(&self) -> (usize, usize) {
        if self.spared.is_empty() {
            return (0, 0);
        }
        let recorded: HashSet<u64> =
            self.graph.all_nodes().map(|node| number(self.graph.key(node))).collect();
        let all = || self.spared.iter().flat_map(|spared| &spared.unit.commands);
        let distinct: HashSet<u64> = all().map(|done| done.node).filter(|n| !recorded.contains(n)).collect();
        (all().count(), distinct.len())
    }
}

impl Done {
    fn file(&self, memory: &Memory) -> PathBuf {
        memory.folder(self.folder).join(self.place.file_name().unwrap_or_default())
    }
}

/// Returns the action and the record of a command, if the record says everything about it: the command ran in the
/// setting in which its extension was asked for, is remembered, has one output, which is renamed and not an archive,
/// printed nothing, and asked nothing of the machine.
fn outcome(job: &Job, asked: &Asked, memory: &Memory) -> Option<(RecordKey, Record)> {
    let (Memorable::Yes(fingerprint), Some(ending), [product]) =
        (&job.memorable, job.ending(), &*job.products)
    else {
        return None;
    };
    let same_setting = job.setting.cwd == asked.cwd && job.setting.env.hash == asked.env.hash;
    let plain = product.renamed && !matches!(job.kind, Kind::Archive | Kind::Index);
    if ending.status != 0 || !ending.is_silent() || !same_setting || !plain {
        return None;
    }
    let record = memory.record(&fingerprint.here)?;
    let result = &record.result;
    let [output] = &*result.outputs else { return None };
    let same = ending.outputs.first() == Some(&output.digest);
    // Otherwise the result depends on the machine.
    let anywhere = result.machine.is_empty();
    (same && anywhere).then_some((fingerprint.here, record))
}

/// Returns the beginning of a key.
fn number(key: Key) -> u64 {
    u64::from_le_bytes(key.0[..8].try_into().unwrap_or_default())
}
