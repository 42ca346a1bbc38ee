//! Whether a source computes with its own path, found out by the preprocessor.
//!
//! A compiler that was given an absolute path puts it in the place of `__FILE__`. If the source asks for the length of
//! that text, or for a character of it, nothing in the object tells where this came from, so the object can't be made
//! for another directory. The text of a source doesn't tell either: `assert` uses `__FILE__`, unless `NDEBUG` is
//! defined. So the same command runs as far as the preprocessor, with a word of ours as `__FILE__`.

use super::{ExecContext, Execution, temporary_folder};
use crate::base::process::Running;
use crate::memory::record::{Bond, Why};
use crate::uptodate::remember::Remembered;
use ambidex_command::Kind;

/// What stands in the place of the names of files.
const NAME: &str = "ambidex_name_of_this_file";

/// What is left of a source's path after the preprocessor: our word, and the functions and names of compilers that
/// stand for the name of a file (GCC manual, "Other Builtins"; Clang's names of lambdas have their file's path).
const WORDS: [&str; 4] = [NAME, "__builtin_FILE", "__builtin_source_location", "__PRETTY_FUNCTION__"];

/// The arguments that make a compilation end after the preprocessor. The last of two outputs counts.
const ARGUMENTS: [&str; 4] = ["-E", "-w", "-o", "-"];

/// The macros that stand for the name of a file (GCC manual, "Standard Predefined Macros").
const MACROS: [&str; 2] = ["__FILE__", "__BASE_FILE__"];

impl Execution {
    /// Checks that no source of this compilation computes with its own path.
    ///
    /// # Errors
    /// Why the run can't be used here, if one does, or if nobody can tell.
    pub(super) fn check_that_no_source_computes(
        &self,
        context: &ExecContext<'_>,
        run: &Remembered,
    ) -> Result<(), Why> {
        match self.preprocessed(context) {
            Some(text)
                if !WORDS.iter().any(|word| memchr::memmem::find(&text, word.as_bytes()).is_some()) =>
            {
                Ok(())
            }
            _ => {
                let computes = |bond: &Bond| *bond == Bond::Computes;
                let path = run.result.embedded_paths.iter().find(|embedded| computes(&embedded.bond));
                let path = path.map(|embedded| embedded.path.clone()).unwrap_or_default();
                Err(Why::Bound(path, "a source uses the name of its file".to_owned()))
            }
        }
    }

    /// Returns what the preprocessor makes of the sources, or nothing if it fails.
    fn preprocessed(&self, context: &ExecContext<'_>) -> Option<Vec<u8>> {
        if self.command.kind != Kind::Compile {
            return None;
        }
        let temporary = temporary_folder(context.temporary).ok()?;
        let mut argv = self.plan.argv.clone();
        argv.extend(ARGUMENTS.map(str::to_owned));
        argv.extend(MACROS.map(|name| format!("-D{name}={NAME}")));
        let own = self.own_variables(&temporary, None);
        let running = Running::start(&self.program, &argv, &self.cwd, &self.env.variables, &own).ok()?;
        (context.started)(running.pid());
        let ended = running.wait().ok();
        // This fails if the command left files there, which end with the build.
        let _ = std::fs::remove_dir(&temporary);
        // Every compiler begins with the name of the source.
        ended.filter(|ended| ended.status == 0 && !ended.out.is_empty()).map(|ended| ended.out)
    }
}
