//! The paths that more than one extension writes, which would race under `setup.py build -j`.

use std::collections::{BTreeMap, BTreeSet};

use crate::build::Command;

/// A path that more than one extension writes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hazard<'a> {
    pub path: &'a str,
    /// Whether all its writers are one command, so that only half-written files could be read.
    pub is_duplicate: bool,
    /// Whether order, not renaming, keeps its writers apart.
    pub is_ordered: bool,
    /// The extensions, each with the index of the command that writes the path for it, in program order.
    pub writers: Vec<(&'a str, usize)>,
}

/// Finds the hazards of a build, in the order of their paths.
pub(crate) fn hazards(commands: &[Command]) -> Vec<Hazard<'_>> {
    let mut writers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, command) in commands.iter().enumerate() {
        for output in &command.outputs {
            writers.entry(output).or_default().push(index);
        }
    }
    let hazard = |(path, indices): (_, Vec<usize>)| {
        let each = indices.iter().flat_map(|index| {
            commands[*index].extensions.iter().map(move |extension| (extension.as_str(), *index))
        });
        let writers: Vec<(&str, usize)> = each.collect();
        let extensions: BTreeSet<&str> = writers.iter().map(|(extension, _)| *extension).collect();
        let of_extensions = || writers.iter().map(|(_, index)| &commands[*index]);
        let lines: BTreeSet<&[String]> = of_extensions().map(|command| &*command.arguments).collect();
        (extensions.len() > 1).then(|| Hazard {
            path,
            is_duplicate: lines.len() == 1,
            is_ordered: of_extensions().any(|command| command.in_place),
            writers: writers.clone(),
        })
    };
    writers.into_iter().filter_map(hazard).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(extensions: &[&str], line: &str, output: &str) -> Command {
        Command {
            extensions: extensions.iter().map(|&name| name.to_owned()).collect(),
            arguments: line.split(' ').map(str::to_owned).collect(),
            outputs: vec![output.to_owned()],
            ..Command::default()
        }
    }

    #[test]
    fn only_more_than_one_extension_makes_a_hazard() {
        let commands = [
            command(&["one"], "cc -DV=1", "common.o"),
            command(&["one"], "cc", "own.o"),
            command(&["one"], "cc again", "own.o"),
            command(&["two"], "cc -DV=2", "common.o"),
            command(&["one", "two"], "cc", "same.o"),
            command(&[], "cc", "probe.o"),
            command(&[], "cc other", "probe.o"),
        ];
        let [different, same] = &*hazards(&commands) else { panic!("{:?}", hazards(&commands)) };
        assert_eq!((different.path, different.is_duplicate), ("common.o", false));
        assert_eq!(different.writers, [("one", 0), ("two", 3)]);
        assert_eq!((same.path, same.is_duplicate), ("same.o", true));
        assert_eq!(same.writers, [("one", 4), ("two", 4)]);
    }

    #[test]
    fn what_can_not_be_renamed_is_ordered() {
        let in_place = |extension: &str| Command { in_place: true, ..command(&[extension], "cc", "a.gcno") };
        assert!(hazards(&[in_place("one"), in_place("two")])[0].is_ordered);
    }
}
