//! The build graph of a whole project: commands in program order, renamed outputs, hazards, scheduling states.
//!
//! The graph knows no files, no processes and no clock. A caller *records* commands in the order in which the serial
//! build would run them, *starts* ready nodes in any order and any number at once, and *finishes* them. Whatever the
//! caller chooses, the files end up as the serial build would have left them.
//!
//! The graph achieves this as follows:
//!
//! * Every recording makes new **versions** of the paths it writes. A read means the newest version before it in
//!   program order, so an output that can be renamed never gets in the way of another command.
//! * Reads and writes that need a file's own path are **ordered** against everything else that touches that place.
//! * A failure cancels everything that the serial build would no longer reach: the rest of its **group**, and if the
//!   group is *fatal*, the rest of the program. Cancelled nodes may have run. Their renamed outputs are not used, and
//!   their changes at places are undone ([`Undo`]).
//! * A reader outside a group that may still fail waits until it is certain which version is the newest.

mod action;
mod graph;
mod hazards;
mod ids;
mod lists;
mod paths;
mod schedule;

pub use action::{Access, Action, At, Change, Content, Hazard, Outcome, PlaceChange, Start, Undo, Version};
pub use graph::{Graph, Recorded, State};
pub use ids::{GroupId, Key, NodeId, PathId, Seq};
