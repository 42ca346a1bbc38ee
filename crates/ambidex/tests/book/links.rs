//! Every link inside the book, and every path that the README names, leads somewhere.

use std::collections::BTreeSet;

use super::pages::{self, Page};
use super::support::repository;

/// Returns the targets of the links in a text, but for what is in code.
fn targets(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if !is_code {
            let rest = line.split("](").skip(1);
            found.extend(rest.filter_map(|rest| rest.split_once(')').map(|(target, _)| target)));
        }
    }
    found
}

/// Returns the identifiers that mdBook and GitHub give to the headings of a text.
fn headings(text: &str) -> BTreeSet<String> {
    let identifier = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " _-".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| identifier(line.trim_start_matches('#')))
        .collect()
}

fn leads_nowhere(page: &Page, target: &str) -> bool {
    if target.contains("://") {
        return false;
    }
    let (file, heading) = target.split_once('#').map_or((target, None), |(file, at)| (file, Some(at)));
    let path = page.path.parent().expect("a file is in a directory").join(file);
    let is_there = file.is_empty() || path.exists();
    let is_here = |heading: &str| {
        let text = pages::all().into_iter().find(|other| match file.is_empty() {
            true => other.path == page.path,
            false => other.path == path,
        });
        text.is_some_and(|other| headings(&other.text).contains(heading))
    };
    !is_there || heading.is_some_and(|heading| !is_here(heading))
}

#[test]
fn every_link_leads_somewhere() {
    let mut lost = Vec::new();
    for page in pages::all() {
        let nowhere = targets(&page.text).into_iter().filter(|target| leads_nowhere(&page, target));
        lost.extend(nowhere.map(|target| format!("{}: {target}", page.name())));
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn links_of_the_book_stay_in_the_book() {
    let leaves = |target: &&str| target.starts_with("..") || target.starts_with('/');
    for page in pages::of_the_book() {
        assert_eq!(targets(&page.text).into_iter().find(leaves), None, "{}", page.name());
    }
}

#[test]
fn every_page_is_in_the_list_of_pages_once() {
    let summary = pages::page("SUMMARY.md");
    let listed = targets(&summary.text);
    for page in pages::of_the_book().iter().filter(|page| page.path != summary.path) {
        let name = page.path.file_name().expect("it is a file").to_string_lossy();
        assert_eq!(listed.iter().filter(|target| **target == name).count(), 1, "{name}");
    }
}

#[test]
fn every_document_that_the_readme_names_exists() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("it is there");
    let named = readme.split('`').skip(1).step_by(2).filter(|name| name.starts_with("docs/"));
    let missing: Vec<&str> = named.filter(|name| !repository().join(name).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
