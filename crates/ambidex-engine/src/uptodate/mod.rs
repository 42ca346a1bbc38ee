//! Whether a command must run: its key, what is remembered of earlier runs, and whether that still holds.

mod bonds;
pub(crate) mod check;
pub(crate) mod fingerprint;
pub(crate) mod key;
pub(crate) mod output;
mod permissions;
pub(crate) mod remember;
pub(crate) mod run;
pub(crate) mod shared;
