//! Progress of long work on stderr: one line that is rewritten on a terminal, a line every few seconds elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const TERMINAL_EVERY: Duration = Duration::from_millis(100);
const LOG_EVERY: Duration = Duration::from_secs(5);

/// A job that counts towards a total.
pub(super) struct Progress {
    what: &'static str,
    terminal: bool,
    start: Instant,
    last: Option<Instant>,
}

impl Progress {
    /// Starts; `what` says what is being done, e.g. `verifying`.
    pub(super) fn start(what: &'static str) -> Self {
        Self {
            what,
            terminal: std::io::stderr().is_terminal(),
            start: Instant::now(),
            last: None,
        }
    }

    /// Shows how far it is, if the last showing is long enough ago.
    pub(super) fn show(&mut self, done: u64, total: u64) {
        let every = if self.terminal { TERMINAL_EVERY } else { LOG_EVERY };
        // A short job shows nothing where lines stay.
        let since = self.last.unwrap_or(self.start);
        if since.elapsed() < every {
            return;
        }
        self.last = Some(Instant::now());
        let percent = done.saturating_mul(100) / total.max(1);
        let mut stderr = std::io::stderr().lock();
        // Nobody can be told that stderr is gone.
        let _ = if self.terminal {
            write!(stderr, "\r{}: {done} of {total} ({percent} %)\x1b[K", self.what)
        } else {
            writeln!(stderr, "{}: {done} of {total} ({percent} %)", self.what)
        };
    }

    /// Ends the line and says how long it took.
    pub(super) fn finish(self, result: impl std::fmt::Display) {
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        eprintln!(
            "{clear}{}: {result} in {:.1} s",
            self.what,
            self.start.elapsed().as_secs_f64()
        );
    }
}
