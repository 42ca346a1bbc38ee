//! The headers that cost most: for how long the commands ran that read them.

use std::cmp::Reverse;

use crate::build::{Build, Header};

/// How many headers of the project are shown, and how many others.
const HEADERS: usize = 200;
/// How many readers of each.
const READERS: usize = 20;

/// What a header costs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cost<'a> {
    pub path: &'a str,
    /// The time of all commands that read it, in microseconds.
    pub total: u64,
    /// How many commands read it.
    pub count: usize,
    /// Those that took longest, slowest first.
    pub readers: Vec<usize>,
}

/// Returns the headers that cost most, the most expensive first.
pub(crate) fn costs<'a>(build: &'a Build) -> Vec<Cost<'a>> {
    let duration = |reader: usize| build.commands.get(reader).and_then(|c| c.duration).unwrap_or(0);
    let total = |header: &Header| header.readers.iter().map(|reader| duration(*reader)).sum();
    let mut costs: Vec<(u64, &Header)> = build.headers.iter().map(|header| (total(header), header)).collect();
    costs.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.path.cmp(&other.path)));
    let mut shown = [0, 0];
    costs.retain(|(_, header)| {
        let shown = &mut shown[usize::from(header.path.starts_with(&build.directory))];
        *shown += 1;
        *shown <= HEADERS
    });
    let cost = |(total, header): (u64, &'a Header)| {
        let (count, mut readers) = (header.readers.len(), header.readers.clone());
        readers.sort_by_key(|reader| Reverse(duration(*reader)));
        readers.truncate(READERS);
        Cost { path: header.path.as_str(), total, count, readers }
    };
    costs.into_iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Command;

    #[test]
    fn a_header_costs_what_its_readers_take() {
        let command = |duration: Option<u64>| Command { duration, ..Command::default() };
        let header =
            |path: &str, readers: &[usize]| Header { path: path.to_owned(), readers: readers.to_vec() };
        let build = Build {
            commands: [Some(10), None, Some(30)].map(command).to_vec(),
            headers: vec![header("a.h", &[0, 1]), header("b.h", &[0, 1, 2])],
            ..Build::default()
        };
        let found = costs(&build);
        let expected = [("b.h", 40, 3, vec![2, 0, 1]), ("a.h", 10, 2, vec![0, 1])];
        let expected = expected.map(|(path, total, count, readers)| Cost { path, total, count, readers });
        assert_eq!(found, expected);
    }
}
