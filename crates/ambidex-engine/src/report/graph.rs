//! The graph of the last build: what is remembered of it, and its commands as they can be shown and run again.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use ambidex_command::{Command, Depfile, InputRole, Kind, Span};

use crate::execute::plan::Renaming;
use crate::memory::Memory;
use crate::memory::graph::{Step, StoredNode, StoredUse, StoredWrite, unpacked};
use crate::memory::record::{GraphPosition, RecordKey};
use crate::program::Program;
use crate::program::line::NoFiles;
use crate::program::steps::Walk;
use crate::report::explain::opened;

/// The commands of the last build of a tree, in program order. Repetitions of a command are one.
#[derive(Debug)]
pub struct BuildGraph {
    /// The directory of the project.
    pub root: PathBuf,
    /// The commands.
    pub commands: Vec<GraphCommand>,
}

/// A command of the last build.
#[derive(Debug)]
pub struct GraphCommand {
    /// The arguments, with final paths, response files expanded.
    pub arguments: Vec<String>,
    /// The index of the first argument that is no launcher: the compiler, linker or archiver itself.
    pub tool: usize,
    /// The working directory.
    pub directory: PathBuf,
    /// The environment variables that the project had changed and the command may have read; `None` if it was unset.
    pub variables: Vec<(String, Option<String>)>,
    /// The kind of work that it does.
    pub kind: Kind,
    /// The extensions that it was recorded for.
    pub extensions: Vec<String>,
    /// The sources that it compiles, as its arguments name them.
    pub sources: Vec<String>,
    /// The files that its arguments name.
    pub inputs: Vec<GraphInput>,
    /// The files that it writes.
    pub outputs: Vec<GraphOutput>,
    /// How to find out which headers it reads.
    pub headers: Headers,
    /// Whether it failed.
    pub has_failed: bool,
    /// Whether it concerns temporary files, as probes do.
    pub is_temporary: bool,
    /// A file that has changed since the command looked at it, if any has.
    pub changed: Option<PathBuf>,
    command: Command,
}

/// A file that a command reads because its arguments name it.
#[derive(Debug)]
pub struct GraphInput {
    /// The final path.
    pub path: PathBuf,
    /// The command that wrote it, by its index among the commands, if one did.
    pub writer: Option<usize>,
    how: StoredUse,
}

/// A file that a command writes.
#[derive(Debug)]
pub struct GraphOutput {
    /// The final path.
    pub path: PathBuf,
    /// Whether no later command writes it.
    pub is_last: bool,
    /// Whether the command can write it anywhere else.
    pub is_renamed: bool,
    /// Where ambidex keeps it, if it was renamed.
    pub kept: Option<PathBuf>,
}

/// The way to find out which headers a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Headers {
    /// If it is asked, the compiler writes a file that lists them.
    Listed,
    /// The command makes the compiler write this file.
    InFile(PathBuf),
    /// There are none.
    None,
    /// The compiler tells of a part of them, or of none.
    Unknown,
}

/// A use of an input that determines whether another file can take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputUse {
    /// Another file can take its place.
    Replaceable,
    /// The command changes the file, which is its output too.
    Changed,
    /// It must be at its final path.
    Fixed,
}

impl GraphInput {
    /// Returns how the command uses the file.
    pub fn used(&self) -> InputUse {
        match self.how {
            StoredUse::Operand { .. } | StoredUse::Library { .. } => InputUse::Replaceable,
            StoredUse::Previous => InputUse::Changed,
            StoredUse::Fixed => InputUse::Fixed,
        }
    }
}

impl GraphCommand {
    /// Returns the arguments with other paths: `input` names the file that takes the place of an input, if any does,
    /// and `output` the file that the command is to write. `more` arguments are appended.
    pub fn renamed(
        &self,
        input: &dyn Fn(&GraphInput) -> Option<PathBuf>,
        output: Option<&Path>,
        more: &[String],
    ) -> Vec<String> {
        let mut renaming = Renaming::of(&self.command, &self.directory);
        for read in &self.inputs {
            match (read.how, input(read)) {
                (StoredUse::Operand { argument, start, end }, Some(file)) => {
                    let [arg, start, end] = [argument, start, end].map(|number| number as usize);
                    renaming.operand(Span { arg, start, end }, &file);
                }
                (StoredUse::Library { folder }, Some(file)) => renaming.library(folder, &file),
                _ => {}
            }
        }
        if let Some(file) = output {
            renaming.output(file);
        }
        renaming.append(more.iter().cloned());
        renaming.finish()
    }

