//! `dean places list|check|publish`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dean_aggregates::actor::Actor;
use dean_aggregates::places::Places;
use dean_aggregates::published::sha256_hex;
use dean_ledger::Access;
use sha2::{Digest, Sha256};

use super::{CliError, StoreArgs, data};
use crate::engine::{BUILT_IN_PLACES, Engine, Publishing};
use crate::http::actor;
use crate::i18n::Lang;

#[derive(Debug, Subcommand)]
pub(super) enum PlacesCommand {
    /// The lists of provinces and agencies that come with the program
    List,
    /// Check files; every problem names file, line and fix
    Check {
        /// Lists of provinces and agencies (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Publish a file into the ledger: names and regions with their days, who took whom in, what agencies are called
    Publish(PublishArgs),
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// List of provinces and agencies (TOML)
    file: PathBuf,
    /// Who publishes it
    #[arg(long, default_value = "dean.administrator; role=administrator; unit=dean", value_parser = actor_of, value_name = "ACTOR")]
    actor: Actor,
    #[command(flatten)]
    store: StoreArgs,
}

fn actor_of(text: &str) -> Result<Actor, String> {
    actor::parse(text).map_err(|problem| format!("{} {}", problem.title(Lang::En), problem.fix(Lang::En)))
}

pub(super) async fn run(command: PlacesCommand) -> Result<ExitCode, CliError> {
    match command {
        PlacesCommand::List => list(),
        PlacesCommand::Check { files } => check(&files),
        PlacesCommand::Publish(args) => publish(args).await,
    }
}

fn list() -> Result<ExitCode, CliError> {
    for (file, text) in BUILT_IN_PLACES {
        let version = Places::parse(file, text).map(|list| format!("{}\t{}", list.code, list.version));
        data(format_args!(
            "{}\t{}\t{file}",
            version.unwrap_or_default(),
            sha256_hex(text)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PathBuf]) -> Result<ExitCode, CliError> {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let (name, text) = read(file)?;
        match Places::parse(&name, &text) {
            Ok(list) => data(format_args!(
                "{name}: {} {} is valid: {} rows of provinces, {} agencies",
                list.code,
                list.version,
                list.provinces.len(),
                list.agencies.len()
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
    let published = engine.publish_places(&name, &text, publishing).await?;
    data(format_args!(
        "{}\t{}\t{}\tposition {}",
        published.code, published.version, published.sha256, published.receipt.position
    ))?;
    ledger.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A file's name and text.
fn read(file: &Path) -> Result<(String, String), CliError> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|error| format!("can't read {name}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| format!("{name} is not UTF-8 ({error}); save it as UTF-8"))?;
    Ok((name, text))
}
