//! A root directory in memory, in which folders of any name can be made, with everything of the system in it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::unistd::{chdir, chroot};

use crate::namespace;

/// Enters a namespace in which the root directory is a file system in memory. The directories of the real one are in
/// it. Must be called while the process has one thread.
///
/// # Errors
/// If the system doesn't allow it.
pub(crate) fn enter(folder: &Path) -> Result<()> {
    namespace::enter(folder)?;
    let none = None::<&str>;
    for entry in fs::read_dir("/")? {
        let entry = entry?;
        let (from, to) = (entry.path(), folder.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else if kind.is_dir() {
            fs::create_dir(&to)?;
            mount(Some(&from), &to, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)
                .with_context(|| from.display().to_string())?;
        }
    }
    chroot(folder).context("the new root")?;
    chdir("/").context("the new root")
}
