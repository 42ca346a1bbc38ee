//! How the outputs of one node are obtained.

mod messages;
pub(crate) mod obtain;
pub(crate) mod outcome;
pub(crate) mod place;
pub(crate) mod plan;
