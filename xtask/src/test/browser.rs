//! Finds Chromium and its WebDriver server.

use std::path::PathBuf;

use super::debian;
use crate::process::{Interrupts, find_in_path};

pub(super) struct Browser {
    pub(super) chromium: PathBuf,
    pub(super) driver: PathBuf,
}

/// The installed browser and driver, installing Debian's packages when there are none.
pub(super) fn binaries(interrupts: &Interrupts) -> Result<Browser, String> {
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    debian::install(&["chromium", "chromium-driver"], "Chromium with its driver", interrupts)?;
    installed().ok_or_else(|| "xtask test: chromium and chromedriver are installed but not in PATH".to_owned())
}

fn installed() -> Option<Browser> {
    Some(Browser {
        chromium: find_in_path("chromium")?,
        driver: find_in_path("chromedriver")?,
    })
}
