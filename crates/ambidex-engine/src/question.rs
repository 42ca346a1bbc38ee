//! Knows how a tool is asked something about itself without ever being waited for in vain.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::process;

/// How long a tool has to answer. Compilers answer within milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether the build is to end.
const GLANCE: Duration = Duration::from_millis(10);

/// Whether the engine of this process ends: no answer is waited for any more.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Where tools keep temporary files while they are asked: it goes with the engine, also if they are ended before they
/// could tidy up.
static TEMPORARY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The tool did not answer in time, or nobody waits for it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its tool does not answer when it is asked what it runs")]
pub(crate) struct Silent;

/// An engine begins, with this folder for temporary files: questions are waited for again.
pub(crate) fn begin(temporary: &Path) {
    ENDING.store(false, Ordering::Relaxed);
    *TEMPORARY.lock().expect("a path is all there is") = Some(temporary.to_owned());
}

/// The engine ends, and with it all questions.
pub(crate) fn end_all() {
    ENDING.store(true, Ordering::Relaxed);
}

/// What a command prints to both of its outputs; none if it fails or can't be started.
pub(crate) fn ask(mut command: Command) -> Result<Option<String>, Silent> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    if let Some(temporary) = &*TEMPORARY.lock().expect("a path is all there is") {
        command.env("TMPDIR", temporary);
    }
    let Ok(child) = command.spawn() else { return Ok(None) };
    let pid = child.id();
    let (send, answer) = mpsc::channel();
    std::thread::spawn(move || send.send(listen(child)));
    let began = Instant::now();
    while began.elapsed() < PATIENCE && !ENDING.load(Ordering::Relaxed) {
        match answer.recv_timeout(GLANCE) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
    process::end(pid);
    Err(Silent)
}

fn listen(mut child: Child) -> Option<String> {
    let mut error = child.stderr.take()?;
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        error.read_to_end(&mut text).map(|_| text)
    });
    let mut text = Vec::new();
    child.stdout.take()?.read_to_end(&mut text).ok()?;
    text.extend(errors.join().ok()?.ok()?);
    let status = child.wait().ok()?;
    status.success().then(|| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_are_the_answer() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2"]);
        assert_eq!(ask(command), Ok(Some("one\ntwo\n".to_owned())));
    }

    #[test]
    fn failing_is_no_answer() {
        assert_eq!(ask(Command::new("false")), Ok(None));
        assert_eq!(ask(Command::new("/nonexistent/tool")), Ok(None));
    }
}
