//! Runs build graphs: sessions with captured Pythons, processes, files at their places, reports.
//!
//! One [`Engine`] serves every captured process of a run of ambidex. Each such process has a *program* (the graph of
//! the commands that it recorded). All programs share one pool of jobs.
//!
//! The modules are in directories. Each directory uses only those below it (`tests/layering.rs`). From the top:
//! `serve`, `report`, `program`, `execute`, `uptodate`, `memory`, `observe`, `base`.

mod base;
mod execute;
mod memory;
mod observe;
mod program;
mod report;
mod serve;
mod uptodate;

pub use ambidex_command::Kind;
pub use base::own_folder::{OwnFolder, remove_abandoned};
pub use base::paths::without_dots;
pub use base::{protocol, terminal};
pub use memory::past::{PastBuild, TimedWait};
pub use memory::record::{How, Stretch};
pub use memory::tree::{folder_of as state_folder, is_in_use};
pub use program::hazards::{HazardPath, Writer};
pub use program::left::Left;
pub use program::waits::Wait;
pub use report::build::{Bar, BuildDetails, Header, Outcome, last_build};
pub use report::explain::{Explanation, explain};
pub use report::graph::{BuildGraph, GraphCommand, GraphInput, GraphOutput, Headers, InputUse, graph};
pub use report::inputs::{Inputs, Look, Sight, inputs};
pub use report::summary::{Calls, Commands, FailedCommand, HazardCounts, LeftCommand, Report};
pub use report::timeline::{TimedCommand, Timeline};
pub use serve::pool::Options;
pub use serve::progress::{Progress, RunningCommand};
pub use serve::server::Engine;
