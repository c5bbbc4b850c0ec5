//! From every state that a project can be in it can come to an end, whatever kind of project it is; and somebody is awaited in it.

use std::collections::{BTreeMap, BTreeSet};

use super::Review;
use crate::lifecycle::{ActionKind, Lifecycle, Spread, Step};
use crate::project::action::ContractForm;
use crate::project::content::ProjectKind;
use crate::published::Reader;

/// A kind of project, as far as a lifecycle tells projects apart from the day of drafting.
#[derive(Debug, Clone, Copy)]
struct Cast {
    kind: ProjectKind,
    spread: Spread,
}

const CASTS: [Cast; 4] = [
    Cast {
        kind: ProjectKind::Specific,
        spread: Spread::OneProvince,
    },
    Cast {
        kind: ProjectKind::Group,
        spread: Spread::OneProvince,
    },
    Cast {
        kind: ProjectKind::Key,
        spread: Spread::SeveralProvinces,
    },
    Cast {
        kind: ProjectKind::Task,
        spread: Spread::SeveralProvinces,
    },
];

impl Cast {
    fn takes(self, step: &Step) -> bool {
        (step.kinds.is_empty() || step.kinds.contains(&self.kind))
            && step.spread.is_none_or(|spread| spread == self.spread)
            && step.implementers.is_empty()
    }

    const fn words(self) -> &'static str {
        match (self.kind, self.spread) {
            (ProjectKind::Group, _) => "a group project",
            (_, Spread::OneProvince) => "a project in one province",
            (_, Spread::SeveralProvinces) => "a project in several provinces",
        }
    }
}

/// A state, and the form of the contract once there is one.
type Node<'a> = (&'a str, Option<ContractForm>);

pub(super) fn check(reader: &mut Reader<'_>, review: &Review<'_>) {
    let mut told = BTreeSet::new();
    for cast in CASTS {
        let ways = ways(review.lifecycle, cast);
        for state in stuck(review.lifecycle, &ways) {
            if told.insert(state)
                && let Some((_, place)) = review.states().find(|(known, _)| known.id == state)
            {
                reader.problem(
                    &place.span(),
                    format!(
                        "{} that has come to state `{state}` can never come to an end",
                        cast.words()
                    ),
                    "add a step that leads on to a state with `final = true`",
                );
            }
        }
    }
    for (state, place) in review.states() {
        let is_awaited = review
            .lifecycle
            .steps_from(&state.id)
            .any(|step| step.is_main_from(&state.id));
        if !state.is_final && !is_awaited {
            reader.problem(
                &place.span(),
                format!("in state `{}` nobody is awaited", state.id),
                "give a step from it `main = true`: its takers then find the project in their inbox",
            );
        }
    }
}

/// Where each node leads, from the start on.
fn ways(lifecycle: &Lifecycle, cast: Cast) -> BTreeMap<Node<'_>, BTreeSet<Node<'_>>> {
    let mut ways: BTreeMap<Node<'_>, BTreeSet<Node<'_>>> = BTreeMap::new();
    let start = lifecycle.start().and_then(|step| step.to.as_deref());
    let mut open: Vec<Node<'_>> = start.map(|state| (state, None)).into_iter().collect();
    while let Some(node) = open.pop() {
        if ways.contains_key(&node) {
            continue;
        }
        let (state, form) = node;
        let mut next = BTreeSet::new();
        for step in lifecycle.steps_from(state).filter(|step| cast.takes(step)) {
            let signs = step.action == ActionKind::SignContract;
            if !signs && step.contract_form.is_some() && step.contract_form != form {
                continue;
            }
            let form = if signs {
                Some(step.contract_form.unwrap_or_default())
            } else {
                form
            };
            let targets = step.to.iter().chain(&step.on_fail).map(String::as_str);
            next.extend(targets.map(|target| (target, form)));
        }
        next.remove(&node);
        open.extend(next.iter().copied());
        ways.insert(node, next);
    }
    ways
}

/// States that were reached and from which no final one is.
fn stuck<'a>(lifecycle: &'a Lifecycle, ways: &BTreeMap<Node<'a>, BTreeSet<Node<'a>>>) -> BTreeSet<&'a str> {
    let is_final = |node: &Node<'_>| lifecycle.state(node.0).is_some_and(|state| state.is_final);
    let mut ending: BTreeSet<Node<'_>> = ways.keys().copied().filter(is_final).collect();
    loop {
        let before = ending.len();
        for (node, next) in ways {
            if !next.is_disjoint(&ending) {
                ending.insert(*node);
            }
        }
        if ending.len() == before {
            break;
        }
    }
    ways.keys()
        .filter(|node| !ending.contains(*node))
        .map(|(state, _)| *state)
        .collect()
}
