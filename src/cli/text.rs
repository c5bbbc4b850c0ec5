//! `dean text list|show|check`: the texts that come with the program, to start one's own from, and whether one's own is sound.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use dean_aggregates::calendar::{CalendarKind, CalendarText};
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::Places;
use dean_aggregates::publication::PublicationKind;
use dean_aggregates::published::{Problem, Published};
use dean_aggregates::rules::RuleSet;
use dean_ledger::Environment;

use super::input::read;
use super::{CliError, data, soundness};
use crate::engine::{BUILT_IN, BUILT_IN_CALENDARS, BUILT_IN_PLACES, built_in_rulebook};

#[derive(Debug, Subcommand)]
pub(super) enum TextCommand {
    /// The texts that come with the program, newest version of a code last
    List,
    /// Print one, to start one's own from: `dean text show kcdp > own.toml`
    Show {
        /// Its code
        code: String,
        /// Its version; without it, the newest
        version: Option<String>,
    },
    /// Check lifecycles, norms, lists of places and calendars before they are published; every problem names file, line and fix
    Check {
        /// Files (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// What a text says of itself.
struct Known {
    kind: &'static str,
    code: String,
    version: String,
    text: &'static str,
}

pub(super) fn run(command: TextCommand) -> Result<ExitCode, CliError> {
    match command {
        TextCommand::List => list(),
        TextCommand::Show { code, version } => show(&code, version.as_deref()),
        TextCommand::Check { files } => check(&files),
    }
}

/// In the order in which they are published, so the newest of a code stands last.
fn known() -> Vec<Known> {
    let ruling = BUILT_IN.iter().map(|built_in| (built_in.file, built_in.text));
    let places = BUILT_IN_PLACES.iter().copied();
    let calendars = BUILT_IN_CALENDARS.iter().map(|(_, file, text)| (*file, *text));
    let texts = ruling.chain(places).chain(calendars);
    texts
        .filter_map(|(file, text)| {
            let (kind, code, version) = identity(file, text).ok()?;
            Some(Known {
                kind,
                code,
                version,
                text,
            })
        })
        .collect()
}

/// Kind, code and version of a sound text.
fn identity(file: &str, text: &str) -> Result<(&'static str, String, String), Vec<Problem>> {
    fn of<T: Published>(
        kind: &'static str,
        file: &str,
        text: &str,
    ) -> Result<(&'static str, String, String), Vec<Problem>> {
        let value = T::parse_text(file, text)?;
        Ok((kind, value.code().to_owned(), value.version().to_owned()))
    }
    match PublicationKind::of(text) {
        PublicationKind::Lifecycle => of::<Lifecycle>("lifecycle", file, text),
        PublicationKind::Places => of::<Places>("places", file, text),
        PublicationKind::Rules if soundness::is_norms(text) => of::<RuleSet>("rules", file, text),
        PublicationKind::Rules => {
            let kind = CalendarKind::of(text);
            let text = CalendarText::parse(kind, file, text)?;
            Ok((kind.as_str(), text.code().to_owned(), text.version().to_owned()))
        }
    }
}

fn list() -> Result<ExitCode, CliError> {
    for text in known() {
        data(format_args!("{}\t{}\t{}", text.kind, text.code, text.version))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(code: &str, version: Option<&str>) -> Result<ExitCode, CliError> {
    let found = known()
        .into_iter()
        .rfind(|text| text.code == code && version.is_none_or(|version| text.version == version));
    let Some(found) = found else {
        let version = version.map(|version| format!(" {version}")).unwrap_or_default();
        return Err(
            format!("no text `{code}{version}` comes with the program; `dean text list` names those that do").into(),
        );
    };
    data(found.text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PathBuf]) -> Result<ExitCode, CliError> {
    let standing = built_in_rulebook()?;
    let today = Environment::system().today();
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let (name, text) = read(file)?;
        // More than reading asks: what would leave projects, people or deadlines stuck, and what can't be meant.
        let mut problems = soundness::problems(&name, &text, &standing.places());
        if problems.is_empty() {
            match identity(&name, &text) {
                Ok((kind, code, version)) => {
                    data(format_args!("{name}: {kind} {code} {version} is valid"))?;
                    for effect in soundness::effect(&name, &text, &standing, today) {
                        data(format_args!("  {effect}"))?;
                    }
                }
                Err(found) => problems = found,
            }
        }
        for problem in &problems {
            data(problem)?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_that_comes_along_is_listed_once_and_known_for_what_it_is() {
        let known = known();
        let count = BUILT_IN.len() + BUILT_IN_PLACES.len() + BUILT_IN_CALENDARS.len();
        assert_eq!(known.len(), count);
        let mut names: Vec<_> = known
            .iter()
            .map(|text| (text.kind, &text.code, &text.version))
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for (kind, code) in [("rules", "norms-son-la"), ("lifecycle", "kcdp"), ("places", "places")] {
            assert!(
                known.iter().any(|text| text.kind == kind && text.code == code),
                "{code}"
            );
        }
    }
}
