//! No two đề án have one code or one decision's number; and nobody gets public money twice for the same expense item: of two đề án that
//! meet in one, one is flagged, and commits nothing unless an officer ruled that it is not the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use dean_aggregates::batch::BatchWhat;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::ProjectEvent;
use dean_aggregates::project::content::Content;
use dean_aggregates::project::event::What;
use dean_aggregates::project::papers::Decision;
use dean_aggregates::screening::{ItemWhat, ScreeningEvent, ScreeningWhat};

use super::account::Account;
use super::check_day;
use crate::world::{Recorded, index_of};

#[derive(Debug, Default)]
pub(crate) struct Register {
    codes: BTreeMap<String, usize>,
    /// Which paper a number names: its date and what has it.
    numbers: BTreeMap<String, (chrono::NaiveDate, Holder)>,
    machines: BTreeMap<usize, BTreeSet<String>>,
    /// Flags by project and number.
    flags: BTreeMap<(usize, u16), Flag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Batch,
    Approval(usize),
    Step,
}

#[derive(Debug)]
struct Flag {
    about: usize,
    is_live: bool,
    same: Option<bool>,
}

impl Register {
    pub(super) fn record_names(&mut self, index: usize, event: &ProjectEvent) {
        if let What::Drafted(drafted) = &event.what {
            let key = drafted.code.split_whitespace().collect::<String>().to_uppercase();
            assert_eq!(self.codes.insert(key, index), None, "a code is given once");
        }
        if event.batch.is_some() {
            return;
        }
        if let Some(decision) = decision_of(&event.what) {
            let is_approval = matches!(event.what, What::Approved(_));
            let holder = if is_approval {
                Holder::Approval(index)
            } else {
                Holder::Step
            };
            self.number(decision, holder);
        }
    }

    pub(super) fn record_batch_numbers(&mut self, recorded: &Recorded) {
        for event in recorded.batches.values().flat_map(|stream| &stream.events) {
            if let BatchWhat::BatchDecided(decided) = &event.what {
                self.number(&decided.decision, Holder::Batch);
            }
        }
    }

    /// One number of an issuer and a year names one paper; what it approves stands in one place.
    fn number(&mut self, decision: &Decision, holder: Holder) {
        let number = decision.number.split_whitespace().collect::<String>().to_uppercase();
        let key = format!("{}/{}/{number}", decision.issuer, decision.date.year());
        let is_new = !self.numbers.contains_key(&key);
        let known = self.numbers.entry(key.clone()).or_insert((decision.date, holder));
        assert_eq!(known.0, decision.date, "{key} names two papers");
        let is_twice = matches!(
            (known.1, holder),
            (Holder::Batch, Holder::Approval(_) | Holder::Batch) | (Holder::Approval(_), Holder::Batch)
        );
        assert!(is_new || !is_twice, "{key} approves twice");
        if known.1 == Holder::Step {
            known.1 = holder;
        }
    }

    pub(super) fn record_screening(&mut self, index: usize, event: &ScreeningEvent, by: &Circumstances) {
        check_day(event.occurred_on, by.today);
        match &event.what {
            ScreeningWhat::ItemsFiled(filed) => {
                let machines = self.machines.entry(index).or_default();
                for item in &filed.items {
                    if let ItemWhat::Machine { serial } = &item.what {
                        machines.insert(plain(serial));
                    }
                }
            }
            ScreeningWhat::SupportScreened(screened) => {
                for number in &screened.lapsed {
                    self.flags.get_mut(&(index, *number)).expect("a flag").is_live = false;
                }
                for hit in &screened.raised {
                    let flag = Flag {
                        about: index_of(hit.other.project),
                        is_live: true,
                        same: None,
                    };
                    assert_ne!(flag.about, index, "nobody meets himself");
                    assert!(self.flags.insert((index, hit.number), flag).is_none());
                }
            }
            ScreeningWhat::DoubleSupportRuled(ruled) => {
                assert!(!event.papers.is_empty(), "a ruling rests on evidence");
                self.flags.get_mut(&(index, ruled.flag)).expect("a flag").same = Some(ruled.same);
            }
            ScreeningWhat::ScreeningPassed(_) => {
                let mut own = self.flags.range((index, 0)..=(index, u16::MAX)).map(|(_, flag)| flag);
                assert!(
                    own.all(|flag| !flag.is_live || flag.same == Some(false)),
                    "an open flag was passed"
                );
            }
        }
    }

