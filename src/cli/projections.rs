//! `dean projections status|rebuild|check`.

use std::process::ExitCode;

use clap::Subcommand;
use dean_ledger::Access;

use super::progress::Progress;
use super::{CliError, StoreArgs, data};

/// Differences listed one by one; more are counted.
const DIFFERENCES_SHOWN_MAX: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum ProjectionsCommand {
    /// Where the read models are
    Status(StoreArgs),
    /// Build them anew beside the live ones, then swap
    Rebuild(StoreArgs),
    /// Compare every row with a fresh replay
    Check(StoreArgs),
}

pub(super) async fn run(command: ProjectionsCommand) -> Result<ExitCode, CliError> {
    match command {
        ProjectionsCommand::Status(store) => status(store).await,
        ProjectionsCommand::Rebuild(store) => rebuild(store).await,
        ProjectionsCommand::Check(store) => check(store).await,
    }
}

async fn status(store: StoreArgs) -> Result<ExitCode, CliError> {
    let status = dean_projections::status(&store.open(Access::Read).await?).await?;
    let generation = status
        .generation
        .map_or_else(|| "none yet".to_owned(), |number| number.to_string());
    data(format_args!(
        "generation {generation}, position {} of {}",
        status.position, status.head
    ))?;
    for projection in &status.projections {
        let made_by = projection
            .version
            .map_or_else(|| "not built".to_owned(), |version| format!("version {version}"));
        data(format_args!(
            "{} {made_by}, this program has version {}",
            projection.name, projection.code_version
        ))?;
    }
    if let Some(fault) = &status.fault {
        data(format_args!("stopped: {fault}"))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn rebuild(store: StoreArgs) -> Result<ExitCode, CliError> {
    let ledger = store.open(Access::Read).await?;
    let mut progress = Progress::start("rebuilding");
    let generation = dean_projections::rebuild(&ledger, |done, total| progress.show(done, total)).await?;
    progress.finish(format_args!("generation {generation}"));
    Ok(ExitCode::SUCCESS)
}

async fn check(store: StoreArgs) -> Result<ExitCode, CliError> {
    let ledger = store.open(Access::Read).await?;
    let mut progress = Progress::start("checking");
    let report = dean_projections::check(&ledger, |done, total| progress.show(done, total)).await?;
    progress.finish(format_args!("{} rows", report.rows));
    for difference in report.differences.iter().take(DIFFERENCES_SHOWN_MAX) {
        data(difference)?;
    }
    if report.differences.len() > DIFFERENCES_SHOWN_MAX {
        data(format_args!(
            "… and {} more",
            report.differences.len() - DIFFERENCES_SHOWN_MAX
        ))?;
    }
    if !report.differences.is_empty() {
        eprintln!("dean: the read models differ from the ledger; `dean projections rebuild` makes them anew");
        return Ok(ExitCode::FAILURE);
    }
    data(format_args!("{} rows equal a fresh replay", report.rows))?;
    Ok(ExitCode::SUCCESS)
}
