//! What must be so, told by the events alone and reckoned without the aggregates: after every act every rule of the programme is checked on
//! it, and every refusal for the sake of money must be for a sum that is really too much.

pub(crate) mod account;
mod contracts;
mod inspections;
mod money;
pub(crate) mod norms;
mod refusals;
mod steps;
mod sums;
mod support;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::project::ProjectEvent;
use dean_aggregates::project::event::What;

use self::account::Account;
use self::contracts::Agreements;
use self::inspections::Rounds;
use self::sums::Budgets;
use self::support::Register;
use crate::asked::{Asked, Attempt, Code};
use crate::world::Recorded;

#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) accounts: BTreeMap<usize, Account>,
    pub(crate) budgets: Budgets,
    pub(crate) agreements: Agreements,
    pub(crate) rounds: Rounds,
    pub(crate) register: Register,
}

impl Oracle {
    /// Takes in what an act recorded, and checks it.
    pub(crate) fn record(&mut self, attempt: &Attempt, recorded: &Recorded) {
        assert!(recorded.events() > 0, "what was accepted left no event");
        for (index, stream) in &recorded.projects {
            for event in &stream.events {
                self.record_step(*index, attempt, event);
            }
            let told = Some(&self.accounts[index].content);
            assert_eq!(stream.state.content(), told, "the content follows from the events");
        }
        for (id, stream) in &recorded.plans {
            stream
                .events
                .iter()
                .for_each(|event| self.budgets.record_plan(*id, event));
        }
        for (id, stream) in &recorded.batches {
            stream
                .events
                .iter()
                .for_each(|event| self.budgets.record_batch(*id, event));
        }
        for (id, stream) in &recorded.contracts {
            for event in &stream.events {
                self.agreements.record(*id, event, &self.accounts);
            }
        }
        for (id, stream) in &recorded.inspections {
            for event in &stream.events {
                self.rounds.record(*id, event, &self.accounts);
            }
        }
        for (index, stream) in &recorded.screenings {
            for event in &stream.events {
                self.register.record_screening(*index, event, &attempt.by);
            }
        }
        for (index, stream) in &recorded.projects {
            for event in &stream.events {
                self.register.record_names(*index, event);
                self.register.check_commitment(*index, event, &self.accounts);
            }
        }
        self.register.record_batch_numbers(recorded);
        if !recorded.projects.is_empty() || !recorded.plans.is_empty() {
            self.budgets.check(&self.accounts);
        }
        if !recorded.projects.is_empty() || !recorded.contracts.is_empty() {
            self.agreements.check(&self.accounts);
        }
    }

    fn record_step(&mut self, index: usize, attempt: &Attempt, event: &ProjectEvent) {
        if let What::Drafted(_) = &event.what {
            let lifecycle = match &attempt.asked {
                Asked::Step { lifecycle, .. } => lifecycle.clone(),
                _ => None,
            };
            let account = Account::drafted(event).expect("it is drafted");
            assert_eq!(lifecycle.map(|text| text.pin.clone()), Some(account.lifecycle.clone()));
            assert!(self.accounts.insert(index, account).is_none(), "it is drafted once");
        } else {
            let account = self.accounts.get_mut(&index).expect("it was drafted");
            let before = account.clone();
            steps::check(&before, event, &attempt.by, &self.agreements);
            account.record(event);
            money::check_event(&before, account, event);
        }
        let account = &self.accounts[&index];
        assert_eq!(
            account.figures(),
            event.after.money,
            "the figures follow from the events"
        );
        money::check_state(account);
    }

    /// Whether money stands against what was refused, where the refusal says so.
    pub(crate) fn check_refusal(&self, attempt: &Attempt, code: Code) {
        refusals::check(self, attempt, code);
    }

    /// What must be so at the end of a history.
    pub(crate) fn check_end(&self) {
        self.register.check_pairs(&self.accounts);
    }
}

/// A day as it is recorded can't lie in the future.
fn check_day(on: NaiveDate, today: NaiveDate) {
    assert!(on <= today, "{on} lies after {today}");
}
