//! Every step of every lifecycle that comes with the program is taken from every state that it names, by a command that is accepted, and
//! every guard that its text sets refuses at least one command. The list is made from the texts: a new step or guard that nothing here
//! reaches fails.

mod attempts;
mod guards;
mod walk;

use std::collections::BTreeSet;

use dean_aggregates::lifecycle::{Lifecycle, Step};

use self::guards::guards;
use self::walk::{Covered, Taken, walk};
use crate::common::{
    KCDP, KCDP_2, KCDP_3, KCDP_PAY_AFTER, KCDP_PAY_AFTER_2, KCDP_PAY_AFTER_3, KCDP_RECOVERABLE, KCDP_RECOVERABLE_2,
    KCQG, KCQG_2, KCQG_3, lifecycle,
};

/// What the step may come to, as far as it leads to different states.
fn outcomes(step: &Step) -> Vec<&'static str> {
    let mut outcomes = vec![""];
    if step.appraisal.is_some() {
        outcomes.push("fail");
    }
    if step.until_all_accepted {
        outcomes.push("part");
    }
    outcomes
}

fn transitions(lifecycle: &Lifecycle) -> BTreeSet<Taken> {
    let start = lifecycle.start().map(|step| (step.id.clone(), String::new(), ""));
    let others = lifecycle.steps.iter().flat_map(|step| {
        let each = |from: &String| {
            let from = from.clone();
            outcomes(step)
                .into_iter()
                .map(move |outcome| (step.id.clone(), from.clone(), outcome))
        };
        step.from.iter().flat_map(each).collect::<Vec<_>>()
    });
    start.into_iter().chain(others).collect()
}

/// Walks a lifecycle and prints what was taken and what refused. `never` are transitions that an old text names though money can't have
/// moved yet; a published text is not edited.
fn check(text: &str, never: &[(&str, &str)]) {
    let lifecycle = lifecycle(text);
    let title = format!("{} {}", lifecycle.pin.code, lifecycle.pin.version);
    let is_never = |step: &str, from: &str| never.contains(&(step, from));
    let wanted: BTreeSet<Taken> = transitions(&lifecycle.value)
        .into_iter()
        .filter(|(step, from, _)| !is_never(step, from))
        .collect();
    let wanted_guards: BTreeSet<_> = lifecycle
        .value
        .steps
        .iter()
        .flat_map(|step| guards(&lifecycle.value, step))
        .collect();
    let Covered {
        taken,
        refused,
        visited,
    } = walk(text, &wanted, &wanted_guards);
    println!(
        "{title}: {} transitions taken, {} guards refused, {visited} projects",
        taken.len(),
        refused.len()
    );
    for (step, from, outcome) in &taken {
        println!("  taken    {step} from {from:?} {outcome}");
        assert!(
            !is_never(step, from),
            "{title}: {step} can be taken from {from} after all"
        );
    }
    for guard in &refused {
        println!("  refused  {}: {} {}", guard.step, guard.code, guard.about);
    }
    let not_taken: Vec<&Taken> = wanted.difference(&taken).collect();
    let not_refused: Vec<_> = wanted_guards.difference(&refused).collect();
    assert!(
        not_taken.is_empty() && not_refused.is_empty(),
        "{title}: never taken: {not_taken:#?}\nnever refused: {not_refused:#?}"
    );
}

/// Before the first payment there is nothing to give back or to claim.
const NOTHING_PAID: &[(&str, &str)] = &[("refund", "contracted"), ("raise-receivable", "contracted")];

#[test]
fn the_national_procedure_as_first_published() {
    check(KCQG, NOTHING_PAID);
}

#[test]
fn the_local_procedure_as_first_published() {
    check(KCDP, NOTHING_PAID);
}

#[test]
fn the_national_procedure() {
    check(KCQG_2, &[]);
}

#[test]
fn the_local_procedure_that_advances_money() {
    check(KCDP_2, &[]);
}

#[test]
fn the_local_procedure_that_pays_after_acceptance() {
    check(KCDP_PAY_AFTER, &[]);
}

#[test]
fn the_local_procedure_whose_support_is_paid_back() {
    check(KCDP_RECOVERABLE, &[]);
}

#[test]
fn the_national_procedure_that_approves_by_batch() {
    check(KCQG_3, &[]);
}

#[test]
fn the_local_procedure_that_approves_by_batch() {
    check(KCDP_3, &[]);
}

#[test]
fn the_local_procedure_that_approves_by_batch_and_pays_after_acceptance() {
    check(KCDP_PAY_AFTER_2, &[]);
}

#[test]
fn the_local_procedure_that_approves_by_batch_and_is_paid_back() {
    check(KCDP_RECOVERABLE_2, &[]);
}

#[test]
fn the_local_procedure_that_approves_by_batch_and_liquidates_what_has_nothing_left_to_pay() {
    check(KCDP_PAY_AFTER_3, &[]);
}
