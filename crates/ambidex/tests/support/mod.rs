//! The parts that the integration tests share: Pythons, virtual environments, copies of projects, and comparisons of
//! builds.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod compiler;
mod edited;
mod environment;
mod files;
mod interpreter;
pub mod matrix;
mod package;
mod processes;
mod run;
mod sdist;
pub mod shape;
mod terminal;
mod workspace;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use compiler::Compiler;
pub use edited::{ALL, Counts, Edited, all_files};
pub use environment::{Environment, NEWEST};
pub use files::{Files, differences};
pub use package::{Package, Verdict};
pub use processes::{is_alive, wait_until_none_has, with_mark};
pub use run::{Ran, on_path, run, run_until_signalled};
pub use sdist::sdist;
pub use terminal::Terminal;
pub use workspace::{Workspace, read_json};

/// Returns the root of the repository.
pub fn repository() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in `crates`");
    crates.parent().expect("`crates` is in the repository").to_owned()
}

/// Returns the path of a project below `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("fixtures").join(name)
}

/// Returns the path of the example with two modules that share a source.
pub fn shared_source() -> PathBuf {
    repository().join("examples").join("shared-source")
}

/// Reports that something can't be tested here.
///
/// # Panics
/// Panics unless `AMBIDEX_TEST_SKIP=1` allows the skip, as `.cargo/config.toml` does, because a newcomer's machine
/// doesn't have every Python.
#[track_caller]
pub fn skipped(what: &str) {
    assert!(is_set("AMBIDEX_TEST_SKIP"), "can't be tested here: {what} (AMBIDEX_TEST_SKIP=1 allows it)");
    told(&format!("skipped: {what}"));
}

/// Prints past the test harness, which shows the output of a test only if it fails.
pub fn told(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// Returns whether an environment variable is set to anything but `0`.
pub fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value != "0")
}

/// Returns whether everything is tested, as `.ci/run` does with `AMBIDEX_TEST_ALL=1`. A plain `cargo test` takes a part,
/// which is the same each time, so that it ends within minutes.
pub fn tests_all() -> bool {
    is_set("AMBIDEX_TEST_ALL") || is_set("AMBIDEX_TEST_MATRIX")
}

/// Returns every `step`th item, from the `first` on, or all of them if everything is tested.
pub fn sample<T>(items: Vec<T>, first: usize, step: usize) -> Vec<T> {
    if tests_all() { items } else { items.into_iter().skip(first % step).step_by(step).collect() }
}

/// Does all tasks, as many at once as there are cores. Returns the results in the order of the tasks.
pub fn do_all<T: Sync, R: Send + Sync>(tasks: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Vec<OnceLock<R>> = tasks.iter().map(|_| OnceLock::new()).collect();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(task), Some(done)) = (tasks.get(number), done.get(number)) else { return };
                    done.get_or_init(|| one(task));
                }
            });
        }
    });
    done.into_iter().map(|done| done.into_inner().expect("each was done")).collect()
}
