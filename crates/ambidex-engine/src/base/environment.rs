//! The environment in which commands run.

use std::collections::{BTreeMap, BTreeSet};

/// The variable that names libraries to preload.
const PRELOAD: &str = "LD_PRELOAD";
/// The ends of the paths of ambidex's own libraries.
const LIBRARIES: [&str; 2] = ["/libambidex_preload.so", "/libambidex_trace.so"];
/// The variable that names directories of Python modules. The capture is in the directory of the libraries.
const MODULES: &str = "PYTHONPATH";

/// An environment with its hash, shared by the commands that run in it.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub variables: BTreeMap<String, String>,
    pub hash: [u8; 32],
}

impl Environment {
    /// Creates an environment without what only ambidex itself has added.
    pub fn new(mut variables: BTreeMap<String, String>) -> Self {
        variables.retain(|name, _| !name.starts_with("AMBIDEX_"));
        if let Some(preloaded) = variables.remove(PRELOAD) {
            // ld.so(8): spaces or colons separate the list.
            let libraries = preloaded.split([' ', ':']).filter(|library| !library.is_empty());
            let own: BTreeSet<&str> = libraries.clone().filter_map(own_folder).collect();
            let others = libraries.filter(|library| own_folder(library).is_none());
            insert(&mut variables, PRELOAD, others.collect());
            if let Some(modules) = variables.remove(MODULES) {
                let others = modules.split(':').filter(|folder| !own.contains(folder));
                insert(&mut variables, MODULES, others.collect());
            }
        }
        let mut hasher = blake3::Hasher::new();
        for (name, value) in &variables {
            hasher.update(name.as_bytes()).update(&[0]).update(value.as_bytes()).update(&[0]);
        }
        let hash = *hasher.finalize().as_bytes();
        Self { variables, hash }
    }
}

/// Returns the directory of a library, if it is ambidex's own.
fn own_folder(library: &str) -> Option<&str> {
    LIBRARIES.iter().find_map(|own| library.strip_suffix(own))
}

/// Sets a variable to a list, unless nothing is in it.
fn insert(variables: &mut BTreeMap<String, String>, name: &str, list: Vec<&str>) {
    if !list.is_empty() {
        variables.insert(name.to_owned(), list.join(":"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ambidex_has_added_does_not_count() {
        let of = |variables: &[(&str, &str)]| {
            let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Environment::new(owned.collect()).variables.into_iter().collect::<Vec<_>>()
        };
        let own = "/cache/capture/12ab/libambidex_preload.so:/cache/capture/12ab/libambidex_trace.so";
        let ours = [("AMBIDEX_SOCKET", "/s"), ("LD_PRELOAD", own), ("PYTHONPATH", "/cache/capture/12ab")];
        assert_eq!(of(&ours), []);
        let both = [("LD_PRELOAD", &*format!("{own}:/x.so")), ("PYTHONPATH", "/cache/capture/12ab:/p:")];
        let theirs = [("LD_PRELOAD", "/x.so"), ("PYTHONPATH", "/p:")];
        assert_eq!(of(&both), theirs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        // Without ambidex's libraries, nothing is known to be its own.
        let plain = [("PYTHONPATH", "/cache/capture/12ab")];
        assert_eq!(of(&plain), plain.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
