//! Đính chính: a compensating event with both entries. The figures are recomputed and judged as if entered rightly.

use super::super::error::{ProjectError, refuse};
use super::super::event::{Corrected, What};
use super::contract::positive;
use super::payment::payment_word;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::lifecycle::MoneyMode;
use crate::project::action::{Action, Correction, RightEntry};
use crate::project::state::Project;

impl Case<'_> {
    pub(super) fn correct(&self, correction: &Correction) -> Result<Outcome, ProjectError> {
        not_empty(&correction.reason, "reason")?;
        self.check_single_entry(correction)?;
        let unknown = || {
            refuse("unknown-event")
                .field("corrects")
                .param("sequence", correction.corrects)
        };
        let wrong = match &correction.right {
            RightEntry::Payment { payment } => {
                self.check_payment(payment, "right.payment.")?;
                let record = self
                    .project
                    .payments
                    .iter()
                    .find(|record| record.sequence == correction.corrects)
                    .ok_or_else(unknown)?;
                // Another kind would leave room for a second first advance.
                if payment.payment != record.payment.payment {
                    return Err(refuse("wrong-payment")
                        .field("right.payment.payment")
                        .param("expected", payment_word(record.payment.payment)));
                }
                RightEntry::Payment {
                    payment: record.payment.clone(),
                }
            }
            RightEntry::Refund { refund } => {
                positive(refund.amount, "right.refund.amount")?;
                self.check_order(&refund.order, "right.refund.")?;
                let record = self
                    .project
                    .refunds
                    .iter()
                    .find(|record| record.sequence == correction.corrects)
                    .ok_or_else(unknown)?;
                RightEntry::Refund {
                    refund: record.refund.clone(),
                }
            }
            RightEntry::Date { occurred_on } => {
                self.not_in_future("right.occurred_on", *occurred_on)?;
                let index = usize::try_from(correction.corrects).unwrap_or(usize::MAX);
                let trace = index
                    .checked_sub(1)
                    .and_then(|index| self.project.trail.get(index))
                    .ok_or_else(unknown)?;
                RightEntry::Date {
                    occurred_on: trace.occurred_on,
                }
            }
        };
        if wrong == correction.right {
            return Err(refuse("nothing-changes").field("right"));
        }
        Ok(What::Corrected(Corrected {
            correction: correction.clone(),
            wrong,
        })
        .into())
    }

    /// The event of an import may hold several payments, which a correction by the event's number can't tell apart.
    fn check_single_entry(&self, correction: &Correction) -> Result<(), ProjectError> {
        let payments = self.project.payments.iter().map(|record| record.sequence);
        let refunds = self.project.refunds.iter().map(|record| record.sequence);
        let of_event = |sequence: &u64| *sequence == correction.corrects;
        let entries = match &correction.right {
            RightEntry::Payment { .. } => payments.filter(of_event).count(),
            RightEntry::Refund { .. } => refunds.filter(of_event).count(),
            RightEntry::Date { .. } => 0,
        };
        if entries > 1 {
            return Err(refuse("import-entries")
                .field("corrects")
                .param("sequence", correction.corrects)
                .param("entries", entries));
        }
        Ok(())
    }

    /// The money rules, on the figures as corrected.
    pub(super) fn check_corrected(&self, next: &Project) -> Result<(), ProjectError> {
        let Action::Correct(correction) = &self.command.action else {
            return Ok(());
        };
        let money = next.figures();
        if money.refunded > money.disbursed {
            return Err(refuse("refund-exceeds")
                .field("right.refund.amount")
                .param("amount", money.refunded)
                .param("limit", money.disbursed));
        }
        let pays_after = self.lifecycle.money_mode == MoneyMode::PayAfter;
        if !pays_after && next.is_settled && next.recognised() > next.net_paid() {
            return Err(refuse("settled-exceeds-paid")
                .field("right")
                .param("amount", next.recognised())
                .param("limit", next.net_paid()));
        }
        // What an audit disallowed later was settled all the same: it must have been paid.
        if !pays_after && money.settled > money.disbursed {
            return Err(refuse("settled-exceeds-paid")
                .field("right")
                .param("amount", money.settled)
                .param("limit", money.disbursed));
        }
        if money.repaid > next.net_paid() {
            return Err(refuse("repayment-exceeds")
                .field("right.refund.amount")
                .param("amount", money.repaid)
                .param("limit", next.net_paid()));
        }
        let field = match &correction.right {
            RightEntry::Payment { .. } => "right.payment.amount",
            RightEntry::Refund { .. } => "right.refund.amount",
            RightEntry::Date { .. } => return Ok(()),
        };
        // Each payment is judged by what was paid and not given back by then: one made after a refund has relied on it.
        for (before, after) in self.project.payments.iter().zip(&next.payments) {
            let paid = next.net_paid_by(after.sequence);
            if paid > self.project.net_paid_by(before.sequence) {
                self.judge_paid(
                    next,
                    after.payment.payment,
                    paid.saturating_sub(after.payment.amount),
                    paid,
                )
                .map_err(|error| error.field(field))?;
            }
        }
        let limit = money.approved.saturating_add(money.receivable);
        if next.net_paid() > self.project.net_paid() && next.net_paid() > limit {
            return Err(refuse("support-exceeded")
                .field(field)
                .param("amount", next.net_paid())
                .param("limit", limit));
        }
        Ok(())
    }
}
