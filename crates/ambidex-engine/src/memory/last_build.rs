//! The commands of the last build, kept in parts, so that a large build need not have all of them in memory.

use ambidex_store::Digest;

use super::Memory;
use super::record::{ActionKey, ExplainedCommand, LastBuild};
use super::table::{Kind, Value};

/// The number of explanations in a part.
const PART: usize = 256;

impl Value for LastBuild {
    const KIND: Kind = Kind::LastBuild;
}

/// Returns the key of a part.
fn part(number: u32) -> Digest {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&number.to_le_bytes());
    Digest(key)
}

impl Memory {
    /// Returns what the last build did.
    pub fn last_build(&self) -> LastBuild {
        let mut build = LastBuild::default();
        let parts = (0..).map_while(|number| self.get::<LastBuild>(&part(number)));
        for mut part in parts {
            build.explained.append(&mut part.explained);
            build.up_to_date.append(&mut part.up_to_date);
        }
        build
    }

    /// Remembers what this build did.
    pub fn remember_build(
        &mut self,
        up_to_date: Vec<ActionKey>,
        mut explained: impl Iterator<Item = ExplainedCommand>,
    ) {
        let mut next = LastBuild { up_to_date, explained: explained.by_ref().take(PART).collect() };
        let mut number = 0;
        loop {
            // The log may end after any byte, and must not join parts of two builds then: older ones go first, from the
            // last on.
            let content = postcard::to_stdvec(&next).expect("values are plain data");
            if !self.is_content(Kind::LastBuild, &part(number), &content) {
                self.forget_parts(number);
                self.put(Kind::LastBuild, part(number), &content);
            }
            self.log.flush();
            number += 1;
            next = LastBuild { up_to_date: Vec::new(), explained: explained.by_ref().take(PART).collect() };
            if next.explained.is_empty() {
                break;
            }
        }
        self.forget_parts(number);
        self.log.flush();
    }

    /// Forgets this part and all parts after it, the last one first.
    fn forget_parts(&mut self, first: u32) {
        let there = |number: &u32| self.table(Kind::LastBuild).holds(&part(*number));
        let gone: Vec<u32> = (first..).take_while(there).collect();
        gone.into_iter().rev().for_each(|number| self.forget(Kind::LastBuild, part(number)));
    }
}
