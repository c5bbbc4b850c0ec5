//! Pictures of a lifecycle for officials: the awaited course of a project straight down the page, side paths thinner.

mod layout;
mod mermaid;
mod svg;

use super::{Lifecycle, Step};

pub(super) use self::mermaid::mermaid;
pub(super) use self::svg::svg;

/// A step that leads from some states to another one.
struct Move<'a> {
    step: &'a Step,
    from: Vec<&'a str>,
    to: &'a str,
    /// Whether it is awaited in one of these states.
    main: bool,
}

/// Every step that changes the state, in the file's order. A failed appraisal is a move of its own.
fn moves(lifecycle: &Lifecycle) -> Vec<Move<'_>> {
    let mut moves = Vec::new();
    for step in &lifecycle.steps {
        for (target, main) in [(&step.to, step.main), (&step.on_fail, false)] {
            let Some(to) = target.as_deref() else { continue };
            let from: Vec<&str> = step
                .from
                .iter()
                .map(String::as_str)
                .filter(|from| *from != to)
                .collect();
            if !from.is_empty() {
                moves.push(Move { step, from, to, main });
            }
        }
    }
    moves
}

/// The states of the awaited course, from the first on: from each the first awaited move to a state that it has not passed.
fn course(lifecycle: &Lifecycle) -> Vec<(&str, Option<&Step>)> {
    let mut course: Vec<(&str, Option<&Step>)> = Vec::new();
    let mut state = lifecycle.start().and_then(|step| step.to.as_deref());
    let mut by = lifecycle.start();
    while let Some(here) = state {
        course.push((here, by));
        let next = lifecycle.steps_from(here).find_map(|step| {
            let to = step.to.as_deref()?;
            let is_new = course.iter().all(|(known, _)| *known != to);
            // What only some kinds of project do is a side path of the picture.
            (step.is_main_from(here) && is_new && step.kinds.is_empty() && step.implementers.is_empty())
                .then_some((to, step))
        });
        state = next.map(|(to, _)| to);
        by = next.map(|(_, step)| step);
    }
    course
}
