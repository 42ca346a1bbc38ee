//! Incremental builds: each runs exactly the commands whose result the last edit may have changed, and leaves the same
//! modules as a clean serial build. There is no store, so nothing is shared.

#[path = "../support/mod.rs"]
mod support;

mod besides;
mod commands;
mod contents;
mod damage;
mod editable;
mod found;
mod one_file;
mod other_names;
mod outputs;
mod real_names;
mod same_names;
mod state_folder;
mod times;
mod units;
