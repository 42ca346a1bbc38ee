//! A machine in memory that runs a program as the engine would: deferred, in any order, and any number of commands at
//! once.

use std::collections::{BTreeMap, HashMap};

use ambidex_graph::{
    Access, Action, At, Change, Content as Where, Graph, GroupId, Key, NodeId, Outcome, PathId, Recorded,
    Seq, State, Version,
};

use crate::program::{self, Content, Disk, Effect, Happened, KNOWN, PATHS, Program, Step};

/// Decisions, taken one after the other. When they have run out, every decision is the first possibility.
pub struct Choices<'a>(pub std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.0.next().map_or(0, |&choice| usize::from(choice) % limit)
    }
}

struct Running {
    node: NodeId,
    from: Vec<Where>,
    inputs: Vec<Content>,
}

/// A recording, as the machine remembers it.
#[derive(Clone, Copy)]
pub struct Entry {
    pub step: usize,
    pub group: usize,
    pub command: usize,
}

/// The machine and everything that it remembers.
pub struct Machine<'a> {
    program: &'a Program,
    choices: Choices<'a>,
    pub graph: Graph,
    paths: Vec<PathId>,
    pub disk: Disk,
    renamed: HashMap<(NodeId, usize), u64>,
    backups: BTreeMap<usize, Content>,
    running: Vec<Running>,
    commands: HashMap<NodeId, usize>,
    /// How often each header had been changed when the node was recorded.
    headers: HashMap<NodeId, [usize; PATHS]>,
    changes: [usize; PATHS],
    pub results: HashMap<NodeId, (Vec<Content>, Effect)>,
    pub entries: Vec<Entry>,
    pub groups: Vec<GroupId>,
    /// The results of the steps that are not deferred.
    pub seen: HashMap<usize, Happened>,
    /// The step at which the machine is interrupted.
    pub interrupt_at: Option<usize>,
    /// Whether Python may go back, at any time, to before a command.
    pub goes_back: bool,
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a Program, choices: &'a [u8]) -> Self {
        let mut graph = Graph::new();
        Self {
            program,
            choices: Choices(choices.iter()),
            paths: (0..KNOWN).map(|_| graph.path()).collect(),
            graph,
            disk: program::before(),
            renamed: HashMap::new(),
            backups: BTreeMap::new(),
            running: Vec::new(),
            commands: HashMap::new(),
            headers: HashMap::new(),
            changes: [0; PATHS],
            results: HashMap::new(),
            entries: Vec::new(),
            groups: Vec::new(),
            seen: HashMap::new(),
            interrupt_at: None,
            goes_back: false,
        }
    }

    /// Runs the whole program.
    pub fn run(&mut self) {
        let eagerness = self.choices.below(4);
        let program = self.program;
        let steps: Vec<(usize, &Step)> = program.steps().collect();
        // The first step that Python can go back to, and for each step the number of the next recording at that point.
        let mut first = 0;
        let mut next_at: Vec<usize> = Vec::new();
        let mut index = 0;
        loop {
            next_at.truncate(index);
            next_at.push(self.graph.recorded());
            if self.interrupt_at == Some(index) && index < steps.len() {
                return self.interrupt();
            }
            // Commands start and end while the program goes on.
            while self.choices.below(4) < eagerness && self.advance() {}
            let step = steps.get(index);
            if !matches!(step, Some((_, Step::Run(_)))) {
                self.wait();
            }
            if self.goes_back && self.choices.below(6) == 5 {
                index = first + self.choices.below(index - first + 1);
                self.go_back(next_at[index]);
                continue;
            }
            let Some(&(group, step)) = step else { break };
            while group >= self.groups.len() {
                self.groups.push(self.graph.group(program.groups[self.groups.len()].fatal));
            }
            if let Step::Run(command) = step {
                self.record(Entry { step: index, group, command: *command });
            } else if self.graph.fatal().is_some() {
                break;
            } else if self.graph.failure(self.groups[group]).is_none() {
                let happened = self.happen(step);
                self.seen.insert(index, happened);
                first = index + 1;
            }
            index += 1;
        }
        self.commit_all();
    }

    /// Does a step that is not deferred, after everything before it is done.
    fn happen(&mut self, step: &Step) -> Happened {
        match step {
            Step::Look(path) => {
                self.commit(*path);
                Happened::Saw(self.disk[*path])
            }
            Step::External(path, content) => {
                self.commit(*path);
                self.disk[*path] = *content;
                self.changed(*path);
                Happened::Changed
            }
            Step::Barrier(command) => {
                self.commit_all();
                self.program.run_in_place(*command, &mut self.disk);
                for (path, _) in &self.program.pool[*command].writes {
                    self.changed(*path);
                }
                Happened::Changed
            }
            Step::Run(_) => unreachable!("a command is deferred"),
        }
    }

    /// Takes Python back to where this recording was the next one. Python goes on while cancelled commands may still
    /// run.
    fn go_back(&mut self, from: usize) {
        let stop = self.graph.roll_back(from);
        self.check_doomed(&stop);
        self.take_back();
    }

    /// Returns whether a file holds the unfinished output of a command.
    pub fn is_torn(&self) -> bool {
        let torn: Vec<Content> = self.commands.keys().map(|node| torn(*node)).collect();
        self.disk.iter().any(|content| torn.contains(content))
    }

    fn interrupt(&mut self) {
        let stop = self.graph.cancel_all();
        self.check_doomed(&stop);
        self.take_back();
        while !self.running.is_empty() {
            self.finish();
        }
        assert!(self.graph.is_settled(), "an interrupted graph is settled when nothing runs");
    }

    fn record(&mut self, entry: Entry) {
        let command = &self.program.pool[entry.command];
        let access = |&(path, at): &(usize, At)| Access { path: self.paths[path], at };
        let mut key = [0; 32];
        // Some keys begin with the same byte.
        (key[0], key[31]) = (entry.command as u8 % 3, entry.command as u8);
        let action = Action {
            group: self.groups[entry.group],
            key: Key(key),
            reads: command.reads.iter().map(access).collect(),
            writes: command.writes.iter().map(access).collect(),
            weight: 1 + entry.command as u64 % 3,
        };
        let same_headers =
            |node: &NodeId| command.headers.iter().all(|h| self.headers[node][*h] == self.changes[*h]);
        let past = self.graph.is_past_failure(action.group);
        let recorded = match self.graph.twin(&action).filter(same_headers) {
            Some(node) => {
                assert_eq!(self.commands[&node], entry.command, "a twin is the same command");
                self.graph.merge(node, action.group)
            }
            None => self.graph.record(action),
        };
        assert_eq!(past, recorded == Recorded::Skipped, "what is behind a failure is skipped, and only that");
        if let Recorded::New(node) = recorded {
            self.commands.insert(node, entry.command);
            self.headers.insert(node, self.changes);
        }
        if recorded != Recorded::Skipped {
            self.entries.push(entry);
            assert_eq!(self.graph.recorded(), self.entries.len(), "each recording is counted");
        }
    }

    /// Starts or finishes a command, if there is one. Returns whether there was.
    fn advance(&mut self) -> bool {
        let ready = self.graph.ready();
        if ready > 0 && (self.running.is_empty() || self.choices.below(2) == 0) {
            let nth = self.choices.below(ready);
            let node = self.graph.nth_ready(nth).expect("there are as many as ready() says");
            self.start(node);
        } else if self.running.is_empty() {
            return false;
        } else {
            self.finish();
        }
        true
    }

    fn wait(&mut self) {
        while !self.graph.is_settled() {
            assert!(self.advance(), "nothing can be started and nothing runs, but the graph isn't settled");
        }
        assert_eq!(self.graph.running(), 0, "nothing runs in a settled graph");
    }

    fn start(&mut self, node: NodeId) {
        let start = self.graph.start(node);
        for change in &start.changes {
            let path = change.path.index();
            assert!(self.backups.insert(change.token, self.disk[path]).is_none(), "a token is used once");
            if let Change::Commit(version) = change.change {
                self.disk[path] = self.version(version, path);
            }
        }
        let command = self.commands[&node];
        let inputs = self.read(command, &start.reads);
        for change in &start.changes {
            if change.change == Change::Write {
                self.disk[change.path.index()] = torn(node);
            }
        }
        for (path, at) in &self.program.pool[command].writes {
            if *at == At::Renamable {
                self.renamed.insert((node, *path), torn(node).expect("it is something"));
            }
        }
        self.running.push(Running { node, from: start.reads, inputs });
    }

    fn finish(&mut self) {
        let nth = self.choices.below(self.running.len());
        let Running { node, from, inputs } = self.running.remove(nth);
        let command = self.commands[&node];
        let mut effect = self.program.effect(command, &inputs);
        let doomed = self.graph.state(node) == State::Doomed;
        if doomed {
            // The command was stopped at any moment, or just before it came to its end. The files that it read may be
            // gone.
            effect.failed = self.choices.below(2) == 0;
            for output in &mut effect.outputs {
                *output = [torn(node), *output, None][self.choices.below(3)];
            }
        } else {
            let own = |path: usize| self.program.pool[command].writes.contains(&(path, At::InPlace));
            let now = self.read(command, &from);
            let paths = self.program.pool[command].reads.iter().map(|read| read.0);
            for (i, path) in paths.enumerate().filter(|(_, path)| !own(*path)) {
                assert_eq!(inputs[i], now[i], "path {path} has changed while {node:?} ran");
            }
        }
        for ((path, at), output) in self.program.pool[command].writes.iter().zip(&effect.outputs) {
            match (at, output) {
                (At::InPlace, output) => self.disk[*path] = *output,
                (At::Renamable, Some(content)) => {
                    self.renamed.insert((node, *path), *content);
                }
                (At::Renamable, None) => {
                    self.renamed.remove(&(node, *path));
                }
            }
        }
        let outcome = if effect.failed { Outcome::Failure } else { Outcome::Success };
        if !doomed {
            assert!(self.results.insert(node, (inputs, effect)).is_none(), "a node runs once");
        }
        let stop = self.graph.finish(node, outcome);
        self.check_doomed(&stop);
        self.take_back();
    }

    fn check_doomed(&self, stop: &[NodeId]) {
        for node in stop {
            assert_eq!(self.graph.state(*node), State::Doomed);
            assert!(self.running.iter().any(|r| r.node == *node), "only what runs can be stopped");
        }
        assert_eq!(self.graph.running(), self.running.len());
    }

    fn take_back(&mut self) {
        let undo = self.graph.undo();
        if undo.is_empty() {
            return;
        }
        for change in undo {
            let backup = self.backups.remove(&change.token).expect("a change is taken back once");
            self.disk[change.path.index()] = backup;
        }
        self.graph.undone();
    }

    fn read(&self, command: usize, from: &[Where]) -> Vec<Content> {
        let command = &self.program.pool[command];
        assert_eq!(command.reads.len(), from.len());
        let named = command.reads.iter().zip(from).map(|(&(path, at), from)| match from {
            Where::AtPlace => self.disk[path],
            Where::Of(node) => {
                assert_eq!(at, At::Renamable, "what must be at its place is read there");
                self.version(Version::Written(*node), path)
            }
        });
        named.chain(command.headers.iter().map(|path| self.disk[*path])).collect()
    }

    fn version(&self, version: Version, path: usize) -> Content {
        match version {
            Version::Left(_) => None,
            Version::Written(node) => {
                let content = self.renamed.get(&(node, path));
                Some(*content.unwrap_or_else(|| panic!("{node:?} left no renamed output for path {path}")))
            }
        }
    }

    fn commit(&mut self, path: usize) {
        let newest = self.graph.uncommitted().find(|(id, _)| id.index() == path);
        if let Some((id, version)) = newest {
            assert_eq!(self.graph.newest_version(id), Some(version));
            self.disk[path] = self.version(version, path);
            self.graph.committed(id);
        }
    }

    fn commit_all(&mut self) {
        (0..KNOWN).for_each(|path| self.commit(path));
        assert_eq!(self.graph.uncommitted().count(), 0, "all is committed");
    }

    fn changed(&mut self, path: usize) {
        self.changes[path] += 1;
        if path < KNOWN {
            self.graph.changed_outside(self.paths[path]);
        }
    }

    /// Returns the number of nodes that a command has.
    pub fn runs_of(&self, command: usize) -> usize {
        self.commands.values().filter(|c| **c == command).count()
    }

    /// Returns the step that a recording came from.
    pub fn step_of(&self, seq: Seq) -> usize {
        self.entries[seq.index()].step
    }
}

/// Returns the content of a file while the node is writing it.
fn torn(node: NodeId) -> Content {
    Some(program::content((node, "torn")))
}
