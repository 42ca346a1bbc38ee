//! How a call of a function of Python is made: in a copy of the process that waits for the engine's message, with its
//! output captured.

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::process::{Ended, end, read_until_the_end};
use super::protocol::send_frame;

/// The largest message of a copy, in bytes.
const LARGEST: usize = 4096;

/// A copy of a process that waits for its start. If this is dropped, the copy ends.
#[derive(Debug)]
pub(crate) struct WaitingCopy(UnixStream);

/// A copy that makes its call.
pub(crate) struct RunningCopy {
    stream: UnixStream,
    pid: u32,
    pipes: [OwnedFd; 2],
    started: Instant,
}

impl WaitingCopy {
    pub fn new(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// Starts the call. `trace` is the file in which it is observed, and `outputs` tells for each output where it really
    /// goes.
    ///
    /// # Errors
    /// If the copy has ended.
    pub fn start(self, trace: &Path, outputs: &[(PathBuf, PathBuf)]) -> io::Result<RunningCopy> {
        let mut stream = self.0;
        let started = Instant::now();
        let pid = number(&receive(&mut stream)?, b'P')?;
        let (out, out_end) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let (err, err_end) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        // The copy opens the pipes through the engine's descriptors.
        let path =
            |fd: &OwnedFd| PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd()));
        let (out_path, err_path) = (path(&out_end), path(&err_end));
        let mut message = b"G".to_vec();
        let head = [trace, &out_path, &err_path];
        let outputs = outputs.iter().flat_map(|(place, file)| [place.as_path(), file.as_path()]);
        for path in head.into_iter().chain(outputs) {
            message.extend(path.as_os_str().as_bytes());
            message.push(0);
        }
        send_frame(&mut stream, &message)?;
        // It says that it has opened them, or that it has ended.
        let opened = receive(&mut stream)?;
        drop((out_end, err_end));
        if opened.first() != Some(&b'S') {
            return Err(io::Error::other("the call could not be started"));
        }
        Ok(RunningCopy { stream, pid, pipes: [out, err], started })
    }
}

impl RunningCopy {
    /// Returns the process ID, which `end` takes.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the call to end.
    ///
    /// # Errors
    /// If its output can't be read; the copy is then ended.
    pub fn wait(mut self) -> io::Result<Ended> {
        let mut ended = Ended::default();
        let has_ended = || Ok(false);
        let read = read_until_the_end(Some(self.stream.as_fd()), has_ended, self.pipes, &mut ended);
        if let Err(error) = read {
            end(self.pid);
            return Err(error);
        }
        let mut last = receive(&mut self.stream);
        let mut answers = Vec::new();
        while let Ok([b'A', piece @ ..]) = last.as_deref() {
            answers.extend_from_slice(piece);
            last = receive(&mut self.stream);
        }
        // Without a message, the copy was killed.
        let status = last.and_then(|message| number(&message, b'D'));
        ended.status = status.map_or(-9, |status| i32::try_from(status).unwrap_or(1));
        match String::from_utf8(answers) {
            Ok(answers) => ended.answers = answers,
            Err(_) => ended.status = 1,
        }
        ended.duration = self.started.elapsed();
        Ok(ended)
    }
}

fn receive(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LARGEST {
        return Err(io::Error::other("a copy speaks another protocol"));
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    Ok(message)
}

/// Returns the number in a message of this kind.
fn number(message: &[u8], kind: u8) -> io::Result<u32> {
    let text = message.strip_prefix(&[kind]).and_then(|text| std::str::from_utf8(text).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| io::Error::other("a copy speaks another protocol"))
}
