//! A new command line made out of one that was read.

use crate::{Command, Span};

/// Changes to a command's arguments, all stated in terms of the arguments that were read.
///
/// Replacing, inserting and appending don't move each other: an index or a span always means the original argument.
/// ```
/// # use std::collections::BTreeMap;
/// # struct NoFiles;
/// # impl ambidex_command::ResponseFiles for NoFiles {
/// #     fn read(&self, _: &str) -> std::io::Result<String> { Err(std::io::ErrorKind::NotFound.into()) }
/// # }
/// # let argv: Vec<String> = ["gcc", "-c", "a.c", "-o", "build/a.o"].map(str::to_owned).to_vec();
/// # let env: BTreeMap<String, String> = BTreeMap::new();
/// let command = ambidex_command::read(&argv, &env, &NoFiles)?;
/// let renamed = command
///     .rewrite()
///     .output("obj/1/a.o")
///     .append(["-MD", "-MF", "obj/1/a.d"])
///     .finish();
/// assert_eq!(renamed.join(" "), "gcc -c a.c -o obj/1/a.o -MD -MF obj/1/a.d");
/// # Ok::<(), ambidex_command::NotUnderstood>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Rewrite<'a> {
    command: &'a Command,
    replaced: Vec<(Span, String)>,
    inserted: Vec<(usize, Vec<String>)>,
    appended: Vec<String>,
}

impl<'a> Rewrite<'a> {
    pub(crate) fn new(command: &'a Command) -> Self {
        Rewrite { command, replaced: Vec::new(), inserted: Vec::new(), appended: Vec::new() }
    }

    /// Replaces a span by `text`. An archive's span stands for both its earlier content and its output. Replacing a
    /// span twice by the same text has the effect of replacing it once.
    pub fn replace(mut self, span: Span, text: impl Into<String>) -> Self {
        self.replaced.push((span, text.into()));
        self
    }

    /// Writes the primary output to `path`: at its span, or by `-o` if the command leaves it implied. Does nothing to a
    /// command without outputs.
    pub fn output(self, path: impl Into<String>) -> Self {
        match self.command.primary().map(|output| output.span) {
            Some(Some(span)) => self.replace(span, path),
            Some(None) => self.append(["-o".to_owned(), path.into()]),
            None => self,
        }
    }

    /// Inserts whole arguments before argument `arg`. Insertions before the same argument keep the order of the calls.
    /// To have another directory searched before a given one, insert before its
    /// [`first_arg`](crate::SearchDir::first_arg).
    pub fn insert_before<T: Into<String>>(
        mut self,
        arg: usize,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.inserted.push((arg, arguments.into_iter().map(Into::into).collect()));
        self
    }

    /// Appends whole arguments, such as `-MD -MF file`. Not for archivers, which would read them as members.
    pub fn append<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.appended.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Returns the new arguments.
    ///
    /// # Panics
    ///
    /// If two spans overlap without being equal, or a span isn't one of this command's.
    #[must_use]
    pub fn finish(mut self) -> Vec<String> {
        self.replaced.sort();
        self.replaced.dedup();
        let mut replaced = self.replaced.into_iter().peekable();
        let mut result = Vec::with_capacity(self.command.argv.len() + self.appended.len());
        for (index, argument) in self.command.argv.iter().enumerate() {
            for (_, arguments) in self.inserted.iter().filter(|(before, _)| *before == index) {
                result.extend(arguments.iter().cloned());
            }
            let mut text = String::with_capacity(argument.len());
            let mut done = 0;
            while let Some((span, new)) = replaced.next_if(|(span, _)| span.arg == index) {
                assert!(
                    done <= span.start && span.end <= argument.len(),
                    "overlapping or foreign span {span:?} in `{argument}`"
                );
                text.push_str(&argument[done..span.start]);
                text.push_str(&new);
                done = span.end;
            }
            text.push_str(&argument[done..]);
            result.push(text);
        }
        assert!(replaced.next().is_none(), "span behind the last argument");
        result.extend(self.appended);
        result
    }
}
