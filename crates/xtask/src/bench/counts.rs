//! How many commands a build ran, and how many it could skip.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::Value;
use walkdir::WalkDir;

/// Numbers of commands.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub run: u64,
    pub reused: u64,
    pub cached: u64,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {} / {}", self.run, self.reused, self.cached)
    }
}

impl Counts {
    /// Returns the counts in an ambidex summary, and the least time that this build could have taken, in seconds.
    pub fn of_summary(file: &Path) -> Result<(Self, f64)> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let summary: Value = serde_json::from_str(&text)?;
        let number = |key: &str| summary["commands"][key].as_u64().unwrap_or(0);
        let seconds = |key: &str| summary[key].as_f64().unwrap_or(0.0);
        let counts = Self { run: number("executed"), reused: number("reused"), cached: number("cached") };
        Ok((counts, seconds("lower_bound_s") + seconds("capture_s")))
    }

    /// Counts the objects and libraries below a directory, by whether they were written since a point in time. Each one
    /// stands for one command.
    pub fn of_files(folder: &Path, since: SystemTime) -> Result<Self> {
        let mut counts = Self::default();
        for entry in WalkDir::new(folder) {
            let entry = entry?;
            let kind = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default();
            if !entry.file_type().is_file() || !["o", "so", "a"].contains(&kind) {
                continue;
            }
            if entry.metadata()?.modified()? >= since {
                counts.run += 1;
            } else {
                counts.reused += 1;
            }
        }
        Ok(counts)
    }

    /// Moves ccache's hits from the commands that ran to the cached ones.
    pub fn with_hits(self, hits: u64) -> Self {
        Self { run: self.run.saturating_sub(hits), cached: hits, ..self }
    }
}

/// Returns how often ccache has found an object in this directory since its counters were last reset.
pub(crate) fn ccache_hits(cache: &Path) -> Result<u64> {
    let output = Command::new("ccache").arg("--print-stats").env("CCACHE_DIR", cache).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let hit = |line: &str| {
        let (name, count) = line.split_once('\t')?;
        ["direct_cache_hit", "preprocessed_cache_hit"].contains(&name).then(|| count.parse::<u64>().ok())?
    };
    Ok(text.lines().filter_map(hit).sum())
}
