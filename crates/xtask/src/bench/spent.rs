//! Measurements of a process: its wall time, its own CPU time, its peak memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

/// The time that a process took.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    /// The time from before its start to its end, in seconds.
    pub wall: f64,
    /// Its CPU time without that of the processes that it started, in seconds.
    pub cpu: f64,
}

/// Runs a process that must succeed, with its output in `log`.
pub(crate) fn spend(command: &mut Command, log: &Path) -> Result<Spent> {
    let file = File::create(log).with_context(|| log.display().to_string())?;
    command.stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file);
    let began = Instant::now();
    let child = command.spawn().with_context(|| format!("{command:?} can't be started"))?;
    end(child, began, log)
}

/// Waits for a process that must succeed.
pub(crate) fn end(mut child: Child, began: Instant, log: &Path) -> Result<Spent> {
    let pid = pid(&child)?;
    // The CPU clock of the process can be read until the process is reaped.
    waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    let wall = began.elapsed().as_secs_f64();
    let cpu = Duration::from(clock_getcpuclockid(pid)?.now()?).as_secs_f64();
    let status = child.wait()?;
    if !status.success() {
        bail!("{status}: {}; see {}", last_error(log), log.display());
    }
    Ok(Spent { wall, cpu })
}

/// Returns the peak resident memory of a process so far, in bytes, or `None` if the process has ended.
pub(crate) fn peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Runs a process and polls its peak memory until it ends. Polling disturbs the process a little, so its time is not
/// reported.
pub(crate) fn peak_until_end(command: &mut Command, log: &Path) -> Result<u64> {
    let file = File::create(log).with_context(|| log.display().to_string())?;
    command.stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file);
    let mut child = command.spawn().with_context(|| format!("{command:?} can't be started"))?;
    let mut most = 0;
    while child.try_wait()?.is_none() {
        most = most.max(peak(&child).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{status}: {}; see {}", last_error(log), log.display());
    }
    Ok(most)
}

fn pid(child: &Child) -> Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(child.id())?))
}

/// Returns the line of a log that explains best why the process ended.
fn last_error(log: &Path) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let length = file.metadata().map_or(0, |data| data.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(20_000)));
        let _ = file.read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let error = lines().rfind(|line| line.to_lowercase().contains("error"));
    error.or_else(|| lines().next_back()).unwrap_or("it said nothing").trim().to_owned()
}
