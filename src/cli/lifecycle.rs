//! `dean lifecycle list|check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::publication::PublicationKind;
use dean_aggregates::published::Pinned;

use super::{CliError, data};
use crate::engine::BUILT_IN;

#[derive(Debug, Subcommand)]
pub(super) enum LifecycleCommand {
    /// The lifecycles that come with the program
    List,
    /// Check files; every problem names file, line and fix
    Check {
        /// Lifecycle files (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(command: LifecycleCommand) -> Result<ExitCode, CliError> {
    match command {
        LifecycleCommand::List => list(),
        LifecycleCommand::Check { files } => check(&files),
    }
}

fn list() -> Result<ExitCode, CliError> {
    for built_in in BUILT_IN
        .iter()
        .filter(|built_in| built_in.kind == PublicationKind::Lifecycle)
    {
        match Pinned::<Lifecycle>::parse(built_in.file, built_in.text) {
            Ok(Pinned { pin, value }) => data(format_args!(
                "{}\t{}\tfrom {}\t{} states, {} steps\t{}\t{}",
                pin.code,
                pin.version,
                value.valid_from,
                value.states.len(),
                value.steps.len(),
                pin.sha256,
                value.title.vi,
            ))?,
            Err(problems) => return report(&problems),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PathBuf]) -> Result<ExitCode, CliError> {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).map_err(|error| format!("can't read {name}: {error}"))?;
        let text =
            String::from_utf8(bytes).map_err(|error| format!("{name} is not UTF-8 ({error}); save it as UTF-8"))?;
        match Pinned::<Lifecycle>::parse(&name, &text) {
            Ok(Pinned { pin, value }) => {
                data(format_args!(
                    "{name}: {} {} is valid: {} states, {} steps",
                    pin.code,
                    pin.version,
                    value.states.len(),
                    value.steps.len()
                ))?;
            }
            Err(problems) => code = report(&problems)?,
        }
    }
    Ok(code)
}

fn report(problems: &[dean_aggregates::published::Problem]) -> Result<ExitCode, CliError> {
    for problem in problems {
        data(problem)?;
    }
    Ok(ExitCode::FAILURE)
}
