//! What the state keeps of the times of builds: what Python waited for in the last one, and the numbers of those before.

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use super::Memory;
use super::table::{Kind, Value};

/// How many builds of a tree are kept.
const BUILDS: usize = 24;

/// How many waits of the last build are kept: the longest.
const WAITS: usize = 4096;

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

impl TimedWait {
    fn time(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
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
    /// Returns the waits of the last build, in the order in which they ended. Of very many, the shortest are missing.
    pub fn last_waits(&self) -> Vec<TimedWait> {
        self.parts::<StoredWaits>().flat_map(|part| part.waits).collect()
    }

    /// Remembers the waits of this build.
    pub fn remember_waits(&mut self, waits: impl Iterator<Item = TimedWait>) {
        let mut waits: Vec<TimedWait> = waits.collect();
        if waits.len() > WAITS {
            let mut times: Vec<u64> = waits.iter().map(TimedWait::time).collect();
            let (_, shortest, _) = times.select_nth_unstable(waits.len() - WAITS);
            waits.retain(|wait| wait.time() >= *shortest);
            waits.truncate(WAITS);
        }
        let mut waits = waits.into_iter();
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
    use std::path::Path;

    use super::*;

    fn open(folder: &Path) -> Memory {
        std::fs::create_dir_all(folder.join("obj")).unwrap();
        Memory::open(&folder.join("state"), folder.join("obj")).unwrap()
    }

    fn wait(number: u64, time: u64) -> TimedWait {
        let why = "exited".to_owned();
        TimedWait {
            program: 0,
            why,
            what: number.to_string(),
            from: number,
            to: number + time,
            is_last: true,
        }
    }

    #[test]
    fn of_very_many_waits_the_longest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let most = WAITS as u64;
        let waits = |from| (from..most + 10).map(|number| wait(number, 1 + number / 10));
        let mut memory = open(folder.path());
        memory.remember_waits(waits(0));
        assert_eq!(memory.last_waits(), waits(10).collect::<Vec<_>>());
    }

    #[test]
    fn so_many_builds_are_kept_and_all_waits_of_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let open = || open(folder.path());
        let wait = |number| wait(number, 1);
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
