//! A command line as it was recorded, kept short while its meaning is not needed.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use ambidex_command::{Command, Kind, ResponseFiles};

/// A recorded command line. In a large build most lines are pending, and it takes microseconds to read one.
#[derive(Debug)]
pub(crate) enum Line {
    Read {
        command: Arc<Command>,
        /// The line as it was recorded, if response files were expanded in `command`.
        recorded: Option<Box<[String]>>,
    },
    /// The arguments, each followed by a NUL.
    Short(Box<str>),
}

impl Line {
    /// Makes a line that was just read.
    pub fn new(command: Arc<Command>, recorded: &[String]) -> Self {
        let recorded = command.expanded.then(|| recorded.into());
        Self::Read { command, recorded }
    }

    /// Discards what the line means, if it would be read in the same way again. With response files it might not,
    /// because they may have changed by then.
    pub fn shorten(&mut self) {
        let Self::Read { command, .. } = self else { return };
        if command.kind == Kind::Generate {
            // It is not read from its arguments.
            return;
        }
        if command.argv.iter().any(|argument| argument.contains(['@', '\0'])) || command.expanded {
            return;
        }
        let mut text = String::with_capacity(command.argv.iter().map(|argument| argument.len() + 1).sum());
        for argument in &command.argv {
            text.push_str(argument);
            text.push('\0');
        }
        *self = Self::Short(text.into());
    }

    /// Returns what the line means in the environment in which it was recorded.
    pub fn command(&self, env: &BTreeMap<String, String>) -> Arc<Command> {
        match self {
            Self::Read { command, .. } => command.clone(),
            Self::Short(_) => {
                let command = ambidex_command::read(&self.argv(), env, &NoFiles);
                Arc::new(command.expect("it was read before, and names no response file"))
            }
        }
    }

    /// Returns the arguments with response files expanded.
    pub fn expanded(&self) -> Vec<String> {
        match self {
            Self::Read { command, .. } => command.argv.clone(),
            Self::Short(_) => self.argv(),
        }
    }

    /// Returns the arguments as they were recorded.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Read { command, recorded } => recorded.as_deref().unwrap_or(&command.argv).to_vec(),
            Self::Short(text) => text.split_terminator('\0').map(str::to_owned).collect(),
        }
    }
}

/// A reader for lines that name no response file.
pub(crate) struct NoFiles;

impl ResponseFiles for NoFiles {
    fn read(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(argv: &[&str]) -> Line {
        let argv: Vec<String> = argv.iter().map(|argument| (*argument).to_owned()).collect();
        let command = ambidex_command::read(&argv, &BTreeMap::new(), &NoFiles).unwrap();
        Line::new(Arc::new(command), &argv)
    }

    #[test]
    fn a_short_line_says_the_same() {
        let argv = ["gcc", "-c", "a b.c", "-D", "", "-DX=\"é\"", "-o", "build/a.o"];
        let mut line = line(&argv);
        let command = line.command(&BTreeMap::new());
        line.shorten();
        assert!(matches!(line, Line::Short(_)));
        assert_eq!(line.argv(), argv);
        assert_eq!(line.command(&BTreeMap::new()), command);
    }

    #[test]
    fn what_may_be_read_in_another_way_stays() {
        let mut line = line(&["gcc", "-c", "a@b.c"]);
        line.shorten();
        assert!(matches!(line, Line::Read { .. }));
    }
}
