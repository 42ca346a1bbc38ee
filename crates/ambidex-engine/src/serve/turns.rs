//! How the engine serves a command that asks whether it may change files that are not its outputs, or look at outputs
//! of other commands.

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

/// The question of a command, which names itself by its program and node.
struct Question<'a> {
    program: usize,
    node: usize,
    /// The reach of its look, or `None` if it changes something.
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
            "match" => Some(Reach::Matching),
            _ => None,
        };
        Some(Self { program: program.parse().ok()?, node: node.parse().ok()?, looks, path: as_path(path) })
    }

    fn answer(&self, engine: &mut EngineState) -> Option<Turn> {
        let paths = [self.path];
        let mut of_others = false;
        for (number, program) in engine.programs.iter_mut().enumerate() {
            let Some(reach) = self.looks.filter(|_| number != self.program) else { continue };
            // If another process makes the output, the engine does not know when.
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

/// Answers a command, or ends it. `hello` is the frame with the question.
pub(crate) fn serve(
    pool: &WorkerPool,
    mut stream: UnixStream,
    mut frames: Frames,
    hello: &[u8],
) -> io::Result<()> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a command asks in another protocol");
    let question = Question::of(hello).ok_or_else(malformed)?;
    // In a check, the commands before it do not run unless something needs them.
    let turn = match pool.options.only_record {
        true => Turn::Now,
        false => question.answer(&mut pool.lock()).ok_or_else(malformed)?,
    };
    let pid = match turn {
        Turn::Now => return send_frame(&mut stream, &[1]),
        Turn::Look => return send_frame(&mut stream, &[2]),
        Turn::Again(pid) => pid,
    };
    // The command ends as if it had failed, even if the asking process has a process group of its own. If the command's
    // process isn't known yet, it has just been started.
    let asks = process::group_of(&stream).filter(|group| Some(*group) != pid);
    pid.into_iter().chain(asks).for_each(process::end);
    // Without an answer, the process would go on, so it must have ended first.
    frames.drain();
    Ok(())
}
