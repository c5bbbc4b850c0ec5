//! Opinions, verifications and requests that a step waits for can be given in time, and those who give them are awaited.

use std::collections::BTreeSet;

use super::Review;
use crate::lifecycle::{ActionKind, Lifecycle, Step};
use crate::published::Reader;

pub(super) fn check(reader: &mut Reader<'_>, review: &Review<'_>) {
    let lifecycle = review.lifecycle;
    for (step, raw) in review.steps() {
        for place in &raw.requires {
            let Some(required) = lifecycle.step(place.get_ref()) else {
                continue;
            };
            if waits_for(lifecycle, required, &step.id) {
                reader.problem(
                    &place.span(),
                    format!("steps `{}` and `{}` wait for each other", step.id, required.id),
                    "remove one of the two from `requires`",
                );
                continue;
            }
            let before = reached_after(lifecycle, required);
            let too_early: Vec<&str> = step
                .from
                .iter()
                .map(String::as_str)
                .filter(|state| !before.contains(state))
                .collect();
            if !too_early.is_empty() {
                reader.problem(
                    &place.span(),
                    format!(
                        "in state {} step `{}` waits for `{}`, which nobody can have taken by then",
                        listed(&too_early),
                        step.id,
                        required.id
                    ),
                    format!(
                        "let `{}` be taken there or before, or remove it from `requires`",
                        required.id
                    ),
                );
            }
            let alone = step.main_from.iter().find(|state| {
                let others = lifecycle
                    .steps_from(state)
                    .any(|other| other.id != step.id && other.is_main_from(state) && other.requires.is_empty());
                !others && !required.is_main_from(state) && required.starts_from(state)
            });
            if let Some(state) = alone {
                reader.problem(
                    &place.span(),
                    format!("in state `{state}` nobody is awaited until `{}` is taken", required.id),
                    format!("give `{}` `main = true`", required.id),
                );
            }
        }
    }
}

/// Whether a step waits, however indirectly, for another.
fn waits_for(lifecycle: &Lifecycle, step: &Step, other: &str) -> bool {
    let mut open: Vec<&str> = step.requires.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if id == other {
            return true;
        }
        if seen.insert(id)
            && let Some(next) = lifecycle.step(id)
        {
            open.extend(next.requires.iter().map(String::as_str));
        }
    }
    step.id == other
}

/// States in which a project can be after the step, before the file is proposed or sent back again.
fn reached_after<'a>(lifecycle: &'a Lifecycle, step: &'a Step) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = match &step.to {
        Some(to) => vec![to],
        None => step.from.iter().map(String::as_str).collect(),
    };
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop() {
        if !reached.insert(state) {
            continue;
        }
        let on = lifecycle
            .steps_from(state)
            .filter(|step| !matches!(step.action, ActionKind::Propose | ActionKind::Return));
        open.extend(
            on.flat_map(|step| step.to.iter().chain(&step.on_fail))
                .map(String::as_str),
        );
    }
    reached
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
