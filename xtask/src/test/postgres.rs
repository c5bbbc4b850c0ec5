//! The PostgreSQL that a test run gets: found, or installed where we may, and started.

use std::path::PathBuf;

use dean_test_cluster::{Cluster, MAJOR_VERSION_MIN, installed};

use super::{debian, progress};
use crate::process::Interrupts;

/// The folder that has `initdb` and `postgres`, installing Debian's package when there is none.
pub(super) fn binaries(interrupts: &Interrupts) -> Result<PathBuf, String> {
    if let Some(folder) = installed() {
        return Ok(folder);
    }
    debian::install(&["postgresql"], "PostgreSQL (server, version 15 or later)", interrupts)?;
    installed().ok_or_else(|| {
        format!("xtask test: the installed PostgreSQL is older than {MAJOR_VERSION_MIN}; install a newer server")
    })
}

/// A running server; dropping it stops it.
pub(super) fn start(interrupts: &Interrupts) -> Result<Cluster, String> {
    let binaries = binaries(interrupts)?;
    let told = |message: String| format!("xtask test: {message}");
    progress("making a PostgreSQL cluster");
    let mut cluster = Cluster::make(&binaries, None).map_err(told)?;
    cluster.start(&|| interrupts.check()).map_err(told)?;
    progress(&format!("PostgreSQL runs at {}", cluster.url()));
    Ok(cluster)
}
