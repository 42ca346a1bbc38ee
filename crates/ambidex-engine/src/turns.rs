//! Knows how a command is served that asks whether it may change files that are not its outputs.

use std::io;
use std::os::unix::net::UnixStream;

use crate::frames::Frames;
use crate::process;
use crate::program::Turn;
use crate::protocol::send_frame;
use crate::state::Shared;

/// Answers a command, or ends it. `hello` is the frame by which it asks.
pub(crate) fn serve(
    shared: &Shared,
    mut stream: UnixStream,
    mut frames: Frames,
    hello: &[u8],
) -> io::Result<()> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a command asks in another protocol");
    let words = std::str::from_utf8(hello).map_err(io::Error::other)?;
    let mut numbers = words[1..].split(' ').map(str::parse::<usize>);
    let (Some(Ok(program)), Some(Ok(node))) = (numbers.next(), numbers.next()) else {
        return Err(malformed());
    };
    let turn = {
        let mut inner = shared.lock();
        let program = inner.programs.get_mut(program).ok_or_else(malformed)?;
        let node = program.graph.all_nodes().nth(node).ok_or_else(malformed)?;
        // In a check, what is before it is not run unless somebody wants it.
        if shared.options.only_record { Turn::Now } else { program.turn(node) }
    };
    let Turn::Again(pid) = turn else { return send_frame(&mut stream, &[1]) };
    // It ends as if it had failed. Where it has no process yet, this one has just been started for it.
    match pid {
        Some(pid) => process::end(pid),
        None => process::end_of(&stream)?,
    }
    // Without an answer it would go on: it must have ended before that.
    frames.drain();
    Ok(())
}
