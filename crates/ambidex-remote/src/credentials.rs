//! How a server is told who asks: nothing, a token in a file, or headers from a credential helper.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::Deserialize;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};

use crate::address::Address;
use crate::trouble::Trouble;

/// How long a helper may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The source of the headers that a server wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// The server asks for none.
    #[default]
    None,
    /// A file with a token, which is sent as `authorization: Bearer TOKEN` (RFC 6750, section 2.1).
    TokenFile(PathBuf),
    /// A program that tells the headers. It is called as Bazel calls its credential helpers: `PROGRAM get`, with
    /// `{"uri": ...}` on standard input (EngFlow, `credential-helper-spec`).
    Helper(OsString),
}

/// The answer of a credential helper. It may have more keys.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
}

impl Credentials {
    /// Returns the headers.
    ///
    /// # Errors
    /// If the file can't be read, the program fails, or what they say is no header.
    pub(crate) fn headers(&self, address: &Address) -> Result<MetadataMap, Trouble> {
        match self {
            Self::None => Ok(MetadataMap::new()),
            Self::TokenFile(file) => {
                let wrong = |reason: String| Trouble::Credentials(format!("{}: {reason}", file.display()));
                let token = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
                let value = MetadataValue::try_from(format!("Bearer {}", token.trim()))
                    .map_err(|_| wrong("it does not hold a token".to_owned()))?;
                let mut headers = MetadataMap::new();
                headers.insert("authorization", value);
                Ok(headers)
            }
            Self::Helper(program) => {
                let wrong =
                    |reason: String| Trouble::Credentials(format!("{}: {reason}", program.to_string_lossy()));
                let output = ask(program, address).map_err(|error| wrong(error.to_string()))?;
                headers(&output).map_err(wrong)
            }
        }
    }
}

/// Asks a helper. It is ended if it takes too long.
fn ask(program: &OsString, address: &Address) -> io::Result<Vec<u8>> {
    let mut helper = Command::new(program).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let uri = format!("{}/", address.uri());
    if let Some(mut input) = helper.stdin.take() {
        // A helper that knows only one server needs not read it.
        let _ = input.write_all(serde_json::json!({ "uri": uri }).to_string().as_bytes());
    }
    let (to, answer) = mpsc::channel();
    if let Some(mut output) = helper.stdout.take() {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = output.read_to_end(&mut text);
            to.send(read.map(|_| text))
        });
    }
    match answer.recv_timeout(PATIENCE) {
        Ok(text) => {
            let status = helper.wait()?;
            if status.success() { text } else { Err(io::Error::other(status.to_string())) }
        }
        Err(_) => {
            helper.kill()?;
            helper.wait()?;
            Err(io::Error::other(format!("it did not answer within {} s", PATIENCE.as_secs())))
        }
    }
}

fn headers(answer: &[u8]) -> Result<MetadataMap, String> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    let mut headers = MetadataMap::new();
    for (name, values) in answer.headers {
        let key: MetadataKey<Ascii> =
            name.to_ascii_lowercase().parse().map_err(|_| format!("`{name}` is no name of a header"))?;
        for value in values {
            // The value is a secret, so it is not told.
            let value = value.parse().map_err(|_| format!("what it says of `{name}` is no header"))?;
            headers.append(key.clone(), value);
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn address() -> Address {
        "grpcs://cache.example.org:443/main".parse().expect("an address")
    }

    #[test]
    fn a_token_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s3cret\n").unwrap();
        let headers = Credentials::TokenFile(file).headers(&address()).unwrap();
        assert_eq!(headers.get("authorization").unwrap(), "Bearer s3cret");
        let missing = Credentials::TokenFile(folder.path().join("missing")).headers(&address());
        assert!(missing.unwrap_err().to_string().contains("missing"));
    }

    #[test]
    fn a_helper_is_told_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let helper = folder.path().join("helper");
        let heard = folder.path().join("heard");
        let script = format!(
            "#!/bin/sh\necho \"$1\" > {0}\ncat >> {0}\necho '{{\"headers\": {{\"X-Token\": [\"a\", \"b\"]}}, \"expires\": \"x\"}}'\n",
            heard.display()
        );
        std::fs::write(&helper, script).unwrap();
        std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
        let headers = Credentials::Helper(helper.into()).headers(&address()).unwrap();
        assert_eq!(headers.get_all("x-token").iter().collect::<Vec<_>>(), ["a", "b"]);
        let heard = std::fs::read_to_string(heard).unwrap();
        assert_eq!(heard, "get\n{\"uri\":\"https://cache.example.org:443/\"}");
        assert!(Credentials::Helper("/bin/false".into()).headers(&address()).is_err());
        assert!(Credentials::Helper("/bin/true".into()).headers(&address()).is_err());
    }
}
