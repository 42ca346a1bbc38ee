//! How ambidex itself speaks: what was asked for on standard output, all else on standard error.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::args::Color;
use crate::error::Error;

const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// Makes the choice of colours hold for all that is told.
pub(crate) fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Tells of an error, and what to do about it.
pub(crate) fn error(message: &str, hint: Option<&str>) {
    line(format_args!("{BAD}error:{BAD:#} {message}"));
    if let Some(text) = hint {
        line(format_args!("  {NOTE}hint:{NOTE:#} {text}"));
    }
}

/// Tells of something that is no error.
pub(crate) fn note(message: &str) {
    line(format_args!("{NOTE}note:{NOTE:#} {message}"));
}

/// Tells of the build itself.
pub(crate) fn say(message: &str) {
    line(message);
}

/// Where standard error can't be written, all goes on as if it were.
fn line(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints a result: whole lines.
///
/// # Errors
/// If standard output can't be written. One whose reader has seen enough is no error.
pub(crate) fn print(lines: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(lines.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}
