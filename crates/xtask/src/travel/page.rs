//! The table of `docs/travel.md`.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::travel::tools::{Compiler, FLAGS};

/// What became of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The object for the other place was made, and is right.
    Moved,
    /// The objects are equal, and hold no path.
    Same,
    /// The object stays where it is, for this reason.
    Bound(String),
    /// What was made is not what the compiler wrote.
    Wrong,
}

#[derive(Default)]
struct Row {
    objects: usize,
    moved: usize,
    same: usize,
    wrong: usize,
    bound: BTreeMap<String, usize>,
}

/// Counts by compiler and flags.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<(String, String, usize), Row>,
    ordinary: Row,
}

const HEAD: &str = "# Travel

Written by `cargo xtask travel`: sources of sdists and generated ones, compiled in places with random folders for
project, virtual environment and temporary files: 2 to 200 bytes long, with spaces and letters of all kinds, apart or
inside one another. For each pair of places, the object of the first is made for the second by `ambidex-object`, and
compared with the one that the compiler wrote there. Half of the commands name the source by an absolute path, half
include a header of the environment.

- objects: pairs of an object and another place.
- moved: made for the second place, and equal. same: without any path in it.
- ordinary: the objects in DWARF 5, of sources with a relative path, in folders apart with paths of 5 bytes or more.
- bound: not made, for one of the reasons in the last column. wrong: not equal.
";

impl Table {
    /// Counts an outcome.
    pub(crate) fn count(&mut self, compiler: &Compiler, flags: usize, is_ordinary: bool, outcome: Outcome) {
        let row = self.rows.entry((compiler.c.clone(), compiler.version.clone(), flags)).or_default();
        if is_ordinary {
            self.ordinary.count(outcome.clone());
        }
        row.count(outcome);
    }

    /// Returns how many objects were wrong.
    pub(crate) fn wrong(&self) -> usize {
        self.rows.values().map(|row| row.wrong).sum()
    }

    /// Returns the whole page.
    pub(crate) fn page(&self, head: &str) -> String {
        let mut page = format!("{HEAD}\n{head}\n\n");
        page.push_str("| compiler | flags | objects | moved | same | bound | wrong | reasons |\n");
        page.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        let mut all = Row::default();
        for ((compiler, version, flags), row) in &self.rows {
            let _ = writeln!(page, "| {compiler} {version} | `{}` | {row} |", FLAGS[*flags].join(" "));
            all.add(row);
        }
        let _ = writeln!(page, "| all | | {all} |\n| ordinary | | {} |", self.ordinary);
        page
    }
}

impl Row {
    fn count(&mut self, outcome: Outcome) {
        self.objects += 1;
        match outcome {
            Outcome::Moved => self.moved += 1,
            Outcome::Same => self.same += 1,
            Outcome::Wrong => self.wrong += 1,
            Outcome::Bound(reason) => *self.bound.entry(reason).or_default() += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.moved += other.moved;
        self.same += other.same;
        self.wrong += other.wrong;
        for (reason, count) in &other.bound {
            *self.bound.entry(reason.clone()).or_default() += count;
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound: usize = self.bound.values().sum();
        let reasons: Vec<String> =
            self.bound.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
        let Self { objects, moved, same, wrong, .. } = self;
        write!(f, "{objects} | {moved} | {same} | {bound} | {wrong} | {}", reasons.join("; "))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Row::default();
        self.rows.values().for_each(|row| all.add(row));
        write!(f, "{all}")
    }
}
