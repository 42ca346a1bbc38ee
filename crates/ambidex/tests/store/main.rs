//! The store that trees share: outputs that were made once are found again, and no output is found that was made of
//! anything else.

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod misses;
mod names;
mod places;
mod remote;
mod translations;
