//! Every command that the book and the README show runs, in a copy of the project that its block names, and prints what
//! the block shows.

use std::path::Path;

use super::blocks::{self, Block, How, Use};
use super::pages;
use super::pattern::all_fit;
use super::support::{Environment, Workspace, on_path, repository, run, skipped};

/// What the shell prints after each command, before its exit code.
const MARK: char = '\u{1e}';

#[test]
fn every_command_runs() {
    let Some(environment) = Environment::usual() else { return };
    let mut problems = Vec::new();
    let mut ran = 0;
    for block in pages::all().iter().flat_map(blocks::of) {
        let result = match block.usage() {
            Ok(Use::Run(how)) => {
                ran += 1;
                runs(&block, &how, &environment)
            }
            Ok(Use::Ignored | Use::Shown) => Ok(()),
            Err(problem) => Err(problem),
        };
        problems.extend(result.err().map(|problem| format!("{}: {problem}", block.place)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(ran > 10, "only {ran} blocks have run");
}

/// Runs the commands of a block in one shell, one after the other.
fn runs(block: &Block, how: &How, environment: &Environment) -> Result<(), String> {
    let commands = block.commands()?;
    if let Some(missing) = how.needs.iter().find(|name| on_path(name).is_none()) {
        skipped(&format!("{}: there is no {missing}", block.place));
        return Ok(());
    }
    let workspace = workspace(&how.project, environment)?;
    if how.built {
        workspace.build(&[]);
    }
    let parts = commands.iter().map(|(command, _)| format!("{command}\nprintf '{MARK}%d\\n' \"$?\"\n"));
    let script = format!("exec 2>&1\n{}", parts.collect::<String>());
    let ran = run(workspace.command("sh").args(["-c", &script]));
    if how.network && ran.says_that_network_is_missing() {
        return Ok(());
    }
    let mut rest = ran.stdout.as_str();
    for (number, (command, shown)) in commands.iter().enumerate() {
        let Some((printed, after)) = rest.split_once(MARK) else {
            return Err(format!("`{command}` did not end: {ran}"));
        };
        let wrong = |what: &str| Err(format!("`{command}` {what}:\n{printed}"));
        let (code, after) = after.split_once('\n').unwrap_or((after, ""));
        rest = after;
        let expected = if number + 1 == commands.len() { how.exit } else { 0 };
        if code != expected.to_string() {
            return wrong(&format!("ended with {code}, not with {expected}"));
        }
        if !shown.is_empty() && !all_fit(shown, &printed.lines().collect::<Vec<_>>()) {
            return wrong("did not print what the page shows, but this");
        }
    }
    Ok(())
}

/// Returns a copy of an example in which a shell finds the program under test and, where the example needs it, the
/// Python package.
fn workspace(project: &str, environment: &Environment) -> Result<Workspace, String> {
    let folder = repository().join("examples").join(project);
    if !folder.is_dir() {
        return Err(format!("there is no examples/{project}"));
    }
    let mut workspace = Workspace::new(&folder, environment);
    let program = Path::new(env!("CARGO_BIN_EXE_ambidex"));
    workspace.put_first_on_path(program.parent().expect("a program is in a directory"));
    workspace.store = Some(workspace.cache().join("ambidex"));
    let home = workspace.beside("home");
    std::fs::create_dir(&home).expect("a temporary folder can be written");
    workspace.variables.push(("HOME".to_owned(), home.display().to_string()));
    if project == "build-backend" {
        let package = repository().join("python").display().to_string();
        workspace.variables.push(("PYTHONPATH".to_owned(), package));
        workspace.variables.push(("AMBIDEX_BINARY".to_owned(), program.display().to_string()));
        workspace.variables.push(("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()));
    }
    Ok(workspace)
}
