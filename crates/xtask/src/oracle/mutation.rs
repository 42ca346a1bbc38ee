//! Changes of one file that make a dependent command produce something else, and how to undo them.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::trace::Was;

/// A change of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mutation {
    /// The file gets other content.
    Change,
    /// The file or directory is removed.
    Remove,
    /// A directory replaces the file.
    Fold,
    /// A symbolic link to a file with other content replaces the file.
    Retarget,
    /// A file appears where there was none.
    Create,
    /// A directory appears where there was nothing. It has a file with the name of each file that the command read.
    CreateFolder,
    /// A file appears in a directory.
    Enter,
}

impl Mutation {
    /// Returns the mutations that are possible for a path of this kind.
    pub fn all(was: Was) -> &'static [Self] {
        match was {
            Was::File => &[Self::Change, Self::Remove, Self::Fold, Self::Retarget],
            Was::Folder => &[Self::Remove, Self::Enter],
            Was::Missing => &[Self::Create, Self::CreateFolder],
        }
    }

    pub fn describe(self) -> &'static str {
        match self {
            Self::Change => "changed",
            Self::Remove => "removed",
            Self::Fold => "replaced by a folder",
            Self::Retarget => "replaced by a link",
            Self::Create => "created",
            Self::CreateFolder => "created as a folder",
            Self::Enter => "got an entry",
        }
    }
}

/// The files that may replace others.
pub(crate) struct Variants<'a> {
    /// The directory that contains `v.o`, `v.a`, `v.so`, and `v.gch`.
    pub folder: &'a Path,
    /// The files that the command read. Other files may have their names.
    pub read: &'a [PathBuf],
    pub programs: &'a [Program],
}

/// Programs that a compiler starts, each with arguments that make it do something else.
const PROGRAMS: [(&str, &str); 10] = [
    ("cc1", "-DORACLE=3"),
    ("cc1plus", "-DORACLE=3"),
    ("collect2", "--defsym oracle=3"),
    ("as", "--defsym oracle=3"),
    ("ld", "--defsym oracle=3"),
    ("gcc", "-DORACLE=3 -Wl,--defsym,oracle=3"),
    ("g++", "-DORACLE=3 -Wl,--defsym,oracle=3"),
    ("clang", "-DORACLE=3 -Wl,--defsym,oracle=3"),
    ("clang++", "-DORACLE=3 -Wl,--defsym,oracle=3"),
    ("ar", ""),
];

/// A program that a stand-in can replace.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    file: PathBuf,
    more: &'static str,
}

/// Returns the programs that exist on this machine.
pub(crate) fn programs() -> Vec<Program> {
    let asked = |name: &str| {
        let answer = Command::new("gcc").arg(format!("-print-prog-name={name}")).output().ok()?;
        let answer = String::from_utf8(answer.stdout).ok()?;
        let name = Path::new(answer.trim());
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find_map(|file| file.canonicalize().ok())
    };
    let found = PROGRAMS.iter().filter_map(|(name, more)| Some(Program { name, file: asked(name)?, more }));
    found.collect()
}

impl Variants<'_> {
    /// Returns the content and the mode that another file at this path could have. `number` differs each time.
    fn content(&self, path: &Path, original: Option<&Path>, number: u64) -> io::Result<(Vec<u8>, u32)> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mode = original
            .and_then(|file| file.metadata().ok())
            .map_or(0o644, |data| data.permissions().mode() & 0o7777);
        for (extension, variant) in [(".o", "v.o"), (".a", "v.a"), (".so", "v.so"), (".gch", "v.gch")] {
            if name.ends_with(extension) || name.contains(".so.") && extension == ".so" {
                return Ok((fs::read(self.folder.join(variant))?, mode));
            }
        }
        let is_this = |program: &&Program| {
            program.name == name
                || path.parent() == program.file.parent() && program.file.file_name() == path.file_name()
        };
        if let Some(Program { file, more, .. }) = self.programs.iter().find(is_this) {
            let real = original.unwrap_or(file);
            return Ok((format!("#!/bin/sh\nexec {} \"$@\" {more}\n", real.display()).into_bytes(), 0o755));
        }
        if name == "specs" {
            let text =
                "%rename cpp_options oracle_options\n\n*cpp_options:\n%(oracle_options) -DORACLE=3\n\n";
            return Ok((text.into(), mode));
        }
        let like = original.or_else(|| {
            self.read.iter().map(PathBuf::as_path).find(|file| file.file_name() == path.file_name())
        });
        let mut content = like.map(fs::read).transpose()?.unwrap_or_default();
        if content.contains(&0) {
            content.truncate(content.len() / 2);
        } else if content.starts_with(b"#!") {
            content = format!("#!/bin/sh\nexit {}\n", number % 100 + 1).into_bytes();
        } else if name.ends_with(".inc") || name.ends_with(".s") {
            content.extend(format!("\n.long {number}\n").into_bytes());
        } else if name.ends_with(".sh") {
            content.extend(format!("\nFLAGS=-DORACLE={number}\n").into_bytes());
        } else {
            content.extend(format!("\n#ifndef ORACLE\n#define ORACLE {number}\n#endif\n").into_bytes());
        }
        Ok((content, mode))
    }

    fn write(&self, path: &Path, original: Option<&Path>, number: u64) -> io::Result<()> {
        let (content, mode) = self.content(path, original, number)?;
        fs::write(path, content)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }
}

