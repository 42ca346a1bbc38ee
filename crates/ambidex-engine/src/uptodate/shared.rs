//! How the store shares a run of a command with other trees: its looks are named by role and content.

use std::path::Path;
use std::sync::Arc;

use ambidex_command::Command;
use ambidex_store::{Digest, Key, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::base::environment::Environment;
use crate::memory::files::Files;
use crate::memory::record::RunResult;
use crate::observe::looks::View;
use crate::observe::observation::Asked;
use crate::observe::surroundings;
use crate::uptodate::fingerprint::{Fingerprint, Operand};
use crate::uptodate::remember::Remembered;

/// A run as the store holds it.
#[derive(Debug, Serialize, Deserialize)]
struct SharedRun {
    /// The variables that it asked for, and a hash of their values.
    asked: Asked,
    environment: Digest,
    /// Its looks: each view, the path by role, and the hash of what was seen.
    looks: Vec<(View, String, Digest)>,
    result: RunResult,
}

/// The name under which the store keeps the key for hashes of variables.
const SECRET: &str = "secret";

/// Returns the key for hashes of variables' values in this store.
fn secret(store: &Store) -> [u8; 32] {
    if let Some(known) = store.memo(SECRET).and_then(|bytes| bytes.try_into().ok()) {
        return known;
    }
    store.set_memo(SECRET, &surroundings::new_secret());
    // Another build may have stored its key first. If the store can keep no key, no run is found again.
    store.memo(SECRET).and_then(|bytes| bytes.try_into().ok()).unwrap_or_else(surroundings::new_secret)
}

/// Returns the key in the store for runs of this command on these contents. Every file that the command line names is
/// part of it, so that equal lines of many projects don't get in each other's way.
fn key(
    files: &mut Files,
    fingerprint: &Fingerprint,
    operands: &[Operand],
    declared: &[Arc<Path>],
) -> Option<Key> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&fingerprint.key.0.0);
    for operand in operands {
        hasher.update(&operand.digest.map_or([0; 32], |digest| digest.0));
    }
    for file in declared {
        let id = files.id_of(file);
        let finding = files.current(id)?;
        hasher.update(&files.finding(finding).digest.0);
    }
    Some(Key(*hasher.finalize().as_bytes()))
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
    /// Looks for a run in the store and checks it against the files of this tree. The caller must still fetch the
    /// outputs.
    pub fn find(&self, store: &Store, files: &mut Files) -> Option<Remembered> {
        let records = store.records(&key(files, self.fingerprint, self.operands, self.declared)?);
        if records.is_empty() {
            return None;
        }
        let secret = secret(store);
        records.iter().find_map(|bytes| self.check(bytes, &secret, files))
    }

    fn check(&self, bytes: &[u8], secret: &[u8; 32], files: &mut Files) -> Option<Remembered> {
        let SharedRun { asked, environment, looks, result } = postcard::from_bytes(bytes).ok()?;
        let (digest, roles) = surroundings::digest(secret, &asked, self.env, &self.fingerprint.roles);
        if digest != environment
            || self.fingerprint.objection(self.command, self.operands, &roles, &result).is_some()
        {
            return None;
        }
        let mut found = Vec::with_capacity(looks.len());
        for (view, name, digest) in &looks {
            let path = roles.place(name)?;
            let id = files.id_in(Path::new(&path), *view);
            let finding = files.state(id).filter(|finding| files.finding(*finding).digest == *digest)?;
            found.push(finding);
        }
        Some(Remembered { looks: found, asked, result })
    }

    /// Returns the record of a run for the store, with its key; none if the run is valid for this location only.
    pub fn shared(&self, store: &Store, files: &mut Files, run: &Remembered) -> Option<(Key, Vec<u8>)> {
        let (environment, roles) =
            surroundings::digest(&secret(store), &run.asked, self.env, &self.fingerprint.roles);
        let mut looks = Vec::with_capacity(run.looks.len());
        for id in &run.looks {
            let finding = files.finding(*id);
            let view = files.view(finding.file);
            let path = files.path(finding.file).to_string_lossy();
            let named = roles.name(&path).into_owned();
            if files.names_a_place(*id) && named != path {
                return None;
            }
            looks.push((view, named, finding.digest));
        }
        let shared = SharedRun { asked: run.asked.clone(), environment, looks, result: run.result.clone() };
        let record = postcard::to_stdvec(&shared).expect("records are plain data");
        Some((key(files, self.fingerprint, self.operands, self.declared)?, record))
    }
}

/// Copies the outputs of a run into a directory. Returns false if the store has lost one.
pub(crate) fn fetch(store: &Store, result: &RunResult, folder: &Path) -> Result<bool, StoreError> {
    for output in &result.outputs {
        if !store.fetch(&output.digest, &folder.join(&output.name), output.executable)? {
            return Ok(false);
        }
    }
    Ok(true)
}
