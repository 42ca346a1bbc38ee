//! The output of ambidex itself: results go to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{self, Write};

use ambidex_engine::terminal;
use anstyle::{AnsiColor, Style};

use crate::args::Color;
use crate::error::Error;

const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// Applies the choice of colours to all output.
pub(crate) fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Prints an error, and what to do about it.
pub(crate) fn error(message: &str, hint: Option<&str>) {
    line(format_args!("{BAD}error:{BAD:#} {message}"));
    if let Some(text) = hint {
        line(format_args!("  {NOTE}hint:{NOTE:#} {text}"));
    }
}

/// Prints a message that is not an error.
pub(crate) fn note(message: &str) {
    line(format_args!("{NOTE}note:{NOTE:#} {message}"));
}

/// Prints a message about the build itself.
pub(crate) fn say(message: &str) {
    line(message);
}

/// Returns a text for standard error whose first part stands out, if colours are to be used.
pub(crate) fn with_head(head: &str, rest: &str) -> String {
    match anstream::AutoStream::choice(&io::stderr()) {
        anstream::ColorChoice::Never => format!("{head}{rest}"),
        _ => format!("{NOTE}{head}{NOTE:#}{rest}"),
    }
}

/// Prints a line on standard error. If that fails, ambidex goes on anyway.
fn line(text: impl Display) {
    let _ = terminal::print_lines(|| writeln!(anstream::stderr(), "{text}"));
}

/// Prints a result, which consists of whole lines.
///
/// # Errors
/// If standard output can't be written. It is no error if its reader has closed it.
pub(crate) fn print(lines: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match terminal::print(|| out.write_all(lines.as_bytes()).and_then(|()| out.flush())) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}
