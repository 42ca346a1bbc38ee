//! How the preloaded libraries are compiled: by the compiler that builds everything else, but not by cargo, which has
//! no way to name another crate's file on stable Rust.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles the library `name` into the directory `folder` and returns its path. Its crate is the directory of the same
/// name in `crates`.
pub fn compile(rustc: &OsStr, target: Option<&str>, crates: &Path, name: &str, folder: &Path) -> PathBuf {
    let run = |kind: &str, name: &str, file: &Path, more: &[&OsStr]| {
        let mut command = Command::new(rustc);
        command.args(["--edition", "2024", "--crate-type", kind, "--crate-name", &name.replace('-', "_")]);
        command.args(["-C", "opt-level=3", "-C", "panic=abort"]);
        command.args(target.into_iter().flat_map(|target| ["--target", target]));
        command.arg(crates.join(name).join("src/lib.rs")).arg("-o").arg(file).args(more);
        let status = command.status().expect("the compiler of the rest can be started");
        assert!(status.success(), "{command:?} failed: {status}");
    };
    let hook = folder.join("libambidex_hook.rlib");
    run("rlib", "ambidex-hook", &hook, &[]);
    let library = folder.join(format!("lib{}.so", name.replace('-', "_")));
    let mut path = OsStr::new("ambidex_hook=").to_owned();
    path.push(&hook);
    let more =
        ["--extern".as_ref(), &*path, "-C".as_ref(), "strip=symbols".as_ref(), "-C".as_ref(), "lto".as_ref()];
    run("cdylib", name, &library, &more);
    library
}
