//! Đính chính: a compensating event with both entries. The figures are recomputed and judged as if entered rightly.

use super::super::error::{ProjectError, refuse};
use super::super::event::{Corrected, What};
use super::contract::positive;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::lifecycle::MoneyMode;
use crate::project::action::{Action, Correction, RightEntry};
use crate::project::state::Project;

impl Case<'_> {
    pub(super) fn correct(&self, correction: &Correction) -> Result<Outcome, ProjectError> {
        not_empty(&correction.reason, "reason")?;
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
        if money.repaid > next.net_paid() {
            return Err(refuse("repayment-exceeds")
                .field("right.refund.amount")
                .param("amount", money.repaid)
                .param("limit", next.net_paid()));
        }
        match &correction.right {
            RightEntry::Payment { payment } if next.net_paid() > self.project.net_paid() => self
                .judge_paid(next, payment.payment, next.net_paid())
                .map(drop)
                .map_err(|error| error.field("right.payment.amount")),
            RightEntry::Refund { .. } if next.net_paid() > self.project.net_paid() => {
                let limit = money.approved.saturating_add(money.receivable);
                if next.net_paid() > limit {
                    return Err(refuse("support-exceeded")
                        .field("right.refund.amount")
                        .param("amount", next.net_paid())
                        .param("limit", limit));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
