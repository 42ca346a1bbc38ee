//! `ambidex serve`: an engine for a Python process that ambidex did not start and that asks for one.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::mpsc;

use ambidex_engine::{Engine, Options};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::args::ServeArgs;
use crate::build;
use crate::capture::Capture;
use crate::error::Error;
use crate::settings::Settings;
use crate::supervise;

/// Serves until standard input ends, or something arrives on it. Standard input is a pipe from the process that asked
/// for the engine, so the engine never outlives that process.
pub(crate) fn serve(args: &ServeArgs) -> Result<u8, Error> {
    let capture = Capture::lay_out()?;
    let settings = Settings::of_folder(Path::new(""))?;
    let options = Options { observer: capture.observer(), ..supervise::sharing(&args.jobs, &settings)? };
    let store = options.store.clone();
    let engine = Engine::start(options).map_err(Error::Engine)?;
    let mut signals =
        signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Error::Engine)?;
    let keep_going = supervise::keep_going(None, &settings);
    tell(capture.environment(&engine.socket()).into_iter().chain(keep_going)).map_err(Error::Engine)?;
    let (end, ended) = mpsc::channel();
    let by_signal = end.clone();
    std::thread::spawn(move || by_signal.send(signals.forever().next()));
    std::thread::spawn(move || {
        // A read error ends the service too.
        let _ = io::stdin().read(&mut [0]);
        end.send(None)
    });
    let signal = ended.recv().unwrap_or_default();
    if signal.is_some() {
        engine.interrupt();
        engine.wait_for_processes();
    } else {
        engine.stop();
    }
    let report = engine.report();
    build::keep(&report, &engine.state_folders());
    build::tell_left(&report, &args.output);
    supervise::leave(store.as_ref(), &report, signal.is_some())?;
    Ok(signal.and_then(|signal| u8::try_from(128 + signal).ok()).unwrap_or(0))
}

/// Prints the environment variables of a captured process, and an empty line after them.
fn tell(environment: impl Iterator<Item = (&'static str, OsString)>) -> io::Result<()> {
    let mut text = Vec::new();
    for (name, value) in environment {
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    text.push(b'\n');
    let mut stdout = io::stdout();
    stdout.write_all(&text)?;
    stdout.flush()
}
