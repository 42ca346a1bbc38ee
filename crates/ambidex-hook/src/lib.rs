//! How a library that is loaded by `LD_PRELOAD` stands in for functions of the C library, without calling them
//! itself: the ways to the next functions, raw system calls, paths and texts without allocation.
//!
//! Own input and output goes through raw system calls, so that a hook never runs another hook; and whatever fails means
//! "do what would be done without the library".

pub mod buffer;
pub mod environment;
pub mod frames;
pub mod paths;
pub mod real;
pub mod start;
/// Names and numbers are the kernel's, as its manual pages have them.
#[allow(missing_docs)]
pub mod sys;
pub mod table;
#[cfg(panic = "abort")]
mod unwind;
