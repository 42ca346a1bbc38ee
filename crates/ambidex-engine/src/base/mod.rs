//! The leaf modules, which know nothing about commands or builds: paths, roles, environments, processes, clocks.

pub(crate) mod alike;
pub(crate) mod attributes;
pub(crate) mod boot;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod executables;
pub(crate) mod growth;
pub(crate) mod loader_cache;
pub(crate) mod machine;
pub(crate) mod notice;
pub(crate) mod own_folder;
pub(crate) mod parts;
pub(crate) mod path_index;
pub(crate) mod paths;
pub(crate) mod process;
pub mod protocol;
pub(crate) mod roles;
pub(crate) mod stamp;
pub(crate) mod stat;
pub mod terminal;