    /// What commits money is taken with every đề án that it meets flagged, and its own flags ruled to be something else.
    pub(super) fn check_commitment(&self, index: usize, event: &ProjectEvent, accounts: &BTreeMap<usize, Account>) {
        if !matches!(
            event.what,
            What::Approved(_) | What::ContractSigned(_) | What::Disbursed(_)
        ) {
            return;
        }
        for other in accounts.keys().filter(|other| **other != index) {
            if self.meet((index, &accounts[&index]), (*other, &accounts[other])) {
                self.check_pair(index, *other);
                let own = self.flag(index, *other);
                let is_free = own.is_none_or(|flag| flag.same == Some(false));
                assert!(is_free, "{index} and {other} are paid for one item");
            }
        }
    }

    pub(super) fn check_pairs(&self, accounts: &BTreeMap<usize, Account>) {
        for (one, first) in accounts {
            for (other, second) in accounts.range(one + 1..) {
                if self.meet((*one, first), (*other, second)) {
                    self.check_pair(*one, *other);
                }
            }
        }
    }

    fn check_pair(&self, one: usize, other: usize) {
        let known = self.flag(one, other).or(self.flag(other, one));
        assert!(
            known.is_some(),
            "{one} and {other} are for one item and neither is flagged"
        );
    }

    fn flag(&self, index: usize, about: usize) -> Option<&Flag> {
        let mut own = self.flags.range((index, 0)..=(index, u16::MAX)).map(|(_, flag)| flag);
        own.find(|flag| flag.is_live && flag.about == about)
    }

    /// Whether both ask for support of one firm for one kind or one thing, or for one machine.
    fn meet(&self, one: (usize, &Account), other: (usize, &Account)) -> bool {
        if !asks(one.1) || !asks(other.1) {
            return false;
        }
        let (own, theirs) = (uses(&one.1.content), uses(&other.1.content));
        let is_same = |(code, kind, item): &(String, String, String)| {
            theirs
                .iter()
                .any(|(firm, of_kind, thing)| firm == code && (of_kind == kind || thing == item))
        };
        let machines = |index| self.machines.get(&index).into_iter().flatten().collect::<BTreeSet<_>>();
        own.iter().any(is_same) || !machines(one.0).is_disjoint(&machines(other.0))
    }
}

/// It was submitted, and has not ended without money.
fn asks(account: &Account) -> bool {
    let moved = account.disbursed() > 0 || account.settled > 0;
    account.was_proposed && (!account.has_ended_early() || moved)
}

/// Taxpayer, kind of support, thing: a branch is its taxpayer.
fn uses(content: &Content) -> Vec<(String, String, String)> {
    let lines = content.lines.iter().filter_map(|line| {
        let firm = content
            .beneficiaries
            .iter()
            .find(|firm| Some(firm.number) == line.beneficiary)?;
        let codes = firm.tax_code.iter().chain(&firm.former_tax_code);
        let of = |code: &str| {
            let mut digits: String = code.chars().filter(char::is_ascii_digit).collect();
            if digits.len() == 13 {
                digits.truncate(10);
            }
            (digits, line.kind.clone(), plain(&line.item))
        };
        Some(codes.filter_map(|code| code.get()).map(of).collect::<Vec<_>>())
    });
    lines.flatten().collect()
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|one| one.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

fn decision_of(what: &What) -> Option<&Decision> {
    match what {
        What::Approved(approved) => Some(&approved.approval.decision),
        What::GroupPlanApproved(plan) => Some(&plan.decision),
        What::Inspected(inspection) => Some(&inspection.decision),
        What::Settled(settled) => Some(&settled.settlement.decision),
        What::Adjusted(adjusted) => Some(&adjusted.adjustment.decision),
        What::Stopped(stop) => Some(&stop.decision),
        What::TimeExtended(extension) => Some(&extension.decision),
        What::MoneyCarriedOver(carry) => Some(&carry.decision),
        What::ReceivableRaised(receivable) => Some(&receivable.decision),
        What::Reopened(reopening) => Some(&reopening.decision),
        _ => None,
    }
}
