//! A stress test of the store: many processes build their own trees at once, with one store that is too small for their
//! outputs.
//!
//! Each tree has the same extensions, with sources and a header that come in several versions. Plain `setup.py build`
//! builds the correct result of each combination beforehand. Then every process repeatedly changes versions in its tree
//! at random, builds, and compares every module. Meanwhile, the test watches the size of the store.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use walkdir::WalkDir;

use crate::environment::{ambidex, python_with, root};
use crate::versions::{Truth, Versions, command};

/// The options of `cargo xtask stress`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of processes that build at once
    #[arg(long, default_value_t = 8)]
    processes: u64,
    /// Duration in seconds
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// Maximum size of the store, in megabytes
    #[arg(long, default_value_t = 100)]
    limit: u64,
    /// Seed for choosing the changes
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The totals of all processes together.
#[derive(Default)]
struct Tally {
    builds: AtomicU64,
    executed: AtomicU64,
    cached: AtomicU64,
    reused: AtomicU64,
}

struct Stress<'a> {
    options: &'a Options,
    ambidex: PathBuf,
    python: PathBuf,
    folder: PathBuf,
    truth: Truth,
    tally: Tally,
    failed: AtomicBool,
}

/// Builds until the time is over. Fails if a module is wrong, the store exceeds the limit, or the store is damaged.
pub(crate) fn stress(options: &Options) -> Result<()> {
    let folder = root().join("target").join("xtask").join("stress");
    let _ = fs::remove_dir_all(&folder);
    let python = python_with("stress-python", &["setuptools==80.9.0"])?;
    let stress = Stress {
        options,
        ambidex: ambidex()?,
        truth: Truth::find(&python, &folder.join("truth"))?,
        python,
        folder,
        tally: Tally::default(),
        failed: AtomicBool::new(false),
    };
    let until = Instant::now() + Duration::from_secs(options.seconds);
    let (results, largest) = std::thread::scope(|scope| {
        let builders: Vec<_> = (0..options.processes)
            .map(|number| {
                let stress = &stress;
                scope.spawn(move || {
                    let result = stress.build_again_and_again(number, until);
                    stress.failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    result
                })
            })
            .collect();
        let largest = stress.watch(until);
        let join =
            |builder: std::thread::ScopedJoinHandle<'_, Result<()>>| builder.join().expect("no panics");
        (builders.into_iter().map(join).collect::<Vec<_>>(), largest)
    });
    results.into_iter().collect::<Result<()>>()?;
    stress.report(largest)
}

impl Stress<'_> {
    fn build_again_and_again(&self, number: u64, until: Instant) -> Result<()> {
        let tree = self.folder.join("trees").join(number.to_string());
        let mut random = fastrand::Rng::with_seed(self.options.seed.wrapping_mul(1000) + number);
        let mut versions = Versions::default();
        while Instant::now() < until && !self.failed.load(Ordering::Relaxed) {
            versions.change(&mut random);
            if random.u32(0..8) == 0 {
                // As in a fresh checkout: every output comes from the store or is compiled.
                fs::remove_dir_all(tree.join("build")).or_else(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                })?;
            }
            versions.write(&tree)?;
            self.build(&tree)?;
            self.truth.expect(&tree, &versions)?;
        }
        Ok(())
    }

    fn build(&self, tree: &Path) -> Result<()> {
        let summary = tree.with_extension("json");
        let output = command(&self.ambidex, tree)
            .args(["build", "--quiet", "-j2", "--python"])
            .arg(&self.python)
            .arg("--summary")
            .arg(&summary)
            .env("AMBIDEX_CACHE_DIR", self.store())
            .env("AMBIDEX_CACHE_SIZE", self.limit().to_string())
            .output()?;
        if !output.status.success() || !output.stderr.is_empty() {
            bail!("{}: {}{}", tree.display(), output.status, String::from_utf8_lossy(&output.stderr));
        }
        let summary: Value = serde_json::from_slice(&fs::read(&summary)?)?;
        let count = |of: &str| summary["commands"][of].as_u64().unwrap_or_default();
        self.tally.builds.fetch_add(1, Ordering::Relaxed);
        self.tally.executed.fetch_add(count("executed"), Ordering::Relaxed);
        self.tally.cached.fetch_add(count("cached"), Ordering::Relaxed);
        self.tally.reused.fetch_add(count("reused"), Ordering::Relaxed);
        Ok(())
    }

    fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn limit(&self) -> u64 {
        self.options.limit * 1_000_000
    }

    /// Watches the size of the store, and returns the largest one that it saw, in bytes.
    fn watch(&self, until: Instant) -> u64 {
        let mut largest = 0;
        while Instant::now() < until && !self.failed.load(Ordering::Relaxed) {
            let files = WalkDir::new(self.store()).into_iter().filter_map(Result::ok);
            let files = files.filter(|entry| entry.file_type().is_file());
            largest = largest.max(files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum());
            std::thread::sleep(Duration::from_millis(200));
        }
        largest
    }

    /// Verifies the store, and writes docs/stress.md.
    fn report(&self, largest: u64) -> Result<()> {
        let verified = Command::new(&self.ambidex)
            .args(["cache", "verify"])
            .env("AMBIDEX_CACHE_DIR", self.store())
            .output()?;
        let said = String::from_utf8_lossy(&verified.stdout).trim().to_owned();
        let Tally { builds, executed, cached, reused } = &self.tally;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut text = String::from(
            "# Stress\n\n\
             Written by `cargo xtask stress`: processes that build trees of their own at once, on one cache that is too\n\
             small for what they make. After every build each module is compared with that of plain `setup.py build`.\n\n",
        );
        writeln!(
            text,
            "| processes | seconds | builds | commands run | up to date | from the cache | wrong modules | limit, MB | largest size seen, MB | `cache verify` |"
        )?;
        writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")?;
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | 0 | {} | {:.1} | {said} |",
            self.options.processes,
            self.options.seconds,
            of(builds),
            of(executed),
            of(reused),
            of(cached),
            self.options.limit,
            largest as f64 / 1e6,
        )?;
        print!("{text}");
        if !verified.status.success() {
            bail!("the store is not sound: {said}{}", String::from_utf8_lossy(&verified.stderr));
        }
        if largest > self.limit() {
            bail!("the store has had {largest} bytes, and may have {}", self.limit());
        }
        fs::write(root().join("docs").join("stress.md"), text).context("docs/stress.md can't be written")
    }
}
