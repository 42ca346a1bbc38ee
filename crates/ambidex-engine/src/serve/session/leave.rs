//! How a session ends when a signal has interrupted the build: Python learns of it, and what it prints last is written.

use std::io;
use std::sync::atomic::Ordering;

use super::Session;
use crate::base::protocol::{self, Reply, Request};

impl Session {
    /// Serves a process whose build was interrupted until the process ends. It has asked something that can't be
    /// answered any more.
    pub(super) fn take_leave(&mut self) -> io::Result<()> {
        let is_rolling_back = || self.sight.pool.lock().programs[self.program].is_rolling_back();
        if !self.sight.trees.is_interrupted.load(Ordering::SeqCst) || is_rolling_back() {
            return Ok(());
        }
        self.say_interrupted();
        while let Some(frame) = self.frames.next()? {
            let is_request = !self.take_text(&frame);
            if is_request && !matches!(serde_json::from_slice(&frame)?, Request::Echo) {
                self.say_interrupted();
            }
        }
        Ok(())
    }

    fn say_interrupted(&mut self) {
        // The same signal may have ended the process already. What it printed before is still to be read.
        let _ = protocol::send(&mut self.stream, &Reply::Interrupted);
    }
}
