//! Knows how one process is served that tells what it looks at, changes and starts (`docs/protocol.md`, "Witnesses"), and
//! how its snapshots register.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::frames::Frames;
use crate::protocol::send_frame;
use crate::sight::Sight;
use crate::waits::Cause;

/// Serves a witness until its process ends. `hello` is its first frame.
pub(crate) fn serve(
    sight: &Sight,
    mut stream: UnixStream,
    mut frames: Frames,
    hello: &[u8],
) -> io::Result<()> {
    let words = std::str::from_utf8(hello).map_err(io::Error::other)?;
    let program = words.split(' ').nth(2).and_then(|number| number.parse().ok());
    let program = program.filter(|number| *number < sight.shared.lock().programs.len());
    let sight = &Sight { asker: program, ..sight.clone() };
    while let Some(frame) = frames.next()? {
        answer(sight, program, &frame)?;
        let settled = program.is_none_or(|program| sight.tell_settled(program));
        send_frame(&mut stream, &[u8::from(settled)])?;
    }
    Ok(())
}

fn answer(sight: &Sight, program: Option<usize>, frame: &[u8]) -> io::Result<()> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a witness speaks another protocol");
    let (kind, rest) = frame.split_first().ok_or_else(malformed)?;
    let mut fields = rest.strip_suffix(b"\0").unwrap_or(rest).split(|byte| *byte == 0);
    let sent = fields.next().and_then(|sent| std::str::from_utf8(sent).ok()?.parse().ok());
    let sent = sent.ok_or_else(malformed)?;
    let why = fields.next();
    let cwd = Path::new(OsStr::from_bytes(fields.next().unwrap_or(b"/")));
    let paths: Vec<&Path> = fields.map(|path| Path::new(OsStr::from_bytes(path))).collect();
    if let Some(program) = program {
        sight.catch_up(program, sent)?;
    }
    let first =
        || paths.first().map_or_else(String::new, |path| cwd.join(path).to_string_lossy().into_owned());
    let effect = why.unwrap_or_default();
    match kind {
        b'L' => sight.timed(Cause::Look, first, || sight.look(&paths, cwd)),
        b'C' if effect == b"folder" => sight.timed(Cause::Look, first, || sight.make_folder(&paths, cwd)),
        b'C' => {
            let undoable = effect == b"undoable";
            sight.timed(Cause::Change, first, || sight.change(&paths, cwd, undoable))
        }
        b'S' => {
            let what = || String::from_utf8_lossy(effect).into_owned();
            sight.timed(Cause::of_effect(effect), what, || sight.settle_all())
        }
        _ => Err(malformed()),
    }
}

/// Registers a snapshot. From here on the stream belongs to it. `hello` is its first frame.
pub(crate) fn register(sight: &Sight, mut stream: UnixStream, hello: &[u8]) -> io::Result<()> {
    let words = std::str::from_utf8(&hello[1..]).map_err(io::Error::other)?;
    let mut numbers = words.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let (program, sent, pid) = (next(), next(), next());
    let program = usize::try_from(program).unwrap_or(usize::MAX);
    if program >= sight.shared.lock().programs.len() {
        return send_frame(&mut stream, b"Nunknown");
    }
    let sight = &Sight { asker: Some(program), ..sight.clone() };
    sight.catch_up(program, sent)?;
    let answer_by = stream.try_clone()?;
    let (number, roots) = {
        let mut inner = sight.shared.lock();
        let program = &mut inner.programs[program];
        let pid = u32::try_from(pid).map_err(io::Error::other)?;
        (program.add_snapshot(pid, stream), program.roots())
    };
    let mut stream = answer_by;
    let Some(number) = number else { return send_frame(&mut stream, b"Nenough") };
    let mut answer = format!("U{number}\0").into_bytes();
    answer.extend(sight.shared.journal(program)?.as_os_str().as_bytes());
    answer.push(0);
    for root in roots {
        answer.extend(root.as_os_str().as_bytes());
        answer.push(0);
    }
    send_frame(&mut stream, &answer)?;
    stream.flush()
}
