//! What a lifecycle's author should know before it is published. Reading a text (`parse`) refuses what could not be carried out at all;
//! a review also finds what would leave projects, people or deadlines stuck. It is kept apart, so that a new finding never makes a text
//! unreadable that a ledger holds already.

mod deadlines;
mod keys;
mod paths;
mod people;
mod requirements;

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::raw::{RawLifecycle, RawStep};
use super::{Lifecycle, Problem, State, Step};
use crate::published::{Reader, head};

/// A lifecycle beside the text it was read from: each state and step with its place in it.
struct Review<'a> {
    lifecycle: &'a Lifecycle,
    raw: &'a RawLifecycle,
}

impl<'a> Review<'a> {
    fn states(&self) -> impl Iterator<Item = (&'a State, &'a Spanned<String>)> {
        let places = self.raw.states.iter().map(|state| &state.id);
        self.lifecycle.states.iter().zip(places)
    }

    fn steps(&self) -> impl Iterator<Item = (&'a Step, &'a RawStep)> {
        self.lifecycle.steps.iter().zip(&self.raw.steps)
    }
}

pub(super) fn review(file: &str, text: &str) -> Vec<Problem> {
    let lifecycle = match Lifecycle::parse(file, text) {
        Ok(lifecycle) => lifecycle,
        Err(problems) => return problems,
    };
    let mut reader = Reader::new(file, text);
    let raw: RawLifecycle = match reader.toml() {
        Ok(raw) => raw,
        Err(problems) => return problems,
    };
    let review = Review {
        lifecycle: &lifecycle,
        raw: &raw,
    };
    head::check(&mut reader);
    paths::check(&mut reader, &review);
    repeated(&mut reader, &review);
    people::check(&mut reader, &review);
    requirements::check(&mut reader, &review);
    deadlines::check(&mut reader, &review);
    keys::check(&mut reader, &review);
    unused_papers(&mut reader, &review);
    reader.problems.sort_by_key(|problem| problem.line);
    reader.problems
}

/// Takers and papers that stand twice in one list: one of them was meant to be another.
fn repeated(reader: &mut Reader<'_>, review: &Review<'_>) {
    for (step, raw) in review.steps() {
        for (what, list) in [
            ("takers", &raw.takers),
            ("delegates", &raw.delegates),
            ("papers", &raw.papers),
            ("optional_papers", &raw.optional_papers),
        ] {
            let mut seen = BTreeSet::new();
            for word in list {
                if !seen.insert(word.get_ref()) {
                    reader.problem(
                        &word.span(),
                        format!("step `{}` names `{}` twice in `{what}`", step.id, word.get_ref()),
                        "remove one, or write the one that was meant",
                    );
                }
            }
        }
    }
}

fn unused_papers(reader: &mut Reader<'_>, review: &Review<'_>) {
    let mut asked: BTreeMap<&str, bool> = BTreeMap::new();
    for (step, raw) in review.steps() {
        for paper in &step.papers {
            let both = raw
                .papers
                .iter()
                .find(|known| known.get_ref() == &paper.kind)
                .filter(|_| !paper.required);
            if let Some(twice) = both {
                reader.problem(
                    &twice.span(),
                    format!(
                        "step `{}` both requires the paper `{}` and leaves it open",
                        step.id, paper.kind
                    ),
                    "keep it in `papers` or in `optional_papers`",
                );
            }
            asked.insert(&paper.kind, true);
        }
    }
    for (code, title) in &review.raw.papers {
        if !asked.contains_key(code.as_str()) {
            reader.problem(
                &title.span(),
                format!("no step asks for the paper `{code}`, so nobody can file it"),
                "name it in a step's `papers` or `optional_papers`, or remove it",
            );
        }
    }
}
