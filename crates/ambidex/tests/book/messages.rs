//! The page on troubleshooting has every message of the program.

use std::fs;
use std::path::Path;

use super::pages::{first_cells, page};
use super::pattern::fits;
use super::support::repository;

/// The snapshots that hold one example of each message: those of the program's own errors and notes, and those of the
/// reasons that `ambidex explain` gives.
const SNAPSHOTS: [&str; 2] = ["crates/ambidex/src/snapshots", "crates/ambidex-engine/src/report/snapshots"];

/// Returns the messages of a snapshot, without hints and without what continues a message.
fn messages(snapshot: &Path) -> Vec<String> {
    let text = fs::read_to_string(snapshot).expect("a snapshot can be read");
    let body = text.splitn(3, "---\n").nth(2).expect("a snapshot has a head").to_owned();
    let is_error = body.starts_with("error: ");
    let kept = body.lines().filter(|line| !is_error || line.starts_with("error: "));
    kept.map(|line| line.trim_start_matches("error: ").to_owned()).collect()
}

#[test]
fn every_message_is_explained() {
    let page = page("troubleshooting.md");
    let patterns = first_cells(&page.text);
    let mut without = Vec::new();
    for folder in SNAPSHOTS {
        let files = fs::read_dir(repository().join(folder)).expect("the snapshots are in the repository");
        for file in files.map(|entry| entry.expect("they can be read").path()) {
            let plain = |message: &str| message.replace('`', "");
            let is_unknown = |message: &String| !patterns.iter().any(|known| fits(known, &plain(message)));
            without.extend(messages(&file).into_iter().filter(is_unknown));
        }
    }
    assert!(without.is_empty(), "troubleshooting.md does not have\n{}", without.join("\n"));
}
