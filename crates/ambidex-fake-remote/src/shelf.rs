//! What the server holds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use sha2::{Digest as _, Sha256};

use crate::Counts;
use crate::fault::Fault;

/// The contents and results, by hash, and how they are given out.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    state: Mutex<State>,
    requests: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    contents: BTreeMap<String, Vec<u8>>,
    results: BTreeMap<String, api::ActionResult>,
    fault: Fault,
    demanded: Option<(&'static str, String)>,
}

impl Shelf {
    pub fn set(&self, fault: Fault) {
        self.state().fault = fault;
    }

    pub fn demand(&self, name: &'static str, value: &str) {
        self.state().demanded = Some((name, value.to_owned()));
    }

    /// Takes note of a request. Returns the fault, and the header that it must have.
    pub fn asked(&self) -> (Fault, Option<(&'static str, String)>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let state = self.state();
        (state.fault, state.demanded.clone())
    }

    pub fn counts(&self) -> Counts {
        let state = self.state();
        Counts {
            results: state.results.len(),
            contents: state.contents.len(),
            requests: self.requests.load(Ordering::Relaxed),
        }
    }

    pub fn lose_contents(&self) {
        self.state().contents.clear();
    }

    pub fn has(&self, hash: &str) -> bool {
        let state = self.state();
        state.fault != Fault::Forgetful && state.contents.contains_key(hash)
    }

    /// Puts a content there, if its name is right.
    pub fn put(&self, hash: &str, content: Vec<u8>) -> bool {
        let name: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        if name == hash {
            self.state().contents.insert(name, content);
            return true;
        }
        false
    }

    /// Returns a content as the fault makes it.
    pub fn content(&self, hash: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let content = state.contents.get(hash)?;
        match state.fault {
            Fault::Forgetful => None,
            Fault::Flipped => {
                let mut flipped = content.clone();
                if let Some(byte) = flipped.last_mut() {
                    *byte ^= 1;
                }
                Some(flipped)
            }
            Fault::Cut => Some(content[..content.len() / 2].to_owned()),
            Fault::Swapped => state.contents.values().find(|other| *other != content).cloned(),
            _ => Some(content.clone()),
        }
    }

    pub fn update(&self, hash: &str, result: api::ActionResult) {
        self.state().results.insert(hash.to_owned(), result);
    }

    /// Returns a result as the fault makes it.
    pub fn result(&self, hash: &str) -> Option<api::ActionResult> {
        let state = self.state();
        let mut result = state.results.get(hash)?.clone();
        match state.fault {
            Fault::OtherResult => {
                state.results.iter().find(|(name, _)| *name != hash).map(|(_, other)| other.clone())
            }
            Fault::Nonsense => {
                let files = &mut result.output_files;
                for (number, file) in files.iter_mut().enumerate() {
                    if let Some(digest) = file.digest.as_mut() {
                        match number % 4 {
                            0 => digest.size_bytes = -1,
                            1 => digest.size_bytes = i64::MAX,
                            2 => digest.hash = "../../etc/passwd".to_owned(),
                            _ => digest.hash.clear(),
                        }
                    }
                }
                files.push(api::OutputFile { path: "0/../../x".to_owned(), ..Default::default() });
                Some(result)
            }
            _ => Some(result),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
