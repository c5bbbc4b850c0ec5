//! What must hold of a history before its facts are judged: who stands for it, in which order it happened, and that nothing is left out.

use chrono::NaiveDate;

use super::super::super::error::{ProjectError, refuse};
use super::super::super::event::Drafted;
use super::Import;
use crate::actor::{Party, Role};
use crate::lifecycle::MoneyMode;
use crate::project::action::PaymentKind;

impl Import<'_> {
    /// Who stands for what a list says: the lifecycle's `history`.
    pub(super) fn check_right(&self, drafted: &Drafted) -> Result<(), ProjectError> {
        let actor = &self.command.context.actor;
        if actor.role == Role::Auditor {
            return Err(refuse("read-only-role"));
        }
        let stands = |party: Party| drafted.units.get(&party).is_some_and(|unit| unit.id == actor.unit);
        let mut takers = self.lifecycle.history.iter();
        if takers.any(|taker| taker.role == actor.role && stands(taker.party)) {
            return Ok(());
        }
        let expected: Vec<String> = self
            .lifecycle
            .history
            .iter()
            .map(|taker| {
                let unit = drafted.units.get(&taker.party).map_or("", |unit| unit.id.as_str());
                format!("{} ({unit})", taker.role)
            })
            .collect();
        Err(refuse("import-not-yours")
            .param("role", actor.role)
            .param("unit", &actor.unit)
            .param("expected", expected.join(", ")))
    }

    /// Nothing happened before what it follows from, nor after the day as of which the list holds.
    pub(super) fn check_days(&self) -> Result<(), ProjectError> {
        let (history, context) = (&self.command.history, &self.command.context);
        if context.occurred_on > context.today {
            return Err(refuse("future-date")
                .field("occurred_on")
                .param("date", context.occurred_on)
                .param("today", context.today));
        }
        let payment = |index: usize| {
            let paid_on = history.payments[index].paid_on;
            (format!("history.payments.{index}.paid_on"), paid_on)
        };
        let payments = |wanted: &dyn Fn(PaymentKind) -> bool| -> Vec<_> {
            let each = history.payments.iter().enumerate();
            each.filter(|(_, one)| wanted(one.payment))
                .map(|(index, _)| payment(index))
                .collect()
        };
        let fact = |field: &str, day: Option<NaiveDate>| day.map(|day| (format!("history.{field}"), day));
        let acceptance = fact(
            "acceptance.accepted_on",
            history.acceptance.as_ref().map(|fact| fact.accepted_on),
        );
        let settlement = fact(
            "settlement.decision.date",
            history.settlement.as_ref().map(|fact| fact.decision.date),
        );
        let mut facts = vec![(
            "history.approval.decision.date".to_owned(),
            history.approval.decision.date,
        )];
        facts.extend(fact(
            "contract.signed_on",
            history.contract.as_ref().map(|fact| fact.signed_on),
        ));
        if self.lifecycle.money_mode == MoneyMode::PayAfter {
            facts.extend(acceptance);
            facts.extend(settlement);
            facts.extend(payments(&|_| true));
        } else {
            facts.extend(payments(&|kind| kind != PaymentKind::Rest));
            facts.extend(acceptance);
            facts.extend(payments(&|kind| kind == PaymentKind::Rest));
            facts.extend(settlement);
        }
        facts.extend(fact("refund.paid_on", history.refund.as_ref().map(|fact| fact.paid_on)));
        facts.extend(fact(
            "stop.decision.date",
            history.stop.as_ref().map(|fact| fact.decision.date),
        ));
        for pair in facts.windows(2) {
            if pair[1].1 < pair[0].1 {
                return Err(refuse("import-order")
                    .field(&pair[1].0)
                    .param("date", pair[1].1)
                    .param("earlier", pair[0].1));
            }
        }
        match facts.into_iter().find(|(_, day)| *day > context.occurred_on) {
            Some((field, day)) => Err(refuse("import-after-list")
                .field(field)
                .param("date", day)
                .param("list", context.occurred_on)),
            None => Ok(()),
        }
    }

    /// What a fact follows from has to be in the list too.
    pub(super) fn check_gaps(&self) -> Result<(), ProjectError> {
        let history = &self.command.history;
        let needs_contract = !history.payments.is_empty() || history.acceptance.is_some();
        let gap = if needs_contract && history.contract.is_none() {
            Some("contract.number")
        } else if history.settlement.is_some() && history.acceptance.is_none() {
            Some("acceptance.accepted_on")
        } else if history.refund.is_some() && history.payments.is_empty() {
            Some("payments.0.amount")
        } else {
            None
        };
        if let Some(field) = gap {
            return Err(refuse("import-gap").field(format!("history.{field}")));
        }
        if history.settlement.is_some() && history.stop.is_some() {
            return Err(refuse("import-stopped-and-settled").field("history.settlement.amount"));
        }
        Ok(())
    }
}
