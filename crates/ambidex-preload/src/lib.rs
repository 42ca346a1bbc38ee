//! The library in captured processes: it sees what a process looks at, changes, prints and starts, waits if something
//! pending is concerned, journals what the engine may have to undo, and makes snapshots by fork.
//!
//! The library is loaded by `LD_PRELOAD` into a captured Python and its children. It decides nothing: if something may
//! be pending, it asks the engine through a Unix socket. If nothing is pending, a hook costs a few loads.
//!
//! Two rules hold everywhere. The library's own input and output goes through raw system calls, so a hook never runs
//! another hook. And whatever fails in here, the process does what it would do without the library.

#[macro_use(hook_dlopen, hooks, next)]
extern crate ambidex_hook;

use ambidex_hook::{buffer, paths, sys, table};

mod call;
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
