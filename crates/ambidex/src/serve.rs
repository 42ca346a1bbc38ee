//! Knows `ambidex serve`: an engine for a Python process that was not started by ambidex and asks for one.

use std::io::{self, Read, Write};
use std::sync::mpsc;

use ambidex_engine::Engine;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::args::ServeArgs;
use crate::build;
use crate::capture::Capture;
use crate::error::Error;
use crate::supervise;

/// Serves until standard input ends: it is a pipe from the process that asked, so the engine never outlives it.
pub(crate) fn serve(args: &ServeArgs) -> Result<u8, Error> {
    let capture = Capture::lay_out()?;
    let engine = Engine::start(supervise::options(&args.jobs, false)).map_err(Error::Engine)?;
    let mut signals =
        signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Error::Engine)?;
    let told = format!("{}\n{}\n", engine.socket().display(), capture.folder().display());
    io::stdout().write_all(told.as_bytes()).and_then(|()| io::stdout().flush()).map_err(Error::Engine)?;
    let (end, ended) = mpsc::channel();
    let by_signal = end.clone();
    std::thread::spawn(move || by_signal.send(signals.forever().next()));
    std::thread::spawn(move || {
        // Nothing is said there; an error ends it too.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        end.send(None)
    });
    let signal = ended.recv().unwrap_or_default();
    engine.stop();
    let report = engine.report();
    build::keep(&report, &engine.state_folders());
    build::tell_left(&report, &args.output);
    Ok(signal.and_then(|signal| u8::try_from(128 + signal).ok()).unwrap_or(0))
}
