//! A disk of its own for a chore, whose size can change at any time: a file system in memory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// A mounted disk. It is unmounted when this value is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    /// In bytes, while the disk is not full.
    size: u64,
}

impl Disk {
    /// Mounts an empty disk of so many bytes at this path. One that a killed chore has left there goes first.
    pub fn mount(path: PathBuf, size: u64) -> Result<Self> {
        let _ = umount2(&path, MntFlags::MNT_DETACH);
        fs::create_dir_all(&path)?;
        let option = format!("size={size}");
        mount(Some("tmpfs"), &path, Some("tmpfs"), MsFlags::empty(), Some(&*option))
            .context("a file system can't be mounted: the chore needs root's rights")?;
        Ok(Self { path, size })
    }

    /// Returns its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves only so many bytes free.
    pub fn leave(&self, free: u64) -> Result<()> {
        // A size of 0 stands for no limit, which can't be set again.
        self.resize((self.used()? + free).max(self.block()?))
    }

    /// Gives it its full size again.
    pub fn make_room(&self) -> Result<()> {
        self.resize(self.size)
    }

    /// Removes everything on it.
    pub fn empty(&mut self) -> Result<()> {
        *self = Self::mount(std::mem::take(&mut self.path), self.size)?;
        Ok(())
    }

    /// Returns how many bytes are taken.
    pub fn used(&self) -> Result<u64> {
        let all = nix::sys::statvfs::statvfs(&self.path)?;
        Ok((all.blocks() - all.blocks_free()) * all.fragment_size())
    }

    /// Returns its size now, in bytes.
    pub fn size(&self) -> Result<u64> {
        let all = nix::sys::statvfs::statvfs(&self.path)?;
        Ok(all.blocks() * all.fragment_size())
    }

    fn block(&self) -> Result<u64> {
        Ok(nix::sys::statvfs::statvfs(&self.path)?.fragment_size())
    }

    fn resize(&self, bytes: u64) -> Result<()> {
        let option = format!("size={bytes}");
        Ok(mount(None::<&str>, &self.path, None::<&str>, MsFlags::MS_REMOUNT, Some(&*option))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What can't be unmounted is left to the user.
        let _ = umount2(&self.path, MntFlags::MNT_DETACH);
    }
}
