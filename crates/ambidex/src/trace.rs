//! `--trace`: a build's timeline in the Trace Event Format.

use ambidex_engine::{TimedCommand, Timeline};
use ambidex_report::{Event, Trace};

use crate::report;

/// Returns the timeline of a build as JSON for Perfetto and chrome://tracing.
pub(crate) fn json(timeline: &Timeline) -> String {
    ambidex_report::trace(&Trace {
        jobs: timeline.jobs,
        wall: timeline.wall,
        commands: timeline.commands.iter().map(event).collect(),
        waits: timeline.waits.iter().map(report::wait).collect(),
    })
}

fn event(command: &TimedCommand) -> Event {
    let TimedCommand { stretch, output, extension, arguments, done, reason, status, is_cancelled } = command;
    Event {
        slot: stretch.slot,
        from: stretch.from,
        to: stretch.to,
        output: output.to_string_lossy().into_owned(),
        extension: extension.clone(),
        arguments: arguments.clone(),
        done,
        reason: reason.clone(),
        status: *status,
        is_cancelled: *is_cancelled,
    }
}
