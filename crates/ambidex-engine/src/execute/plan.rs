//! The command line that really runs, with renamed outputs and operands.

use std::path::{Path, PathBuf};

use ambidex_command::{Command, Span};

/// A command line as it really runs.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub argv: Vec<String>,
    /// An archive that the command will change: where its content is now, and where the command expects it.
    pub copy: Option<(PathBuf, PathBuf)>,
    /// Final paths that the command would write to, and where it writes instead.
    pub outputs: Vec<(PathBuf, PathBuf)>,
    /// Whether the command finds there what is at the final paths: if it fails, that matters.
    pub meets: bool,
    /// The objects and archives that are at their final paths, as the command line names them.
    pub operands: Vec<String>,
    /// Strings that are in `argv` only because outputs were renamed, each with the original string.
    pub renamed: Vec<(String, String)>,
}

/// A command line in which other paths replace those of files.
pub(crate) struct Renaming<'a> {
    command: &'a Command,
    cwd: &'a Path,
    operands: Vec<(Span, String)>,
    /// Options before arguments.
    inserted: Vec<(usize, String)>,
    appended: Vec<String>,
    output: Option<String>,
}

impl<'a> Renaming<'a> {
    /// Begins with the line as it is. `cwd` is the working directory of the command.
    pub fn of(command: &'a Command, cwd: &'a Path) -> Self {
        let (operands, inserted, appended) = (Vec::new(), Vec::new(), Vec::new());
        Self { command, cwd, operands, inserted, appended, output: None }
    }

    /// Makes the command read a file as the operand that is written in this place.
    pub fn operand(&mut self, place: Span, file: &Path) {
        self.operands.push((place, self.shown(file)));
    }

    /// Makes the command find a library in the directory of this file, before any other. `folder` is the argument that
    /// names the directory in which it is found now, if one does.
    pub fn library(&mut self, folder: Option<u32>, file: &Path) {
        let option = format!("-L{}", self.shown(file.parent().unwrap_or(Path::new("."))));
        match folder {
            Some(argument) => self.inserted.push((argument as usize, option)),
            None => self.appended.push(option),
        }
    }

    /// Makes the command write its primary output to this file.
    pub fn output(&mut self, file: &Path) {
        self.output = Some(self.shown(file));
    }

    /// Appends arguments.
    pub fn append(&mut self, arguments: impl IntoIterator<Item = String>) {
        self.appended.extend(arguments);
    }

    /// Returns a file as it is written on the command line: short if it is below the working directory.
    pub fn shown(&self, file: &Path) -> String {
        file.strip_prefix(self.cwd).unwrap_or(file).to_string_lossy().into_owned()
    }

    /// Returns the arguments.
    pub fn finish(self) -> Vec<String> {
        let mut rewrite = self.command.rewrite();
        for (place, file) in self.operands {
            rewrite = rewrite.replace(place, file);
        }
        for (argument, option) in self.inserted {
            rewrite = rewrite.insert_before(argument, [option]);
        }
        if let Some(file) = self.output {
            rewrite = rewrite.output(file);
        }
        rewrite.append(self.appended).finish()
    }
}
