//! The scenarios: what has happened to a project between its last build and the one that is measured.

use std::path::Path;

use anyhow::{Context, Result};

/// A scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// No build before; all stores are empty.
    Cold,
    /// Nothing has changed.
    Nothing,
    /// One source was edited.
    Source,
    /// A header was edited that many files include.
    Header,
    /// A header was edited that few files include.
    FewHeader,
    /// A fresh copy in another folder, with a filled store.
    Elsewhere,
}

impl Scenario {
    /// The name by which it is asked for.
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

    /// What is told of it above its table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cold => "from nothing, stores empty",
            Self::Nothing => "nothing changed",
            Self::Source => "one source changed",
            Self::Header => "a header changed that many files include",
            Self::FewHeader => "a header changed that few files include",
            Self::Elsewhere => "a fresh copy in another folder, store filled",
        }
    }
}

const MARK: &str = "\n#ifndef AMBIDEX_BENCH\n";

/// Edits a source or header so that every object that it becomes part of is another one.
pub(crate) fn edit(file: &Path, revision: u32) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let original = text.split(MARK).next().unwrap_or_default();
    let value = format!("__attribute__((used)) static const int ambidex_bench = {revision};");
    std::fs::write(file, format!("{original}{MARK}#define AMBIDEX_BENCH\n{value}\n#endif\n"))?;
    Ok(())
}
