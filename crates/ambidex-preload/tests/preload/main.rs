//! The duties of the preloaded library, seen from an engine: real Pythons run with it, and a small engine answers.

mod calls;
mod changes;
#[path = "../../../ambidex-hook/compile.rs"]
mod compile;
mod engine;
mod looks;
mod overhead;
mod python;
mod snapshots;
mod starts;
mod text;
mod undo;
