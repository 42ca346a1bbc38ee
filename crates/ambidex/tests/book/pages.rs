//! The pages of the book as a reader sees them: with the files that they include.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::repository;

/// A page, or the README.
pub struct Page {
    /// Its file.
    pub path: PathBuf,
    /// Its text, with what it includes.
    pub text: String,
}

impl Page {
    fn read(path: &Path) -> Self {
        Self { path: path.to_owned(), text: expanded(path, &read(path)) }
    }

    /// Returns the file's path for messages.
    pub fn name(&self) -> String {
        self.path.strip_prefix(repository()).unwrap_or(&self.path).display().to_string()
    }
}

/// Returns the directory of the book's sources.
pub fn sources() -> PathBuf {
    repository().join("docs").join("book").join("src")
}

/// Returns all pages of the book, and its list of pages.
pub fn of_the_book() -> Vec<Page> {
    let mut files: Vec<PathBuf> = fs::read_dir(sources())
        .expect("the book is in the repository")
        .map(|entry| entry.expect("the book can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    files.sort();
    files.iter().map(|path| Page::read(path)).collect()
}

/// Returns all pages of the book, and the README.
pub fn all() -> Vec<Page> {
    let readme = Page::read(&repository().join("README.md"));
    std::iter::once(readme).chain(of_the_book()).collect()
}

/// Returns one page of the book.
pub fn page(name: &str) -> Page {
    Page::read(&sources().join(name))
}

/// Returns the values in code spans that begin the rows of the tables of a text.
pub fn first_cells(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(cell, _)| cell))
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Replaces each line `{{#include FILE}}` or `{{#include FILE:ANCHOR}}` by what it names, as mdBook does.
fn expanded(path: &Path, text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        match line.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}")) {
            Some(wanted) => whole += &included(path, wanted),
            None => whole.extend([line, "\n"]),
        }
    }
    whole
}

fn included(page: &Path, wanted: &str) -> String {
    let (file, anchor) = wanted.split_once(':').map_or((wanted, None), |(file, anchor)| (file, Some(anchor)));
    let text = read(&page.parent().expect("a file is in a directory").join(file));
    let Some(anchor) = anchor else { return text };
    let mark = |word: &str| format!("<!-- {word}: {anchor} -->\n");
    let missing = || panic!("{} has no anchor {anchor}", page.display());
    let (_, rest) = text.split_once(&mark("ANCHOR")).unwrap_or_else(missing);
    let (part, _) = rest.split_once(&mark("ANCHOR_END")).unwrap_or_else(missing);
    part.to_owned()
}
