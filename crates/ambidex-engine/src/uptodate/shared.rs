//! How the store shares a run of a command with other trees: its looks are named by role and content.

use std::path::Path;
use std::sync::Arc;

use ambidex_command::Command;
use ambidex_store::{Digest, Key};
use serde::{Deserialize, Serialize};

use crate::base::alike::Alike;
use crate::base::environment::Environment;
use crate::base::roles::Roles;
use crate::memory::files::{Files, FindingId};
use crate::memory::groups::Equals;
use crate::memory::record::{Moved, RunResult, Why};
use crate::observe::looks::View;
use crate::observe::observation::Asked;
use crate::observe::surroundings;
use crate::uptodate::bonds;
use crate::uptodate::fingerprint::{Fingerprint, Operand};
use crate::uptodate::remember::{Looks, Remembered};

/// A run as the store holds it.
#[derive(Debug, Serialize, Deserialize)]
struct SharedRun {
    /// The variables that it asked for, and a hash of their values.
    asked: Asked,
    environment: Digest,
    /// Its looks: each view, the path by role, and the hash of what was seen.
    looks: Vec<(View, String, Digest)>,
    /// The directories that it found: each path with the real one, both by role.
    folders: Vec<(String, String)>,
    /// Files with the same content, by role, and how alike they were.
    equals: Vec<(Vec<String>, Alike)>,
    result: RunResult,
}

/// The name of the path in the environment variable `PWD`, if it is no other role's.
const PWD: &str = "\0pwd\0";

/// Returns the key for hashes of variables' values in the records of a key. Everybody who has a record may check it, so
/// it is no secret, but a list of hashes of common values serves for one command only.
fn salt(key: &Key) -> [u8; 32] {
    blake3::derive_key("ambidex variables 1", &key.0)
}

/// A run in the store that holds for this tree.
pub(crate) struct Found {
    /// The run, with the paths of the roles here.
    pub run: Remembered,
    /// The roles, with those of the paths that variables name.
    pub roles: Arc<Roles>,
    /// What must be shown first.
    pub moved: Moved,
}

/// A command that looks for a run in the store, or that has just ended.
pub(crate) struct Wanted<'a> {
    pub fingerprint: &'a Fingerprint,
    pub command: &'a Command,
    pub env: &'a Environment,
    pub operands: &'a [Operand],
    pub declared: &'a [Arc<Path>],
}

impl Wanted<'_> {
    /// Returns the key in the store for runs of this command on these contents; none if a file can't be read. Every file
    /// that the command line names is part of it, so that equal lines of many projects don't get in each other's way.
    pub fn key(&self, files: &mut Files) -> Option<Key> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.fingerprint.key.0.0);
        for operand in self.operands {
            hasher.update(&operand.digest.map_or([0; 32], |digest| digest.0));
        }
        for file in self.declared {
            let id = files.id_of(file);
            let finding = files.current(id)?;
            hasher.update(&files.finding(finding).digest.0);
        }
        Some(Key(*hasher.finalize().as_bytes()))
    }

    /// Returns the directory that the shell was in. Compilers look whether it is where they run (libiberty, `getpwd`).
    fn pwd(&self) -> Option<&str> {
        self.env.variables.get("PWD").map(String::as_str)
    }

    /// Checks a record of the key against the files of this tree. The caller must still fetch the outputs. If the record
    /// doesn't hold, may tell why.
    pub fn check(&self, key: &Key, bytes: &[u8], files: &mut Files) -> Result<Found, Option<Why>> {
        let SharedRun { asked, environment, looks, folders, equals, mut result } =
            postcard::from_bytes(bytes).map_err(|_| None)?;
        let (digest, roles) = surroundings::digest(&salt(key), &asked, self.env, &self.fingerprint.roles);
        if digest != environment {
            return Err(Some(Why::Surroundings));
        }
        let mut found = Looks::default();
        let place = |name: &str| match name {
            PWD => self.pwd().map(str::to_owned),
            name => roles.place(name),
        };
        for (view, name, digest) in &looks {
            let id = files.id_in(Path::new(&place(name).ok_or(None)?), *view);
            let same = files.state(id).filter(|finding| files.finding(*finding).digest == *digest);
            found.seen.push(same.ok_or_else(|| Some(Why::Differs(name.clone())))?);
        }
        for (name, real) in &folders {
            let id = files.id(Path::new(&place(name).ok_or(None)?));
            // Whether two paths lead to one directory must be the same here.
            let real = match real.as_str() {
                PWD => self.pwd().map(str::to_owned),
                real => roles.place_alone(real),
            };
            let same = files.state(id).zip(real).filter(|(finding, real)| files.is_folder(*finding, real));
            let (finding, _) = same.ok_or_else(|| Some(Why::Differs(name.clone())))?;
            found.seen.push(finding);
        }
        for (names, alike) in equals {
            let there = |name: &String| {
                let id = files.id(Path::new(&place(name).ok_or(None)?));
                files.current(id).ok_or_else(|| Some(Why::Differs(name.clone())))
            };
            let equals = Equals { files: names.iter().map(there).collect::<Result<_, _>>()?, alike };
            if let Some(another) = equals.difference(files) {
                let path = files.path_of(another).to_string_lossy();
                return Err(Some(Why::Differs(roles.name(&path).into_owned())));
            }
            found.equals.push(equals);
        }
        if let Some(why) = bonds::bound_here(self.command, &result, &roles) {
            return Err(Some(why));
        }
        let moved = result.move_to(&roles)?;
        if let Some(why) = self.fingerprint.objection(self.command, self.operands, &roles, &result) {
            return Err(Some(why));
        }
        Ok(Found { run: Remembered { looks: found, asked, result }, roles, moved })
    }

    /// Returns the record of a run for the store, with its key; none if the run is valid for this location only.
    pub fn shared(&self, files: &mut Files, run: &Remembered) -> Option<(Key, Vec<u8>)> {
        let key = self.key(files)?;
        let (environment, roles) =
            surroundings::digest(&salt(&key), &run.asked, self.env, &self.fingerprint.roles);
        let (mut looks, mut folders) = (Vec::with_capacity(run.looks.seen.len()), Vec::new());
        for id in &run.looks.seen {
            let finding = files.finding(*id);
            let view = files.view(finding.file);
            let path = files.path(finding.file).to_string_lossy();
            let mut named = roles.name(&path).into_owned();
            if named == path && self.pwd() == Some(&path) {
                PWD.clone_into(&mut named);
            }
            if let Some(real) = files.folder(*id) {
                let real = real.to_string_lossy();
                let is_pwd = named == PWD && real == path;
                folders.push((named, if is_pwd { PWD.to_owned() } else { roles.name(&real).into_owned() }));
                continue;
            }
            if files.is_bound(*id, |path| roles.name(path) == path && self.pwd() != Some(path)) {
                return None;
            }
            looks.push((view, named, finding.digest));
        }
        let mut equals = Vec::with_capacity(run.looks.equals.len());
        for Equals { files: group, alike } in &run.looks.equals {
            let name = |id: &FindingId| roles.name(&files.path_of(*id).to_string_lossy()).into_owned();
            equals.push((group.iter().map(name).collect(), alike.clone()));
        }
        let result = run.result.clone();
        let shared = SharedRun { asked: run.asked.clone(), environment, looks, folders, equals, result };
        Some((key, postcard::to_stdvec(&shared).expect("records are plain data")))
    }
}
