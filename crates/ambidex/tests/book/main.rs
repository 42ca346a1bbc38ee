//! The book (`docs/book`) and the README say what is true: every command in them runs, every link leads somewhere, and
//! no message, variable or key of the program is without a description.

#[path = "../support/mod.rs"]
mod support;

mod blocks;
mod commands;
mod links;
mod messages;
mod pages;
mod pattern;
mod variables;
