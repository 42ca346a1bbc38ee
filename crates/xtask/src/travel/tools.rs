//! The compilers that are here, and the flags to try.

use std::process::{Command, Stdio};

/// A compiler for C and its twin for C++.
pub(crate) struct Compiler {
    pub c: String,
    pub cpp: String,
    /// What it says about itself.
    pub version: String,
}

/// The flags, each set a column of its own.
pub(crate) const FLAGS: [&[&str]; 6] = [
    &["-g", "-O0"],
    &["-g", "-O3"],
    &["-g3", "-O2"],
    &["-g", "-O2", "-ffunction-sections", "-fdata-sections"],
    &["-g", "-O1", "-fdebug-types-section"],
    &["-gdwarf-4", "-O2"],
];

/// Returns every GCC and Clang with a version in its name, as Debian has them.
pub(crate) fn compilers() -> Vec<Compiler> {
    let gnu = (7..20).map(|version| (format!("gcc-{version}"), format!("g++-{version}")));
    let llvm = (7..30).map(|version| (format!("clang-{version}"), format!("clang++-{version}")));
    gnu.chain(llvm)
        .filter_map(|(c, cpp)| {
            let output = Command::new(&c).arg("--version").stderr(Stdio::null()).output().ok()?;
            let works = Command::new(&cpp).arg("--version").stdout(Stdio::null()).status().ok()?;
            let text = String::from_utf8_lossy(&output.stdout);
            let version =
                text.lines().next()?.split_whitespace().rfind(|word| word.starts_with(char::is_numeric))?;
            works.success().then(|| Compiler { version: version.to_owned(), c, cpp })
        })
        .collect()
}
