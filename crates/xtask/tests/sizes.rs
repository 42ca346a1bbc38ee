//! No file is longer than a person reads in one sitting, and no Python function is longer than a screen or two. (Clippy
//! checks the functions in Rust: `too_many_lines`.)

use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 450;
const LONGEST_FUNCTION: usize = 80;

fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let folders = [root.join("crates"), root.join("python")];
    let is_wanted = |entry: &walkdir::DirEntry| entry.file_name() != "target";
    let files =
        folders.iter().flat_map(|folder| walkdir::WalkDir::new(folder).into_iter().filter_entry(is_wanted));
    let files = files.map(|entry| entry.unwrap().into_path());
    files.filter(|file| file.extension().is_some_and(|end| end == "rs" || end == "py")).collect()
}

#[test]
fn files_are_short() {
    let files = sources();
    assert!(files.len() > 100, "the sources are elsewhere");
    let lines = |file: &PathBuf| fs::read_to_string(file).unwrap().lines().count();
    let long: Vec<String> = files
        .iter()
        .map(|file| (lines(file), file))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, file)| format!("{} has {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn functions_of_python_are_short() {
    let mut long = Vec::new();
    for file in sources().iter().filter(|file| file.extension().is_some_and(|end| end == "py")) {
        let text = fs::read_to_string(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("def ")) {
            let indent = line.len() - line.trim_start().len();
            let is_inside =
                |line: &&&str| line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
            let length = 1 + lines[at + 1..].iter().take_while(is_inside).count();
            if length > LONGEST_FUNCTION {
                long.push(format!("{}:{} has {length} lines", file.display(), at + 1));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
