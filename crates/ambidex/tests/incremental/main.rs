//! Incremental builds: each runs exactly the commands whose result the last edit may have changed, and leaves what a
//! clean serial build leaves. Nothing is shared here: there is no store.

#[path = "../support/mod.rs"]
mod support;

mod besides;
mod commands;
mod contents;
mod damage;
mod editable;
mod found;
mod outputs;
mod state_folder;
mod times;
mod units;
