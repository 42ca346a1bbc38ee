//! The files that a command opened, looked up in vain, listed and executed, according to strace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The kind of a path, checked after the command ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Was {
    File,
    Folder,
    Missing,
}

/// The paths that strace saw a command use.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Every path that it named, except those that it made or changed itself.
    pub paths: BTreeMap<PathBuf, Was>,
}

/// System calls that make or change what they name.
const CHANGING: [&str; 12] = [
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "symlink",
    "link",
    "chmod",
    "truncate",
];

/// Runs a command under strace, and discards its output.
///
/// # Errors
/// If strace can't be started, or its log can't be read.
pub(crate) fn trace(command: &Command, log: &Path) -> Result<Seen> {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-y", "-qq", "-s", "4096", "-e", "trace=%file,getdents64", "-o"]).arg(log).arg("--");
    traced.arg(command.get_program()).args(command.get_args()).env_clear();
    let cwd = command.get_current_dir().context("a command has a working folder")?;
    traced.current_dir(cwd);
    for (name, value) in command.get_envs() {
        traced.env(name, value.unwrap_or_default());
    }
    traced.output().context("strace can't be started (Debian's package strace)")?;
    Ok(read(&String::from_utf8_lossy(&std::fs::read(log)?), cwd))
}

/// Reads the log that `strace -f -y` wrote of a process that began in `cwd`.
fn read(text: &str, cwd: &Path) -> Seen {
    let mut begun: BTreeMap<&str, String> = BTreeMap::new();
    let mut folders: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut named: BTreeSet<PathBuf> = BTreeSet::new();
    let mut made: BTreeSet<PathBuf> = BTreeSet::new();
    for line in text.lines() {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let call = match (call.strip_suffix(" <unfinished ...>"), call.split_once(" resumed>")) {
            (Some(first), _) => {
                begun.insert(pid, first.to_owned());
                continue;
            }
            (None, Some((_, rest))) if call.starts_with("<... ") => {
                begun.remove(pid).unwrap_or_default() + rest
            }
            _ => call.to_owned(),
        };
        let Some((name, arguments)) = call.split_once('(') else { continue };
        let ended_well = !arguments.contains(") = -1 ");
        let folder = folders.get(pid).map_or(cwd, PathBuf::as_path).to_owned();
        let paths = paths(arguments, &folder);
        if matches!(name, "chdir") && ended_well {
            folders.extend(paths.first().map(|path| (pid.to_owned(), path.clone())));
        }
        let opens_to_write = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| arguments.contains(flag));
        if ended_well && (CHANGING.contains(&name) || opens_to_write) {
            made.extend(paths);
        } else {
            named.extend(paths);
        }
    }
    let state = |path: PathBuf| {
        let was = match path.metadata() {
            Ok(data) if data.is_dir() => Was::Folder,
            Ok(data) if data.is_file() => Was::File,
            Ok(_) => return None,
            Err(_) => Was::Missing,
        };
        Some((path, was))
    };
    Seen { paths: named.into_iter().filter(|path| !made.contains(path)).filter_map(state).collect() }
}

/// Returns the paths in a call's arguments: each string, below the directory that precedes it, and each listed
/// directory.
fn paths(arguments: &str, cwd: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut base = cwd.to_owned();
    let mut rest = arguments;
    // In an execve, only the first string is a path. No other call has a third string.
    while let Some(at) = rest.find(['"', '<']) {
        let is_text = rest.as_bytes()[at] == b'"';
        let end = rest[at + 1..].find(if is_text { '"' } else { '>' });
        let Some(end) = end else { break };
        let text = &rest[at + 1..at + 1 + end];
        rest = &rest[at + 2 + end..];
        if is_text {
            if !text.is_empty() {
                paths.push(base.join(text));
            }
            if rest.starts_with(", [") {
                break;
            }
        } else if rest.starts_with(") = ") || text.starts_with('/') {
            base = PathBuf::from(text);
            if rest.starts_with(", 0x") {
                paths.push(base.clone());
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_with_their_folders() {
        let text = "\
7 execve(\"/usr/bin/gcc\", [\"gcc\", \"-c\"], 0x7ff /* 3 vars */) = 0
7 openat(AT_FDCWD</work>, \"a.h\", O_RDONLY) = -1 ENOENT (No such file or directory)
8 openat(AT_FDCWD</work>, \"m.c\", O_RDONLY <unfinished ...>
7 access(\"/x/y\", X_OK) = -1 ENOENT (No such file or directory)
8 <... openat resumed>) = 3</work/m.c>
8 openat(AT_FDCWD</work>, \"m.o\", O_RDWR|O_CREAT|O_TRUNC, 0666) = 4</work/m.o>
8 newfstatat(4</work/m.o>, \"\", {st_mode=S_IFREG|0644}, AT_EMPTY_PATH) = 0
";
        let seen = read(text, Path::new("/work"));
        let expected = ["/usr/bin/gcc", "/work/a.h", "/work/m.c", "/x/y"].map(PathBuf::from);
        let found: Vec<PathBuf> =
            seen.paths.into_keys().filter(|path| path.as_path() != Path::new("/usr/bin/gcc")).collect();
        assert_eq!(found, expected[1..]);
    }
}
