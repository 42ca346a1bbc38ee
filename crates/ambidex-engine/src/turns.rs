//! Knows how a command is served that asks for its turn: to change files that are not its outputs.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use crate::frames::Frames;
use crate::program::Turn;
use crate::protocol::send_frame;
use crate::sight::Stopped;
use crate::state::Shared;

/// Lets a command wait for its turn. `hello` is the frame by which it asks.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    mut stream: UnixStream,
    mut frames: Frames,
    hello: &[u8],
) -> io::Result<()> {
    let malformed =
        || io::Error::new(io::ErrorKind::InvalidData, "a command asks for its turn in another protocol");
    let words = std::str::from_utf8(hello).map_err(io::Error::other)?;
    let mut numbers = words[1..].split(' ').map(str::parse::<usize>);
    let (Some(Ok(program)), Some(Ok(node))) = (numbers.next(), numbers.next()) else {
        return Err(malformed());
    };
    if let Err(stopped) = wait(shared, program, node).ok_or_else(malformed)? {
        // Without an answer it would go on: it must have ended before that.
        frames.drain();
        return Err(stopped.into());
    }
    send_frame(&mut stream, &[1])
}

/// Waits for the turn of a command; none if there is no such command. Others run in its place meanwhile: they may be those
/// that it waits for.
fn wait(shared: &Arc<Shared>, program: usize, node: usize) -> Option<Result<(), Stopped>> {
    let mut inner = shared.lock();
    let node = inner.programs.get(program)?.graph.all_nodes().nth(node)?;
    if shared.options.only_record {
        // What is before it is not run unless somebody wants it.
        return Some(Ok(()));
    }
    inner.held += 1;
    shared.new_work(&mut inner);
    let result = loop {
        if inner.stopping {
            break Err(Stopped);
        }
        match inner.programs[program].turn(node) {
            Turn::Now => break Ok(()),
            Turn::Never => break Err(Stopped),
            Turn::Later => {}
        }
        let wrong = inner.programs[program].advance();
        if wrong.is_some() {
            drop(inner);
            shared.park(wrong);
            inner = shared.lock();
        } else {
            inner = shared.wait_for_progress(inner);
        }
    };
    inner.held -= 1;
    Some(result)
}
