//! The running processes that a test has started, found by something that only their environment contains.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Returns the directories in `/proc` of the processes whose environment contains this text.
fn marked(mark: &str) -> impl Iterator<Item = PathBuf> + '_ {
    let is_process = |entry: &fs::DirEntry| entry.file_name().as_bytes().iter().all(u8::is_ascii_digit);
    let all = fs::read_dir("/proc").into_iter().flatten().flatten().filter(is_process);
    all.map(|entry| entry.path()).filter(move |folder| {
        let environment = fs::read(folder.join("environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|window| window == mark.as_bytes())
    })
}

fn command_line(folder: &Path) -> String {
    let line = fs::read(folder.join("cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// Returns the command lines of the processes whose environment contains this text.
pub fn with_mark(mark: &str) -> Vec<String> {
    marked(mark).map(|folder| command_line(&folder)).collect()
}

/// Describes what each process whose environment contains this text is doing, with the stacks of its threads if gdb is
/// installed.
pub fn where_they_stand(mark: &str) -> String {
    let mut told = String::new();
    for folder in marked(mark) {
        let pid = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let status = text("status");
        let parent = status.lines().find(|line| line.starts_with("PPid:")).unwrap_or_default();
        let _ = writeln!(told, "{pid} ({parent}, {}): {}", text("wchan"), command_line(&folder));
        let gdb = Command::new("gdb").args(["-p", &pid, "-batch", "-ex", "thread apply all bt 30"]).output();
        if let Ok(shown) = gdb {
            let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
            let frames = shown.lines().filter(|line| line.starts_with('#') || line.starts_with("Thread"));
            frames.for_each(|frame| {
                let _ = writeln!(told, "    {frame}");
            });
        }
    }
    told
}

/// Waits until no environment contains this text. Fails the test if such a process stays. A killed process needs a
/// moment to disappear.
#[track_caller]
pub fn wait_until_none_has(mark: &str) {
    let began = Instant::now();
    loop {
        let left = with_mark(mark);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "still there: {left:#?}");
        sleep(Duration::from_millis(20));
    }
}

/// Returns whether a process exists and is not a zombie.
pub fn is_alive(pid: &str) -> bool {
    // The state comes after the name, which is in parentheses and may contain any character (proc(5)).
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
