//! Who took which step, from which state, on which day, on which papers: as the text of the lifecycle says.

use dean_aggregates::actor::{Party, Role};
use dean_aggregates::lifecycle::Step;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::ProjectEvent;
use dean_aggregates::project::action::{PaymentKind, Verdict};
use dean_aggregates::project::content::{Content, ProjectKind};
use dean_aggregates::project::event::What;

use super::account::Account;
use super::check_day;
use super::contracts::Agreements;
use crate::texts::TEXTS;

pub(super) fn check(before: &Account, event: &ProjectEvent, by: &Circumstances, agreements: &Agreements) {
    check_day(event.occurred_on, by.today);
    assert_eq!((&event.actor_id, event.occurred_on), (&by.actor.id, by.occurred_on));
    let lifecycle = &TEXTS.lifecycle(&before.lifecycle).value;
    if matches!(event.what, What::ContractAmended(_) | What::SettlementClockSet(_)) {
        assert_eq!(
            before.standing.state, event.after.state,
            "what a contract tells moves nobody on"
        );
        assert!(before.contract.is_some());
        return;
    }
    let step = lifecycle.step(&event.step).expect("a step of the lifecycle");
    let from = &before.standing.state;
    assert!(step.from.contains(from), "{} from {from}", step.id);
    assert!(
        !step.by_batch || event.batch.is_some(),
        "only a batch takes {}",
        step.id
    );
    check_taker(before, step, by);
    check_order(before, step, event);
    check_papers(before, step, event);
    let kind = before.content.kind;
    assert!(
        step.kinds.is_empty() || step.kinds.contains(&kind),
        "{} of a {kind:?}",
        step.id
    );
    let to = match &event.what {
        What::Appraised(appraisal) if appraisal.verdict == Verdict::Fail => step.on_fail.as_ref(),
        What::Accepted(acceptance) if step.until_all_accepted => {
            let mut after = before.clone();
            after.accepted.extend(&acceptance.lines);
            step.to.as_ref().filter(|_| after.is_all_accepted())
        }
        _ => step.to.as_ref(),
    };
    assert_eq!(event.after.state, *to.unwrap_or(from), "{} from {from}", step.id);
    match &event.what {
        What::Proposed(proposed) => assert_eq!(proposed.requested.get(), before.requested),
        What::ContractSigned(_) => {
            let is_named = kind != ProjectKind::Group || !before.content.beneficiaries.is_empty();
            assert!(is_named, "a contract before the group plan");
        }
        What::SettlementSubmitted(_) => agreements.check_filing(before),
        What::ContractLiquidated(_) => assert_eq!(before.contract.is_some(), event.contract.is_some()),
        What::Appraised(appraisal) => {
            if let (Some(council), Some(rule)) = (&appraisal.council, step.council) {
                let (present, votes) = (council.present.len() as u32, u32::from(council.votes_for));
                assert!(present * rule.quorum.whole >= u32::from(council.members) * rule.quorum.part);
                let carried = votes * rule.majority.whole > present * rule.majority.part;
                assert!(
                    carried || appraisal.verdict == Verdict::Fail,
                    "a vote that doesn't carry"
                );
            }
        }
        _ => {}
    }
}

fn check_taker(before: &Account, step: &Step, by: &Circumstances) {
    let actor = &by.actor;
    assert_ne!(actor.role, Role::Auditor, "an auditor changes nothing");
    let unit = |party| before.units.get(&party).map(|unit| unit.id.as_str());
    let may = step.takers.iter().chain(&step.delegates).any(|taker| {
        taker.role == actor.role && (taker.party == Party::Oversight || unit(taker.party) == Some(&actor.unit))
    });
    assert!(may, "{} of {} took {}", actor.role, actor.unit, step.id);
    let id = actor.id.to_lowercase();
    for other in &step.separate {
        let took = before
            .trail
            .iter()
            .any(|taken| taken.step == *other && taken.actor == id);
        assert!(!took, "{id} took {other} and {}", step.id);
    }
}

/// Not before the last step, and after those that it requires.
fn check_order(before: &Account, step: &Step, event: &ProjectEvent) {
    const BESIDE: [&str; 6] = [
        "Inspected",
        "FindingRaised",
        "FindingClosed",
        "ProgressReported",
        "SettlementClockSet",
        "Corrected",
    ];
    if !BESIDE.contains(&event.what.name()) {
        let ordered = before.trail.iter().filter(|taken| !BESIDE.contains(&taken.what));
        let last = ordered.map(|taken| taken.on).max().expect("drafted");
        assert!(event.occurred_on >= last, "{} before {last}", event.occurred_on);
    }
    if step.requires.is_empty() {
        return;
    }
    let lifecycle = &TEXTS.lifecycle(&before.lifecycle).value;
    // What was asked for once holds for one decision, and not after the file was sent back.
    let uses_up = |id: &str| {
        let taken = lifecycle.step(id);
        taken.is_some_and(|taken| taken.action == step.action && !taken.requires.is_empty())
    };
    let mut since = before.trail.clone();
    if let Some(at) = since
        .iter()
        .rposition(|taken| matches!(taken.what, "Proposed" | "Returned") || uses_up(&taken.step))
    {
        since.drain(..=at);
    }
    for required in &step.requires {
        let done = since.iter().any(|taken| taken.counts && taken.step == *required);
        assert!(done, "{} without {required}", step.id);
    }
}

fn check_papers(before: &Account, step: &Step, event: &ProjectEvent) {
    let has = |kind: &str| event.papers.iter().any(|paper| paper.kind == kind);
    for paper in step.papers.iter().filter(|paper| paper.required) {
        assert!(has(&paper.kind), "{} without {}", step.id, paper.kind);
    }
    if step.payment == Some(PaymentKind::Rest) {
        let Content { lines, .. } = &before.content;
        let norms = &TEXTS.norms(event.occurred_on).value;
        for kind in lines.iter().filter_map(|line| norms.kind(&line.kind)) {
            let required = kind.rest_papers.iter().filter(|paper| paper.required);
            for paper in required {
                assert!(has(&paper.kind), "the rest without {}", paper.kind);
            }
        }
    }
}
