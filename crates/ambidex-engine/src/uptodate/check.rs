//! Whether a remembered run is what a command would do now, and how a command differs from an earlier one.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use ambidex_command::Command;
use rustc_hash::FxHashMap;

use super::fingerprint::{Fingerprint, Operand};
use super::permissions::{expected_mode, umask};
use super::remember::Looks;
use crate::base::environment::Environment;
use crate::base::roles::Roles;
use crate::base::stat::{Stat, is_still};
use crate::memory::Memory;
use crate::memory::files::{Files, FindingId};
use crate::memory::record::{CommandDescription, Difference, Record, Why};
use crate::observe::looks::View;
use crate::observe::surroundings::Surroundings;

/// Returns the description of a command that helps to explain a later run of it, or of a similar command.
pub(crate) fn described(
    fingerprint: &Fingerprint,
    argv: Vec<String>,
    place: &Path,
    extension: Option<String>,
) -> CommandDescription {
    let place = fingerprint.roles.name(&place.to_string_lossy()).into_owned();
    CommandDescription { place, argv, extension }
}

/// Returns how a command differs from an earlier one that made the same output.
pub(crate) fn difference(now: &CommandDescription, then: &CommandDescription) -> Why {
    let missing = |of: &[String], from: &[String]| -> Vec<String> {
        of.iter().filter(|argument| !from.contains(argument)).cloned().collect()
    };
    let (added, removed) = (missing(&now.argv, &then.argv), missing(&then.argv, &now.argv));
    // If both lists are empty, the arguments are in another order, or the working directory is another.
    Why::Command(Box::new(Difference { added, removed }))
}

/// Looks up the remembered run of a command in this tree, or tells why there is none that holds. `describe` returns the
/// description of the command.
pub(crate) fn recall(
    memory: &mut Memory,
    fingerprint: &Fingerprint,
    command: &Command,
    operands: &[Operand],
    env: &Environment,
    describe: impl FnOnce() -> CommandDescription,
) -> Result<Record, Why> {
    let here = memory.record(&fingerprint.here);
    // What makes its output at another place may be the same command.
    let made_elsewhere = here.is_none();
    let reads_these = |record: &Record| {
        fingerprint.objection(command, operands, &fingerprint.roles, &record.result).is_none()
    };
    let known = here.or_else(|| memory.record_elsewhere(&fingerprint.key, reads_these));
    let Some(mut record) = known else { return Err(Why::New) };
    let Some((same, roles)) = memory.is_in(record.surroundings, env, &fingerprint.roles) else {
        return Err(Why::New);
    };
    if let Some(why) = fingerprint.objection(command, operands, &roles, &record.result) {
        return Err(why);
    }
    if !same {
        return Err(Why::Variable(variable(memory, &record, env, &fingerprint.roles)));
    }
    let elsewhere = roles.all() != record.roles;
    if elsewhere {
        let looks = looks_elsewhere(memory, &record, &roles)?;
        record.looks = looks.grouped(memory);
    } else if let Err(look) = memory.check(&record.looks) {
        return Err(look.map_or(Why::New, |look| why_not(memory, &record, look, &roles)));
    }
    let folder = memory.folder(record.folder);
    for (output, state) in record.result.outputs.iter().zip(&record.states) {
        if !is_still(&folder.join(&output.name), *state, &output.digest) {
            return Err(Why::Output(output.name.clone()));
        }
    }
    let is_umask_another = record.result.umask != umask();
    if is_umask_another {
        give_permissions(&folder, &mut record)?;
    }
    if made_elsewhere || elsewhere || is_umask_another {
        // Makes the comparison unnecessary next time.
        record.roles = roles.all().to_vec();
        if made_elsewhere {
            record.description = describe().to_bytes();
        }
        memory.remember(fingerprint.here, &record);
    }
    Ok(record)
}

