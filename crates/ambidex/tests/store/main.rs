//! The store that trees share: what was made once is found again, and nothing is found that was made of anything else.

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod misses;
mod places;
