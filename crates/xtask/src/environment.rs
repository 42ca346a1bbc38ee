//! The directories of the repository, and the virtual environments and unpacked sdists below `target/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Builds ambidex, to be shown or measured, and returns the path of the program.
pub(crate) fn ambidex() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    run(Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "ambidex"])
        .current_dir(root()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release").join("ambidex"))
}

/// Returns the Python of a virtual environment with these packages. Creates the environment if it doesn't exist or has
/// other packages.
pub(crate) fn python_with(name: &str, packages: &[&str]) -> Result<PathBuf> {
    python_of(Path::new("python3"), name, packages)
}

/// Does what [`python_with`] does, for the Python `base`.
pub(crate) fn python_of(base: &Path, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = root().join("target").join("xtask").join(name);
    let python = folder.join("bin").join("python");
    let ready = folder.join("ready");
    let wanted = packages.join(" ");
    if std::fs::read_to_string(&ready).ok().is_none_or(|installed| installed != wanted) {
        run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder))
            .context("Python's venv module is needed (python3-venv on Debian and Ubuntu)")?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
        std::fs::write(ready, wanted)?;
    }
    Ok(python)
}

/// Returns the directory with the unpacked sdist of a project from the package index.
pub(crate) fn sdist(python: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let folder = root().join("target").join("xtask").join("sdists").join(format!("{name}-{version}"));
    if !folder.is_dir() {
        let partial = folder.with_extension("partial");
        let _ = std::fs::remove_dir_all(&partial);
        std::fs::create_dir_all(&partial)?;
        let requirement = format!("{name}=={version}");
        run(Command::new(python)
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name, "--dest"])
            .arg(&partial)
            .arg(requirement))?;
        let archive = std::fs::read_dir(&partial)?.next().context("pip downloaded nothing")??.path();
        run(Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .args(["--strip-components", "1", "-C"])
            .arg(&partial))?;
        std::fs::remove_file(archive)?;
        std::fs::rename(&partial, &folder)?;
    }
    Ok(folder)
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} can't be started"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
