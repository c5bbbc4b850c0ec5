//! Tạm ứng, hoàn trả, khoản phải thu, thu hồi.

use super::super::error::{ProjectError, refuse};
use super::super::event::{Judgement, What};
use super::contract::positive;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::budget::{BudgetCode, PaymentOrder};
use crate::lifecycle::MoneyMode;
use crate::money::Dong;
use crate::project::action::{Payment, PaymentKind, Receivable, Refund, RepaymentSchedule};
use crate::project::state::Project;

impl Case<'_> {
    pub(super) fn disburse(&self, payment: &Payment) -> Result<Outcome, ProjectError> {
        self.check_payment(payment, "")?;
        if self.step.payment.is_some_and(|kind| kind != payment.payment) {
            return Err(refuse("wrong-payment")
                .field("payment")
                .param("expected", self.step.payment.map(payment_word).unwrap_or_default()));
        }
        let has_first = self
            .project
            .payments()
            .iter()
            .any(|record| record.payment.payment == PaymentKind::First);
        let out_of_order = match payment.payment {
            PaymentKind::First => has_first.then(|| refuse("payment-repeated")),
            PaymentKind::Next => (!has_first).then(|| refuse("payment-order")),
            PaymentKind::Rest => None,
        };
        if let Some(refusal) = out_of_order {
            return Err(refusal.field("payment").param("payment", payment_word(payment.payment)));
        }
        let paid = self
            .project
            .net_paid()
            .checked_add(payment.amount)
            .ok_or_else(|| refuse("amount-too-large").field("amount"))?;
        let judgements = self.judge_paid(self.project, payment.payment, self.project.net_paid(), paid)?;
        Ok(Outcome::judged(What::Disbursed(payment.clone()), judgements))
    }

    /// The limits on all that is paid and not given back, the payment in question included.
    pub(super) fn judge_paid(
        &self,
        project: &Project,
        kind: PaymentKind,
        before: Dong,
        paid: Dong,
    ) -> Result<Vec<Judgement>, ProjectError> {
        let money = project.figures();
        let limit = |code: &'static str, rule: &str, article: &str, limit: Dong| {
            let is_within = paid <= limit;
            let judgement = Judgement {
                rule: rule.to_owned(),
                article: article.to_owned(),
                rule_set: self.context.rules.pin.clone(),
                line: None,
                amount: paid,
                limit,
                base: None,
                rate: None,
                cap: None,
                units: None,
                uplift: None,
                formula: format!(
                    "{} {} {limit}",
                    sum_paid(before, paid),
                    if is_within { "≤" } else { ">" }
                ),
            };
            if is_within {
                Ok(judgement)
            } else {
                Err(refuse(code).field("amount").judged(judgement))
            }
        };
        if self.lifecycle.money_mode == MoneyMode::PayAfter {
            if !project.is_settled {
                return Err(refuse("not-settled").field("payment").rule(&self.step.article));
            }
            limit(
                "support-exceeded",
                "support-ceiling",
                "TT 36/2013/TT-BCT Đ12",
                money.approved,
            )?;
            let settled = project.recognised();
            return Ok(vec![limit(
                "settled-exceeded",
                "settled-ceiling",
                &self.step.article,
                settled,
            )?]);
        }
        if kind == PaymentKind::Rest && !project.is_all_accepted() {
            return Err(refuse("not-accepted").field("payment").rule("TT 36/2013/TT-BCT Đ14"));
        }
        let mut judgements = vec![
            limit(
                "support-exceeded",
                "support-ceiling",
                "TT 36/2013/TT-BCT Đ12",
                money.approved,
            )?,
            limit(
                "contract-exceeded",
                "contract-ceiling",
                "TT 36/2013/TT-BCT Đ12.1",
                money.contracted,
            )?,
        ];
        if !project.is_all_accepted() {
            judgements.push(self.judge_advance(project, kind, paid)?);
        }
        Ok(judgements)
    }

    pub(super) fn check_payment(&self, payment: &Payment, path: &str) -> Result<(), ProjectError> {
        positive(payment.amount, &format!("{path}amount"))?;
        self.check_order(&payment.order, path)?;
        check_budget(&payment.budget, path)
    }

    pub(super) fn check_order(&self, order: &PaymentOrder, path: &str) -> Result<(), ProjectError> {
        not_empty(&order.number, &format!("{path}order.number"))?;
        not_empty(&order.treasury, &format!("{path}order.treasury"))?;
        self.not_in_future(&format!("{path}order.date"), order.date)
    }

    pub(super) fn refund(&self, refund: &Refund) -> Result<Outcome, ProjectError> {
        positive(refund.amount, "amount")?;
        self.check_order(&refund.order, "")?;
        let limit = self.project.refundable();
        if refund.amount > limit {
            return Err(refuse("refund-exceeds")
                .field("amount")
                .rule("TT 36/2013/TT-BCT Đ12.6")
                .param("amount", refund.amount)
                .param("limit", limit));
        }
        Ok(What::Refunded(refund.clone()).into())
    }

    pub(super) fn raise_receivable(&self, receivable: &Receivable) -> Result<Outcome, ProjectError> {
        positive(receivable.amount, "amount")?;
        self.check_decision(&receivable.decision)?;
        not_empty(&receivable.reason, "reason")?;
        let limit = if self.project.is_settled {
            self.project.recognised().min(self.project.to_repay())
        } else {
            self.project
                .to_repay()
                .saturating_sub(self.project.figures().receivable)
        };
        if receivable.amount > limit {
            return Err(refuse("receivable-exceeds")
                .field("amount")
                .rule("TT 36/2013/TT-BCT Đ12.6")
                .param("amount", receivable.amount)
                .param("limit", limit));
        }
        Ok(What::ReceivableRaised(receivable.clone()).into())
    }

    pub(super) fn schedule_repayment(&self, schedule: &RepaymentSchedule) -> Result<Outcome, ProjectError> {
        self.check_recoverable()?;
        for (index, instalment) in schedule.instalments.iter().enumerate() {
            positive(instalment.amount, &format!("instalments.{index}.amount"))?;
        }
        if !schedule.instalments.is_sorted_by(|a, b| a.due_on < b.due_on) {
            return Err(refuse("schedule-order").field("instalments"));
        }
        let amount = Dong::sum(schedule.instalments.iter().map(|instalment| instalment.amount))
            .ok_or_else(|| refuse("amount-too-large").field("instalments"))?;
        let limit = self.project.net_paid();
        if amount != limit || amount == Dong::ZERO {
            return Err(refuse("schedule-sum")
                .field("instalments")
                .rule(&self.step.article)
                .param("amount", amount)
                .param("limit", limit));
        }
        Ok(What::RepaymentScheduled(schedule.clone()).into())
    }

    pub(super) fn repay(&self, refund: &Refund) -> Result<Outcome, ProjectError> {
        self.check_recoverable()?;
        positive(refund.amount, "amount")?;
        self.check_order(&refund.order, "")?;
        if self.project.schedule.is_empty() {
            return Err(refuse("schedule-missing").rule(&self.step.article));
        }
        let limit = self.project.to_repay();
        if refund.amount > limit {
            return Err(refuse("repayment-exceeds")
                .field("amount")
                .rule(&self.step.article)
                .param("amount", refund.amount)
                .param("limit", limit));
        }
        Ok(What::Repaid(refund.clone()).into())
    }

    fn check_recoverable(&self) -> Result<(), ProjectError> {
        if self.lifecycle.money_mode == MoneyMode::Recoverable {
            Ok(())
        } else {
            Err(refuse("not-recoverable").rule(&self.step.article))
        }
    }
}

fn check_budget(budget: &BudgetCode, path: &str) -> Result<(), ProjectError> {
    let parts = [
        ("chapter", &budget.chapter),
        ("category", &budget.category),
        ("item", &budget.item),
        ("sub_item", &budget.sub_item),
    ];
    for (name, digits) in parts {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse("budget-code").field(format!("{path}budget.{name}")));
        }
    }
    Ok(())
}

/// `60.000.000 + 124.000.000 = 184.000.000`: what was paid before, what is paid now, and both together.
fn sum_paid(before: Dong, paid: Dong) -> String {
    match paid.checked_sub(before) {
        Some(now) if before > Dong::ZERO => format!("{before} + {now} = {paid}"),
        _ => paid.to_string(),
    }
}

pub(super) const fn payment_word(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::First => "first",
        PaymentKind::Next => "next",
        PaymentKind::Rest => "rest",
    }
}
