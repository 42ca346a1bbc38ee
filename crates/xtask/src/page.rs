//! A page of `docs/` that ends with what a chore has measured.

use std::fs;

use anyhow::{Context, Result};

use crate::environment::root;

/// Replaces what a chore has written to a page before, which is everything below its marker.
pub(crate) fn write(page: &str, chore: &str, measured: &str) -> Result<()> {
    let file = root().join("docs").join(page);
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let marker = format!("<!-- `cargo xtask {chore} --write` writes what follows. -->");
    let above = text.split_once(&marker).with_context(|| format!("{} has no marker", file.display()))?.0;
    fs::write(&file, format!("{above}{marker}\n\n{measured}"))?;
    Ok(())
}
