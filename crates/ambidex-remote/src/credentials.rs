//! How a server is told who asks: nothing, a token in a file, or headers from a credential helper.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};

use crate::address::Address;
use crate::trouble::Trouble;

/// No token, and no answer of a helper, is longer, in bytes.
const LONGEST: u64 = 64 << 10;

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
    /// If the file can't be read, the program fails or takes longer than `limit`, or what they say is no header.
    pub(crate) fn headers(&self, address: &Address, limit: Duration) -> Result<MetadataMap, Trouble> {
        match self {
            Self::None => Ok(MetadataMap::new()),
            Self::TokenFile(file) => {
                let wrong = |reason: String| Trouble::Credentials(format!("{}: {reason}", file.display()));
                let token = token(file).map_err(|error| wrong(error.to_string()))?;
                let value = MetadataValue::try_from(format!("Bearer {token}"))
                    .map_err(|_| wrong("it does not hold a token".to_owned()))?;
                let mut headers = MetadataMap::new();
                headers.insert("authorization", value);
                Ok(headers)
            }
            Self::Helper(program) => {
                let wrong =
                    |reason: String| Trouble::Credentials(format!("{}: {reason}", program.to_string_lossy()));
                let output = ask(program, address, limit).map_err(|error| wrong(error.to_string()))?;
                headers(&output).map_err(wrong)
            }
        }
    }
}

/// Reads a token from a regular file.
fn token(file: &Path) -> io::Result<String> {
    let mut token = String::new();
    ambidex_store::open_regular(file)?.take(LONGEST).read_to_string(&mut token)?;
    match token.trim() {
        "" => Err(io::Error::other("it is empty")),
        token => Ok(token.to_owned()),
    }
}

/// Asks a helper. It is ended, with all that it has started, if it takes too long.
fn ask(program: &OsString, address: &Address, limit: Duration) -> io::Result<Vec<u8>> {
    let mut helper = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let (input, output) = (helper.stdin.take(), helper.stdout.take());
    let (to, answer) = mpsc::channel();
    let group = Pid::from_child(&helper);
    let question = serde_json::json!({ "uri": format!("{}/", address.uri()) }).to_string();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut input) = input {
            // A helper that knows only one server needs not read it.
            let _ = input.write_all(question.as_bytes());
        }
        let read = output.map(|output| output.take(LONGEST).read_to_end(&mut text)).transpose();
        // Nobody listens any more if it took too long.
        to.send(read.and_then(|_| helper.wait()).map(|status| (status, text)))
    });
    match answer.recv_timeout(limit) {
        Ok(Ok((status, text))) if status.success() => Ok(text),
        Ok(Ok((status, _))) => Err(io::Error::other(status.to_string())),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            // It may have just ended.
            let _ = kill_process_group(group, Signal::KILL);
            Err(io::Error::other(format!("it did not answer within {:.1} s", limit.as_secs_f64())))
        }
    }
}

/// What is wrong with the answer of a helper. The answer itself is a secret.
const NO_ANSWER: &str = "its answer is not `{\"headers\": {NAME: [VALUE, ...]}}`";

fn headers(answer: &[u8]) -> Result<MetadataMap, String> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|_| NO_ANSWER.to_owned())?;
    let mut headers = MetadataMap::new();
    for (name, values) in answer.headers {
        let key: MetadataKey<Ascii> = name.to_ascii_lowercase().parse().map_err(|_| NO_ANSWER.to_owned())?;
        for value in values {
            let value = value.parse().map_err(|_| NO_ANSWER.to_owned())?;
            headers.append(key.clone(), value);
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn address() -> Address {
        "grpcs://cache.example.org:443/main".parse().expect("an address")
    }

    #[test]
    fn a_token_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s3cret\n").unwrap();
        let headers = Credentials::TokenFile(file).headers(&address(), LIMIT).unwrap();
        assert_eq!(headers.get("authorization").unwrap(), "Bearer s3cret");
        let missing = Credentials::TokenFile(folder.path().join("missing")).headers(&address(), LIMIT);
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
        let headers = Credentials::Helper(helper.clone().into()).headers(&address(), LIMIT).unwrap();
        assert_eq!(headers.get_all("x-token").iter().collect::<Vec<_>>(), ["a", "b"]);
        let heard = std::fs::read_to_string(heard).unwrap();
        assert_eq!(heard, "get\n{\"uri\":\"https://cache.example.org:443/\"}");
        // One that answers and lives on, one that hangs, one that closes its output, and one that never stops.
        for (script, limit) in
            [("sleep 60 & echo '{}'; wait", 1), ("sleep 60", 1), ("exec 1>&-; sleep 60", 1), ("yes", 20)]
        {
            std::fs::write(&helper, format!("#!/bin/sh\n{script}\n")).unwrap();
            let begun = std::time::Instant::now();
            let known = Credentials::Helper(helper.clone().into());
            let answer = known.headers(&address(), Duration::from_secs(limit));
            assert!(answer.is_err() && begun.elapsed() < LIMIT, "{script}");
        }
        // A secret in a wrong answer is not told.
        for answer in [r#"{"headers": {"a": "s3cret"}}"#, r#"{"headers": {"s3cret\n": ["a"]}}"#, "s3cret"] {
            let error = super::headers(answer.as_bytes()).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(Credentials::Helper("/bin/false".into()).headers(&address(), LIMIT).is_err());
        assert!(Credentials::Helper("/bin/true".into()).headers(&address(), LIMIT).is_err());
    }
}
