//! A child process whose output is kept, and which never outlives its owner.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const POLL: Duration = Duration::from_millis(20);

/// Text that a thread of its own keeps reading, so that the writer never blocks on a full pipe.
#[derive(Debug, Clone, Default)]
pub(crate) struct Output(Arc<Mutex<String>>);

impl Output {
    pub(crate) fn collect(source: impl Read + Send + 'static) -> Self {
        let output = Self::default();
        let writer = output.clone();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(source);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                writer
                    .0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        output
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Waits until `find` finds something in the child's output.
///
/// # Panics
/// With the output, when the child ends first or `limit` passes.
#[track_caller]
pub(crate) fn wait_for_output<T>(
    what: &str,
    child: &mut Child,
    output: &Output,
    limit: Duration,
    find: impl Fn(&str) -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        // Asked before the output is read: what an ended child wrote is looked at once more.
        let ended = child.try_wait().ok().flatten();
        if let Some(found) = find(&output.text()) {
            return found;
        }
        if ended.is_some() {
            // The reading thread may lag behind the child's end.
            std::thread::sleep(Duration::from_millis(200));
            if let Some(found) = find(&output.text()) {
                return found;
            }
        }
        if let Some(status) = ended {
            panic!(
                "{what} ended with {status} before it was ready; it wrote:\n{}",
                output.text()
            );
        }
        if start.elapsed() >= limit {
            end(child);
            panic!(
                "{what} was not ready within {} s; it wrote:\n{}",
                limit.as_secs(),
                output.text()
            );
        }
        std::thread::sleep(POLL);
    }
}

/// Sends SIGTERM and waits up to `limit`; `None` when the child is still there.
pub(crate) fn terminate(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    if let Ok(Some(status)) = child.try_wait() {
        return Some(status);
    }
    // Fails only when the process has ended by itself; `try_wait` below sees that.
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(POLL);
    }
    None
}

/// Kills the child, by its own process id, and waits for its end.
pub(crate) fn end(child: &mut Child) -> Option<ExitStatus> {
    // Fails only when the process has ended by itself.
    let _ = child.kill();
    child.wait().ok()
}
