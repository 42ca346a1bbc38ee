//! The environment in which commands run.

use std::collections::BTreeMap;

/// The variable that names libraries to preload.
const PRELOAD: &str = "LD_PRELOAD";
/// The ends of the paths of ambidex's own libraries.
const LIBRARIES: [&str; 2] = ["/libambidex_preload.so", "/libambidex_trace.so"];

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
            let is_own = |library: &&str| LIBRARIES.iter().any(|own| library.ends_with(own));
            let others: Vec<&str> = preloaded
                .split([' ', ':'])
                .filter(|library| !library.is_empty() && !is_own(library))
                .collect();
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
