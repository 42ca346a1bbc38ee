//! How the entries of a key are an action's result of the Remote Execution API.
//!
//! A key is an action whose salt is the key. The output files of its result are the entries: `0/record` is the newest
//! record, and `0/` with a content's hash is a content that belongs to it. So a server that keeps only results whose
//! files it has ("completeness") keeps only whole entries.

use std::collections::BTreeMap;

use ambidex_store::{Digest, Key, RemoteContent};
use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use prost::Message;
use sha2::{Digest as _, Sha256};

/// The maximum number of entries of a key. A key has several where headers differ.
const AT_MOST: usize = 8;

const RECORD: &str = "record";

/// Returns the digest by which a server names these bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> api::Digest {
    let hash = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    api::Digest { hash, size_bytes: length(bytes) }
}

/// Returns a length as the API tells it. No bytes in memory are longer than its numbers go.
pub(crate) fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// An action that stands for a key.
pub(crate) struct Action {
    /// The digest that names it.
    pub digest: api::Digest,
    /// The messages that a server may want to have before it takes a result.
    pub messages: [Vec<u8>; 3],
}

impl Action {
    pub fn of(key: &Key) -> Self {
        let command = api::Command { arguments: vec!["ambidex".to_owned()], ..Default::default() };
        let command = command.encode_to_vec();
        let inputs = api::Directory::default().encode_to_vec();
        let action = api::Action {
            command_digest: Some(digest_of(&command)),
            input_root_digest: Some(digest_of(&inputs)),
            salt: key.0.to_vec(),
            ..Default::default()
        };
        let action = action.encode_to_vec();
        Self { digest: digest_of(&action), messages: [action, command, inputs] }
    }
}

/// An entry as a server names its parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub record: api::Digest,
    /// The record itself, if the server sent it along; otherwise empty.
    pub inline: Vec<u8>,
    pub contents: Vec<RemoteContent>,
}

impl Named {
    /// Returns the digests of its parts.
    pub fn digests(&self) -> impl Iterator<Item = api::Digest> {
        let contents = self.contents.iter().map(name_of);
        std::iter::once(self.record.clone()).chain(contents)
    }
}

/// Returns the name of a content on the server.
pub(crate) fn name_of(content: &RemoteContent) -> api::Digest {
    let size_bytes = i64::try_from(content.length).unwrap_or(i64::MAX);
    api::Digest { hash: content.name.clone(), size_bytes }
}

/// Returns the files that a server should send along with a result.
pub(crate) fn to_inline() -> Vec<String> {
    (0..AT_MOST).map(|number| format!("{number}/{RECORD}")).collect()
}

/// Finds the entries in a result, newest first. What isn't an entry is left out.
pub(crate) fn entries(result: api::ActionResult) -> Vec<Named> {
    let mut records: BTreeMap<usize, (api::Digest, Vec<u8>)> = BTreeMap::new();
    let mut contents: BTreeMap<usize, Vec<RemoteContent>> = BTreeMap::new();
    for file in result.output_files {
        let Some(digest) = file.digest else { continue };
        let Some((number, name)) = file.path.split_once('/') else { continue };
        let Ok(number) = number.parse() else { continue };
        match name.parse::<Digest>() {
            _ if name == RECORD => drop(records.insert(number, (digest, file.contents))),
            Ok(own) => {
                let Ok(length) = u64::try_from(digest.size_bytes) else { continue };
                let content = RemoteContent { digest: own, name: digest.hash, length };
                contents.entry(number).or_default().push(content);
            }
            Err(_) => {}
        }
    }
    let whole = records.into_iter().map(|(number, (record, inline))| {
        let contents = contents.remove(&number).unwrap_or_default();
        Named { record, inline, contents }
    });
    whole.take(AT_MOST).collect()
}

/// Returns the result with these entries, newest first.
pub(crate) fn result(entries: &[Named]) -> api::ActionResult {
    let file = |path: String, digest: api::Digest| api::OutputFile {
        path,
        digest: Some(digest),
        ..Default::default()
    };
    let mut output_files = Vec::new();
    for (number, entry) in entries.iter().take(AT_MOST).enumerate() {
        output_files.push(file(format!("{number}/{RECORD}"), entry.record.clone()));
        for content in &entry.contents {
            output_files.push(file(format!("{number}/{}", content.digest), name_of(content)));
        }
    }
    api::ActionResult { output_files, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: u8) -> Named {
        let content = [number; 4];
        let digest = digest_of(&content);
        let content = RemoteContent { digest: Digest::of(&content), name: digest.hash, length: 4 };
        Named { record: digest_of(&[number]), inline: Vec::new(), contents: vec![content] }
    }

    #[test]
    fn a_result_holds_the_newest_entries() {
        let all: Vec<Named> = (0..12).map(named).collect();
        assert_eq!(entries(result(&all)), all[..AT_MOST]);
    }

    #[test]
    fn what_is_no_entry_is_left_out() {
        let mut strange = result(&[named(1)]);
        for path in ["x", "record", "1/record/2", "9/record", "-1/record", "7/abc"] {
            strange.output_files.push(api::OutputFile { path: path.to_owned(), ..Default::default() });
        }
        // A content without its record.
        let content = strange.output_files[1].digest.clone();
        let path = format!("3/{}", Digest::of(b"x"));
        strange.output_files.push(api::OutputFile { path, digest: content, ..Default::default() });
        assert_eq!(entries(strange), [named(1)]);
    }

    #[test]
    fn each_key_is_another_action() {
        let (one, other) = (Action::of(&Key([1; 32])), Action::of(&Key([2; 32])));
        assert_ne!(one.digest, other.digest);
        assert_eq!(one.messages[1..], other.messages[1..]);
        assert_eq!(digest_of(&one.messages[0]), one.digest);
    }
}
