//! The processes of a build, identified by an environment variable that only they have.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The environment variable. Commands do not inherit variables of ambidex.
pub(super) const MARK: &str = "BUILD_WITH_FAULTS";

/// One process of a build.
struct Process {
    pid: Pid,
    program: String,
}

/// Returns the live processes of the build with this number.
fn processes(build: u64) -> Vec<Process> {
    let mark = format!("{MARK}={build}\0");
    let of = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let environment = fs::read(entry.path().join("environ")).ok()?;
        environment.windows(mark.len()).find(|text| *text == mark.as_bytes())?;
        let program: PathBuf = fs::read_link(entry.path().join("exe")).ok()?;
        let program = program.file_name()?.to_string_lossy().into_owned();
        Some(Process { pid: Pid::from_raw(pid), program })
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(of).collect()
}

/// Kills one Python process of a build, or else one process whose program is neither Python, ambidex nor strace.
/// Returns whether it killed one.
pub(super) fn kill_one(build: u64, python: bool, random: &mut fastrand::Rng) -> bool {
    let mut found = processes(build);
    found.retain(|process| {
        let is_python = process.program.starts_with("python");
        is_python == python && !["ambidex", "strace"].contains(&&*process.program)
    });
    !found.is_empty() && kill(found[random.usize(0..found.len())].pid, Signal::SIGKILL).is_ok()
}

/// Kills all processes of a build.
pub(super) fn kill_all(build: u64) {
    for process in processes(build) {
        let _ = kill(process.pid, Signal::SIGKILL);
    }
}

/// Waits at most ten seconds for the processes of a build to end. Returns the programs of those that are left.
pub(super) fn left_behind(build: u64) -> Vec<String> {
    let began = Instant::now();
    loop {
        let left: Vec<String> = processes(build).into_iter().map(|process| process.program).collect();
        if left.is_empty() || began.elapsed() > Duration::from_secs(10) {
            return left;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
