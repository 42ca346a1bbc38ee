//! The observation of what commands look at, and what can't be observed of compilers, shells and the C library.

pub(crate) mod by_libc;
pub(crate) mod executable;
pub(crate) mod looks;
pub(crate) mod observation;
pub(crate) mod surroundings;
pub(crate) mod tools;
pub(crate) mod trace;
pub(crate) mod unremembered;
