//! `dean verify`: recompute every leaf, root and column.

use std::process::ExitCode;

use dean_ledger::Access;

use super::progress::Progress;
use super::{CliError, StoreArgs, data};

/// Faults listed one by one; more are counted.
const FAULTS_SHOWN_MAX: usize = 20;

pub(super) async fn verify(store: StoreArgs) -> Result<ExitCode, CliError> {
    let ledger = store.open(Access::Read).await?;
    let mut progress = Progress::start("verifying");
    let report = ledger.verify(|done, total| progress.show(done, total)).await?;
    progress.finish(format_args!("{} events in {} commits", report.events, report.commits));
    for fault in report.faults.iter().take(FAULTS_SHOWN_MAX) {
        data(format_args!("position {}: {}", fault.position, fault.what))?;
    }
    if report.faults.len() > FAULTS_SHOWN_MAX {
        data(format_args!("… and {} more", report.faults.len() - FAULTS_SHOWN_MAX))?;
    }
    if !report.faults.is_empty() {
        eprintln!(
            "dean: the ledger does not verify; keep a copy as evidence before anything else, then compare it with a backup"
        );
        return Ok(ExitCode::FAILURE);
    }
    data(format_args!(
        "{} events, root {}",
        report.events,
        hex::encode(report.root)
    ))?;
    Ok(ExitCode::SUCCESS)
}
