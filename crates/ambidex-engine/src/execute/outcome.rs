//! How a command ended: its status, what it printed, how its outputs were obtained, and why.

use std::time::Duration;

use ambidex_store::Digest;

use crate::base::process::Ended;
use crate::memory::files::FindingId;
use crate::memory::record::{How, Why};

/// The end of a job.
#[derive(Debug)]
pub(crate) struct Ending {
    /// The exit status; negative for the number of the signal that ended it.
    pub status: i32,
    /// In microseconds.
    duration: u64,
    /// None where it printed nothing, as most commands do.
    printed: Option<Box<Printed>>,
    pub how: How,
    pub why: Why,
    inputs: Inputs,
    /// The contents of its outputs, as far as they are known.
    pub outputs: Box<[Digest]>,
}

/// What a command looked at besides its operands.
#[derive(Debug, Default)]
pub(crate) enum Inputs {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Its record has them.
    Remembered,
    /// They are known, but the run could not be remembered.
    Known(Box<[FindingId]>),
}

#[derive(Debug)]
struct Printed {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Ending {
    /// The end of a command of whose inputs and outputs nothing is known.
    pub fn new(ended: Ended, how: How, why: Why) -> Self {
        let Ended { out, err, status, duration } = ended;
        let printed = (!out.is_empty() || !err.is_empty()).then(|| Box::new(Printed { out, err }));
        let duration = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self { status, duration, printed, how, why, inputs: Inputs::Unknown, outputs: Box::default() }
    }

    /// The same with what is known of inputs and outputs.
    pub fn with(self, inputs: Inputs, outputs: Box<[Digest]>) -> Self {
        Self { inputs, outputs, ..self }
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration)
    }

    /// What is known of what it looked at.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What it printed.
    pub fn out(&self) -> &[u8] {
        self.printed.as_ref().map_or(&[], |printed| &printed.out)
    }

    /// What it printed to its standard error.
    pub fn err(&self) -> &[u8] {
        self.printed.as_ref().map_or(&[], |printed| &printed.err)
    }

    /// Whether it printed nothing.
    pub fn is_silent(&self) -> bool {
        self.printed.is_none()
    }
}
