//! How one node gets its outputs.

mod messages;
pub(crate) mod obtain;
pub(crate) mod outcome;
pub(crate) mod place;
pub(crate) mod plan;
