//! The library in commands: it writes down what a command looks at, lists, changes and starts, so that the engine
//! learns what the command's result depends on.
//!
//! The library is loaded by `LD_PRELOAD` into a command that the engine runs, and into everything that this command
//! starts. It decides nothing: it writes one entry for each call into a file that all processes of the command share.
//! In two cases it delays the command: before the command changes files that are not its outputs, or looks at another
//! command's output that may be pending, the library asks the engine, which may end the command instead. The command
//! can't see the library in its environment.
//!
//! The library also writes down what it can't see: that a program was started that has no entries of its own (one that
//! is linked statically, or runs with other rights), or that a function of the C library was called that looks at files
//! itself. Then the engine knows that its information is incomplete.

#[macro_use(hook_dlopen, hooks, next)]
extern crate ambidex_hook;

use ambidex_hook::{buffer, environment, frames, paths, sys, table};

mod changes;
mod effects;
mod journal;
mod looks;
mod renaming;
mod settings;
mod starts;
mod unseen;
