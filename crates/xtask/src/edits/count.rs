//! The number of commands that an edit makes necessary, according to the logs of reference builds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::stand_in::Entry;

/// The least and the greatest number of commands that must run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needed {
    pub least: u64,
    pub most: u64,
}

/// What each command read when it last ran.
///
/// If a command was not part of the last build but of an earlier one of the same copy of the tree, it may or may not
/// still be known: the least count assumes that it is known, the greatest that it is new. The same holds for a command
/// for which only the text of a generated source has changed: Cython writes the same source in different ways, and the
/// build with ambidex translates for itself. In all other cases both counts are the same.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// For each copy of the tree.
    ever: HashMap<PathBuf, HashMap<Vec<String>, Signature>>,
    last: HashMap<Vec<String>, Signature>,
}

impl Memory {
    /// Counts the commands that must run in this build of this copy of the tree, and remembers them as run.
    pub(crate) fn build(&mut self, copy: &Path, entries: &[Entry]) -> Needed {
        let ever = self.ever.entry(copy.to_owned()).or_default();
        let mut needed = Needed::default();
        let mut done = HashSet::new();
        let mut now = HashMap::new();
        for entry in entries {
            let what = signature(copy, entry);
            // The same command with the same inputs counts once.
            if !done.insert((&entry.argv, what.clone())) {
                continue;
            }
            let differs = |known: &HashMap<Vec<String>, Signature>| {
                known.get(&entry.argv).is_none_or(|known| known.all != what.all)
            };
            let is_new = differs(ever);
            let is_only_text = ever.get(&entry.argv).is_some_and(|known| known.edited == what.edited);
            needed.least += u64::from(is_new && !is_only_text);
            needed.most += u64::from(is_new || differs(&self.last));
            ever.insert(entry.argv.clone(), what.clone());
            now.insert(entry.argv.clone(), what);
        }
        self.last = now;
        needed
    }
}

/// Hashes of what a command read. The order of its reads does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Signature {
    all: String,
    /// With the sources of generated sources in their place.
    edited: String,
}

fn signature(copy: &Path, entry: &Entry) -> Signature {
    let read: BTreeMap<&String, &String> = entry.read.iter().map(|(file, hash)| (file, hash)).collect();
    let (mut all, mut edited) = (blake3::Hasher::new(), blake3::Hasher::new());
    for (file, hash) in read {
        all.update(file.as_bytes()).update(&[0]).update(hash.as_bytes()).update(&[0]);
        let content = original(&copy.join(file)).unwrap_or_else(|| hash.as_bytes().to_vec());
        edited.update(file.as_bytes()).update(&[0]).update(&content).update(&[0]);
    }
    let text = |hasher: &blake3::Hasher| hasher.finalize().to_hex().to_string();
    Signature { all: text(&all), edited: text(&edited) }
}

/// Returns the text from which Cython has made a source, if it has made it.
fn original(file: &Path) -> Option<Vec<u8>> {
    file.extension().filter(|end| *end == "c" || *end == "cpp")?;
    std::fs::read(file.with_extension("pyx")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(argv: &[&str], read: &[(&str, &str)]) -> Entry {
        let read = read.iter().map(|(file, hash)| ((*file).to_owned(), (*hash).to_owned())).collect();
        Entry { argv: argv.iter().map(|word| (*word).to_owned()).collect(), read, is_compilation: true }
    }

    #[test]
    fn a_command_is_needed_when_it_or_what_it_reads_is_new() {
        let mut memory = Memory::default();
        let first = entry(&["cc", "a.c"], &[("a.c", "1"), ("a.h", "1")]);
        let second = entry(&["cc", "a.c"], &[("a.c", "1"), ("a.h", "2")]);
        let other = entry(&["cc", "-O2", "a.c"], &[("a.c", "1"), ("a.h", "1")]);
        let mut counts_in = |copy: &str, entries: &[&Entry]| {
            let entries: Vec<Entry> = entries.iter().map(|entry| (*entry).clone()).collect();
            let needed = memory.build(Path::new(copy), &entries);
            (needed.least, needed.most)
        };
        let mut counts = |entries: &[&Entry]| counts_in("tree", entries);
        assert_eq!(counts(&[&first, &first]), (1, 1));
        assert_eq!(counts(&[&first]), (0, 0));
        assert_eq!(counts(&[&second]), (1, 1));
        assert_eq!(counts(&[&first]), (1, 1));
        assert_eq!(counts(&[&other]), (1, 1));
        // Its object may or may not have been kept.
        assert_eq!(counts(&[&first]), (0, 1));
        assert_eq!(counts(&[&second]), (1, 1));
        // Another copy has not seen it. Here, it may still be known.
        assert_eq!(counts_in("copy", &[&second]), (1, 1));
        assert_eq!(counts_in("copy", &[&first]), (1, 1));
        assert_eq!(counts_in("tree", &[&second]), (0, 1));
    }
}
