//! Deadlines that can't be met: who is in time with the step before is late with the next.

use std::collections::BTreeMap;

use super::Review;
use crate::lifecycle::{ActionKind, Due, MoneyMode};
use crate::published::Reader;

/// A day counted from the plan year: year, month, day. One that is due «before» a day sorts before that day.
type Day = (i32, u32, u32, bool);

fn fixed(due: Option<&Due>) -> Option<Day> {
    match due {
        Some(Due::OfYear {
            month,
            day,
            year,
            before,
        }) => Some((*year, *month, *day, !before)),
        _ => None,
    }
}

/// The last fixed day by which a project comes to a state in time, and the step that sets it.
type Latest<'a> = BTreeMap<&'a str, (Day, &'a str)>;

pub(super) fn check(reader: &mut Reader<'_>, review: &Review<'_>) {
    let latest = latest(review);
    waits(reader, review);
    for (step, raw) in review.steps() {
        let Some(place) = &raw.due else {
            continue;
        };
        if step.due == Some(Due::NextInstalment) && review.lifecycle.money_mode != MoneyMode::Recoverable {
            reader.problem(
                &place.span(),
                format!(
                    "step `{}` is due with an instalment, but no support is paid back here",
                    step.id
                ),
                "write `money_mode = \"recoverable\"`, or another deadline",
            );
        }
        let Some(due) = fixed(step.due.as_ref()) else {
            continue;
        };
        let before = step.main_from.iter().filter_map(|state| latest.get(state.as_str()));
        if let Some((_, earlier)) = before.filter(|(day, _)| *day > due).max() {
            reader.problem(
                &place.span(),
                format!(
                    "step `{}` is due before step `{earlier}`, which comes first, has to be done",
                    step.id
                ),
                "give the later step the later day (`year` counts from the plan year)",
            );
        }
    }
}

/// Who waits for another step has at least its time, where both count their days from the same state.
fn waits(reader: &mut Reader<'_>, review: &Review<'_>) {
    for (step, raw) in review.steps() {
        let (Some(Due::Days(own)), Some(place)) = (&step.due, &raw.due) else {
            continue;
        };
        for other in step.requires.iter().filter_map(|id| review.lifecycle.step(id)) {
            let Some(Due::Days(first)) = &other.due else {
                continue;
            };
            let together = step.main_from.iter().any(|state| other.starts_from(state));
            if together && own < first {
                reader.problem(
                    &place.span(),
                    format!(
                        "step `{}` is due after {own} days, and waits for step `{}`, which has {first} days from the same state",
                        step.id, other.id
                    ),
                    format!(
                        "give `{}` at least {first} days, or `{}` at most {own}",
                        step.id, other.id
                    ),
                );
            }
        }
    }
}

/// Along the awaited path only: side paths come when they come, and what is returned begins anew.
fn latest<'a>(review: &Review<'a>) -> Latest<'a> {
    let mut latest: Latest<'a> = BTreeMap::new();
    // Each round carries the days one step further; more rounds than states go round in a circle.
    for _ in 0..review.lifecycle.states.len() {
        for (step, _) in review.steps() {
            let Some(to) = step.to.as_deref().filter(|_| step.action != ActionKind::Return) else {
                continue;
            };
            let own = fixed(step.due.as_ref()).map(|day| (day, step.id.as_str()));
            for from in &step.main_from {
                let carried = latest.get(from.as_str()).copied();
                let Some(found) = own.or(carried) else {
                    continue;
                };
                let known = latest.entry(to).or_insert(found);
                // Of several ways the strictest counts: whoever comes by another may have less time, never none.
                *known = (*known).min(found);
            }
        }
    }
    latest
}
