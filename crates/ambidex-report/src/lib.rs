//! Shows what is known of a build: as one HTML page that needs no network ([`html`]), and as a trace for Perfetto and
//! Chrome ([`trace`]).
//!
//! Builds come as plain data ([`Build`]), which nothing here reads from a disk or from the engine.

mod build;
mod chain;
mod hazards;
mod headers;
mod lanes;
mod packed;
mod page;
mod trace;

pub use build::{Bar, Build, Command, Done, Header, Input, Left, Past, Wait};
pub use page::html;
pub use trace::{Event, Trace, trace};
