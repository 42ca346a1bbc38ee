//! What the state keeps of a program's graph, so that its commands can be run again without Python.

use std::path::Path;
use std::sync::Arc;

use ambidex_command::Kind;
use ambidex_graph::{NodeId, Seq, State};
use rustc_hash::FxHashMap;

use super::Program;
use crate::base::environment::Environment;
use crate::memory::Memory;
use crate::memory::graph::{Step, StoredNode, StoredPath, StoredRead, StoredUse, StoredWrite};
use crate::observe::observation::Asked;
use crate::observe::tools;
use crate::program::job::{Job, Memorable, ReadAs};

/// The steps of a program, or of one of its extensions, as they are gathered in program order.
pub(super) struct Steps<'a> {
    program: &'a Program,
    /// The numbers of the nodes that were recorded so far.
    numbers: FxHashMap<NodeId, u32>,
    /// The environment of ambidex itself.
    own: Environment,
    /// The variables that are different in the last environment.
    changed: Option<(Arc<Environment>, Changed)>,
}

/// Variables with the values that they have for commands.
type Changed = Vec<(String, Option<String>)>;

impl<'a> Steps<'a> {
    pub fn new(program: &'a Program) -> Self {
        let own = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { program, numbers: FxHashMap::default(), own: Environment::new(own.collect()), changed: None }
    }

    /// Returns the step that a recording is. All nodes whose outputs it has read must have been recorded.
    pub fn of(&mut self, seq: Seq, memory: &Memory) -> Step {
        let node = self.program.graph.node_of(seq);
        if let Some(number) = self.numbers.get(&node) {
            return Step::Repetition(*number);
        }
        let step = self.node(node, memory);
        let number = u32::try_from(self.numbers.len()).expect("a graph has fewer than 2^32 nodes");
        self.numbers.insert(node, number);
        Step::Node(Box::new(step))
    }

    fn node(&mut self, node: NodeId, memory: &Memory) -> StoredNode {
        let program = self.program;
        let job = &program.jobs[node.index()];
        let cwd = &*job.setting.cwd;
        let argv = job.line.expanded();
        let numbered = argv.iter().enumerate().rev();
        let arguments: FxHashMap<&str, usize> = numbered.map(|(at, text)| (text.as_str(), at)).collect();
        let stored = |file: &Path| {
            let path = file.strip_prefix(cwd).unwrap_or(file);
            let argument = path.to_str().and_then(|path| arguments.get(path));
            match argument.and_then(|at| u32::try_from(*at).ok()) {
                Some(argument) => StoredPath::Argument(argument),
                None => StoredPath::Other(path.to_owned()),
            }
        };
        let sources = program.graph.sources(node).map(|(_, writer)| writer);
        let reads = job.reads.iter().zip(sources).map(|(read, writer)| StoredRead {
            file: stored(&read.file),
            how: (&read.as_what).into(),
            writer: writer.and_then(|writer| self.numbers.get(&writer).copied()),
        });
        let reads: Vec<StoredRead> = reads.collect();
        let products = job.products.iter();
        let writes = products
            .map(|product| StoredWrite { file: stored(&product.place), is_renamed: product.renamed })
            .collect();
        StoredNode {
            cwd: cwd.to_owned(),
            variables: self.variables(job, memory),
            reads,
            writes,
            folder: job.folder,
            is_call: job.kind == Kind::Generate,
            has_failed: program.graph.state(node) == State::Failed,
            is_temporary: program.is_temporary(job),
            action: job.memorable.key(),
            argv,
            ..StoredNode::default()
        }
    }

    /// Returns the variables that the program has changed, as far as the command may have read them.
    fn variables(&mut self, job: &Job, memory: &Memory) -> Changed {
        let env = &job.setting.env;
        if !self.changed.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, env)) {
            self.changed = Some((env.clone(), changed(env, &self.own)));
        }
        let mut changed = self.changed.as_ref().map(|(_, changed)| changed.clone()).unwrap_or_default();
        if let (false, Memorable::Yes(fingerprint)) = (changed.is_empty(), &job.memorable)
            && let Some(record) = memory.record(&fingerprint.here)
            && let Some(surroundings) = memory.surroundings(record.surroundings)
            && let Asked::These { names, .. } = &surroundings.asked
        {
            changed.retain(|(name, _)| names.contains(name));
        }
        changed
    }
}

