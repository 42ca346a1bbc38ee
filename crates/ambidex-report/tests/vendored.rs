//! The drawing library in this repository is the one that docs/dependencies.md names.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

#[test]
fn the_library_is_the_one_that_is_documented() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = fs::read(own.join("vendor/d3.min.js")).unwrap();
    let documented = fs::read_to_string(own.join("../../docs/dependencies.md")).unwrap();
    let hash = format!("{:x}", Sha256::digest(&library));
    assert!(documented.contains(&hash), "the SHA-256 of d3.min.js is {hash}");
    assert!(library.starts_with(b"// https://d3js.org v7.9.0 "), "the version is another one");
    assert!(documented.contains("d3 7.9.0"));
    let licence = fs::read_to_string(own.join("vendor/d3.LICENSE")).unwrap();
    assert!(licence.contains("Permission to use, copy, modify"));
}
