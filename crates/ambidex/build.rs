//! Compiles the preloaded library, which the binary holds and lays out where it runs: see `src/capture.rs`.

use std::path::Path;
use std::process::Command;

fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let source = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../ambidex-preload/src");
    println!("cargo::rerun-if-changed={}", source.display());
    let library = Path::new(&variable("OUT_DIR")).join("libambidex_preload.so");
    let mut command = Command::new(variable("RUSTC"));
    // A dependency of this kind can't be had of cargo on stable Rust: it has no way to name another crate's file.
    command.args(["--crate-type", "cdylib", "--crate-name", "ambidex_preload", "--edition", "2024"]);
    command.args(["-C", "opt-level=3", "-C", "panic=abort", "-C", "strip=symbols"]);
    command.args(["--target", &variable("TARGET")]).arg(source.join("lib.rs")).arg("-o").arg(&library);
    let status = command.status().expect("the compiler of the rest can be started");
    assert!(status.success(), "{command:?} failed: {status}");
}
