//! A way to change the system's own files without harm: in a mount namespace, as a layer over `/usr` and `/etc`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::unistd::getuid;

use crate::namespace;

/// The directories that get a layer.
pub(crate) const LAYERED: [&str; 2] = ["/usr", "/etc"];

/// Enters a namespace in which only this process and its children see changes of these directories. Must be called
/// while the process has one thread.
///
/// # Errors
/// If the system doesn't allow it.
pub(crate) fn enter(folder: &Path) -> Result<()> {
    // In the namespace, every user is root.
    let is_root = getuid().is_root();
    namespace::enter(folder)?;
    for lower in LAYERED {
        let own = folder.join(&lower[1..]);
        let (upper, work) = (own.join("upper"), own.join("work"));
        fs::create_dir_all(&upper)?;
        fs::create_dir_all(&work)?;
        let attributes = if is_root { "" } else { ",userxattr" };
        let options =
            format!("lowerdir={lower},upperdir={},workdir={}{attributes}", upper.display(), work.display());
        mount(Some("overlay"), lower, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
            .with_context(|| format!("a layer over {lower}"))?;
    }
    Ok(())
}
