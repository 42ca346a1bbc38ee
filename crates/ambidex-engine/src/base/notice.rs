//! How the engine itself speaks on standard error.

use std::fmt::Display;
use std::io::{self, Write};

/// Tells something. Where standard error can't be written, the build goes on all the same.
pub(crate) fn tell(what: impl Display) {
    let _ = writeln!(io::stderr(), "{what}");
}
