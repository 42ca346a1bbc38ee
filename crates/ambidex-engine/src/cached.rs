//! Knows how a run of a command is shared with other trees by the store: its inputs named by role and content.

use std::path::Path;
use std::sync::Arc;

use ambidex_command::Command;
use ambidex_store::{Digest, Key, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::fresh::{Operand, Remembered, Subject};
use crate::memory::files::{Files, VersionId};
use crate::memory::record::RunResult;

/// A run as it lies in the store.
#[derive(Debug, Serialize, Deserialize)]
struct Shared {
    /// What it read, by role, with the content.
    inputs: Vec<(String, Digest)>,
    result: RunResult,
}

/// What runs of this command on these contents are found by. Everything that its line names is part of it, so that
/// equal lines of many projects don't stand in each other's way.
fn key(files: &mut Files, subject: &Subject, operands: &[Operand], declared: &[Arc<Path>]) -> Option<Key> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&subject.key.0.0);
    for operand in operands {
        hasher.update(&operand.digest.map_or([0; 32], |digest| digest.0));
    }
    for file in declared {
        let id = files.id(file);
        let version = files.current(id)?;
        hasher.update(&files.version(version).content.digest.0);
    }
    Some(Key(*hasher.finalize().as_bytes()))
}

/// Looks for a run in the store and checks it against the files of this tree. The outputs are still to be fetched.
pub(crate) fn find(
    store: &Store,
    files: &mut Files,
    subject: &Subject,
    command: &Command,
    operands: &[Operand],
    declared: &[Arc<Path>],
) -> Option<Remembered> {
    let store_key = key(files, subject, operands, declared)?;
    let records = store.records(&store_key);
    records.iter().find_map(|bytes| {
        let shared: Shared = postcard::from_bytes(bytes).ok()?;
        let mut inputs: Vec<VersionId> = Vec::with_capacity(shared.inputs.len());
        for (name, digest) in &shared.inputs {
            let path = subject.roles.place(name)?;
            let id = files.id(Path::new(&path));
            let version = files.current(id)?;
            if files.version(version).content.digest != *digest {
                return None;
            }
            inputs.push(version);
        }
        let result = shared.result;
        if subject.objection(command, operands, &result, &inputs, files).is_some() {
            return None;
        }
        let (shadowing, folders) = subject.shadowing(files, &result, &inputs);
        if shadowing.is_some() {
            return None;
        }
        Some(Remembered { inputs, folders, result })
    })
}

/// Copies the outputs of a run into a folder. False if the store has lost one.
pub(crate) fn fetch(store: &Store, result: &RunResult, folder: &Path) -> Result<bool, StoreError> {
    for output in &result.outputs {
        if !store.fetch(&output.digest, &folder.join(&output.name), output.executable)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A run as it is put into the store, and under which key.
pub(crate) fn shared(
    files: &mut Files,
    subject: &Subject,
    operands: &[Operand],
    declared: &[Arc<Path>],
    remembered: &Remembered,
) -> Option<(Key, Vec<u8>)> {
    let named = |id: &VersionId| {
        let path: &Arc<Path> = files.path_of(*id);
        (subject.roles.name(&path.to_string_lossy()).into_owned(), files.version(*id).content.digest)
    };
    let shared =
        Shared { inputs: remembered.inputs.iter().map(named).collect(), result: remembered.result.clone() };
    let record = postcard::to_stdvec(&shared).expect("records are plain data");
    Some((key(files, subject, operands, declared)?, record))
}
