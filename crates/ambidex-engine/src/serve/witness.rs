//! How the engine serves one process that reports what it looks at, changes and starts (`docs/protocol.md`,
//! "Witnesses"), and how its snapshots register.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::base::protocol::send_frame;
use crate::program::waits::Cause;
use crate::serve::frames::Frames;
use crate::serve::sight::Sight;

/// Serves a witness until its process ends. `hello` is its first frame.
pub(crate) fn serve(
    sight: &Sight,
    mut stream: UnixStream,
    mut frames: Frames,
    hello: &[u8],
) -> io::Result<()> {
    let words = std::str::from_utf8(hello).map_err(io::Error::other)?;
    let mut numbers = words.split(' ').skip(2).map(str::parse);
    let program = numbers.next().and_then(|number| usize::try_from(number.ok()?).ok());
    let program = program.filter(|number| *number < sight.pool.lock().programs.len());
    let incarnation = numbers.next().and_then(Result::ok).unwrap_or(0);
    let sight = &Sight { asker: program, incarnation, ..sight.clone() };
    while let Some(frame) = frames.next()? {
        let reply = match answer(sight, program, &frame) {
            Ok(reply) => reply,
            Err(error) => {
                // Without an answer, the process would go on as if ambidex did not exist, so it must have stopped
                // first.
                if sight.is_of_the_past() {
                    frames.drain();
                }
                return Err(error);
            }
        };
        send_frame(&mut stream, &[reply])?;
    }
    Ok(())
}

/// The answer that nothing is pending any more.
const SETTLED: u8 = 1;

/// The answer that the engine keeps the snapshot.
const WANTED: u8 = 2;

fn answer(sight: &Sight, program: Option<usize>, frame: &[u8]) -> io::Result<u8> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a witness speaks another protocol");
    let number = |field: Option<&[u8]>| {
        field.and_then(|field| std::str::from_utf8(field).ok()?.parse::<u64>().ok()).ok_or_else(malformed)
    };
    let (kind, rest) = frame.split_first().ok_or_else(malformed)?;
    let mut fields = rest.strip_suffix(b"\0").unwrap_or(rest).split(|byte| *byte == 0);
    let sent = fields.next().unwrap_or_default();
    // The process is about to record a command.
    let is_about_to = sent.ends_with(b"+");
    let sent = number(Some(sent.strip_suffix(b"+").unwrap_or(sent)))?;
    let why = fields.next();
    if *kind == b'W' {
        let wanted = sight.add_snapshot(program.ok_or_else(malformed)?, number(why)?);
        return Ok(if wanted { WANTED } else { 0 });
    }
    let cwd = Path::new(OsStr::from_bytes(fields.next().unwrap_or(b"/")));
    let paths: Vec<&Path> = fields.map(|path| Path::new(OsStr::from_bytes(path))).collect();
    if let Some(program) = program {
        sight.catch_up(program, sent)?;
    }
    let first =
        || paths.first().map_or_else(String::new, |path| cwd.join(path).to_string_lossy().into_owned());
    let effect = why.unwrap_or_default();
    match kind {
        b'L' if effect == b"match" => sight.timed(Cause::Look, first, || sight.look_for(&paths, cwd)),
        b'L' if effect == b"list" => sight.timed(Cause::Look, first, || sight.list(&paths, cwd)),
        b'L' => sight.timed(Cause::Look, first, || sight.look(&paths, cwd)),
        b'C' if effect == b"folder" => sight.timed(Cause::Look, first, || sight.look(&paths, cwd)),
        b'C' => {
            let undoable = effect == b"undoable";
            sight.timed(Cause::Change, first, || sight.change(&paths, cwd, undoable))
        }
        b'S' => {
            let what = || String::from_utf8_lossy(effect).into_owned();
            let settled = sight.timed(Cause::of_effect(effect), what, || sight.settle_all());
            sight.let_print();
            settled
        }
        _ => Err(malformed()),
    }?;
    let settled = !is_about_to && program.is_none_or(|program| sight.tell_settled(program).is_some());
    Ok(if settled { SETTLED } else { 0 })
}

/// Announces a snapshot. From here on, the stream belongs to it. `hello` is its first frame.
pub(crate) fn register(sight: &Sight, mut stream: UnixStream, hello: &[u8]) -> io::Result<()> {
    let words = std::str::from_utf8(&hello[1..]).map_err(io::Error::other)?;
    let mut numbers = words.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let (program, sent, pid, incarnation) = (next(), next(), next(), next());
    let program = usize::try_from(program).unwrap_or(usize::MAX);
    if program >= sight.pool.lock().programs.len() {
        return send_frame(&mut stream, b"Nunknown");
    }
    let sight = &Sight { asker: Some(program), incarnation, ..sight.clone() };
    sight.catch_up(program, sent)?;
    let answer_by = stream.try_clone()?;
    let journal = sight.pool.journal(program)?;
    let pid = u32::try_from(pid).map_err(io::Error::other)?;
    let number = sight.announce_snapshot(program, pid, stream, &journal);
    let roots = sight.pool.lock().programs[program].roots();
    let mut stream = answer_by;
    let Some(number) = number else { return send_frame(&mut stream, b"Nenough") };
    let mut answer = format!("U{number}\0").into_bytes();
    answer.extend(journal.as_os_str().as_bytes());
    answer.push(0);
    for root in roots {
        answer.extend(root.as_os_str().as_bytes());
        answer.push(0);
    }
    send_frame(&mut stream, &answer)?;
    stream.flush()
}
