//! A contract knows what is so of each of its đề án; nothing is liquidated while one goes on, and one clock runs for all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use dean_aggregates::contract::{ContractEvent, ContractFigures, ContractWhat};
use dean_aggregates::money::Dong;
use dean_aggregates::project::contracted::{ClockSettings, ClockStart, Counting, Filing, SettlementClock};
use dean_aggregates::project::standing::Phase;
use uuid::Uuid;

use super::account::{Account, Money};
use crate::world::index_of;

/// The events that end, or open again, what a contract is about.
const LAST: [&str; 3] = ["ContractLiquidated", "Settled", "Reopened"];

#[derive(Debug, Default)]
pub(crate) struct Agreements(pub(crate) BTreeMap<Uuid, Agreement>);

#[derive(Debug, Default)]
pub(crate) struct Agreement {
    pub(crate) members: BTreeSet<usize>,
    pub(crate) estimate: Money,
    pub(crate) settings: ClockSettings,
    pub(crate) figures: ContractFigures,
    pub(crate) is_liquidated: bool,
    reconciled_by: Option<String>,
}

impl Agreements {
    pub(super) fn record(&mut self, id: Uuid, event: &ContractEvent, accounts: &BTreeMap<usize, Account>) {
        let agreement = self.0.entry(id).or_default();
        let concluded = |members: &BTreeSet<usize>| members.iter().all(|index| accounts[index].is_concluded());
        match &event.what {
            ContractWhat::ContractConcluded(signed) => {
                let members = signed.projects.iter().map(|member| index_of(member.project));
                agreement.members = members.collect();
                agreement.estimate = signed.terms.estimate.amount.get();
                agreement.settings = signed.terms.settlement.clone();
            }
            ContractWhat::AppendixConcluded(appendix) => {
                assert!(!agreement.is_liquidated, "a liquidated contract is amended");
                if let Some(estimate) = &appendix.estimate {
                    agreement.estimate = estimate.amount.get();
                }
                if let Some(settings) = &appendix.settlement {
                    agreement.settings = settings.clone();
                }
            }
            ContractWhat::ProjectsFollowed(followed) => {
                if followed.projects.iter().any(|member| !member.account.concluded) {
                    agreement.is_liquidated = false;
                }
            }
            ContractWhat::ContractReconciled(reconciled) => {
                assert!(concluded(&agreement.members), "reconciled while a đề án goes on");
                let rows: BTreeSet<usize> = reconciled.rows.iter().map(|row| index_of(row.project)).collect();
                assert_eq!(rows, agreement.members);
                for row in &reconciled.rows {
                    let account = &accounts[&index_of(row.project)];
                    let told = (row.received.get(), row.returned.get(), row.settled.get());
                    let returned = account.disbursed() - account.out();
                    assert_eq!(
                        told,
                        (account.disbursed(), returned, account.settled),
                        "both have the same books"
                    );
                }
                agreement.reconciled_by = Some(event.actor_id.to_lowercase());
            }
            ContractWhat::ContractWoundUp(wound_up) => {
                assert!(concluded(&agreement.members), "liquidated while a đề án goes on");
                assert!(!agreement.is_liquidated, "liquidated twice");
                // Whoever is left behind could be liquidated by nobody any more.
                for account in agreement.members.iter().map(|index| &accounts[index]) {
                    let is_over = account.has_ended_early() || account.standing.phase == Phase::Archived;
                    let last = account.trail.iter().rev().find(|taken| LAST.contains(&taken.what));
                    let went = last.is_some_and(|taken| taken.what == "ContractLiquidated");
                    let is_left = !is_over && !went && account.payable() > 0;
                    assert!(!is_left, "a đề án is left behind in {}", account.standing.state);
                }
                assert!(!wound_up.last_of_year || wound_up.reconciliation.is_some());
                if wound_up.reconciliation.is_some() {
                    let by = Some(event.actor_id.to_lowercase());
                    assert_ne!(agreement.reconciled_by, by, "who reconciles doesn't liquidate");
                }
                agreement.is_liquidated = true;
            }
        }
        agreement.figures = event.after;
        let limited = matches!(
            event.what,
            ContractWhat::ContractConcluded(_) | ContractWhat::AppendixConcluded(_)
        );
        let value = event.after.value.get();
        assert!(
            !limited || value <= agreement.estimate,
            "{value} of {}",
            agreement.estimate
        );
    }

    pub(super) fn check(&self, accounts: &BTreeMap<usize, Account>) {
        for (id, agreement) in &self.0 {
            let own = || agreement.members.iter().map(|index| &accounts[index]);
            assert!(
                own().all(|account| account.contract == Some(*id)),
                "each đề án is in one contract"
            );
            let sum = |of: fn(&Account) -> Money| Dong::new(own().map(of).sum()).expect("a sum");
            let figures = ContractFigures {
                value: sum(|account| account.contracted),
                disbursed: sum(Account::disbursed),
                refunded: sum(|account| account.disbursed() - account.out()),
                settled: sum(|account| account.settled),
                receivable: sum(Account::receivable),
                clock: clock(&agreement.settings, own()),
            };
            assert_eq!(figures, agreement.figures, "a contract knows its đề án");
            for account in own().filter(|account| account.standing.next_step.as_deref() == Some("submit-settlement")) {
                let due = figures.clock.map(|clock| clock.due_on);
                assert_eq!(account.standing.due_on, due, "each has the deadline of its contract");
            }
        }
    }

    /// The file of a đề án in a contract over several comes when the last of them was accepted, unless the contract says otherwise.
    pub(super) fn check_filing(&self, account: &Account) {
        let Some(agreement) = account.contract.and_then(|id| self.0.get(&id)) else {
            return;
        };
        let may = agreement.settings.filing == Filing::AnyTime || agreement.figures.clock.is_some();
        assert!(may, "filed while another đề án of the contract goes on");
    }
}

/// `None` while one goes on, and where none was accepted.
fn clock<'a>(settings: &ClockSettings, accounts: impl Iterator<Item = &'a Account>) -> Option<SettlementClock> {
    let (mut accepted, mut ended): (Option<NaiveDate>, Option<NaiveDate>) = (None, None);
    for account in accounts {
        let day_of = |what: &str| {
            account
                .trail
                .iter()
                .filter(|taken| taken.what == what)
                .map(|taken| taken.on)
                .max()
        };
        if account.is_stopped {
            let last = account
                .trail
                .iter()
                .rev()
                .find(|taken| taken.what == "Stopped")
                .map(|taken| taken.on);
            ended = ended.max(last);
        } else if account.is_settled || account.is_all_accepted() {
            accepted = accepted.max(day_of("Accepted"));
        } else {
            return None;
        }
    }
    let started_on = match settings.from {
        ClockStart::LastActive => accepted?.max(ended.unwrap_or(accepted?)),
        ClockStart::LastAcceptance => accepted?,
    };
    let mut due_on = started_on;
    let mut left = settings.days;
    while left > 0 {
        due_on = due_on.succ_opt().expect("a day");
        let is_off = matches!(due_on.weekday(), Weekday::Sat | Weekday::Sun) || settings.days_off.contains(&due_on);
        if settings.counting == Counting::Calendar || !is_off {
            left -= 1;
        }
    }
    Some(SettlementClock { started_on, due_on })
}
