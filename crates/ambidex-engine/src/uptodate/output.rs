//! The content of an output, and whether it contains paths of this machine.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ambidex_store::{Digest, read_regular};
use object::{Object, ObjectSection, SectionFlags};

use crate::base::roles::Roles;

/// The result of looking at an output.
pub(crate) struct Looked {
    pub digest: Digest,
    /// The permissions of the output.
    pub mode: u32,
    pub executable: bool,
    /// The roles whose paths it contains.
    pub carried: Vec<String>,
}

/// Reads an output and its permissions.
pub(crate) fn look(file: &Path, roles: &Roles) -> io::Result<Looked> {
    let content = read_regular(file)?;
    let mode = fs::metadata(file)?.permissions().mode() & 0o7777;
    let opaque = is_opaque(&content);
    let is_in = |path: &str| opaque || memchr::memmem::find(&content, path.as_bytes()).is_some();
    let carried = roles.all().iter().filter(|(path, _)| is_in(path)).map(|(_, name)| name.clone()).collect();
    Ok(Looked { digest: Digest::of(&content), mode, executable: mode & 0o111 != 0, carried })
}

/// Returns whether a search can't find all text in it, because of compressed sections, or of GCC's or LLVM's code for
/// the linker.
fn is_opaque(content: &[u8]) -> bool {
    if content.starts_with(b"BC\xc0\xde") {
        return true;
    }
    let Ok(file) = object::File::parse(content) else { return false };
    file.sections().any(|section| {
        let name = section.name_bytes().unwrap_or_default();
        let compressed = match section.flags() {
            SectionFlags::Elf { sh_flags } => sh_flags & u64::from(object::elf::SHF_COMPRESSED) != 0,
            _ => false,
        };
        compressed
            || [&b".zdebug"[..], b".gnu.lto_", b".gnu.debuglto_"].iter().any(|start| name.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn carried(flags: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("a.c"), "int f(void) { return 1; }\n").unwrap();
        let status = Command::new("cc").args(["-c", "a.c"]).args(flags).current_dir(&root).status().unwrap();
        assert!(status.success());
        look(&root.join("a.o"), &Roles::new(&root, None, &[])).unwrap().carried
    }

    #[test]
    fn debug_information_carries_the_folder() {
        assert_eq!(carried(&["-g"]), ["project"]);
        assert!(carried(&["-g0"]).is_empty());
    }

    #[test]
    fn what_is_compressed_may_carry_anything() {
        assert_eq!(carried(&["-g", "-gz"]), ["project"]);
        assert_eq!(carried(&["-g0", "-flto"]), ["project"]);
    }
}
