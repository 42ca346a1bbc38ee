//! The book's page of all options, made from the definitions of the arguments (`docs/book/src/options.md`).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};

use crate::args::Cli;
use crate::settings;
use crate::shell::with_subcommands;

/// Programs that examples use besides ambidex.
const PROGRAMS: [&str; 3] = ["dot", "jq", "ninja"];

/// Commands whose examples no test runs, and why.
const NOT_RUN: [(&str, &str); 3] = [
    ("ambidex check", "the exit code is 1, because the example has a hazard"),
    ("ambidex races", "the exit code is 1, because the example has a hazard"),
    ("ambidex doctor", "what there is depends on the machine"),
];

const HEAD: &str = "\
# Every option

<!-- `AMBIDEX_WRITE_BOOK=1 cargo test -p ambidex --bin ambidex book` writes this page. -->

`ambidex COMMAND --help` prints the same. An option wins over its variable, and the variable over the key in
`pyproject.toml` ([settings](settings.md)).
";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the page.
fn page() -> String {
    let mut command = Cli::command();
    command.build();
    with_subcommands(&command).into_iter().fold(HEAD.to_owned(), |page, command| page + &section(command))
}

/// Returns the part of the page about one command.
fn section(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let sentences: Vec<String> =
        about.split("\n\n").map(|part| part.trim_end_matches('.').to_owned() + ".").collect();
    let mut text = format!("\n## `{name}`\n\n{}\n\n```text\n{usage}\n```\n", sentences.join("\n\n"));
    let shown = |arg: &&Arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    let rows: String = command.get_arguments().filter(shown).map(row).collect();
    if !rows.is_empty() {
        write!(text, "\n| argument | meaning |\n| --- | --- |\n{rows}").expect("a string takes all");
    }
    if let Some(examples) = command.get_after_help() {
        text += &block(name, examples);
    }
    text
}

/// Returns the row of a table about one argument.
fn row(arg: &Arg) -> String {
    let values: Vec<String> =
        arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let takes_value = arg.get_action().takes_values();
    let value = if takes_value { values.join(" ") } else { String::new() };
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let name = match (short, long) {
        (None, None) => value.clone(),
        (short, long) => {
            let is_optional = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
            let value = match (takes_value, is_optional) {
                (false, _) => String::new(),
                (true, false) => format!(" {value}"),
                (true, true) => format!("[={value}]"),
            };
            let names: Vec<String> = [short, long].into_iter().flatten().collect();
            names.join(", ") + &value
        }
    };
    let help = arg.get_long_help().or(arg.get_help()).map(StyledStr::to_string).unwrap_or_default();
    let mut meaning = help.replace('\n', " ").replace('<', "&lt;").replace('|', "\\|");
    let possible = arg.get_possible_values();
    if takes_value && possible.iter().any(|value| value.get_help().is_some()) {
        let each = possible.iter().filter(|value| !value.is_hide_set()).map(|value| {
            let help = value.get_help().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("`{}`{help}", value.get_name())
        });
        write!(meaning, ". Values: {}", each.collect::<Vec<_>>().join(", ")).expect("a string takes all");
    }
    if takes_value && !arg.is_hide_default_value_set() && !arg.get_default_values().is_empty() {
        let default = arg.get_default_values().iter().map(|value| value.to_string_lossy());
        write!(meaning, " [default: `{}`]", default.collect::<Vec<_>>().join(" "))
            .expect("a string takes all");
    }
    if let Some(variable) = arg.get_env() {
        write!(meaning, " [variable: `{}`]", variable.to_string_lossy()).expect("a string takes all");
    }
    format!("| `{name}` | {meaning} |\n")
}

/// Returns the examples of a command as a block whose commands a test runs (`tests/book`).
fn block(name: &str, examples: &StyledStr) -> String {
    let text = examples.to_string();
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("ambidex "));
    let commands: String = lines.clone().map(|line| format!("$ {line}\n")).collect();
    if let Some((_, reason)) = NOT_RUN.iter().find(|(of, _)| *of == name) {
        return format!("\n```console ignore: {reason}\n{commands}```\n");
    }
    let uses = |program: &&&str| commands.split_whitespace().any(|word| word == **program);
    let needs: Vec<&str> = PROGRAMS.iter().filter(uses).copied().collect();
    let needs = if needs.is_empty() { String::new() } else { format!(" needs={}", needs.join(",")) };
    format!("\n```console in=shared-source built{needs}\n{commands}```\n")
}

#[test]
fn the_books_page_of_options_is_current() {
    let file = repository().join("docs/book/src/options.md");
    let page = page();
    if std::env::var_os("AMBIDEX_WRITE_BOOK").is_some() {
        fs::write(&file, &page).expect("the book can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let differs = page.lines().zip(written.lines()).find(|(new, old)| new != old);
    assert!(
        page == written,
        "options.md is stale: `AMBIDEX_WRITE_BOOK=1 cargo test -p ambidex --bin ambidex book` writes it\n{differs:?}"
    );
}

#[test]
fn the_books_table_of_keys_has_every_key() {
    let text = fs::read_to_string(repository().join("docs/frontends.md")).expect("it is in the repository");
    let (_, rest) = text.split_once("<!-- ANCHOR: keys -->").expect("the table has a mark");
    let (table, _) = rest.split_once("<!-- ANCHOR_END: keys -->").expect("the table has an end");
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let mut keys: Vec<&str> = cells.map(|(key, _)| key).collect();
    keys.sort_unstable();
    assert_eq!(keys, settings::KEYS);
}
