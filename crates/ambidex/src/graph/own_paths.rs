//! Which commands are needed for what the project is built for, and where each of them leaves its output: two commands
//! that write one path in turn can't both have it when they run in any order.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use ambidex_engine::{BuildGraph, GraphCommand, GraphInput, GraphOutput, InputUse, Kind};

use super::shown;
use crate::error::Error;

/// The needed commands of a graph.
pub(super) struct Needed<'a> {
    graph: &'a BuildGraph,
    /// The commands, by their indices, each after those whose outputs it reads.
    pub commands: BTreeSet<usize>,
    /// What the project is built for.
    pub finals: Vec<&'a Path>,
    /// Outputs that can't be made, each with a file that is missing for them.
    pub left_out: Vec<(&'a Path, PathBuf)>,
    /// The outputs that are not at their final paths, by command.
    moved: HashMap<usize, PathBuf>,
}

impl<'a> Needed<'a> {
    /// Finds the needed commands. `folder` is for outputs that can't be at their final paths.
    ///
    /// # Errors
    /// If a command would find something changed, as it must where Python changes files between commands, or if commands
    /// that do not read each other's outputs need an order.
    pub fn of(graph: &'a BuildGraph, folder: &Path) -> Result<Self, Error> {
        let mut needed = Self {
            graph,
            commands: BTreeSet::new(),
            finals: Vec::new(),
            left_out: Vec::new(),
            moved: HashMap::new(),
        };
        let can_run = needed.find_runnable();
        needed.find_finals(&can_run);
        for command in needed.commands.iter().map(|index| &graph.commands[*index]) {
            if let (Some(changed), Some(output)) = (&command.changed, command.outputs.first()) {
                let [output, changed] = [&output.path, changed].map(|path| shown(path, &graph.root));
                return Err(Error::ChangedSince { output, changed });
            }
        }
        needed.keep_apart(folder)?;
        Ok(needed)
    }

    /// Returns where a command leaves an output.
    pub fn output(&self, index: usize, output: &'a GraphOutput) -> &Path {
        self.moved.get(&index).map_or(&output.path, PathBuf::as_path)
    }

    /// Returns where a command finds an input.
    pub fn input(&self, input: &'a GraphInput) -> &Path {
        let moved = input.writer.and_then(|writer| self.moved.get(&writer));
        moved.map_or(&input.path, PathBuf::as_path)
    }

    /// Returns whether a needed command makes what an input stands for.
    pub fn is_made(&self, input: &GraphInput) -> bool {
        input.writer.is_some_and(|writer| self.commands.contains(&writer))
    }

    /// Returns for each command whether everything is there that it and those before it need.
    fn find_runnable(&mut self) -> Vec<bool> {
        let mut can_run: Vec<bool> = Vec::with_capacity(self.graph.commands.len());
        for command in &self.graph.commands {
            let missing = missing(command, &self.graph.commands, &can_run);
            let runs = !command.is_temporary && !command.has_failed && command.kind != Kind::Generate;
            can_run.push(runs && missing.is_none());
            if let (true, true, Some(file)) = (runs, command.is_final(), missing) {
                // The outputs of probes are gone too.
                let left = command.outputs.iter().filter(|output| output.is_last && output.path.exists());
                self.left_out.extend(left.map(|output| (output.path.as_path(), file.clone())));
            }
        }
        can_run
    }

    fn find_finals(&mut self, can_run: &[bool]) {
        let runnable = || self.graph.commands.iter().enumerate().filter(|(index, _)| can_run[*index]);
        let consumed: BTreeSet<usize> =
            runnable().flat_map(|(_, command)| &command.inputs).filter_map(|input| input.writer).collect();
        let mut queue = Vec::new();
        for (index, command) in runnable() {
            let is_final = command.is_final() || !consumed.contains(&index);
            let last: Vec<&Path> = command
                .outputs
                .iter()
                .filter(|output| is_final && output.is_last)
                .map(|output| output.path.as_path())
                .collect();
            if !last.is_empty() {
                queue.push(index);
                self.finals.extend(last);
            }
        }
        while let Some(index) = queue.pop() {
            if can_run[index] && self.commands.insert(index) {
                queue.extend(self.graph.commands[index].inputs.iter().filter_map(|input| input.writer));
            }
        }
    }

    /// Gives each command an output of its own.
    fn keep_apart(&mut self, folder: &Path) -> Result<(), Error> {
        let mut writers: HashMap<&Path, Vec<(usize, &GraphOutput)>> = HashMap::new();
        for index in &self.commands {
            for output in &self.graph.commands[*index].outputs {
                writers.entry(&output.path).or_default().push((*index, output));
            }
        }
        let in_place = |path: &Path| Error::InPlace(shown(path, &self.graph.root));
        for (path, writers) in writers.iter().filter(|(_, writers)| writers.len() > 1) {
            for (index, output) in writers {
                if !output.is_renamed {
                    return Err(in_place(path));
                }
                if !output.is_last {
                    let name = path.file_name().unwrap_or_default();
                    self.moved.insert(*index, folder.join((index + 1).to_string()).join(name));
                }
            }
        }
        for index in &self.commands {
            for input in &self.graph.commands[*index].inputs {
                let is_moved = input.writer.is_some_and(|writer| self.moved.contains_key(&writer));
                if is_moved && input.used() == InputUse::Fixed {
                    return Err(in_place(&input.path));
                }
            }
        }
        Ok(())
    }
}

/// Returns a file without which a command can't run.
fn missing(command: &GraphCommand, commands: &[GraphCommand], can_run: &[bool]) -> Option<PathBuf> {
    let sources: Vec<PathBuf> = command.sources.iter().map(|source| command.directory.join(source)).collect();
    let is_read = |input: &&GraphInput| {
        input.used() == InputUse::Replaceable || input.writer.is_some() || sources.contains(&input.path)
    };
    let is_there = |input: &GraphInput| match input.writer {
        Some(writer) if commands[writer].kind != Kind::Generate => can_run[writer],
        _ => input.path.exists(),
    };
    let read = command.inputs.iter().filter(is_read);
    let unread = sources.iter().filter(|source| !command.inputs.iter().any(|input| input.path == **source));
    let gone = read.filter(|input| !is_there(input)).map(|input| &input.path);
    gone.chain(unread.filter(|source| !source.exists())).next().cloned()
}
