//! Knows which builds are compared, measures them side by side in one run, and writes the figures down.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::environment::{ambidex, python_with, root, run, sdist};

/// One way to build a project.
struct Way {
    label: &'static str,
    command: Box<dyn Fn() -> Command>,
}

/// A project and the ways that are compared; ratios are to the first.
struct Case {
    title: String,
    folder: PathBuf,
    ways: Vec<Way>,
}

/// Measures, and writes `docs/benchmarks.md`.
pub(crate) fn measure(rounds: usize) -> Result<()> {
    let python = python_with("bench", &["setuptools==84.2.1", "wheel", "cython"])?;
    let program = ambidex()?;
    let markupsafe = sdist(&python, "markupsafe", "3.0.4")?;
    let librt = sdist(&python, "librt", "0.16.0")?;
    let setup = |arguments: &'static [&'static str]| {
        let python = python.clone();
        Box::new(move || {
            let mut command = Command::new(&python);
            command.arg("setup.py").args(arguments);
            command
        })
    };
    let captured = |jobs: &'static str, arguments: &'static [&'static str]| {
        let (python, program) = (python.clone(), program.clone());
        Box::new(move || {
            let mut command = Command::new(&program);
            command.args(["run", jobs, "--"]).arg(&python).arg("setup.py").args(arguments);
            command
        })
    };
    let cases = [
        Case {
            title: "markupsafe 3.0.4, one file".into(),
            folder: markupsafe,
            ways: vec![
                Way { label: "`setup.py build_ext`", command: setup(&["build_ext"]) },
                Way { label: "ambidex, 2 jobs", command: captured("-j2", &["build_ext"]) },
            ],
        },
        Case {
            title: "librt 0.16.0, many files".into(),
            folder: librt,
            ways: vec![
                Way { label: "`setup.py build -j1`", command: setup(&["build", "-j1"]) },
                Way { label: "`setup.py build -j2`", command: setup(&["build", "-j2"]) },
                Way { label: "ambidex, 2 jobs", command: captured("-j2", &["build"]) },
            ],
        },
    ];
    let mut text = String::from(HEAD);
    writeln!(text, "\nMachine: {}; {} rounds.\n", machine()?, rounds)?;
    for case in &cases {
        text.push_str(&compare(case, rounds)?);
    }
    std::fs::write(root().join("docs").join("benchmarks.md"), &text)?;
    print!("{text}");
    Ok(())
}

const HEAD: &str = "# Benchmarks\n
Written by `cargo xtask bench`. Each row is the median of the whole process's wall time; the ways of a table are
measured in turn, round by round, each from a folder without `build/`. Ratios are to the first row.\n";

fn compare(case: &Case, rounds: usize) -> Result<String> {
    let mut times = vec![Vec::new(); case.ways.len()];
    // The first round only warms the caches of files and byte code.
    for round in 0..=rounds {
        for (way, times) in case.ways.iter().zip(&mut times) {
            let seconds = once(way, &case.folder)?;
            if round > 0 {
                times.push(seconds);
            }
        }
        eprintln!("{}: round {round} of {rounds}", case.title);
    }
    let medians: Vec<f64> = times.iter_mut().map(|t| median(t)).collect();
    let mut text = format!("## {}\n\n| build | median, s | ratio |\n| --- | --- | --- |\n", case.title);
    for (way, median) in case.ways.iter().zip(&medians) {
        writeln!(text, "| {} | {median:.3} | {:.2} |", way.label, median / medians[0])?;
    }
    text.push('\n');
    Ok(text)
}

fn once(way: &Way, folder: &Path) -> Result<f64> {
    let _ = std::fs::remove_dir_all(folder.join("build"));
    let mut command = (way.command)();
    command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    run(&mut command)?;
    Ok(began.elapsed().as_secs_f64())
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn machine() -> Result<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").context("the processor is not known")?;
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{}, {cores} cores", model.map_or("unknown", |(_, name)| name)))
}
