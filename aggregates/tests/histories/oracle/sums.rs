//! Σ đề án ≤ batch ≤ yearly estimate. An estimate that is cut later is flagged, and takes nothing more.

use std::collections::BTreeMap;

use dean_aggregates::batch::{BatchEvent, BatchWhat};
use dean_aggregates::plan::{PlanEvent, PlanWhat};
use uuid::Uuid;

use super::account::{Account, Money};

#[derive(Debug, Clone, Default)]
pub(crate) struct Budget {
    pub(crate) estimate: Money,
    pub(crate) reserved: Money,
    pub(crate) approved: Money,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    pub(crate) plan: Uuid,
    pub(crate) ceiling: Money,
    pub(crate) approved: Money,
}

#[derive(Debug, Default)]
pub(crate) struct Budgets {
    pub(crate) plans: BTreeMap<Uuid, Budget>,
    pub(crate) batches: BTreeMap<Uuid, Order>,
}

impl Budgets {
    pub(super) fn record_plan(&mut self, id: Uuid, event: &PlanEvent) {
        let plan = self.plans.entry(id).or_default();
        let before = plan.clone();
        match &event.what {
            PlanWhat::EstimateAssigned(assigned) => plan.estimate = assigned.amount.get(),
            PlanWhat::EstimateChanged(changed) => {
                plan.estimate = changed.change.amount.get();
                let flags = (changed.approved_above.get(), changed.reserved_above.get());
                let above = |sum: Money| sum.saturating_sub(plan.estimate);
                assert_eq!(flags, (above(plan.approved), above(plan.reserved)), "a cut is flagged");
            }
            PlanWhat::BatchReserved(reserved) => plan.reserved += reserved.ceiling.get(),
            PlanWhat::BatchCeilingChanged(changed) => {
                plan.reserved = plan.reserved - changed.before.get() + changed.ceiling.get();
            }
            PlanWhat::DecisionBooked(booked) => {
                plan.approved = plan.approved - booked.before.get() + booked.after.get();
            }
            PlanWhat::ChangeBooked(booked) => {
                plan.approved = plan.approved - booked.before.get() + booked.after.get();
            }
        }
        let figures = event.after;
        let told = (figures.estimate.get(), figures.reserved.get(), figures.approved.get());
        assert_eq!(
            told,
            (plan.estimate, plan.reserved, plan.approved),
            "the plan's figures"
        );
        let grew = |before: Money, now: Money| now > before && now > plan.estimate;
        assert!(
            !grew(before.approved, plan.approved),
            "approved above the estimate: {plan:?}"
        );
        assert!(
            !grew(before.reserved, plan.reserved),
            "ceilings above the estimate: {plan:?}"
        );
    }

    pub(super) fn record_batch(&mut self, id: Uuid, event: &BatchEvent) {
        let batch = self.batches.entry(id).or_default();
        match &event.what {
            BatchWhat::BatchOpened(opening) => (batch.plan, batch.ceiling) = (opening.plan, opening.ceiling.get()),
            BatchWhat::CeilingChanged(changed) => batch.ceiling = changed.ceiling.get(),
            _ => {}
        }
        batch.approved = event.after.approved.get();
        assert_eq!(event.after.ceiling.get(), batch.ceiling, "the batch's ceiling");
    }

    /// Every batch knows what its đề án take, every plan what its batches do.
    pub(super) fn check(&self, accounts: &BTreeMap<usize, Account>) {
        for (id, batch) in &self.batches {
            let own = accounts.values().filter(|account| account.batch == Some(*id));
            let sum: Money = own.map(Account::committed).sum();
            assert_eq!(sum, batch.approved, "the batch knows what its đề án take");
            assert!(sum <= batch.ceiling, "{sum} in a batch of {}", batch.ceiling);
        }
        for (id, plan) in &self.plans {
            let own = || self.batches.values().filter(|batch| batch.plan == *id);
            let sums = (
                own().map(|batch| batch.approved).sum(),
                own().map(|batch| batch.ceiling).sum(),
            );
            assert_eq!((plan.approved, plan.reserved), sums, "the plan knows its batches");
        }
    }
}