/// Everything that a program recorded and that was not cancelled, in program order.
pub(crate) struct Walk<'a> {
    steps: Steps<'a>,
    next: usize,
    spared: usize,
    /// The extension to which the last step belongs.
    extension: Option<&'a str>,
    /// Whether the program itself is a step that was returned.
    began: bool,
}

impl<'a> Walk<'a> {
    pub fn through(program: &'a Program) -> Self {
        Self { steps: Steps::new(program), next: 0, spared: 0, extension: None, began: false }
    }

    /// Returns the next step.
    pub fn step(&mut self, memory: &Memory) -> Option<Step> {
        let program = self.steps.program;
        if !std::mem::replace(&mut self.began, true) {
            return Some(Step::Program);
        }
        while let Some(seq) = program.graph.recording(self.next)
            && !is_step(program, seq)
        {
            self.next += 1;
        }
        let spared = program.spared.get(self.spared).filter(|spared| spared.at <= self.next);
        let seq = program.graph.recording(self.next);
        let extension = match (spared, seq) {
            (Some(spared), _) => spared.name.as_deref(),
            (None, Some(seq)) => program.extension_at(seq),
            (None, None) => return None,
        };
        if extension != std::mem::replace(&mut self.extension, extension) {
            return Some(Step::Extension(extension.map(str::to_owned)));
        }
        if let Some(spared) = spared {
            self.spared += 1;
            return Some(Step::Unit(spared.state));
        }
        self.next += 1;
        Some(self.steps.of(seq?, memory))
    }
}

/// Returns whether a recording is a step: it was not cancelled, and its node has ended.
fn is_step(program: &Program, seq: Seq) -> bool {
    !program.graph.is_cancelled(seq) && program.graph.state(program.graph.node_of(seq)).settled()
}

/// Returns the numbers that the nodes of a program have in its [`Walk`].
pub(crate) fn numbers(program: &Program) -> FxHashMap<NodeId, u32> {
    let mut numbers = FxHashMap::default();
    for seq in program.graph.program().filter(|seq| is_step(program, *seq)) {
        let next = u32::try_from(numbers.len()).expect("a graph has fewer than 2^32 nodes");
        numbers.entry(program.graph.node_of(seq)).or_insert(next);
    }
    numbers
}

impl Program {
    /// Returns whether a command reads or writes temporary files by its command line. Nobody needs what it made.
    fn is_temporary(&self, job: &Job) -> bool {
        let reads = job.reads.iter().map(|read| &read.file);
        let writes = job.products.iter().map(|product| &product.place);
        reads.chain(writes).any(|file| {
            let file = file.to_string_lossy();
            self.roles.mentions_temporary(&file) && {
                let mut roles = (*self.roles).clone();
                roles.learn(&file);
                roles.is_temporary(&file)
            }
        })
    }
}

impl From<&ReadAs> for StoredUse {
    fn from(how: &ReadAs) -> Self {
        match how {
            ReadAs::Operand(place) => {
                let [argument, start, end] = place.parts();
                Self::Operand { argument, start, end }
            }
            ReadAs::Library { folder } => Self::Library { folder: *folder },
            ReadAs::Previous => Self::Previous,
            ReadAs::Fixed => Self::Fixed,
        }
    }
}

/// Returns the variables that have other values in an environment than ambidex itself has.
fn changed(env: &Environment, own: &Environment) -> Changed {
    let own = &own.variables;
    let others = env.variables.iter().filter(|(name, value)| own.get(*name) != Some(value));
    let mut changed: Changed = others.map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    let unset = own.keys().filter(|name| !env.variables.contains_key(*name));
    changed.extend(unset.map(|name| (name.clone(), None)));
    changed.retain(|(name, _)| tools::may_matter(name));
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_program_has_changed() {
        let env = |text: &str| {
            let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
            Environment::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        };
        let own = env("HOME=/h CC=gcc PYTHONPATH=/mine GONE=1 SHLVL=1");
        let theirs = env("HOME=/h CC=clang PYTHONPATH=/mine NEW=2 SHLVL=2");
        let value = |text: &str| Some(text.to_owned());
        let expected = [("CC", value("clang")), ("NEW", value("2")), ("GONE", None)];
        assert_eq!(changed(&theirs, &own), expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(changed(&env("PYTHONPATH=/x"), &env("PYTHONPATH=/y")).len(), 1);
    }
}