/// Gives outputs the permissions that they would get if they were made now.
fn give_permissions(folder: &Path, record: &mut Record) -> Result<(), Why> {
    record.result.umask = umask();
    for (output, state) in record.result.outputs.iter().zip(&mut record.states) {
        let file = folder.join(&output.name);
        let mode = expected_mode(output.executable, record.result.umask);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode))
            .map_err(|_| Why::Output(output.name.clone()))?;
        *state = Stat::of(&file);
    }
    Ok(())
}

/// Returns the looks of a run at the paths that have the same roles here as the run's paths had there.
fn looks_elsewhere(memory: &mut Memory, record: &Record, roles: &Roles) -> Result<Looks, Why> {
    let then = Roles::of(&record.roles);
    let known = memory.looks(&record.looks);
    let mut seen = Vec::with_capacity(known.len());
    for id in known.iter().copied() {
        let finding = *memory.files.finding(id);
        let view = memory.files.view(finding.file);
        let path = memory.files.path(finding.file).to_string_lossy().into_owned();
        let named = then.name(&path).into_owned();
        let place = roles.place(&named).ok_or_else(|| Why::Place(path.clone()))?;
        let stays = |path: &str| roles.place(&then.name(path)).is_some_and(|place| place == path);
        if memory.files.is_bound(id, stays) {
            return Err(Why::Place(path));
        }
        let real = memory.files.folder(id).map(|real| then.name(&real.to_string_lossy()).into_owned());
        let file = memory.files.id_in(Path::new(&place), view);
        let is_same = |files: &Files, now: FindingId| match &real {
            // Whether two paths lead to one directory must be the same here.
            Some(real) => roles.place_alone(real).is_some_and(|real| files.is_folder(now, &real)),
            None => files.finding(now).digest == finding.digest,
        };
        match memory.files.state(file) {
            Some(now) if is_same(&memory.files, now) => seen.push(now),
            _ => return Err(why_not_at(memory, id, Path::new(&place), roles)),
        }
    }
    let mut all_equals = memory.equals(&record.looks);
    if !all_equals.is_empty() {
        let here: FxHashMap<FindingId, FindingId> = known.into_iter().zip(seen.iter().copied()).collect();
        for equals in &mut all_equals {
            let then = std::mem::take(&mut equals.files);
            equals.files =
                then.iter().map(|id| here.get(id).copied()).collect::<Option<_>>().ok_or(Why::New)?;
            if let Some(another) = equals.difference(&memory.files) {
                return Err(why_not(memory, record, another, roles));
            }
        }
    }
    Ok(Looks { seen, equals: all_equals })
}

fn why_not(memory: &mut Memory, record: &Record, id: FindingId, roles: &Roles) -> Why {
    let path = memory.files.path_of(id).to_owned();
    let runs = |id: &FindingId| {
        let files = &memory.files;
        files.view(files.finding(*id).file) == View::Runs && files.path_of(*id) == path
    };
    if !memory.files.is_absent(id) && memory.looks(&record.looks).iter().any(runs) {
        return Why::Tool;
    }
    why_not_at(memory, id, &path, roles)
}

/// Returns why what a look saw then is not what is at the path now.
fn why_not_at(memory: &Memory, then: FindingId, path: &Path, roles: &Roles) -> Why {
    let named = roles.name(&path.to_string_lossy()).into_owned();
    let in_cache = memory.files.view(memory.files.finding(then).file) == View::Library;
    match (memory.files.is_absent(then), in_cache || path.exists()) {
        (true, _) => Why::Shadowed(named),
        (false, true) => Why::Changed(named),
        (false, false) => Why::Gone(named),
    }
}

/// Returns the name of the first variable that has another value.
fn variable(memory: &mut Memory, record: &Record, env: &Environment, roles: &Arc<Roles>) -> String {
    let secret = memory.secret();
    let Some(then) = memory.surroundings(record.surroundings) else { return String::new() };
    let now = Surroundings::of(&secret, &then.asked, env, roles).values;
    let (now, then): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (now.iter().cloned().collect(), then.values.iter().cloned().collect());
    let names: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let differs = |name: &&&String| now.get(**name) != then.get(**name);
    names.iter().find(differs).map_or_else(String::new, |name| (**name).clone())
}
