//! The hazards of a graph: paths that more than one group writes.

use std::collections::BTreeSet;

use crate::action::{At, Hazard};
use crate::graph::Graph;
use crate::ids::{GroupId, Key, PathId, Seq};

impl Graph {
    /// Returns the paths that recordings of more than one group write, in the order of the paths. Two writers within
    /// one group follow each other in every build, so they are no hazard.
    pub fn hazards(&self) -> impl Iterator<Item = Hazard> + '_ {
        self.paths.all().filter_map(|path| {
            let groups: BTreeSet<GroupId> = self.paths.writers(path).map(|s| self.group_of(s)).collect();
            if groups.len() < 2 {
                return None;
            }
            let mut writers: Vec<Seq> = self.paths.writers(path).collect();
            writers.reverse();
            let keys: BTreeSet<Key> = writers.iter().map(|s| self.key(self.node_of(*s))).collect();
            Some(Hazard {
                path,
                ordered: writers.iter().any(|seq| self.writes_at_place(*seq, path)),
                writers,
                duplicate: keys.len() == 1,
            })
        })
    }

    /// Returns whether the command of a recording writes this path at its own place.
    pub(crate) fn writes_at_place(&self, seq: Seq, path: PathId) -> bool {
        let writes = self.writes.get(self.node_of(seq).index());
        writes.iter().any(|w| w.path == path && w.at == At::InPlace)
    }
}
