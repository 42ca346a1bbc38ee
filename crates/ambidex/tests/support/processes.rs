//! Knows which processes run that a test has started, by something only their environment has.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The processes whose environment has this text: their command lines.
pub fn with_mark(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.windows(mark.len()).any(|window| window == mark.as_bytes()) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

/// Fails the test if such a process stays. One that was killed needs a moment to be gone.
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

/// Whether a process is there and no zombie.
pub fn is_alive(pid: &str) -> bool {
    // The state is behind the name, which is in parentheses and may have any character (proc(5)).
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
