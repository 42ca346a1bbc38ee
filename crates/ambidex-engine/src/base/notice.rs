//! The messages of the engine itself on standard error.

use std::fmt::Display;
use std::io::{self, Write};

use crate::base::terminal;

/// Prints a message. If standard error can't be written, the build goes on.
pub(crate) fn tell(what: impl Display) {
    let _ = terminal::print_lines(|| writeln!(io::stderr(), "{what}"));
}
