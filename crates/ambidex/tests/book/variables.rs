//! The page on settings has every environment variable that the code knows, and no other.

use std::collections::BTreeSet;
use std::fs;

use walkdir::WalkDir;

use super::pages::{first_cells, page};
use super::support::repository;

/// Returns every name that begins with `AMBIDEX_` in a text.
fn names(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("AMBIDEX_").filter_map(|(at, _)| {
        let part = |c: &char| c.is_ascii_uppercase() || *c == '_';
        let name: String = text[at..].chars().take_while(part).collect();
        (!name.ends_with('_')).then_some(name)
    })
}

/// Returns the variables that the program, its libraries and the Python package know. Chores and tests have their own.
fn known() -> BTreeSet<String> {
    let folders = ["crates", "python"].map(|name| repository().join(name));
    let files = folders.iter().flat_map(WalkDir::new).map(|entry| entry.expect("the code can be read"));
    let is_code = |path: &str| {
        let ends = path.ends_with(".rs") || path.ends_with(".py");
        let of_tests = ["/tests/", "/crates/xtask/", "/crates/ambidex-fake-remote/", "/snapshots/"];
        ends && !of_tests.iter().any(|part| path.contains(part))
    };
    let texts = files.filter(|entry| is_code(&entry.path().to_string_lossy()));
    let texts = texts.map(|entry| fs::read_to_string(entry.path()).expect("code is text"));
    // Tests at the end of a file may misspell names.
    let texts =
        texts.map(|text| text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned());
    let all = texts.flat_map(|text| names(&text).collect::<Vec<_>>());
    all.filter(|name| !name.starts_with("AMBIDEX_TEST_") && !name.starts_with("AMBIDEX_WRITE_")).collect()
}

#[test]
fn every_variable_is_described() {
    let page = page("settings.md");
    let described: BTreeSet<String> = first_cells(&page.text)
        .into_iter()
        .filter(|cell| cell.starts_with("AMBIDEX_"))
        .map(Into::into)
        .collect();
    assert_eq!(described, known());
}
