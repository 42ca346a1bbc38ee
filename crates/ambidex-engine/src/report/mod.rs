//! What users see of a build when it is over.

pub(crate) mod explain;
pub(crate) mod inputs;
pub(crate) mod summary;
