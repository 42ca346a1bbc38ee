//! The environment in which commands run.

use std::collections::BTreeMap;

/// The variable that names libraries to preload.
const PRELOAD: &str = "LD_PRELOAD";
/// The end of the path of ambidex's own library.
const LIBRARY: &str = "/libambidex_preload.so";

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
            let others: Vec<&str> =
                preloaded.split([' ', ':']).filter(|l| !l.is_empty() && !l.ends_with(LIBRARY)).collect();
            if !others.is_empty() {
                variables.insert(PRELOAD.to_owned(), others.join(":"));
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
