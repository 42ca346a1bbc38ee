//! Knows how ambidex itself speaks on standard error.

use anstream::eprintln;
use anstyle::{AnsiColor, Style};

use crate::args::Color;

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
    eprintln!("{BAD}error:{BAD:#} {message}");
    if let Some(text) = hint {
        eprintln!("  {NOTE}hint:{NOTE:#} {text}");
    }
}

/// Tells of something that is no error.
pub(crate) fn note(message: &str) {
    eprintln!("{NOTE}note:{NOTE:#} {message}");
}

/// Tells of the build itself.
pub(crate) fn say(message: &str) {
    eprintln!("{message}");
}
