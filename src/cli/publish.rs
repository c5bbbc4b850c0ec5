//! `dean publish`: a change of law enters the ledger as a text, without a new program.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use dean_aggregates::actor::Actor;
use dean_ledger::Access;
use sha2::{Digest, Sha256};

use super::input::{actor_of, read};
use super::{CliError, StoreArgs, data, soundness};
use crate::engine::{Engine, Publishing, built_in_rulebook};

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// Lifecycle, norms, or list of places (TOML); what it is, its version and from when it holds stand in it
    file: PathBuf,
    /// Who publishes it
    #[arg(long, default_value = "dean.administrator; role=administrator; unit=dean", value_parser = actor_of, value_name = "ACTOR")]
    actor: Actor,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn publish(args: PublishArgs) -> Result<ExitCode, CliError> {
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
    let mut standing = engine.rulebook().await?;
    if standing.lifecycles().is_empty() {
        // The first `serve` adds the texts that come with the program; this one will stand among them.
        standing = Arc::new(built_in_rulebook()?);
    }
    let effects = soundness::effect(&name, &text, &standing, ledger.environment().today());
    let published = engine.publish_text(&name, &text, publishing).await?;
    data(format_args!(
        "{}\t{}\t{}\t{}\tposition {}",
        published.kind.as_str(),
        published.code,
        published.version,
        published.sha256,
        published.receipt.position
    ))?;
    for effect in effects {
        eprintln!("{effect}");
    }
    ledger.close().await;
    ledger.database().close().await;
    Ok(ExitCode::SUCCESS)
}