/// The steps that restore everything as it was.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    /// Where a file was moved to, and its original path.
    aside: Option<(PathBuf, PathBuf)>,
    /// The path that was created.
    made: Option<PathBuf>,
}

impl Undo {
    pub fn undo(self) -> io::Result<()> {
        if let Some(made) = self.made {
            if made.symlink_metadata()?.is_dir() {
                fs::remove_dir_all(made)?;
            } else {
                fs::remove_file(made)?;
            }
        }
        if let Some((kept, path)) = self.aside {
            fs::rename(kept, path)?;
        }
        Ok(())
    }
}

/// Carries out a mutation. Returns `None`, with nothing changed, if that is not possible.
///
/// # Errors
/// If the mutation failed and could not be undone.
pub(crate) fn mutate(
    mutation: Mutation,
    path: &Path,
    variants: &Variants<'_>,
    number: u64,
) -> io::Result<Option<Undo>> {
    let mut undo = Undo::default();
    if matches!(mutation, Mutation::Create | Mutation::CreateFolder) && path.symlink_metadata().is_err() {
        // A dangling link counts as missing too, but nothing can be created at its path.
        undo.made = first_missing(path);
    }
    match carry_out(mutation, path, variants, number, &mut undo) {
        Ok(true) => Ok(Some(undo)),
        outcome => {
            if undo.made.as_ref().is_some_and(|made| made.symlink_metadata().is_err()) {
                undo.made = None;
            }
            undo.undo()?;
            if let Err(error) = outcome
                && !matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::NotADirectory)
            {
                eprintln!("{} can't be {}: {error}", path.display(), mutation.describe());
            }
            Ok(None)
        }
    }
}

fn carry_out(
    mutation: Mutation,
    path: &Path,
    variants: &Variants<'_>,
    number: u64,
    undo: &mut Undo,
) -> io::Result<bool> {
    let kept = path.with_file_name(format!(".oracle-{number}"));
    let mut put_aside = || {
        fs::rename(path, &kept)?;
        undo.aside = Some((kept.clone(), path.to_owned()));
        Ok::<_, io::Error>(())
    };
    match mutation {
        Mutation::Change => {
            put_aside()?;
            undo.made = Some(path.to_owned());
            variants.write(path, Some(&kept), number)?;
        }
        Mutation::Remove => put_aside()?,
        Mutation::Fold => {
            put_aside()?;
            fs::create_dir(path)?;
            undo.made = Some(path.to_owned());
        }
        Mutation::Retarget => {
            put_aside()?;
            let target = variants.folder.join(format!("target-{number}"));
            let (content, mode) = variants.content(path, Some(&kept), number)?;
            fs::write(&target, content)?;
            fs::set_permissions(&target, fs::Permissions::from_mode(mode))?;
            symlink(&target, path)?;
            undo.made = Some(path.to_owned());
        }
        Mutation::Create => {
            if undo.made.is_none() {
                return Ok(false);
            }
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            variants.write(path, None, number)?;
        }
        Mutation::CreateFolder => {
            if undo.made.is_none() {
                return Ok(false);
            }
            fs::create_dir_all(path)?;
            for file in variants.read {
                let entry = path.join(file.file_name().unwrap_or_default());
                if !entry.exists() {
                    variants.write(&entry, Some(file), number)?;
                }
            }
        }
        Mutation::Enter => {
            let entry = path.join(format!("oracle-{number}"));
            undo.made = Some(entry.clone());
            fs::write(entry, "")?;
        }
    }
    Ok(true)
}

/// Returns the topmost directory that must be created for a path, or the path itself.
fn first_missing(path: &Path) -> Option<PathBuf> {
    path.ancestors().take_while(|ancestor| ancestor.symlink_metadata().is_err()).last().map(Path::to_owned)
}
