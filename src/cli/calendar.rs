//! `dean calendar list|check|publish`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dean_aggregates::actor::Actor;
use dean_aggregates::calendar::{CalendarKind, CalendarText};
use dean_aggregates::published::sha256_hex;
use dean_ledger::Access;
use sha2::{Digest, Sha256};

use super::input::{actor_of, read};
use super::{CliError, StoreArgs, data};
use crate::engine::{BUILT_IN_CALENDARS, Engine, Publishing};

#[derive(Debug, Subcommand)]
pub(super) enum CalendarCommand {
    /// The calendars and texts on deadlines that come with the program
    List,
    /// Check files; every problem names file, line and fix
    Check {
        /// Calendars of working days, or texts on deadlines (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Publish a file into the ledger: the working days of a year, or guidance, service levels and reminders
    Publish(PublishArgs),
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// Calendar of working days, or text on deadlines (TOML)
    file: PathBuf,
    /// Who publishes it
    #[arg(long, default_value = "dean.administrator; role=administrator; unit=dean", value_parser = actor_of, value_name = "ACTOR")]
    actor: Actor,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(command: CalendarCommand) -> Result<ExitCode, CliError> {
    match command {
        CalendarCommand::List => list(),
        CalendarCommand::Check { files } => check(&files),
        CalendarCommand::Publish(args) => publish(args).await,
    }
}

fn list() -> Result<ExitCode, CliError> {
    for (kind, file, text) in BUILT_IN_CALENDARS {
        let version = CalendarText::parse(*kind, file, text)
            .map(|text| format!("{}\t{}", text.code(), text.version()))
            .unwrap_or_default();
        data(format_args!(
            "{}\t{version}\t{}\t{file}",
            kind.as_str(),
            sha256_hex(text)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PathBuf]) -> Result<ExitCode, CliError> {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let (name, text) = read(file)?;
        match CalendarText::parse(CalendarKind::of(&text), &name, &text) {
            Ok(CalendarText::WorkingDays(calendar)) => data(format_args!(
                "{name}: {} {} is valid: {} days off, {} weekly days off worked",
                calendar.pin.code,
                calendar.pin.version,
                calendar.value.off.len(),
                calendar.value.worked.len()
            ))?,
            Ok(CalendarText::Deadlines(text)) => data(format_args!(
                "{name}: {} {} is valid: {} guidance, {} service levels, {} reminder levels",
                text.pin.code,
                text.pin.version,
                text.value.guidance.len(),
                text.value.service_levels.len(),
                text.value.reminders.len()
            ))?,
            Err(problems) => {
                for problem in problems {
                    data(problem)?;
                }
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

async fn publish(args: PublishArgs) -> Result<ExitCode, CliError> {
    let (name, text) = read(&args.file)?;
    let ledger = args.store.open(Access::Serve).await?;
    let engine = Engine::start(ledger.clone(), None).await?;
    let publishing = Publishing {
        actor: args.actor,
        command_id: ledger.environment().uuid_v7(),
        request_sha256: Sha256::digest(text.as_bytes()).into(),
        occurred_on: ledger.environment().today(),
        channel: "cli",
    };
    let published = engine
        .publish_calendar(CalendarKind::of(&text), &name, &text, publishing)
        .await?;
    data(format_args!(
        "{}\t{}\t{}\tposition {}",
        published.code, published.version, published.sha256, published.receipt.position
    ))?;
    ledger.close().await;
    ledger.database().close().await;
    Ok(ExitCode::SUCCESS)
}
