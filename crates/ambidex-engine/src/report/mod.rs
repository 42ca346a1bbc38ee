//! The reports that users see when a build is over.

pub(crate) mod build;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod inputs;
pub(crate) mod summary;
pub(crate) mod timeline;
