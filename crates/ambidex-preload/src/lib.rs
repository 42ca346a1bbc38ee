//! The library in captured processes: it sees what a process looks at, changes, prints and starts, waits where
//! something pending is concerned, journals what the engine may have to undo, and makes snapshots by fork.
//!
//! The library is loaded by `LD_PRELOAD` into a captured Python and its children. It decides nothing: where something
//! could be pending it asks the engine by a Unix socket. Where nothing is, a hook costs a few loads.
//!
//! Two rules hold everywhere. The library's own input and output goes through raw system calls, so that a hook never
//! runs another hook. And whatever fails in here means "do what would be done without the library".

#[macro_use(hook_dlopen, hooks, next)]
extern crate ambidex_hook;

use ambidex_hook::{buffer, paths, sys, table};

mod changes;
mod control;
mod descriptors;
mod environment;
mod exec;
mod listing;
mod lock;
mod looks;
mod outside;
mod park;
mod settings;
mod signals;
mod snapshot;
mod starts;
mod state;
mod stdio;
mod suitability;
mod text;
mod undo;
mod wire;