    /// Returns whether the project is built for what it makes, which is more than an intermediate result.
    pub fn is_final(&self) -> bool {
        !matches!(self.kind, Kind::Compile | Kind::Preprocess)
    }
}

/// Returns the graph of the last build in a project's directory, or `None` if nothing is known of one. Waits while
/// another build uses the state.
///
/// # Errors
/// If the state can't be read.
pub fn graph(root: &Path) -> io::Result<Option<BuildGraph>> {
    let Some(tree) = opened(root)? else { return Ok(None) };
    let mut memory = tree.memory();
    let Read { mut commands, runs, .. } = read(&memory)?;
    for (command, run) in commands.iter_mut().zip(runs) {
        command.changed = run.and_then(|run| changed(&mut memory, command, &run));
    }
    Ok((!commands.is_empty()).then(|| BuildGraph { root: root.to_owned(), commands }))
}

/// The graph of the last build as it was read.
pub(super) struct Read {
    pub commands: Vec<GraphCommand>,
    /// The run of each command, if it is remembered.
    pub runs: Vec<Option<Run>>,
    /// The index of each command that was recorded in the last build, by its position.
    pub numbered: HashMap<GraphPosition, usize>,
}

/// The run by which a command was remembered.
pub(super) struct Run {
    pub action: RecordKey,
    folder: Option<u32>,
}

/// Reads the graph of the last build.
///
/// # Errors
/// If it is damaged.
pub(super) fn read(memory: &Memory) -> io::Result<Read> {
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "the graph of the last build is damaged");
    let mut reader = Reader::new(memory);
    for step in memory.last_graph().ok_or_else(unreadable)? {
        reader.take(step).ok_or_else(unreadable)?;
    }
    Ok(reader.finish())
}

/// Returns a file that a command would find changed, if it ran again now.
fn changed(memory: &mut Memory, command: &GraphCommand, run: &Run) -> Option<PathBuf> {
    let record = memory.record(&run.action)?;
    if let (Some(source), true) = (command.sources.first(), Some(record.folder) != run.folder) {
        // The same command has run once more, which it does only if it finds something else.
        return Some(command.directory.join(source));
    }
    let finding = memory.check(&record.looks).err()?;
    let file = finding.map(|finding| memory.files.path_of(finding).to_owned());
    Some(file.unwrap_or_else(|| command.directory.clone()))
}

/// Remembers the graphs of these programs.
pub(crate) fn remember<'a>(memory: &mut Memory, programs: impl Iterator<Item = &'a Program>) {
    let mut walks = programs.map(Walk::through);
    let mut walk = walks.next();
    memory.remember_graph(|memory| {
        loop {
            match walk.as_mut()?.step(memory) {
                Some(step) => return Some(step),
                None => walk = walks.next(),
            }
        }
    });
}

/// What makes two nodes one if they are in different programs or units.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    argv: Vec<String>,
    cwd: PathBuf,
    variables: Vec<(String, Option<String>)>,
    writers: Vec<Option<usize>>,
    has_failed: bool,
}

/// The commands that the steps read so far tell of.
struct Reader<'a> {
    memory: &'a Memory,
    commands: Vec<GraphCommand>,
    /// The run of each command, if it is remembered.
    runs: Vec<Option<Run>>,
    numbered: HashMap<GraphPosition, usize>,
    /// How many programs began.
    programs: u32,
    known: HashMap<Identity, usize>,
    /// The last command that wrote each path.
    last: HashMap<PathBuf, usize>,
    /// The commands of the present program by their numbers.
    own: Vec<usize>,
    extension: Option<String>,
    /// Whether the steps are those of a unit, whose nodes have numbers of their own.
    is_in_unit: bool,
}

impl<'a> Reader<'a> {
    fn new(memory: &'a Memory) -> Self {
        Self {
            memory,
            commands: Vec::new(),
            runs: Vec::new(),
            numbered: HashMap::new(),
            programs: 0,
            known: HashMap::new(),
            last: HashMap::new(),
            own: Vec::new(),
            extension: None,
            is_in_unit: false,
        }
    }

