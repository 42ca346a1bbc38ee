//! The scenarios: what happens to a project between its last build and the measured one.

use std::path::Path;

use anyhow::{Context, Result};

/// The history of a project before the measured build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// There was no earlier build, and all stores are empty.
    Cold,
    /// Nothing has changed.
    Nothing,
    /// One source was edited.
    Source,
    /// A header that many files include was edited.
    Header,
    /// A header that few files include was edited.
    FewHeader,
    /// The project is a fresh copy in another directory, with a filled store.
    Elsewhere,
}

impl Scenario {
    /// Returns its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Nothing => "nothing",
            Self::Source => "source",
            Self::Header => "header",
            Self::FewHeader => "few",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// Returns the description above its table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cold => "from nothing, caches empty",
            Self::Nothing => "nothing changed",
            Self::Source => "one source changed",
            Self::Header => "a header changed that many files include",
            Self::FewHeader => "a header changed that few files include",
            Self::Elsewhere => "a fresh copy in another folder, cache filled",
        }
    }
}

const MARK: &str = "\n#ifndef AMBIDEX_BENCH\n";

/// Edits a source or header so that every object that is built from it changes.
pub(crate) fn edit(file: &Path, revision: u32) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let original = text.split(MARK).next().unwrap_or_default();
    let value = format!("__attribute__((used)) static const int ambidex_bench = {revision};");
    std::fs::write(file, format!("{original}{MARK}#define AMBIDEX_BENCH\n{value}\n#endif\n"))?;
    Ok(())
}
