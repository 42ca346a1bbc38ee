//! Compiles the preloaded libraries, which the binary embeds and lays out at run time: see `src/capture.rs`.

use std::path::Path;

#[path = "../ambidex-hook/compile.rs"]
mod compile;

fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let (folder, target) = (variable("OUT_DIR"), variable("TARGET"));
    let crates = Path::new(&variable("CARGO_MANIFEST_DIR")).join("..");
    println!("cargo::rerun-if-changed={}", crates.join("ambidex-hook").display());
    for library in ["ambidex-gate", "ambidex-preload", "ambidex-trace"] {
        println!("cargo::rerun-if-changed={}", crates.join(library).join("src").display());
        compile::compile(variable("RUSTC").as_ref(), Some(&target), &crates, library, Path::new(&folder));
    }
}
