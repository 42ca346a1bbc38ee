//! The layout of `docs/benchmarks.md`, which keeps the cases of earlier runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::environment::root;

const HEAD: &str = "# Benchmarks\n
Written by `cargo xtask bench`. Each row is the median of the whole process's wall time. The ways of a table are
measured in turn, round by round, each in a copy of the project of its own; the first round is not counted. Ratios are
to the first row that has a figure.

- run / reused / cached: commands run, up to date, and taken from the cache. ambidex counts its own; of the others it is
  the objects and libraries that were written or left as they were (one that is written twice counts once), and
  ccache's count of hits.
- bound: the wall time divided by `lower_bound_s` + `capture_s` from the summary, that is, the least time that the
  compilers need plus the time that Python needs. It is below 1 if compilers run while Python does.
- known: ambidex still has the state of an earlier build but none of its outputs, so it knows how long each command
  takes.
- own CPU: the CPU time of the process itself, without its child processes. For ambidex this is the engine, without
  Python.
- ninja runs the commands that `setup.py` ran, recorded by a stand-in for the compiler, with a dependency file for each;
  where two of them write one path, the second writes another. It has no Python to start.
- meson-python builds a twin of the project: from nothing `build_editable`, then ninja alone, as its editable packages do;
  its compiler is not behind ccache, as it would be by default where there is one.
- A header: `setup.py` would recompile nothing, so it gets `--force`, and so does ccache.
- elsewhere: a fresh copy in another folder, with the cache of a build in the first. \"mapped\" is with
  `-ffile-prefix-map=$PWD=.` in `CFLAGS` and `CXXFLAGS`, without which ccache finds nothing: debug information carries
  the folder.
- simulated: a machine with more jobs than this one has processors. Each compiler, linker and translation by Cython first
  runs for real, alone; in the measured builds a stand-in makes the same outputs, opens the same files, and sleeps for
  the processor time that the real one needed. Python, `setup.py`, the copies of Python for translations and the engine
  are real. The lower bound is `lower_bound_s` of the summary: the longest chain of commands, or their total time by the
  number of jobs. The ratio is the wall time divided by the bound. before, after: the time before the first command began
  and after the last one ended. Builds are measured at a real-time priority, so that what else runs disturbs them less.
";

/// The page, case by case.
pub(crate) struct Page {
    /// The names of all cases, in order.
    order: Vec<String>,
    cases: BTreeMap<String, String>,
    file: PathBuf,
}

impl Page {
    /// Reads the cases of earlier runs. `order` has the names of all known cases.
    pub fn open(order: Vec<String>) -> Self {
        let file = root().join("docs").join("benchmarks.md");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let case = |text: &str| {
            let (name, body) = text.split_once('\n')?;
            Some((name.to_owned(), body.trim().to_owned()))
        };
        let cases = text.split("\n## ").skip(1).filter_map(case).collect();
        Self { order, cases, file }
    }

    /// Returns whether there is a case with this name, or one of this project or scenario.
    pub fn knows(&self, case: &str) -> bool {
        self.order.iter().any(|name| name == case || name.split('/').any(|part| part == case))
    }

    /// Replaces a case, prints it, and writes the page.
    pub fn put(&mut self, name: &str, machine: &str, table: &str) -> Result<()> {
        println!("## {name}\n\n{table}");
        self.cases.insert(name.to_owned(), format!("{table}\n{machine}"));
        let mut text = HEAD.to_owned();
        for name in &self.order {
            if let Some(body) = self.cases.get(name) {
                text.push_str(&format!("\n## {name}\n\n{body}\n"));
            }
        }
        std::fs::write(&self.file, text)?;
        Ok(())
    }
}
