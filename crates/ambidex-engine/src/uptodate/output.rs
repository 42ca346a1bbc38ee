//! The content of an output, which paths of roles it contains, and how it is made for other paths.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ambidex_store::{Digest, Store, StoreError, partial_beside, read_regular};
use object::{Object, ObjectSection, SectionFlags};

use crate::base::roles::Roles;
use crate::memory::record::{Bond, RunResult, Written};

/// The result of looking at an output.
pub(crate) struct Looked {
    /// The file name, without a directory.
    pub name: String,
    digest: Digest,
    /// The permissions of the output.
    pub mode: u32,
    /// The roles whose paths it contains, and whether it can be made for others.
    pub bonds: Vec<(String, Bond)>,
    /// Its canonical form, if it contains paths and can be made for others.
    canonical: Option<Canonical>,
}

/// The form of an object that is the same in all places, and its hash.
struct Canonical {
    digest: Digest,
    form: Vec<u8>,
}

impl Looked {
    /// Reads an output and its permissions. `travels` says whether the store shall have it for other places.
    pub fn at(file: &Path, name: &str, roles: &Roles, travels: bool) -> io::Result<Self> {
        let content = read_regular(file)?;
        let mode = fs::metadata(file)?.permissions().mode() & 0o7777;
        let opaque = is_opaque(&content);
        // Clang 19 may write a path with another slash for each backslash, which would not be found.
        let is_in = |path: &str| {
            opaque || path.contains('\\') || memchr::memmem::find(&content, path.as_bytes()).is_some()
        };
        let carried: Vec<&String> =
            roles.all().iter().filter(|(path, _)| is_in(path)).map(|(_, name)| name).collect();
        let made = match carried.is_empty() || !travels {
            true => Err("it is not in the cache".to_owned()),
            false if opaque => Err("it is compressed, or code for the linker".to_owned()),
            false => canonical(&content, roles),
        };
        let bond = made.as_ref().map_or_else(|reason| Bond::Bound(reason.clone()), |_| Bond::Replaceable);
        let bonds = carried.into_iter().map(|role| (role.clone(), bond.clone())).collect();
        let canonical = made.ok().map(|form| Canonical { digest: Digest::of(&form), form });
        Ok(Self { name: name.to_owned(), digest: Digest::of(&content), mode, bonds, canonical })
    }

    /// Returns whether it is a program.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }

    /// Returns what is remembered of it.
    pub fn written(&self) -> Written {
        Written {
            name: self.name.clone(),
            digest: self.digest,
            executable: self.is_executable(),
            canonical: self.canonical.as_ref().map(|canonical| canonical.digest),
        }
    }

    /// Puts it into the store, in its canonical form if it has one. Returns whether the store has it now.
    pub fn put(&self, store: &Store, file: &Path) -> Result<bool, StoreError> {
        match &self.canonical {
            Some(canonical) => store.put_bytes(&canonical.digest, &canonical.form),
            None => store.put(&self.digest, file),
        }
    }
}

/// Returns the canonical form of an object, or why it has none.
fn canonical(content: &[u8], roles: &Roles) -> Result<Vec<u8>, String> {
    match ambidex_object::canonical(content, &roles.of_objects()) {
        Ok(Some(form)) => Ok(form),
        Ok(None) => Err("it contains text that looks like the path".to_owned()),
        Err(bound) => Err(bound.to_string()),
    }
}

/// Copies the outputs of a run from the store into a directory, and makes them for the places where the roles are here.
/// Returns false if the store has lost one. `is_moved` says whether a role has another path here.
pub(crate) fn fetch(
    store: &Store,
    result: &mut RunResult,
    folder: &Path,
    roles: &Roles,
    is_moved: bool,
) -> Result<bool, StoreError> {
    for output in &mut result.outputs {
        let file = folder.join(&output.name);
        let is_there = match &output.canonical {
            None => store.fetch(&output.digest, &file, output.executable)?,
            Some(canonical) => match store.read(canonical)? {
                None => false,
                Some(form) => match ambidex_object::make(&form, &roles.of_objects()) {
                    // What can't be made here is as good as lost.
                    Err(_) => false,
                    // In its own place, it is what it was.
                    Ok(made) if !is_moved && Digest::of(&made) != output.digest => false,
                    Ok(made) => {
                        output.digest = Digest::of(&made);
                        write(&file, &made, output.executable).map_err(StoreError::outside(&file))?;
                        true
                    }
                },
            },
        };
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write(file: &Path, content: &[u8], executable: bool) -> io::Result<()> {
    let mut partial = partial_beside(file, executable)?;
    partial.write_all(content)?;
    partial.persist(file)?;
    Ok(())
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
            || [&b".zdebug"[..], b".gnu.lto_", b".gnu.debuglto_", b".llvm.lto", b".llvmbc"]
                .iter()
                .any(|start| name.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn carried(flags: &[&str]) -> Vec<(String, Bond)> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("a.c"), "int f(void) { return 1; }\n").unwrap();
        let status = Command::new("cc").args(["-c", "a.c"]).args(flags).current_dir(&root).status().unwrap();
        assert!(status.success());
        Looked::at(&root.join("a.o"), "a.o", &Roles::new(&root, None, &[]), true).unwrap().bonds
    }

    #[test]
    fn debug_information_carries_the_folder() {
        assert_eq!(carried(&["-g"]), [("project".to_owned(), Bond::Replaceable)]);
        assert!(carried(&["-g0"]).is_empty());
    }

    #[test]
    fn what_is_compressed_may_carry_anything() {
        for flags in [["-g", "-gz"], ["-g0", "-flto"]] {
            let carried = carried(&flags);
            assert!(matches!(&carried[..], [(role, Bond::Bound(_))] if role == "project"), "{carried:?}");
        }
    }
}
