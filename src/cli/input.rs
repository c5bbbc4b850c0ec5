//! What several commands take: an actor in one argument, a text in a file.

use std::path::Path;

use dean_aggregates::actor::Actor;

use super::CliError;
use crate::http::actor;
use crate::i18n::Lang;

pub(in crate::cli) fn actor_of(text: &str) -> Result<Actor, String> {
    actor::parse(text).map_err(|problem| format!("{} {}", problem.title(Lang::En), problem.fix(Lang::En)))
}

/// A file's name and text.
pub(in crate::cli) fn read(file: &Path) -> Result<(String, String), CliError> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|error| format!("can't read {name}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| format!("{name} is not UTF-8 ({error}); save it as UTF-8"))?;
    Ok((name, text))
}
