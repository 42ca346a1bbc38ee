//! Runs build graphs: sessions with captured Pythons, processes, files at their places, reports.
//!
//! One [`Engine`] serves every captured process of a run of ambidex. Each such process has a *program* (the graph of
//! what it recorded); all share one pool of jobs.

mod depfile;
mod intake;
mod job;
mod paths;
mod place;
mod process;
mod program;
pub mod protocol;
mod report;
mod server;
mod session;
mod stamp;
mod state;
mod tree;

pub use report::{Commands, FailedCommand, HazardCounts, HazardPath, LeftCommand, Report, Writer};
pub use server::Engine;
pub use state::Options;
