//! The graph for ninja: a file from which plain ninja builds what the project is built for, and builds it again after
//! an edit of a header.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ambidex_engine::{BuildGraph, GraphCommand, Headers, InputUse};

use super::copies::copies;
use super::ninja_text::{self, DEFINITIONS, NEWLINES, is_line, moved_headers, value, word, words};
use super::own_paths::Needed;
use super::{shown, word as kind_word};
use crate::error::Error;

/// The longest command line that is written as it is. ninja hands it to the shell as one argument, which takes at most
/// 128 KiB (execve(2)).
const LONGEST: usize = 100_000;

/// The target that makes ninja copy modules next to sources.
const IN_PLACE: &str = "inplace";

const HEAD: &str = "# Written by `ambidex graph --format ninja`. Run ninja in the project directory:\n# ";

const RULES: &str = "
rule run
  command = $run
  description = $what

rule compile
  command = $run
  description = $what
  depfile = $headers
  deps = gcc

rule run-with-file
  command = $run
  description = $what
  rspfile = $file
  rspfile_content = $arguments

rule compile-with-file
  command = $run
  description = $what
  depfile = $headers
  deps = gcc
  rspfile = $file
  rspfile_content = $arguments
";

/// What a command does in a file for ninja.
#[derive(Default)]
struct Run {
    /// The shell command.
    text: String,
    /// The file in which ninja finds the headers that the command read.
    headers: Option<PathBuf>,
    /// The response file, and what is in it, if the command line is too long.
    file: Option<(PathBuf, String)>,
}

/// Returns a file for ninja. Appends to `notes` what its builds do otherwise than builds with setuptools.
///
/// # Errors
/// If ninja can't build the same.
pub(super) fn ninja(graph: &BuildGraph, notes: &mut Vec<String>) -> Result<String, Error> {
    let folder = ambidex_engine::state_folder(&graph.root).join("ninja");
    let needed = Needed::of(graph, &folder)?;
    let export = Export { graph, needed: &needed, folder };
    let root = graph.root.to_string_lossy();
    if !is_line(&root) {
        return Err(Error::NotForNinja(root.into_owned()));
    }
    let folder = export.escaped(&export.folder)?;
    let mut text = format!("{HEAD}{root}\n\n{DEFINITIONS}builddir = {folder}\n{RULES}");
    for index in &needed.commands {
        text.push_str(&export.statement(*index)?);
    }
    text.push('\n');
    for path in needed.finals.iter().collect::<BTreeSet<_>>() {
        writeln!(text, "default {}", export.escaped(path)?).expect("a string takes all");
    }
    let copies = copies(&graph.root, &needed.finals);
    if let Some((_, first)) = copies.first() {
        text.push_str(&export.copies(&copies)?);
        let first = export.shown(first);
        notes.push(format!(
            "only `ninja {IN_PLACE}` copies modules next to sources: {first}{}",
            others(copies.len())
        ));
    }
    export.note(notes);
    Ok(text)
}

struct Export<'a> {
    graph: &'a BuildGraph,
    needed: &'a Needed<'a>,
    /// The directory for ninja's own files and for outputs that are not at their final paths.
    folder: PathBuf,
}

