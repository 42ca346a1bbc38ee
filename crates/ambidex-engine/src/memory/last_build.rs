//! What the last build did, kept in parts, so that a large build need not have all of it in memory.

use ambidex_store::Digest;

use super::Memory;
use super::record::{ExplainedCommand, LastBuild, RecordKey};
use super::table::{Kind, Value};

/// The number of commands in a part.
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
        for mut part in self.parts::<LastBuild>() {
            build.explained.append(&mut part.explained);
            build.up_to_date.append(&mut part.up_to_date);
        }
        build
    }

    /// Remembers what this build did.
    pub fn remember_build(
        &mut self,
        up_to_date: Vec<RecordKey>,
        mut explained: impl Iterator<Item = ExplainedCommand>,
    ) {
        let mut up_to_date = Some(up_to_date);
        self.remember_parts(|_, size| {
            let explained: Vec<ExplainedCommand> = explained.by_ref().take(size).collect();
            let first = up_to_date.take();
            (first.is_some() || !explained.is_empty())
                .then(|| LastBuild { up_to_date: first.unwrap_or_default(), explained })
        });
    }

    /// Returns the parts of something that the last build left.
    pub(super) fn parts<V: Value>(&self) -> impl Iterator<Item = V> {
        (0..).map_while(|number| self.get::<V>(&part(number)))
    }

    /// Remembers something of this build in parts. `next` returns the next part, with at most so many items.
    pub(super) fn remember_parts<V: Value>(&mut self, mut next: impl FnMut(&Self, usize) -> Option<V>) {
        let mut number = 0;
        while let Some(value) = next(self, PART) {
            // The log may end after any byte, and must not join parts of two builds then: older ones go first, from the
            // last on.
            let content = postcard::to_stdvec(&value).expect("values are plain data");
            if !self.is_content(V::KIND, &part(number), &content) {
                self.forget_parts(V::KIND, number);
                self.put(V::KIND, part(number), &content);
            }
            self.log.flush();
            number += 1;
        }
        self.forget_parts(V::KIND, number);
        self.log.flush();
    }

    /// Forgets this part and all parts after it, the last one first.
    fn forget_parts(&mut self, kind: Kind, first: u32) {
        let there = |number: &u32| self.table(kind).holds(&part(*number));
        let gone: Vec<u32> = (first..).take_while(there).collect();
        gone.into_iter().rev().for_each(|number| self.forget(kind, part(number)));
    }
}
