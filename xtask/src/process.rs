//! Child processes that never outlive this program: signals are passed on to them.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

const POLL: Duration = Duration::from_millis(50);

/// Notes SIGINT, SIGTERM and SIGHUP instead of dying of them, so that destructors run.
#[derive(Debug, Clone)]
pub(crate) struct Interrupts(Arc<AtomicBool>);

impl Interrupts {
    pub(crate) fn listen() -> Result<Self, String> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag))
                .map_err(|error| format!("signal handler: {error}"))?;
        }
        Ok(Self(flag))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.0.load(Ordering::Relaxed) {
            Err("interrupted".to_owned())
        } else {
            Ok(())
        }
    }

    /// Runs `command` to its end. An interrupt is passed on to it once, and its end is still waited for.
    pub(crate) fn run(&self, command: &mut Command) -> Result<ExitStatus, String> {
        self.check()?;
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot run {:?}: {error}", command.get_program()))?;
        let mut told = false;
        loop {
            if let Some(status) = child
                .try_wait()
                .map_err(|error| format!("waiting for a child: {error}"))?
            {
                return Ok(status);
            }
            if !told && self.check().is_err() {
                told = true;
                signal(&child, Signal::TERM);
            }
            std::thread::sleep(POLL);
        }
    }
}

/// Sends `what` to a child that has not been waited for yet, so its process id is still its own.
fn signal(child: &Child, what: Signal) {
    // The only failure is "no such process": it has ended by itself, which is what was wanted.
    let _ = kill_process(Pid::from_child(child), what);
}

/// The first file called `name` in the folders of PATH.
pub(crate) fn find_in_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name.as_ref()))
        .find(|file| file.is_file())
}
