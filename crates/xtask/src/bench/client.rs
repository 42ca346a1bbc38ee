//! A client of the session protocol (`docs/protocol.md`) that acts like a captured Python.

use std::io::{BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

/// A connection to an engine.
pub(crate) struct Client {
    stream: UnixStream,
    answers: BufReader<UnixStream>,
}

impl Client {
    /// Opens the session of a process that runs in `cwd`.
    pub fn open(socket: &Path, cwd: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)?;
        let mut client = Self { answers: BufReader::new(stream.try_clone()?), stream };
        let hello = json!({
            "type": "hello", "version": 3, "pid": std::process::id(), "cwd": cwd, "argv": ["bench"],
        });
        client.ask(&hello, "welcome")?;
        Ok(client)
    }

    /// Records a command. The first one passes the environment and opens the scope to which all commands belong.
    pub fn record(&mut self, argv: &[&str], cwd: &Path, path: Option<&str>) -> Result<()> {
        let open = path.map(|_| json!({"name": "bench"}));
        let env = path.map(|path| json!({ "PATH": path }));
        let record = json!({
            "type": "record", "argv": argv, "awaited": false, "cwd": cwd, "scope": 0, "open": open, "env": env,
        });
        self.ask(&record, "recorded")
    }

    /// Has one command run in this environment, and waits for it. Returns whether it succeeded, or `None` if the engine
    /// leaves it to this process.
    pub fn run(&mut self, argv: &[String], cwd: &Path, env: &[(String, String)]) -> Result<Option<bool>> {
        let env: serde_json::Map<String, Value> =
            env.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let record = json!({
            "type": "record", "argv": argv, "awaited": true, "cwd": cwd, "scope": 0, "open": {"name": "oracle"}, "env": env,
        });
        self.send(&record)?;
        let answer = self.receive()?;
        self.ask(&json!({"type": "finish"}), "waited")?;
        Ok((answer["run_in_python"] != true).then(|| answer["status"].as_i64() == Some(0)))
    }

    /// Waits for all commands.
    pub fn finish(&mut self) -> Result<()> {
        self.ask(&json!({"type": "finish"}), "waited")
    }

    fn ask(&mut self, request: &Value, expected: &str) -> Result<()> {
        self.send(request)?;
        let answer = self.receive()?;
        if answer["type"] != expected {
            bail!("`{expected}` was expected, not {answer}");
        }
        if answer["failed"].as_u64().is_some_and(|failed| failed > 0) {
            bail!("a command failed: {answer}");
        }
        Ok(())
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let data = serde_json::to_vec(message)?;
        let mut whole = u32::try_from(data.len())?.to_be_bytes().to_vec();
        whole.extend(data);
        self.stream.write_all(&whole)?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Value> {
        let mut length = [0; 4];
        self.answers.read_exact(&mut length)?;
        let mut data = vec![0; u32::from_be_bytes(length) as usize];
        self.answers.read_exact(&mut data)?;
        Ok(serde_json::from_slice(&data)?)
    }
}
