//! How a command is served that asks whether it may change files that are not its outputs, or look at those of others.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::base::process;
use crate::base::protocol::send_frame;
use crate::observe::trace::{as_path, parts};
use crate::program::Turn;
use crate::serve::frames::Frames;
use crate::serve::pool::{EngineState, WorkerPool};
use crate::serve::sight::{Reach, concerned};

/// What a command asks for, by its name.
struct Question<'a> {
    program: usize,
    node: usize,
    /// How it looks; none if it changes something.
    looks: Option<Reach>,
    path: &'a Path,
}

impl<'a> Question<'a> {
    fn of(frame: &'a [u8]) -> Option<Self> {
        let (words, path) = parts(frame.strip_prefix(b"E")?);
        let words = std::str::from_utf8(words).ok()?;
        let [program, node, what] = words.split(' ').collect::<Vec<_>>()[..] else { return None };
        let looks = match what {
            "look" => Some(Reach::Itself),
            "list" => Some(Reach::Listed),
            _ => None,
        };
        Some(Self { program: program.parse().ok()?, node: node.parse().ok()?, looks, path: as_path(path) })
    }

    fn answer(&self, engine: &mut EngineState) -> Option<Turn> {
        let paths = [self.path];
        let mut of_others = false;
        for (number, program) in engine.programs.iter_mut().enumerate() {
            let Some(reach) = self.looks.filter(|_| number != self.program) else { continue };
            // Where another process makes it, nobody knows when.
            let seen = concerned(program, &paths, Path::new("/"), reach);
            of_others |=
                seen.iter().any(|path| program.is_kept(*path) || !program.graph.is_at_place(*path, None));
        }
        let program = engine.programs.get_mut(self.program)?;
        let node = program.graph.all_nodes().nth(self.node)?;
        let seen = self.looks.map(|reach| concerned(program, &paths, Path::new("/"), reach));
        Some(program.turn(node, seen.as_deref(), of_others))
    }
}

/// Answers a command, or ends it. `hello` is the frame by which it asks.
pub(crate) fn serve(
    pool: &WorkerPool,
    mut stream: UnixStream,
    mut frames: Frames,
    hello: &[u8],
) -> io::Result<()> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a command asks in another protocol");
    let question = Question::of(hello).ok_or_else(malformed)?;
    // In a check, what is before it is not run unless somebody wants it.
    let turn = match pool.options.only_record {
        true => Turn::Now,
        false => question.answer(&mut pool.lock()).ok_or_else(malformed)?,
    };
    let pid = match turn {
        Turn::Now => return send_frame(&mut stream, &[1]),
        Turn::Look => return send_frame(&mut stream, &[2]),
        Turn::Again(pid) => pid,
    };
    // It ends as if it had failed, also where what asks has a process group of its own. Where the command's process isn't
    // known yet, it has just been started.
    let asks = process::group_of(&stream).filter(|group| Some(*group) != pid);
    pid.into_iter().chain(asks).for_each(process::end);
    // Without an answer it would go on: it must have ended before that.
    frames.drain();
    Ok(())
}
