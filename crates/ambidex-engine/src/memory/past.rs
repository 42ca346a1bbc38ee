//! What the state keeps of the times of builds: what Python waited for in the last one, and the numbers of those before.

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use super::Memory;
use super::table::{Kind, Value};

/// How many builds of a tree are kept.
const BUILDS: usize = 24;

/// A wait of Python in the last build. Times are in microseconds since the engine was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedWait {
    /// The number of the captured process.
    pub program: u32,
    /// The reason: what the process did.
    pub why: String,
    /// The path, command or kind of effect that the process did this with.
    pub what: String,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// Whether this is the wait for the rest of the commands, when Python had nothing else to do.
    pub is_last: bool,
}

/// A part of the waits of the last build.
#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredWaits {
    waits: Vec<TimedWait>,
}

/// The numbers of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastBuild {
    /// When it began, in microseconds since 1970 (UTC).
    pub began: u64,
    /// How long it took, in microseconds.
    pub wall: u64,
    /// For how much of that Python waited for commands, in microseconds.
    pub waited: u64,
    /// The number of commands that could run at once.
    pub jobs: u32,
    /// The number of commands and calls that ran.
    pub ran: u32,
    /// The number of those that were up to date in the tree.
    pub reused: u32,
    /// The number of those that came from the store.
    pub cached: u32,
    /// The number of those that came from the store of another machine.
    pub remote: u32,
    /// The number of those that failed.
    pub failed: u32,
}

impl Value for StoredWaits {
    const KIND: Kind = Kind::Waits;
}

impl Value for PastBuild {
    const KIND: Kind = Kind::Past;
}

impl Memory {
    /// Returns the waits of the last build, in the order in which they ended.
    pub fn last_waits(&self) -> Vec<TimedWait> {
        self.parts::<StoredWaits>().flat_map(|part| part.waits).collect()
    }

    /// Remembers the waits of this build.
    pub fn remember_waits(&mut self, mut waits: impl Iterator<Item = TimedWait>) {
        self.remember_parts(|_, size| {
            let waits: Vec<TimedWait> = waits.by_ref().take(size).collect();
            (!waits.is_empty()).then_some(StoredWaits { waits })
        });
    }

    /// Returns the last builds of the tree, oldest first.
    pub fn past_builds(&self) -> Vec<PastBuild> {
        self.table(Kind::Past).by_age().iter().filter_map(|key| self.get(key)).collect()
    }

    /// Remembers the numbers of this build, and forgets those of the oldest one if there are too many.
    pub fn remember_past(&mut self, build: &PastBuild) {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&build.began.to_le_bytes());
        self.set(Digest(key), build);
        if self.table(Kind::Past).len() > BUILDS {
            let oldest = self.table(Kind::Past).by_age()[0];
            self.forget(Kind::Past, oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_builds_are_kept_and_all_waits_of_the_last() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("obj")).unwrap();
        let open = || Memory::open(&folder.path().join("state"), folder.path().join("obj")).unwrap();
        let wait = |number: u64| TimedWait {
            program: 0,
            why: "exited".to_owned(),
            what: number.to_string(),
            from: number,
            to: number + 1,
            is_last: true,
        };
        for number in 1..=BUILDS as u64 + 3 {
            let mut memory = open();
            memory.remember_waits((0..600 / number).map(wait));
            memory.remember_past(&PastBuild { began: number, wall: 7, ..PastBuild::default() });
            memory.close(true);
        }
        let memory = open();
        assert_eq!(memory.last_waits(), (0..600 / (BUILDS as u64 + 3)).map(wait).collect::<Vec<_>>());
        let kept: Vec<u64> = memory.past_builds().iter().map(|build| build.began).collect();
        assert_eq!(kept, (4..=BUILDS as u64 + 3).collect::<Vec<_>>());
    }
}
