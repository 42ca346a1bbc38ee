//! The value of a Python expression, with the modules of one build.

use std::path::Path;
use std::process::{Command, Stdio};

/// The program that evaluates: see its own documentation.
const PROGRAM: &str = include_str!("evaluate.py");

/// An expression, and the Python that evaluates it.
pub(crate) struct Expression<'a> {
    pub text: &'a str,
    pub python: &'a Path,
}

impl Expression<'_> {
    /// Returns the value as Python prints it, or the error as one line. The modules are in `build/lib*` below a project
    /// directory.
    pub fn value(&self, root: &Path) -> String {
        let mut command = Command::new(self.python);
        command.args(["-c", PROGRAM, self.text]).current_dir(root);
        command.env_remove("AMBIDEX_SOCKET").env("AMBIDEX_OFF", "1").stdin(Stdio::null());
        match command.output() {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
            }
            Ok(output) => format!("Python ended with {}", output.status),
            Err(error) => error.to_string(),
        }
    }
}
