//! `dean replay`: a project's events and where it stood, now or as of a past position or day.

use std::process::ExitCode;

use clap::Args;
use dean_ledger::Access;
use uuid::Uuid;

use super::{AsOf, CliError, StoreArgs, data};
use crate::engine::Engine;

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The project's id
    project: Uuid,
    /// A ledger position (1234) or a day (2019-06-30: its end in Vietnam, by time of recording)
    #[arg(long, value_name = "POSITION|DAY")]
    at: Option<AsOf>,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn replay(args: ReplayArgs) -> Result<ExitCode, CliError> {
    let ledger = args.store.open(Access::Read).await?;
    let engine = Engine::start(ledger, None).await?;
    let as_of = args.at.unwrap_or(AsOf::Now);
    let Some(view) = engine.project(args.project, as_of).await? else {
        return Err(format!(
            "the ledger holds no project {} at that point; `dean serve` lists projects with their ids",
            args.project
        )
        .into());
    };
    for entry in &view.history {
        let (recorded, event) = (&entry.recorded, &entry.event);
        data(format_args!(
            "{}\t{}\t{}\t{}\t{}\t{} {} {}\t{}",
            recorded.position,
            recorded.sequence,
            recorded.occurred_on,
            recorded.event_type,
            event.step,
            recorded.actor.role,
            recorded.actor.unit,
            recorded.actor.id,
            event.after.state,
        ))?;
    }
    data(serde_json::to_string_pretty(view.project.standing())?)?;
    Ok(ExitCode::SUCCESS)
}
