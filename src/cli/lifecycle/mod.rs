//! `dean lifecycle list|check|draw|diff|move`.

mod moves;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::publication::PublicationKind;
use dean_aggregates::published::Pinned;
use dean_ledger::Environment;

use super::input::read;
use super::{CliError, data, soundness};

use crate::engine::{BUILT_IN, built_in_rulebook};

#[derive(Debug, Subcommand)]
pub(super) enum LifecycleCommand {
    /// The lifecycles that come with the program
    List,
    /// Check files: what can't be carried out, and what would leave projects, people or deadlines stuck; every problem names file, line
    /// and fix
    Check {
        /// Lifecycle files (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Draw a file: the awaited course straight down, side paths thinner
    Draw {
        /// Lifecycle file (TOML)
        file: PathBuf,
        /// A picture, or the text of one
        #[arg(long, value_enum, default_value_t = Format::Svg)]
        format: Format,
    },
    /// Compare two versions in words: states, steps, takers, papers, deadlines
    Diff {
        /// The older file
        old: PathBuf,
        /// The newer file
        new: PathBuf,
    },
    /// Move running projects to another version of their lifecycle
    Move(moves::MoveArgs),
}

/// How a lifecycle is drawn.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// A picture for browsers and documents
    Svg,
    /// Text for Mermaid
    Mermaid,
}

pub(super) async fn run(command: LifecycleCommand) -> Result<ExitCode, CliError> {
    match command {
        LifecycleCommand::List => list(),
        LifecycleCommand::Check { files } => check(&files),
        LifecycleCommand::Draw { file, format } => draw(&file, format),
        LifecycleCommand::Diff { old, new } => diff(&old, &new),
        LifecycleCommand::Move(args) => moves::run(args).await,
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
    let standing = built_in_rulebook()?;
    let today = Environment::system().today();
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let (name, text) = read(file)?;
        if soundness::is_norms(&text) {
            data(format_args!(
                "{name}: these are norms, not a lifecycle; check them with `dean text check`"
            ))?;
            code = ExitCode::FAILURE;
            continue;
        }
        let problems = match PublicationKind::of(&text) {
            PublicationKind::Lifecycle => soundness::problems(&name, &text, &standing.places()),
            _ => Lifecycle::review(&name, &text),
        };
        if !problems.is_empty() {
            code = report(&problems)?;
            continue;
        }
        match Pinned::<Lifecycle>::parse(&name, &text) {
            Ok(Pinned { pin, value }) => {
                data(format_args!(
                    "{name}: {} {} is valid: {} states, {} steps",
                    pin.code,
                    pin.version,
                    value.states.len(),
                    value.steps.len()
                ))?;
                for effect in soundness::effect(&name, &text, &standing, today) {
                    data(format_args!("  {effect}"))?;
                }
            }
            Err(problems) => code = report(&problems)?,
        }
    }
    Ok(code)
}

fn draw(file: &Path, format: Format) -> Result<ExitCode, CliError> {
    let (name, text) = read(file)?;
    match Lifecycle::parse(&name, &text) {
        Ok(lifecycle) => {
            let drawn = match format {
                Format::Svg => lifecycle.svg(),
                Format::Mermaid => lifecycle.mermaid(),
            };
            data(drawn.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => report(&problems),
    }
}

fn diff(old: &Path, new: &Path) -> Result<ExitCode, CliError> {
    let mut versions = Vec::new();
    for file in [old, new] {
        let (name, text) = read(file)?;
        match Lifecycle::parse(&name, &text) {
            Ok(lifecycle) => versions.push(lifecycle),
            Err(problems) => return report(&problems),
        }
    }
    let [old, new] = versions.as_slice() else {
        return Ok(ExitCode::FAILURE);
    };
    let differences = old.differences(new);
    for difference in &differences {
        data(difference)?;
    }
    eprintln!(
        "{} difference(s) between {} {} and {} {}",
        differences.len(),
        old.code,
        old.version,
        new.code,
        new.version
    );
    Ok(ExitCode::SUCCESS)
}

fn report(problems: &[dean_aggregates::published::Problem]) -> Result<ExitCode, CliError> {
    for problem in problems {
        data(problem)?;
    }
    Ok(ExitCode::FAILURE)
}
