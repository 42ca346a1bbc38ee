//! When the commands of a program had a job slot.

use std::collections::HashMap;

use ambidex_graph::NodeId;

use crate::memory::record::Stretch;

/// The stretches of time in which nodes had a job slot. A node that was up to date when it was recorded has none.
#[derive(Debug, Default)]
pub(crate) struct Timeline(HashMap<NodeId, Stretch>);

impl Timeline {
    /// Notes when a node had a slot.
    pub fn add(&mut self, node: NodeId, stretch: Stretch) {
        self.0.insert(node, stretch);
    }

    /// Returns when a node had a slot.
    pub fn of(&self, node: NodeId) -> Option<Stretch> {
        self.0.get(&node).copied()
    }
}
