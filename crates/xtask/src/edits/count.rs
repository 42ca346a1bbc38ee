//! How many commands an edit makes necessary, from what reference builds have written down.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::stand_in::Entry;

/// From and to how many commands have to be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needed {
    pub least: u64,
    pub most: u64,
}

/// What commands have read when they were run last.
///
/// A command that was not part of the last build, but of one before, may be known yet or not: the least count takes
/// it for known, the most takes it for new. In all other cases both are the same.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    ever: HashMap<Vec<String>, String>,
    last: HashMap<Vec<String>, String>,
}

impl Memory {
    /// Counts what has to be run in this build, and takes it for run.
    pub(crate) fn build(&mut self, entries: &[Entry]) -> Needed {
        let mut needed = Needed::default();
        let mut done = HashSet::new();
        let mut now = HashMap::new();
        for entry in entries {
            let what = signature(entry);
            // The same command on the same inputs is one.
            if !done.insert((&entry.argv, what.clone())) {
                continue;
            }
            let differs = |known: &HashMap<Vec<String>, String>| known.get(&entry.argv) != Some(&what);
            needed.least += u64::from(differs(&self.ever));
            needed.most += u64::from(differs(&self.last));
            self.ever.insert(entry.argv.clone(), what.clone());
            now.insert(entry.argv.clone(), what);
        }
        self.last = now;
        needed
    }
}

/// All that the command has read. In what order it was read is the command's own matter.
fn signature(entry: &Entry) -> String {
    let read: BTreeMap<&String, &String> = entry.read.iter().map(|(file, hash)| (file, hash)).collect();
    let mut hasher = blake3::Hasher::new();
    for (file, hash) in read {
        hasher.update(file.as_bytes()).update(&[0]).update(hash.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex().to_string()
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
        let mut counts = |entries: &[&Entry]| {
            let entries: Vec<Entry> = entries.iter().map(|entry| (*entry).clone()).collect();
            let needed = memory.build(&entries);
            (needed.least, needed.most)
        };
        assert_eq!(counts(&[&first, &first]), (1, 1));
        assert_eq!(counts(&[&first]), (0, 0));
        assert_eq!(counts(&[&second]), (1, 1));
        assert_eq!(counts(&[&first]), (1, 1));
        assert_eq!(counts(&[&other]), (1, 1));
        // Its object may have been kept, or not.
        assert_eq!(counts(&[&first]), (0, 1));
        assert_eq!(counts(&[&second]), (1, 1));
    }
}
