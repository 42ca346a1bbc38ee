//! A terminal, played by tmux, in which a test runs a command and sees what a user would see.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::run::{on_path, run};
use super::workspace::Workspace;

/// Longer than anything here takes. Only a failing test ever waits this long.
const TOO_LONG: Duration = Duration::from_secs(120);

/// What the terminal shows when the command has ended, before its exit code.
const END: &str = "exit code: ";

/// A terminal with a server of its own, which ends with this value.
pub struct Terminal<'a> {
    workspace: &'a Workspace,
    server: String,
}

impl<'a> Terminal<'a> {
    /// Returns whether terminals can be played here.
    pub fn exists() -> bool {
        on_path("tmux").is_some()
    }

    /// Runs a line of shell in the workspace, in a terminal of this many columns and 24 rows. In the line, `"$@"` is
    /// ambidex with these arguments.
    pub fn start(workspace: &'a Workspace, columns: usize, line: &str, arguments: &[&str]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let terminal = Self { workspace, server: format!("ambidex-{}-{number}", std::process::id()) };
        let script = format!("{line}; echo \"{END}$?\"; exec sleep 1000");
        let mut tmux = terminal.tmux(&["new-session", "-d", "-x", &columns.to_string(), "-y", "24"]);
        tmux.args(["sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_ambidex")]).args(arguments);
        run(&mut tmux).expect(0);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut tmux = self.workspace.command("tmux");
        tmux.env_remove("TMUX").env_remove("CI").env("TMUX_TMPDIR", self.workspace.temporary());
        tmux.args(["-L", &self.server, "-f", "/dev/null"]).args(arguments);
        tmux
    }

    /// Returns the rows of the screen, without empty ones at the end.
    pub fn screen(&self) -> Vec<String> {
        rows(&run(&mut self.tmux(&["capture-pane", "-p"])).expect(0).stdout)
    }

    /// Returns everything that was printed, with each line in one piece, up to the end of the command.
    pub fn history(&self) -> Vec<String> {
        let mut all = rows(&run(&mut self.tmux(&["capture-pane", "-pJ", "-S", "-"])).expect(0).stdout);
        let end = all.iter().position(|line| line.starts_with(END)).map_or(all.len(), |at| at + 1);
        let left = all.split_off(end);
        assert!(left.is_empty(), "below the end is {left:#?}");
        all
    }

    /// Waits until the rows of the screen are as wanted, and returns them.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(began.elapsed() < TOO_LONG, "{what}: not so\n{}", screen.join("\n"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the command has ended. Fails the test unless its exit code is this one.
    #[track_caller]
    pub fn expect_end(&self, code: i32) {
        let is_end = |row: &String| row.contains(END);
        let screen = self.wait_for("the command ends", |screen| screen.iter().any(is_end));
        let end = screen.iter().find(|row| is_end(row)).expect("it was found");
        assert!(end.ends_with(&format!("{END}{code}")), "{}", screen.join("\n"));
    }

    /// Gives the terminal another width.
    pub fn resize(&self, columns: usize) {
        run(&mut self.tmux(&["resize-window", "-x", &columns.to_string()])).expect(0);
    }

    /// Presses keys, by tmux's names for them.
    pub fn press(&self, keys: &[&str]) {
        run(self.tmux(&["send-keys"]).args(keys)).expect(0);
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // The server ends with its last session, and may have ended.
        let _ = self.tmux(&["kill-server"]).output();
    }
}

fn rows(text: &str) -> Vec<String> {
    text.trim_end().lines().map(|row| row.trim_end().to_owned()).collect()
}
