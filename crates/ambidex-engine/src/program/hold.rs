//! How long a ready command waits for heavier ones that Python may be about to record.
//!
//! Python records commands one after another, some milliseconds apart. If the first of them took all jobs at once, the
//! heaviest could come last, and run alone in the end. So a command that will take long waits a moment: a small part of
//! its own duration, and only while Python goes on recording.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ambidex_graph::NodeId;

/// The part of its expected duration, with what must follow, that a command may wait.
const PART: u32 = 20;

/// How long after its last recording Python is expected to record more. Between the commands of two extensions, Python
/// takes some ten milliseconds.
const QUIET: Duration = Duration::from_millis(60);

/// The commands that may have to wait.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    last: Option<Instant>,
    until: HashMap<NodeId, Instant>,
}

impl Holds {
    /// Notes that a command was recorded which is expected to take this many microseconds, with what must follow.
    pub fn note(&mut self, node: NodeId, duration: u64) {
        let now = Instant::now();
        self.last = Some(now);
        self.until.retain(|_, until| *until > now);
        self.until.insert(node, now + Duration::from_micros(duration) / PART);
    }

    /// Returns how much longer a ready command should wait, if at all.
    pub fn left(&self, node: NodeId) -> Option<Duration> {
        let until = (*self.until.get(&node)?).min(self.last? + QUIET);
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_waits_for_a_part_of_its_duration_while_more_are_recorded() {
        let mut graph = ambidex_graph::Graph::new();
        let group = graph.group(true);
        let mut node = || {
            let key = ambidex_graph::Key([graph.recorded() as u8; 32]);
            let (reads, writes) = (Vec::new(), Vec::new());
            graph.record(ambidex_graph::Action { group, key, reads, writes, weight: 0 });
            graph.node_of(graph.last().expect("it was recorded"))
        };
        let (short, long, unknown) = (node(), node(), node());
        let mut holds = Holds::default();
        holds.note(short, 0);
        holds.note(long, 1_000_000_000);
        assert_eq!(holds.left(short), None);
        assert_eq!(holds.left(unknown), None);
        let left = holds.left(long).expect("Python may record more");
        assert!(left <= QUIET);
        std::thread::sleep(QUIET);
        assert_eq!(holds.left(long), None);
    }
}
