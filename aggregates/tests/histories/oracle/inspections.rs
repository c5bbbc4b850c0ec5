//! Inspections: nothing is found where nobody was, and no finding about money ends while the money is out, unless a decision waives it.

use std::collections::{BTreeMap, BTreeSet};

use dean_aggregates::inspection::{InspectionEvent, InspectionWhat};
use uuid::Uuid;

use super::account::{Account, Money};
use crate::world::index_of;

#[derive(Debug, Default)]
pub(crate) struct Rounds(BTreeMap<Uuid, Round>);

#[derive(Debug, Default)]
struct Round {
    visited: BTreeSet<usize>,
    findings: BTreeMap<u16, Finding>,
    is_concluded: bool,
}

#[derive(Debug)]
struct Finding {
    project: usize,
    amount: Money,
    recovery: Money,
    /// What had come back from the đề án, and what had been found never paid, when its recovery was ordered first.
    before: Option<(Money, i128)>,
    /// What its recovery took from what was still to be paid, instead of from what was paid.
    set_off: Money,
    is_open: bool,
    was_handed_on: bool,
}

impl Rounds {
    pub(super) fn record(&mut self, id: Uuid, event: &InspectionEvent, accounts: &BTreeMap<usize, Account>) {
        let round = self.0.entry(id).or_default();
        let opens = matches!(
            event.what,
            InspectionWhat::ProjectVisited(_) | InspectionWhat::FindingRecorded(_) | InspectionWhat::FindingHandedOn(_)
        );
        assert!(
            !opens || !round.is_concluded,
            "{} after the conclusion",
            event.what.name()
        );
        match &event.what {
            InspectionWhat::InspectionOrdered(_) | InspectionWhat::FindingAnswered(_) => {}
            InspectionWhat::ProjectVisited(visited) => {
                round.visited.insert(index_of(visited.project));
            }
            InspectionWhat::FindingRecorded(found) => {
                let project = index_of(found.project);
                assert!(round.visited.contains(&project), "found where nobody was");
                let finding = Finding {
                    project,
                    amount: found.amount.get(),
                    recovery: 0,
                    before: None,
                    set_off: 0,
                    is_open: true,
                    was_handed_on: false,
                };
                assert!(round.findings.insert(found.number, finding).is_none());
            }
            InspectionWhat::RecoveryOrdered(recovery) => {
                let finding = round.findings.get_mut(&recovery.finding).expect("found");
                let account = &accounts[&finding.project];
                let before = (account.refunded() + account.repaid(), account.never_paid);
                finding.before.get_or_insert(before);
                finding.recovery += recovery.amount.get();
                finding.set_off += account.set_off;
                assert!(finding.recovery <= finding.amount, "more is recovered than was found");
            }
            InspectionWhat::FindingRemedied(closure) => {
                let finding = round.findings.get_mut(&closure.finding).expect("found");
                let account = &accounts[&finding.project];
                let owed = account.receivable();
                let (back_before, never_paid_before) = finding.before.unwrap_or_default();
                // Raising what was entered too low takes nothing of what has come back.
                let never_paid = u64::try_from(account.never_paid - never_paid_before).unwrap_or_default();
                let back =
                    (account.refunded() + account.repaid()).saturating_sub(back_before) + never_paid + finding.set_off;
                let is_back = finding.amount == 0
                    || (finding.recovery == finding.amount && owed == 0 && back >= finding.recovery);
                assert!(
                    is_back || closure.waiver.is_some(),
                    "closed with {owed} still out and {back} of {} back",
                    finding.recovery
                );
                assert!(!event.papers.is_empty(), "closed without evidence");
                finding.is_open = false;
            }
            InspectionWhat::FindingHandedOn(handing) => {
                let finding = round.findings.get_mut(&handing.finding).expect("found");
                (finding.is_open, finding.was_handed_on) = (false, true);
            }
            InspectionWhat::InspectionConcluded(_) => {
                let is_open = round.findings.values().any(|finding| finding.is_open);
                assert!(!is_open && !round.visited.is_empty() && !round.is_concluded);
                round.is_concluded = true;
            }
        }
        let sum = |of: fn(&Finding) -> Money| round.findings.values().map(of).sum::<Money>();
        let figures = (
            event.after.amount.get(),
            event.after.recovery.get(),
            event.after.projects,
        );
        let visited = u16::try_from(round.visited.len()).expect("few");
        assert_eq!(figures, (sum(|one| one.amount), sum(|one| one.recovery), visited));
    }
}
