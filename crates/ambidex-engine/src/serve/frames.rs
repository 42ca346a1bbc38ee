//! How frames arrive on a socket, with the descriptors that come along.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// The longest frame that is read, in bytes: far above any command line, far below what would do harm.
const LIMIT: usize = 64 << 20;

/// The number of bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// The frames that arrive on one socket.
#[derive(Debug)]
pub(crate) struct Frames {
    stream: UnixStream,
    /// The bytes that were read and not yet taken.
    buffer: Vec<u8>,
    /// Where in the buffer the next frame begins.
    begin: usize,
    fds: VecDeque<OwnedFd>,
}

impl Frames {
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, buffer: Vec::new(), begin: 0, fds: VecDeque::new() }
    }

    /// Returns the next frame, or `None` if the other side has ended, even within a frame: then nobody waits for an
    /// answer.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let rest = &self.buffer[self.begin..];
            if let Some((length, rest)) = rest.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                if length > LIMIT {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
                }
                if rest.len() >= length {
                    let frame = rest[..length].to_vec();
                    self.begin += length + 4;
                    return Ok(Some(frame));
                }
            }
            if !self.read_more()? {
                return Ok(None);
            }
        }
    }

    /// Takes the descriptors that came with the last frame.
    pub fn take_fds(&mut self) -> Vec<OwnedFd> {
        // Descriptors come two at a time, and only with frames that nothing follows until they are taken.
        let count = self.fds.len().min(2);
        self.fds.drain(..count).collect()
    }

    /// Reads until the other side has ended, and discards what arrives.
    pub fn drain(&mut self) {
        while matches!(self.read_more(), Ok(true)) {
            self.begin = self.buffer.len();
        }
    }

    fn read_more(&mut self) -> io::Result<bool> {
        self.buffer.drain(..std::mem::take(&mut self.begin));
        let old = self.buffer.len();
        self.buffer.resize(old + CHUNK, 0);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut into = [IoSliceMut::new(&mut self.buffer[old..])];
            match recvmsg(&self.stream, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => {}
                received => break received,
            }
        };
        let count = match received {
            Ok(received) => received.bytes,
            Err(rustix::io::Errno::CONNRESET) => 0,
            Err(error) => {
                self.buffer.truncate(old);
                return Err(error.into());
            }
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        self.buffer.truncate(old + count);
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::os::fd::AsFd;

    use super::*;
    use crate::base::protocol::send_frame;

    #[test]
    fn frames_come_whole_and_in_order() {
        let (mut sender, receiver) = UnixStream::pair().unwrap();
        let long = vec![7; 3 * CHUNK];
        let sent = long.clone();
        let thread = std::thread::spawn(move || {
            send_frame(&mut sender, b"first").unwrap();
            send_frame(&mut sender, &sent).unwrap();
            sender.write_all(&[0, 0, 0, 9, 1]).unwrap();
        });
        let mut frames = Frames::new(receiver);
        assert_eq!(frames.next().unwrap().unwrap(), b"first");
        assert_eq!(frames.next().unwrap().unwrap(), long);
        assert_eq!(frames.next().unwrap(), None);
        thread.join().unwrap();
    }

    #[test]
    fn descriptors_come_along() {
        let (sender, receiver) = UnixStream::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut ancillary = rustix::net::SendAncillaryBuffer::new(&mut space);
        let fds = [file.as_fd(), file.as_fd()];
        assert!(ancillary.push(rustix::net::SendAncillaryMessage::ScmRights(&fds)));
        let frame = [0, 0, 0, 1, b'F'];
        let slices = [io::IoSlice::new(&frame)];
        rustix::net::sendmsg(&sender, &slices, &mut ancillary, rustix::net::SendFlags::empty()).unwrap();
        let mut frames = Frames::new(receiver);
        assert_eq!(frames.next().unwrap().unwrap(), b"F");
        let [one, _] = <[OwnedFd; 2]>::try_from(frames.take_fds()).unwrap();
        std::fs::File::from(one).write_all(b"here").unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "here");
    }
}
