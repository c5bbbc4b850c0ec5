//! `dean lifecycle move`: running projects take a newer version of their lifecycle.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use dean_aggregates::actor::Actor;
use dean_ledger::Access;

use super::super::input::actor_of;
use super::super::{CliError, StoreArgs, data};
use crate::engine::{Engine, MoveCheck, MoveOrder, PublishError, ReadError, Rulebook};

#[derive(Debug, Args)]
pub(in crate::cli) struct MoveArgs {
    /// Code of the lifecycle, e.g. kcqg
    code: String,
    /// The version to move to, newer than the present one, e.g. 2014-02-10-3
    version: String,
    /// Only say which projects could move, which not and why; nothing is recorded
    #[arg(long)]
    check: bool,
    /// Why they are moved, e.g. the decision or the new circular
    #[arg(long, required_unless_present = "check", value_parser = reason_of, value_name = "TEXT")]
    reason: Option<String>,
    /// Who moves them
    #[arg(long, default_value = "dean.administrator; role=administrator; unit=dean", value_parser = actor_of, value_name = "ACTOR")]
    actor: Actor,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: MoveArgs) -> Result<ExitCode, CliError> {
    let access = if args.check { Access::Read } else { Access::Serve };
    let ledger = args.store.open(access).await?;
    let engine = Engine::start(ledger.clone(), None).await?;
    let standing = engine.rulebook().await?;
    let checks = engine
        .check_moves(&args.code, &args.version)
        .await
        .map_err(|error| match error {
            ReadError::Publish(unknown @ PublishError::UnknownLifecycle { .. }) => {
                format!("{unknown}; {}", held(&standing, &args.code)).into()
            }
            other => CliError::from(other),
        })?;
    let outcome = match &args.reason {
        Some(reason) if !args.check => {
            let order = MoveOrder {
                reason: reason.clone(),
                actor: args.actor,
                occurred_on: ledger.environment().today(),
            };
            carry_out(&engine, &checks, &args.version, &order).await?
        }
        _ => {
            for check in &checks {
                let can = if check.can_move() { "can move" } else { "can't move" };
                report(check, can, &why_not(check))?;
            }
            checks.iter().all(MoveCheck::can_move)
        }
    };
    eprintln!(
        "{} project(s) of {} under other versions than {}",
        checks.len(),
        args.code,
        args.version
    );
    ledger.close().await;
    Ok(if outcome { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn reason_of(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty; name the decision, e.g. --reason \"QĐ 12/QĐ-SCT\"".to_owned());
    }
    Ok(text.to_owned())
}

/// What the ledger holds instead of a version that it doesn't.
fn held(standing: &Rulebook, code: &str) -> String {
    let pins = standing.lifecycles().iter().map(|known| &known.pin);
    let versions: Vec<&str> = pins
        .clone()
        .filter(|pin| pin.code == code)
        .map(|pin| pin.version.as_str())
        .collect();
    if versions.is_empty() {
        let codes: BTreeSet<&str> = pins.map(|pin| pin.code.as_str()).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        format!("it holds the codes {}", codes.join(", "))
    } else {
        format!("of {code} it holds {}; publish a new one first", versions.join(", "))
    }
}

/// Whether all moved.
async fn carry_out(engine: &Engine, checks: &[MoveCheck], version: &str, order: &MoveOrder) -> Result<bool, CliError> {
    let mut all = true;
    for check in checks {
        if !check.can_move() {
            all = false;
            report(check, "not moved", &why_not(check))?;
            continue;
        }
        match engine.move_project(check, version, order).await {
            Ok(taken) => report(check, "moved", &format!("position {}", taken.receipt.position))?,
            // Somebody may have taken another step since the check.
            Err(error) => {
                all = false;
                report(check, "not moved", &error.to_string())?;
            }
        }
    }
    Ok(all)
}

fn report(check: &MoveCheck, what: &str, why: &str) -> Result<(), CliError> {
    data(format_args!(
        "{}\t{}\t{}\t{}\t{what}\t{why}",
        check.project, check.code, check.version, check.state
    ))
}

fn why_not(check: &MoveCheck) -> String {
    let no_step = check.step.is_none().then(|| {
        format!(
            "version {} has no step that moves it from state {}",
            check.version, check.state
        )
    });
    let obstacles = check.obstacles.iter().map(ToString::to_string);
    no_step.into_iter().chain(obstacles).collect::<Vec<_>>().join("; ")
}
