//! Finds the mail server that the tests run: Debian's aiosmtpd, with Debian's own Python.

use std::process::{Command, Stdio};

use super::debian;
use crate::process::Interrupts;

/// The interpreters that may have it: Debian's own first, whatever else is called `python3` in PATH.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// A Python that has aiosmtpd, installing Debian's package when there is none.
pub(super) fn python(interrupts: &Interrupts) -> Result<&'static str, String> {
    if let Some(python) = installed() {
        return Ok(python);
    }
    debian::install(&["python3-aiosmtpd", "openssl"], "aiosmtpd (a mail server)", interrupts)?;
    installed().ok_or_else(|| "xtask test: python3-aiosmtpd is installed, but no python3 finds it".to_owned())
}

fn installed() -> Option<&'static str> {
    PYTHONS.into_iter().find(|python| {
        let mut command = Command::new(python);
        command.args(["-c", "import aiosmtpd.smtp"]).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}