impl Export<'_> {
    /// Returns the statement that makes ninja run a command.
    fn statement(&self, index: usize) -> Result<String, Error> {
        let command = &self.graph.commands[index];
        let run = self.run(index);
        let rule = match (&run.headers, &run.file) {
            (None, None) => "run",
            (Some(_), None) => "compile",
            (None, Some(_)) => "run-with-file",
            (Some(_), Some(_)) => "compile-with-file",
        };
        let what = command.outputs.first().map(|output| self.shown(&output.path)).unwrap_or_default();
        let mut variables = vec![("run", run.text), ("what", format!("{} {what}", kind_word(command.kind)))];
        variables.extend(run.headers.map(|headers| ("headers", self.shown(&headers))));
        if let Some((file, arguments)) = run.file {
            variables.extend([("file", self.shown(&file)), ("arguments", arguments)]);
        }
        let (outputs, inputs) = (self.list(self.outputs(index))?, self.list(self.inputs(index))?);
        Ok(statement(&outputs, rule, &inputs, &variables))
    }

    /// Returns statements that copy modules next to sources, which ninja only does if it is told to.
    fn copies(&self, copies: &[(&Path, PathBuf)]) -> Result<String, Error> {
        let mut text = String::new();
        for (module, copy) in copies {
            let [from, to] = [*module, copy.as_path()].map(|path| self.shown(path));
            let run = format!("cp {} {}", word(&from), word(&to));
            let variables = [("run", run), ("what", format!("copy {to}"))];
            text += &statement(&self.escaped(copy)?, "run", &self.escaped(module)?, &variables);
        }
        let all = self.list(copies.iter().map(|(_, copy)| copy.as_path()).collect())?;
        Ok(text + &statement(IN_PLACE, "phony", &all, &[]))
    }

    fn list(&self, paths: BTreeSet<&Path>) -> Result<String, Error> {
        let escaped: Result<Vec<String>, Error> = paths.into_iter().map(|path| self.escaped(path)).collect();
        Ok(escaped?.join(" "))
    }

    /// Returns a path as a statement takes it.
    fn escaped(&self, path: &Path) -> Result<String, Error> {
        let text = self.shown(path);
        ninja_text::path(&text).ok_or(Error::NotForNinja(text))
    }

    /// Returns the files that a command writes. The list of its headers is ninja's.
    fn outputs(&self, index: usize) -> BTreeSet<&Path> {
        let command = &self.graph.commands[index];
        let is_list = |path: &Path| matches!(&command.headers, Headers::InFile(file) if file == path);
        let outputs = command.outputs.iter().filter(|output| !is_list(&output.path));
        outputs.map(|output| self.needed.output(index, output)).collect()
    }

    /// Returns the files that a command reads, as far as they are there or made: a header that an option names need not
    /// be where its path says.
    fn inputs(&self, index: usize) -> BTreeSet<&Path> {
        let outputs = self.outputs(index);
        let inputs = self.graph.commands[index].inputs.iter();
        let there = inputs.filter(|input| self.needed.is_made(input) || input.path.is_file());
        there.map(|input| self.needed.input(input)).filter(|file| !outputs.contains(file)).collect()
    }

    fn run(&self, index: usize) -> Run {
        let command = &self.graph.commands[index];
        let mut run = Run::default();
        let own = |end: &str| self.folder.join(format!("{}.{end}", index + 1));
        let (mut more, mut after) = (Vec::new(), String::new());
        let is_in_root = command.directory == self.graph.root;
        let list = match &command.headers {
            Headers::Listed => {
                let list = own(if is_in_root { "d" } else { "list" });
                let text = if is_in_root { self.shown(&list) } else { list.to_string_lossy().into_owned() };
                more = ["-MD", "-MF", &text].map(str::to_owned).to_vec();
                Some(list)
            }
            Headers::InFile(list) => Some(list.clone()),
            Headers::None | Headers::Unknown => None,
        };
        if let Some(list) = list {
            let headers = own("d");
            if list != headers {
                // ninja removes the list when it has read it, and the project may want its own.
                after = format!(" && {}", self.copied_headers(&list, &headers, &command.directory));
            }
            run.headers = Some(headers);
        }
        let arguments = self.arguments(index, &more);
        let mut line = self.before(index);
        let launch = self.launch(command);
        let (begin, rest) = arguments.split_at(command.tool + 1);
        let all = words(arguments.iter().map(String::as_str));
        if all.len() > LONGEST && rest.iter().all(|argument| is_line(argument)) {
            let file = own("rsp");
            let at = format!("@{}", file.to_string_lossy());
            let begin = begin.iter().map(String::as_str).chain([at.as_str()]);
            write!(line, "{launch}{}", words(begin)).expect("a string takes all");
            run.file = Some((file, rest.iter().map(|a| in_response_file(a)).collect::<Vec<_>>().join(" ")));
        } else {
            write!(line, "{launch}{all}").expect("a string takes all");
        }
        let has_newline = |text: &str| !is_line(text);
        if arguments.iter().any(|a| has_newline(a))
            || command.variables.iter().any(|(_, v)| v.as_deref().is_some_and(has_newline))
        {
            line.insert_str(0, NEWLINES);
        }
        run.text = line + &after;
        run
    }

    /// Returns the arguments of a command where files are at other paths.
    fn arguments(&self, index: usize, more: &[String]) -> Vec<String> {
        let command = &self.graph.commands[index];
        let moved = |path: &Path, now: &Path| (path != now).then(|| now.to_owned());
        let output = command.outputs.first().and_then(|o| moved(&o.path, self.needed.output(index, o)));
        command.renamed(&|input| moved(&input.path, self.needed.input(input)), output.as_deref(), more)
    }

    /// Returns what precedes a command that changes a file in place: it must find there what it found in the build.
    fn before(&self, index: usize) -> String {
        let command = &self.graph.commands[index];
        let changed = command.inputs.iter().find(|input| input.used() == InputUse::Changed);
        let (Some(input), Some(output)) = (changed, command.outputs.first()) else { return String::new() };
        let output = self.needed.output(index, output);
        let shown = |path: &Path| word(&self.shown(path)).into_owned();
        if self.needed.is_made(input) {
            format!("cp {} {} && ", shown(self.needed.input(input)), shown(output))
        } else if output.starts_with(self.graph.root.join("build")) {
            // A build begins without it.
            format!("rm -f {} && ", shown(output))
        } else {
            String::new()
        }
    }

    /// Returns what puts a command into its working directory and its environment.
    fn launch(&self, command: &GraphCommand) -> String {
        let mut text = String::new();
        if command.directory != self.graph.root {
            text = format!("cd {} && ", word(&command.directory.to_string_lossy()));
        }
        if !command.variables.is_empty() {
            text.push_str("env ");
            for (name, _) in command.variables.iter().filter(|(_, value)| value.is_none()) {
                write!(text, "-u {} ", word(name)).expect("a string takes all");
            }
            for (name, value) in &command.variables {
                if let Some(value) = value {
                    write!(text, "{} ", word(&format!("{name}={value}"))).expect("a string takes all");
                }
            }
        }
        text
    }

    /// Returns a shell command that makes a list of headers for ninja from a compiler's. It runs in `directory`.
    fn copied_headers(&self, list: &Path, headers: &Path, directory: &Path) -> String {
        let (from, to) = (list.to_string_lossy(), headers.to_string_lossy());
        if directory == self.graph.root {
            return format!("cp {} {}", word(&from), word(&to));
        }
        moved_headers(&from, &to, &self.shown(directory))
    }

    fn shown(&self, path: &Path) -> String {
        shown(path, &self.graph.root)
    }

    /// Tells what builds by ninja do otherwise.
    fn note(&self, notes: &mut Vec<String>) {
        for (output, missing) in &self.needed.left_out {
            let (output, missing) = (self.shown(output), self.shown(missing));
            notes.push(format!("{output} is left out, because {missing} is gone"));
        }
        let commands = || self.needed.commands.iter().map(|index| &self.graph.commands[*index]);
        let build = self.graph.root.join("build");
        let inputs = commands().flat_map(|command| &command.inputs);
        let generated: BTreeSet<&Path> = inputs
            .filter(|input| !self.needed.is_made(input) && input.used() != InputUse::Changed)
            .filter(|input| input.writer.is_some() || input.path.starts_with(&build))
            .map(|input| input.path.as_path())
            .filter(|path| path.is_file())
            .collect();
        if let Some(first) = generated.first() {
            let first = self.shown(first);
            notes.push(format!(
                "ninja does not make what setup.py itself makes: {first}{}",
                others(generated.len())
            ));
        }
        let unknown: Vec<&GraphCommand> = commands()
            .filter(|command| command.headers == Headers::Unknown && !command.sources.is_empty())
            .collect();
        if let Some(first) = unknown.first().and_then(|command| command.outputs.first()) {
            let first = self.shown(&first.path);
            notes.push(format!("ninja does not know the headers of {first}{}", others(unknown.len())));
        }
        let changed: Vec<&Path> = commands()
            .filter(|command| command.is_final())
            .flat_map(|command| &command.outputs)
            .filter(|output| {
                output.is_last && output.kept.as_ref().is_some_and(|kept| is_changed(&output.path, kept))
            })
            .map(|output| output.path.as_path())
            .collect();
        if let Some(first) = changed.first() {
            let first = self.shown(first);
            notes.push(format!(
                "something has changed or moved {first}{} since it was made; ninja does not do that",
                others(changed.len())
            ));
        }
    }
}

/// Returns a `build` statement.
fn statement(outputs: &str, rule: &str, inputs: &str, variables: &[(&str, String)]) -> String {
    let mut text = format!("\nbuild {outputs}: {rule} {inputs}\n");
    for (name, content) in variables {
        writeln!(text, "  {name} = {}", value(content)).expect("a string takes all");
    }
    text
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " and 1 other file".to_owned(),
        _ => format!(" and {} other files", count - 1),
    }
}

/// Returns whether a file has not the content any more that ambidex keeps for it.
fn is_changed(file: &Path, kept: &Path) -> bool {
    std::fs::read(kept).is_ok_and(|kept| !std::fs::read(file).is_ok_and(|content| content == kept))
}

/// Returns an argument as GCC and binutils read it from a response file: a backslash takes the next character as it is.
fn in_response_file(argument: &str) -> String {
    if argument.is_empty() {
        return "''".to_owned();
    }
    let is_special = |c: char| c.is_whitespace() || matches!(c, '\\' | '\'' | '"');
    argument.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect()
}
