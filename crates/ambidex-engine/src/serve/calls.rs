//! How the copies of processes announce themselves that will make calls.

use std::io;
use std::os::unix::net::UnixStream;

use crate::base::call::WaitingCopy;
use crate::base::protocol::send_frame;
use crate::serve::pool::WorkerPool;

/// The greatest number of copies of one process that wait for their start. A copy takes little memory at first, but
/// each makes the process itself copy what it changes.
const MOST: usize = 64;

/// Takes in the stream of a copy, which is made as soon as this answers. `hello` is its first frame.
pub(crate) fn announce(pool: &WorkerPool, mut stream: UnixStream, hello: &[u8]) -> io::Result<()> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a copy speaks another protocol");
    let words = std::str::from_utf8(&hello[1..]).map_err(io::Error::other)?;
    let mut numbers = words.split(' ').map(str::parse::<u64>);
    let (Some(Ok(program)), Some(Ok(number))) = (numbers.next(), numbers.next()) else {
        return Err(malformed());
    };
    let program = usize::try_from(program).map_err(io::Error::other)?;
    let mut engine = pool.lock();
    if program >= engine.programs.len() {
        return Err(malformed());
    }
    while engine.programs[program].waiting_copies() >= MOST && !engine.stopping {
        engine = pool.wait_for_progress(engine);
    }
    let waiting = WaitingCopy::new(stream.try_clone()?);
    engine.copies.insert((program, number), waiting);
    drop(engine);
    send_frame(&mut stream, b"L")
}
