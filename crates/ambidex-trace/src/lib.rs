//! The library in commands: it takes down what a command looks at, lists, changes and starts, so that the engine
//! learns what the command's result depends on.
//!
//! The library is loaded by `LD_PRELOAD` into a command that the engine runs, and into all that this command starts. It
//! decides nothing: it writes one entry for each call into a file that all share. It delays two things: before a command
//! changes files that are not its outputs, or looks at an output of another that may be pending, it asks the engine, which
//! may end it instead. The command can't see the library in its environment.
//!
//! What it can't see is taken down as well: that a program was started that has no entries of its own (one that is
//! linked statically, or runs with other rights), that something was asked of the C library that looks at files itself.
//! Then the engine knows that it does not know.

#[macro_use(hook_dlopen, hooks, next)]
extern crate ambidex_hook;

use ambidex_hook::{buffer, environment, frames, paths, sys, table};

mod changes;
mod effects;
mod journal;
mod looks;
mod settings;
mod starts;
mod unseen;
