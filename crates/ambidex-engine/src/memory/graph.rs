//! The graph of the last build as the state keeps it: its commands in program order, and who wrote what they read.

use std::path::{Path, PathBuf};

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use super::Memory;
use super::record::RecordKey;
use super::table::{Kind, Value};

/// A step of program order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// What follows was recorded by the next program.
    Program,
    /// What follows was recorded for this extension, or for none.
    Extension(Option<String>),
    /// A node is recorded for the first time.
    Node(Box<StoredNode>),
    /// The node with this number is recorded again. The nodes of a program have numbers in this order, those of units
    /// not included.
    Repetition(u32),
    /// An extension that was up to date as a whole: Python was in the state that identifies its unit.
    Unit(Digest),
}

/// A node of a graph, with everything that is needed to run its command again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredNode {
    /// How many arguments at the beginning and at the end are those of the node before. Only used while it is packed.
    pub shared: (u32, u32),
    /// The arguments with final paths, response files expanded.
    pub argv: Vec<String>,
    pub cwd: PathBuf,
    /// The environment variables that the program had changed and the command may have read; `None` if it was unset.
    pub variables: Vec<(String, Option<String>)>,
    pub reads: Vec<StoredRead>,
    pub writes: Vec<StoredWrite>,
    /// The number of the directory that holds its renamed outputs.
    pub folder: Option<u32>,
    /// Whether it is a call of a function.
    pub is_call: bool,
    pub has_failed: bool,
    /// Whether it concerns temporary files.
    pub is_temporary: bool,
    /// What its runs are remembered by, if they are.
    pub action: Option<RecordKey>,
}

/// A file that a command line names, or a library that it looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredRead {
    pub file: StoredPath,
    pub how: StoredUse,
    /// The number of the node that wrote what it read, if any did.
    pub writer: Option<u32>,
}

/// A final path, relative to the working directory if it is below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StoredPath {
    /// This argument is the path, as most are.
    Argument(u32),
    Other(PathBuf),
}

/// How a read appears on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StoredUse {
    /// As a part of this argument that may be replaced.
    Operand { argument: u32, start: u32, end: u32 },
    /// As a library, found in the directory that this argument names, if one does.
    Library { folder: Option<u32> },
    /// As the archive that the command changes in place.
    Previous,
    /// As something that must stay as it is.
    Fixed,
}

/// A file that a command writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredWrite {
    pub file: StoredPath,
    /// Whether the command can write it anywhere else.
    pub is_renamed: bool,
}

/// A part of the graph of the last build.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct StoredGraph {
    pub steps: Vec<Step>,
}

impl Value for StoredGraph {
    const KIND: Kind = Kind::Graph;
}

impl StoredNode {
    /// Returns a path of this node. Returns `None` if there is no such argument.
    pub fn path(&self, stored: &StoredPath) -> Option<PathBuf> {
        Some(match stored {
            StoredPath::Argument(argument) => self.cwd.join(self.argv.get(*argument as usize)?),
            StoredPath::Other(path) => self.cwd.join(path),
        })
    }
}

/// Returns steps in their serialized form.
pub(crate) fn packed(mut steps: Vec<Step>) -> Vec<u8> {
    pack(&mut steps);
    postcard::to_stdvec(&StoredGraph { steps }).expect("values are plain data")
}

/// Returns the steps that were serialized by [`packed`], or `None` if these are no such bytes.
pub(crate) fn unpacked(bytes: &[u8]) -> Option<Vec<Step>> {
    unpack(postcard::from_bytes::<StoredGraph>(bytes).ok()?.steps)
}

/// Leaves out what a node has in common with the one before: most commands of a project have the same flags.
fn pack(steps: &mut [Step]) {
    let mut before = (Vec::new(), PathBuf::new());
    for node in steps.iter_mut().filter_map(Step::node) {
        let own = (node.argv.clone(), node.cwd.clone());
        let same = |(a, b): &(&String, &String)| a == b;
        let front = own.0.iter().zip(&before.0).take_while(same).count();
        let behind = own.0[front..].iter().rev().zip(before.0[front..].iter().rev());
        let back = behind.take_while(same).count();
        node.shared = (count(front), count(back));
        node.argv.truncate(own.0.len() - back);
        node.argv.drain(..front);
        if node.cwd == before.1 {
            node.cwd = PathBuf::new();
        }
        before = own;
    }
}

/// Undoes [`pack`]. Returns `None` if the steps can't be a result of it.
fn unpack(mut steps: Vec<Step>) -> Option<Vec<Step>> {
    let mut before: (Vec<String>, PathBuf) = Default::default();
    for node in steps.iter_mut().filter_map(Step::node) {
        let (front, back) = std::mem::take(&mut node.shared);
        let from = before.0.len().checked_sub(back as usize)?;
        let (front, back) = (before.0.get(..front as usize)?, before.0.get(from..)?);
        node.argv = [front, &node.argv, back].concat();
        if node.cwd == Path::new("") {
            node.cwd.clone_from(&before.1);
        }
        before = (node.argv.clone(), node.cwd.clone());
    }
    Some(steps)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 arguments")
}

impl Step {
    fn node(&mut self) -> Option<&mut StoredNode> {
        match self {
            Self::Node(node) => Some(node),
            _ => None,
        }
    }
}

impl Memory {
    /// Returns the steps of the last build, or `None` if they can't be read.
    pub fn last_graph(&self) -> Option<Vec<Step>> {
        let parts: Option<Vec<Vec<Step>>> =
            self.parts::<StoredGraph>().map(|part| unpack(part.steps)).collect();
        Some(parts?.concat())
    }

    /// Remembers the steps of this build, which `next` returns one after the other.
    pub fn remember_graph(&mut self, mut next: impl FnMut(&Self) -> Option<Step>) {
        self.remember_parts(|memory, size| {
            let mut part: Vec<Step> = std::iter::from_fn(|| next(memory)).take(size).collect();
            pack(&mut part);
            (!part.is_empty()).then_some(StoredGraph { steps: part })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(cwd: &str, line: &str) -> Step {
        let argv = line.split(' ').map(str::to_owned).collect();
        Step::Node(Box::new(StoredNode { argv, cwd: cwd.into(), ..StoredNode::default() }))
    }

    #[test]
    fn packed_steps_are_short_and_come_back() {
        let steps = vec![
            node("/p", "gcc -O2 -c a.c -o a.o -DA"),
            Step::Extension(Some("two".to_owned())),
            node("/p", "gcc -O2 -c b.c -o b.o -DA"),
            node("/p", "gcc -O2 -c b.c -o b.o -DA"),
            node("/q", "gcc -O2"),
            node("/q", "gcc gcc -O2 -O2"),
        ];
        let mut packed = steps.clone();
        pack(&mut packed);
        let Step::Node(second) = &packed[2] else { panic!("{packed:?}") };
        assert_eq!(second.argv, ["b.c", "-o", "b.o"]);
        assert_eq!(unpack(packed).unwrap(), steps);
    }

    #[test]
    fn what_was_not_packed_is_refused() {
        let strange = StoredNode { shared: (3, 0), ..StoredNode::default() };
        assert!(unpack(vec![Step::Node(Box::new(strange))]).is_none());
    }
}
