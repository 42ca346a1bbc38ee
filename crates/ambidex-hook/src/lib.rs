//! How a library that is loaded by `LD_PRELOAD` replaces functions of the C library without calling them itself: access
//! to the next functions, raw system calls, paths and texts without allocation.
//!
//! The library's own input and output goes through raw system calls, so a hook never runs another hook. Whatever fails
//! in the library, the process does what it would do without it.

pub mod buffer;
pub mod environment;
pub mod frames;
pub mod paths;
pub mod real;
pub mod start;
/// The names and numbers are the kernel's, as in its manual pages.
#[allow(missing_docs)]
pub mod sys;
pub mod table;
#[cfg(panic = "abort")]
mod unwind;
