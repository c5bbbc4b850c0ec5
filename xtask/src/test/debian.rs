//! Installs what the tests need where we may: on Debian, as root. Elsewhere says what to install.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::process::{Interrupts, find_in_path};

/// Installs Debian packages, `purpose` being what for.
///
/// # Errors
/// One line that says what to install, when this machine is not Debian, we are not root, or apt fails.
pub(super) fn install(packages: &[&str], purpose: &str, interrupts: &Interrupts) -> Result<(), String> {
    static LISTS_ARE_FRESH: AtomicBool = AtomicBool::new(false);

    let list = packages.join(" ");
    let by_hand = format!("xtask test: {purpose} is missing; install it, on Debian with: apt-get install {list}");
    if !Path::new("/etc/debian_version").exists()
        || find_in_path("apt-get").is_none()
        || !rustix::process::geteuid().is_root()
    {
        return Err(by_hand);
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(["-q", "-y"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        // stdout is kept for the tests' own output.
        command.stdin(Stdio::null()).stdout(std::io::stderr());
        interrupts.run(&mut command)
    };
    if !LISTS_ARE_FRESH.swap(true, Ordering::Relaxed) {
        super::progress("apt-get update");
        // Not fatal: the lists at hand may be good enough, and the install below says if they are not.
        apt(&["update"])?;
    }
    super::progress(&format!("installing {purpose}: apt-get install {list}"));
    let status = apt(&[&["install", "--no-install-recommends"], packages].concat())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{by_hand} (apt-get failed: {status})"))
    }
}
