//! `ambidex completions` and `ambidex man`: files for shells and for `man`, made from the definitions of the arguments.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Cli;
use crate::error::Error;
use crate::tell;

/// Prints a script that makes a shell complete the arguments of ambidex.
pub(crate) fn completions(shell: Shell) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ambidex", &mut script);
    tell::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Prints the manual page of ambidex, or writes it and those of all subcommands to a directory.
pub(crate) fn man(folder: Option<&Path>) -> Result<u8, Error> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = folder else {
        tell::print(&String::from_utf8_lossy(&page(&command)))?;
        return Ok(0);
    };
    let unwritable = |path: &Path, source| Error::Unwritable { path: path.to_owned(), source };
    fs::create_dir_all(folder).map_err(|source| unwritable(folder, source))?;
    for command in with_subcommands(&command) {
        let file = folder.join(format!("{}.1", name(command)));
        fs::write(&file, page(command)).map_err(|source| unwritable(&file, source))?;
    }
    Ok(0)
}

/// Returns a command and everything below it that is shown to users. The generated `help` commands have no pages.
pub(crate) fn with_subcommands(command: &Command) -> Vec<&Command> {
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    std::iter::once(command).chain(shown.flat_map(with_subcommands)).collect()
}

/// Returns the name of a page, such as `ambidex-cache-gc`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> Vec<u8> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).expect("a buffer takes everything");
    page
}