    /// Takes in a step. Returns `None` if it makes no sense.
    fn take(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Program => {
                self.programs += 1;
                self.own.clear();
                self.extension = None;
            }
            Step::Extension(name) => self.extension = name,
            Step::Node(node) => {
                let own = std::mem::take(&mut self.own);
                let index = self.node(*node, &own)?;
                let position = GraphPosition {
                    program: self.programs.checked_sub(1)?,
                    node: u32::try_from(own.len()).ok()?,
                };
                self.own = own;
                self.own.push(index);
                if !self.is_in_unit {
                    self.numbered.insert(position, index);
                }
            }
            Step::Repetition(number) => self.record(*self.own.get(number as usize)?),
            Step::Unit(state) => {
                let steps = unpacked(&self.memory.unit(&state)?.steps)?;
                // The numbers of a unit's nodes are its own.
                let own = std::mem::take(&mut self.own);
                self.is_in_unit = true;
                steps.into_iter().try_for_each(|step| self.take(step))?;
                self.is_in_unit = false;
                self.own = own;
            }
        }
        Some(())
    }

    /// Takes in a node, whose writers are numbered in `own`. Returns its index.
    fn node(&mut self, node: StoredNode, own: &[usize]) -> Option<usize> {
        let mut inputs = Vec::with_capacity(node.reads.len());
        for read in &node.reads {
            let writer = match read.writer {
                Some(number) => Some(*own.get(number as usize)?),
                None => None,
            };
            inputs.push(GraphInput { path: node.path(&read.file)?, writer, how: read.how });
        }
        let identity = Identity {
            argv: node.argv.clone(),
            cwd: node.cwd.clone(),
            variables: node.variables.clone(),
            writers: inputs.iter().map(|input| input.writer).collect(),
            has_failed: node.has_failed,
        };
        if let Some(index) = self.known.get(&identity).copied().filter(|index| !own.contains(index)) {
            self.record(index);
            return Some(index);
        }
        let command = read_again(&node)?;
        let kept = |file: &Path| Some(self.memory.folder(node.folder?).join(file.file_name()?));
        let output = |write: &StoredWrite| {
            let path = node.path(&write.file)?;
            let kept = if write.is_renamed { kept(&path) } else { None };
            Some(GraphOutput { path, is_last: false, is_renamed: write.is_renamed, kept })
        };
        let outputs: Option<Vec<GraphOutput>> = node.writes.iter().map(output).collect();
        let sources = command.inputs.iter().filter(|input| input.role == InputRole::Source);
        let index = self.commands.len();
        self.commands.push(GraphCommand {
            tool: command.tool,
            kind: command.kind,
            extensions: Vec::new(),
            sources: sources.map(|source| source.path.clone()).collect(),
            inputs,
            outputs: outputs?,
            headers: match &command.depfile {
                Depfile::Inject => Headers::Listed,
                Depfile::Own { path, .. } => Headers::InFile(node.cwd.join(path)),
                Depfile::None => Headers::None,
                Depfile::Unknown => Headers::Unknown,
            },
            arguments: node.argv,
            directory: node.cwd,
            variables: node.variables,
            has_failed: node.has_failed,
            is_temporary: node.is_temporary,
            changed: None,
            command,
        });
        self.runs.push(node.action.map(|action| Run { action, folder: node.folder }));
        self.known.insert(identity, index);
        self.record(index);
        Some(index)
    }

    /// Notes that a command was recorded: it is the last one now that writes its outputs, if it has made them.
    fn record(&mut self, index: usize) {
        let command = &mut self.commands[index];
        if let Some(name) = &self.extension
            && !command.extensions.contains(name)
        {
            command.extensions.push(name.clone());
        }
        for output in &command.outputs {
            if command.has_failed {
                self.last.remove(&output.path);
            } else {
                self.last.insert(output.path.clone(), index);
            }
        }
    }

    fn finish(mut self) -> Read {
        for (path, index) in self.last {
            let outputs = &mut self.commands[index].outputs;
            outputs.iter_mut().filter(|output| output.path == path).for_each(|output| output.is_last = true);
        }
        Read { commands: self.commands, runs: self.runs, numbered: self.numbered }
    }
}

/// Returns what the line of a node means: it has been read before.
fn read_again(node: &StoredNode) -> Option<Command> {
    if node.is_call {
        return Some(Command::generation(node.argv.clone(), Vec::new(), Vec::new()));
    }
    let set = node.variables.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let variables: BTreeMap<String, String> = set.collect();
    ambidex_command::read(&node.argv, &variables, &NoFiles).ok()
}
