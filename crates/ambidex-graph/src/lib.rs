//! The build graph of a whole project: commands in program order, renamed outputs, hazards, scheduling states.
//!
//! The graph knows no files, no processes and no clock. A caller *records* commands in the order in which the
//! serial build would run them, *starts* nodes that are ready, in any order and any number at once, and
//! *finishes* them. Whatever it chooses, the files end up as the serial build would have left them.
//!
//! How that comes about:
//!
//! * Every recording makes new **versions** of the paths it writes. A read means the newest version before it in
//!   program order, so an output that can be renamed is never in anybody's way.
//! * What must be read or written at its own path is **ordered** against everything else that touches that place.
//! * A failure cancels what is unreachable in the serial build: the rest of its **group**, and where the
//!   group is *fatal* the rest of the program. Cancelled nodes may have run; renamed outputs are simply not used,
//!   and changes at places are taken back ([`Undo`]).
//! * A reader outside a group that may yet fail waits until it is certain which version is the newest.

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
