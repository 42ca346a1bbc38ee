//! A `build.ninja` of recorded commands, with the compiler's own dependency files.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use ambidex_command::{Command, Depfile, InputRole, Kind, ResponseFiles};
use anyhow::{Result, bail};

use super::commands::Recorded;

const RULES: &str = "ninja_required_version = 1.3
rule compile
  command = $cmd
  depfile = $out.d
  deps = gcc
rule link
  command = $cmd
";

struct In<'a>(&'a Path);

impl ResponseFiles for In<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        std::fs::read_to_string(self.0.join(path))
    }
}

/// Returns a `build.ninja` for commands that have just run in `tree`. Leaves out probes, whose files no longer exist.
pub(crate) fn text(recorded: &[Recorded], tree: &Path) -> Result<String> {
    let mut text = RULES.to_owned();
    // The output of each command, and the file that now stands for each path: ninja allows one writer per path.
    let mut made: HashMap<&[String], String> = HashMap::new();
    let mut now: HashMap<String, String> = HashMap::new();
    for one in recorded {
        let command = match ambidex_command::read(&one.argv, &std::collections::BTreeMap::new(), &In(tree)) {
            Ok(command) => command,
            Err(error) => bail!("`{}` can't be given to ninja: {error}", one.argv.join(" ")),
        };
        let Some(output) = command.primary().map(|output| output.path.clone()) else { continue };
        let there = |path: &str| Path::new(&one.cwd).join(path).is_file();
        if !there(&output) || !command.inputs.iter().filter(is_file).all(|input| there(&input.path)) {
            continue;
        }
        if !matches!(command.kind, Kind::Compile | Kind::Link | Kind::CompileAndLink) {
            bail!("`{}` changes a file in place", one.argv.join(" "));
        }
        if Path::new(&one.cwd) != tree.canonicalize()? {
            bail!("`{}` runs in another folder, {}", one.argv.join(" "), one.cwd);
        }
        if let Some(path) = made.get(one.argv.as_slice()) {
            now.insert(output, path.clone());
            continue;
        }
        let path = match now.get(&output) {
            None => output.clone(),
            Some(_) => {
                format!("build/ninja-{}/{}", made.len(), output.rsplit('/').next().unwrap_or_default())
            }
        };
        edge(&mut text, &command, &path, &now)?;
        made.insert(&one.argv, path.clone());
        now.insert(output, path);
    }
    if made.is_empty() {
        bail!("no command was recorded: `setup.py` calls its compiler by another name");
    }
    Ok(text)
}

fn edge(text: &mut String, command: &Command, output: &str, now: &HashMap<String, String>) -> Result<()> {
    let current = |path: &String| now.get(path).unwrap_or(path).clone();
    let inputs: Vec<_> = command.inputs.iter().filter(is_file).collect();
    let replaced: Vec<_> = inputs.iter().map(|input| (input.span, current(&input.path))).collect();
    let replaced: Vec<_> = replaced.iter().map(|(span, path)| (*span, path.as_str())).collect();
    let mut argv = command.renamed_argv(output, &replaced);
    let rule = match command.depfile {
        Depfile::Inject => {
            argv.extend(["-MD".to_owned(), "-MF".to_owned(), format!("{output}.d")]);
            "compile"
        }
        Depfile::None => "link",
        Depfile::Own { .. } | Depfile::Unknown => bail!("what `{}` includes can't be learnt", argv.join(" ")),
    };
    write!(text, "build {}: {rule}", escaped(output))?;
    for (_, input) in &replaced {
        write!(text, " {}", escaped(input))?;
    }
    let words: Vec<String> = argv.iter().map(|word| quoted(word)).collect();
    writeln!(text, "\n  cmd = {}", words.join(" ").replace('$', "$$"))?;
    Ok(())
}

fn is_file(input: &&ambidex_command::Input) -> bool {
    use InputRole::{Archive, LinkerScript, Object, SharedLibrary, Source};
    matches!(input.role, Source | Object | Archive | SharedLibrary | LinkerScript)
}

/// Escapes a path for ninja.
fn escaped(path: &str) -> String {
    path.replace('$', "$$").replace(' ', "$ ").replace(':', "$:")
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+=./,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
