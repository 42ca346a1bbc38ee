//! Runs build graphs: sessions with captured Pythons, processes, files at their places, reports.
//!
//! One [`Engine`] serves every captured process of a run of ambidex. Each such process has a *program* (the graph of
//! what it recorded); all share one pool of jobs.

mod attributes;
mod by_libc;
mod cached;
mod clock;
mod conclusion;
mod explain;
mod frames;
mod fresh;
mod growth;
mod identity;
mod inputs;
mod intake;
mod job;
mod line;
mod lookup;
mod machine;
mod memory;
mod notice;
mod observation;
mod obtain;
mod output;
mod parts;
mod path_index;
mod paths;
mod place;
mod process;
mod program;
pub mod protocol;
mod report;
mod roles;
mod server;
mod session;
mod sight;
mod stamp;
mod state;
mod surroundings;
mod table;
mod text;
mod tools;
mod trace;
mod tree;
mod turns;
mod undo;
mod waits;
mod witness;

pub use explain::{Explanation, explain};
pub use inputs::{Inputs, Look, Sight, inputs};
pub use report::{Commands, FailedCommand, HazardCounts, HazardPath, LeftCommand, Report, Writer};
pub use server::Engine;
pub use state::Options;
pub use tree::{folder_of as state_folder, is_in_use};
pub use waits::Wait;
