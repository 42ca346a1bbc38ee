//! Whether a source computes with its own path, found out by the preprocessor.
//!
//! A compiler that was given an absolute path puts it in the place of `__FILE__`. If the source asks for the length of
//! that text, or for a character of it, nothing in the object tells where this came from, so the object can't be made
//! for another directory. The text of a source doesn't tell either: `assert` uses `__FILE__`, unless `NDEBUG` is
//! defined. So the same command runs as far as the preprocessor, with a word of ours as `__FILE__`.

use std::fs;
use std::path::Path;

use ambidex_command::Kind;
use memchr::memmem::find;

use super::{ExecContext, Execution, temporary_folder};
use crate::base::paths::is_within;
use crate::base::process::Running;
use crate::memory::record::{Bond, Why};
use crate::uptodate::shared::Found;

/// What stands in the place of `__FILE__`.
const FILE: &[u8] = b"ambidex_name_of_this_file";

/// What stands for the name of a file wherever it is: `__BASE_FILE__`, and what compilers themselves replace (GCC
/// manual, "Other Builtins"). The names that Clang gives to functions have the path of the file of each lambda.
const ANYWHERE: [&[u8]; 4] =
    [b"ambidex_name_of_the_source", b"__builtin_FILE", b"__builtin_source_location", b"__PRETTY_FUNCTION__"];

/// The arguments that make a compilation end after the preprocessor (GCC manual, "Standard Predefined Macros").
const ARGUMENTS: [&str; 4] =
    ["-E", "-w", "-D__FILE__=ambidex_name_of_this_file", "-D__BASE_FILE__=ambidex_name_of_the_source"];

impl Execution {
    /// Checks that no source of this compilation computes with its own path.
    ///
    /// # Errors
    /// Why the run can't be used here, if one does, or if nobody can tell.
    pub(super) fn check_that_no_source_computes(
        &self,
        context: &ExecContext<'_>,
        found: &Found,
    ) -> Result<(), Why> {
        let embedded = found.run.result.embedded_paths.iter();
        let paths: Vec<&Path> = embedded
            .filter(|embedded| embedded.bond == Bond::Computes)
            .map(|embedded| Path::new(&embedded.path))
            .collect();
        let path = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        let bound = |reason: &str| Err(Why::Bound(path.clone(), reason.to_owned()));
        match self.preprocessed(context) {
            Some(text) if uses_name(&text, &paths) => bound("a source uses the name of its file"),
            Some(_) => Ok(()),
            None => bound("the preprocessor can't tell whether a source uses the name of its file"),
        }
    }

    /// Returns what the preprocessor makes of the sources, or nothing if it fails.
    fn preprocessed(&self, context: &ExecContext<'_>) -> Option<Vec<u8>> {
        if self.command.kind != Kind::Compile {
            return None;
        }
        let temporary = temporary_folder(context.temporary).ok()?;
        let output = temporary.join("preprocessed");
        let argv = self.command.rewrite().output(output.to_string_lossy()).append(ARGUMENTS).finish();
        let own = self.own_variables(&temporary, None);
        let running = Running::start(&self.program, &argv, &self.cwd, &self.env.variables, &own).ok()?;
        (context.started)(running.pid());
        let ended = running.wait();
        let text = fs::read(&output).ok();
        let _ = fs::remove_file(&output).and_then(|()| fs::remove_dir(&temporary));
        // Every compiler begins with the name of the source, if it preprocesses the source at all.
        text.filter(|text| text.starts_with(b"# ") && ended.is_ok_and(|ended| ended.status == 0))
    }
}

/// Returns whether preprocessed text uses the name of a file below one of these directories.
fn uses_name(text: &[u8], folders: &[&Path]) -> bool {
    if ANYWHERE.iter().any(|word| find(text, word).is_some()) {
        return true;
    }
    if find(text, FILE).is_none() {
        return false;
    }
    let mut is_below = true;
    text.split(|byte| *byte == b'\n').any(|line| {
        if let Some(name) = name_in_marker(line) {
            // A name with escapes is no name that can be compared.
            let is_plain = |name: &str| !name.contains('\\');
            is_below = std::str::from_utf8(name)
                .ok()
                .filter(|name| is_plain(name))
                .is_none_or(|name| folders.iter().any(|folder| is_within(Path::new(name), folder)));
        }
        is_below && find(line, FILE).is_some()
    })
}

/// Returns the name in a line that tells from which file the next ones are (GCC manual, "Preprocessor Output").
fn name_in_marker(line: &[u8]) -> Option<&[u8]> {
    let numbered = line.strip_prefix(b"# ")?;
    let digits = numbered.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let name = numbered.get(digits..)?.strip_prefix(b" \"").filter(|_| digits > 0)?;
    let end = memchr::memrchr(b'"', name)?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_the_folders_count() {
        let uses = |text: &str| uses_name(text.as_bytes(), &[Path::new("/tmp/env")]);
        assert!(!uses("# 1 \"a.c\"\nint a = sizeof(ambidex_name_of_this_file);\n"));
        assert!(!uses("# 1 \"/tmp/env2/a.h\" 1 3\nint a = sizeof(ambidex_name_of_this_file);\n"));
        assert!(uses("# 1 \"/tmp/env/a.h\" 1 3\nint a = sizeof(ambidex_name_of_this_file);\n"));
        assert!(!uses("# 1 \"/tmp/env/a.h\"\n# 3 \"a.c\" 2\nint a = sizeof(ambidex_name_of_this_file);\n"));
        assert!(uses("# 1 \"/tmp/e\\\"nv/a.h\" 1 3\nint a = sizeof(ambidex_name_of_this_file);\n"));
        assert!(uses("# 1 \"a.c\"\nconst char *a = __builtin_FILE();\n"));
        assert!(!uses("# 1 \"/tmp/env/a.h\" 1\nint a;\n"));
    }
}
