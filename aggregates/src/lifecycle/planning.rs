//! Who opens plans and batches, prepares and decides them: data of the lifecycle that is the rule of its programme.

use toml::Spanned;

use super::Taker;
use super::parse::taker_of;
use super::raw::{RawHistory, RawPower};
use crate::plan::authority::{Act, Power, parties, unwritten};
use crate::project::content::Level;
use crate::published::Reader;

/// The rows of a text. Texts from before the rows stood in them follow TT 36/2013 and TTLT 26/2014, as they did.
pub(super) fn read(reader: &mut Reader<'_>, level: Level, rows: &[Spanned<RawPower>]) -> Vec<Power> {
    let Some(first) = rows.first().map(Spanned::span) else {
        return unwritten(level);
    };
    for act in Act::ALL {
        let mut found = rows.iter().filter(|row| row.get_ref().act == act);
        let word = act.as_str();
        if found.next().is_none() {
            reader.problem(
                &first,
                format!("`planning` doesn't say who may `{word}`"),
                format!("add a row with `act = \"{word}\"`"),
            );
        }
        if let Some(twice) = found.next() {
            reader.problem(
                &twice.span(),
                format!("`{word}` stands in `planning` twice"),
                "keep one of the rows",
            );
        }
    }
    rows.iter()
        .map(|row| {
            let power = row.get_ref();
            if power.takers.is_empty() {
                reader.problem(
                    &row.span(),
                    format!("nobody may `{}`", power.act.as_str()),
                    "add `takers = [\"party:role\"]`",
                );
            }
            Power {
                act: power.act,
                takers: takers(reader, level, &power.takers),
                delegates: takers(reader, level, &power.delegates),
                article: power.article.clone(),
            }
        })
        .collect()
}

/// Who may import đề án with their history. Texts that don't say it let those do it who prepare batches.
pub(super) fn history(reader: &mut Reader<'_>, level: Level, raw: Option<&RawHistory>) -> Vec<Taker> {
    match raw {
        Some(history) => takers(reader, level, &history.takers),
        None => unwritten(level)
            .into_iter()
            .filter(|power| power.act == Act::Prepare)
            .flat_map(|power| power.takers)
            .collect(),
    }
}

fn takers(reader: &mut Reader<'_>, level: Level, words: &[Spanned<String>]) -> Vec<Taker> {
    let mut found = Vec::with_capacity(words.len());
    for word in words {
        let Some(taker) = taker_of(reader, word) else {
            continue;
        };
        if !parties(level).contains(&taker.party) {
            let known: Vec<&str> = parties(level).iter().map(|party| party.as_str()).collect();
            reader.problem(
                &word.span(),
                format!(
                    "the party `{}` has no part in a plan of this programme",
                    taker.party.as_str()
                ),
                format!("name one of: {}", known.join(", ")),
            );
        }
        found.push(taker);
    }
    found
}
