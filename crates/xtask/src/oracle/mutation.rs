//! How one file is changed so that a command that depends on it would make something else, and how that is undone.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::trace::Was;

/// What is done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mutation {
    /// The file gets another content.
    Change,
    /// The file or folder goes.
    Remove,
    /// A folder takes the file's place.
    Fold,
    /// A symbolic link to a file of another content takes the file's place.
    Retarget,
    /// A file appears where there was none.
    Create,
    /// A folder appears where there was nothing, with files of all names that the command looked for.
    CreateFolder,
    /// A file appears in a folder.
    Enter,
}

impl Mutation {
    /// What can be done to a path that was this.
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

/// What files may be replaced by.
pub(crate) struct Variants<'a> {
    /// Has `v.o`, `v.a`, `v.so`, and `v.gch`.
    pub folder: &'a Path,
    /// The files that the command read, whose names others may have.
    pub read: &'a [PathBuf],
    pub programs: &'a [Program],
}

/// Programs that a compiler starts, and what makes each do something else.
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

/// A program that can be stood in for.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    file: PathBuf,
    more: &'static str,
}

/// Those that are on this machine.
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
    /// What a file of this path would have, if it were another one. `number` differs each time.
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

/// What has to be done to have everything as it was.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    /// What was put aside, and where it was.
    aside: Option<(PathBuf, PathBuf)>,
    /// What was made.
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

/// Does it. Nothing is done where it can't be.
///
/// # Errors
/// If it could not be done and not be undone.
pub(crate) fn mutate(
    mutation: Mutation,
    path: &Path,
    variants: &Variants<'_>,
    number: u64,
) -> io::Result<Option<Undo>> {
    let mut undo = Undo::default();
    if matches!(mutation, Mutation::Create | Mutation::CreateFolder) && path.symlink_metadata().is_err() {
        // A dangling link is missing, too: then nothing can be made here.
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

/// The topmost folder that has to be made for a path, or the path itself.
fn first_missing(path: &Path) -> Option<PathBuf> {
    path.ancestors().take_while(|ancestor| ancestor.symlink_metadata().is_err()).last().map(Path::to_owned)
}
