//! How much time has passed, for pacing only: nothing that is recorded or shown depends on it.

use std::time::Duration;

use dean_ledger::environment::{Clock as _, SystemClock};

/// A moment of the machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    micros: i64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self {
            micros: SystemClock.now_micros(),
        }
    }

    /// Whether it is as long ago as that. A clock that was set back counts as time that has passed: better too early than never.
    pub(crate) fn is_past(self, time: Duration) -> bool {
        u128::from(SystemClock.now_micros().abs_diff(self.micros)) >= time.as_micros()
    }
}
