//! Figures of actions: advances, acceptance, settlement, refunds, recoveries. Each keeps within what the project's money rules allow.

use dean_aggregates::lifecycle::MoneyMode;
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::action::{
    Acceptance, Action, Correction, Instalment, LateSettlement, NoDetails, Payment, PaymentKind, Receivable, Refund,
    RepaymentSchedule, RightEntry, Settlement, SettlementFile,
};
use dean_aggregates::rules::Trigger;

use super::super::calendar::later;
use super::super::content::rounded;
use super::super::papers::{self};
use super::Making;

impl Making<'_> {
    pub(super) fn payment(&mut self, payment: PaymentKind, amount: Dong) -> Option<Action> {
        if amount == Dong::ZERO {
            return None;
        }
        let order = papers::order(self.level(), &self.writer.province.name, self.on, self.writer.dice);
        Some(Action::Disburse(Payment {
            payment,
            amount,
            order,
            budget: papers::budget(self.level(), self.on),
        }))
    }

    /// What may be advanced on the lines before acceptance, each by its group, whole within the Treasury's cap.
    pub(super) fn ceiling(&self, payment: PaymentKind) -> Dong {
        let cap = self.rules.settings.treasury_cap;
        let (mut open, mut accepted) = (Dong::ZERO, Dong::ZERO);
        for approved in self.project.approved_lines() {
            if self.project.accepted_lines().contains(&approved.line) {
                accepted = accepted.saturating_add(approved.support);
                continue;
            }
            let line = self
                .content()
                .and_then(|content| content.lines.iter().find(|line| line.number == approved.line));
            let group = line
                .and_then(|line| self.rules.kind(&line.kind))
                .and_then(|kind| self.rules.group(&kind.group));
            let rate = match group {
                Some(group) if group.trigger == Some(Trigger::Accepted) => Rate::percent(0),
                Some(group) if payment == PaymentKind::First => group.first.unwrap_or(cap).min(cap),
                _ => cap,
            };
            open = open.saturating_add(approved.support.share(rate));
        }
        let contracted = self.project.figures().contracted;
        if accepted == Dong::ZERO {
            open.min(contracted.share(cap))
        } else {
            accepted.saturating_add(open).min(contracted)
        }
    }

    pub(super) fn first(&mut self) -> Option<Action> {
        if self.lifecycle.money_mode == MoneyMode::PayAfter {
            return None;
        }
        let share = self.dice().between(75, 100);
        let amount = rounded(self.ceiling(PaymentKind::First).share(Rate::percent(share)));
        self.payment(PaymentKind::First, amount)
    }

    pub(super) fn next(&mut self) -> Option<Action> {
        if self.project.payments().is_empty() {
            return None;
        }
        let open = self.ceiling(PaymentKind::Next).saturating_sub(self.project.net_paid());
        let amount = rounded(open.share(Rate::percent(60)));
        self.payment(PaymentKind::Next, amount)
    }

    pub(super) fn rest(&mut self) -> Option<Action> {
        let figures = self.project.figures();
        let limit = match self.lifecycle.money_mode {
            MoneyMode::PayAfter => self.project.recognised().min(figures.approved),
            MoneyMode::Advance | MoneyMode::Recoverable => figures.approved.min(figures.contracted),
        };
        let amount = limit.saturating_sub(self.project.net_paid());
        self.payment(PaymentKind::Rest, amount)
    }

    pub(super) fn accept(&mut self, all: bool) -> Option<Action> {
        let project = self.project;
        let open: Vec<u16> = project
            .approved_lines()
            .iter()
            .map(|line| line.line)
            .filter(|line| !project.accepted_lines().contains(line))
            .collect();
        if open.is_empty() || (!all && open.len() < 2) {
            return None;
        }
        let lines = if all { open } else { open[..1].to_vec() };
        let content = self.content()?;
        let accepted = || content.lines.iter().filter(|line| lines.contains(&line.number));
        let value_accepted = Dong::sum(accepted().map(|line| line.cost))?;
        let counterpart_accepted = Dong::sum(accepted().map(|line| line.counterpart))?.min(value_accepted);
        let results = content.results.clone();
        let minutes = format!("{:02}/BB-NT", self.dice().between(1, 90));
        Some(Action::Accept(Acceptance {
            lines,
            minutes,
            complete: true,
            value_accepted,
            counterpart_accepted,
            results,
        }))
    }

    /// The most that may be settled: support, contract, and (where money is advanced, or was paid before a reopening) what was paid.
    pub(super) fn to_settle(&self) -> Dong {
        let figures = self.project.figures();
        let limit = figures.approved.min(figures.contracted);
        match self.lifecycle.money_mode {
            MoneyMode::PayAfter if self.project.payments().is_empty() => limit,
            MoneyMode::PayAfter | MoneyMode::Advance | MoneyMode::Recoverable => limit.min(self.project.net_paid()),
        }
    }

    pub(super) fn submit_settlement(&mut self, share: u32) -> Option<Action> {
        let requested = self.to_settle().share(Rate::percent(share));
        if requested == Dong::ZERO {
            return None;
        }
        Some(Action::SubmitSettlement(SettlementFile {
            with_invoice: self.dice().chance(35),
            requested,
        }))
    }

    pub(super) fn settle(&mut self, share: u32) -> Action {
        let state = &self.project.standing().state;
        let is_stopped = self
            .lifecycle
            .state(state)
            .is_some_and(|state| state.phase == dean_aggregates::project::standing::Phase::Stopped);
        // A stopped project is settled by the work that was done; in force majeure by less than was paid.
        let share = if is_stopped && share == 100 { 55 } else { share };
        Action::Settle(Settlement {
            amount: self.to_settle().share(Rate::percent(share)),
            decision: self.decision(),
        })
    }

    /// Nothing may be open.
    pub(super) fn archive(&self) -> Option<Action> {
        let is_open = self.project.figures().receivable > Dong::ZERO || self.project.payable() > Dong::ZERO;
        let has_findings = self.project.findings().iter().any(|finding| finding.open);
        let to_repay = self.lifecycle.money_mode == MoneyMode::Recoverable && self.project.to_repay() > Dong::ZERO;
        (!is_open && !has_findings && !to_repay).then_some(Action::Archive(NoDetails {}))
    }

    pub(super) fn account_late(&self) -> Option<Action> {
        let amount = self.project.net_paid();
        (amount > Dong::ZERO).then(|| {
            Action::AccountLateSettlement(LateSettlement {
                amount,
                reason: "Hồ sơ chứng từ đối ứng nộp chậm".to_owned(),
            })
        })
    }

    /// What must come back, or a share of what was paid.
    pub(super) fn refund(&mut self, share: u32) -> Option<Action> {
        let amount = if share == 0 {
            self.project.figures().receivable
        } else {
            rounded(self.project.net_paid().share(Rate::percent(share)))
        };
        let amount = amount.min(self.project.refundable());
        if amount == Dong::ZERO {
            return None;
        }
        let order = papers::order(self.level(), &self.writer.province.name, self.on, self.writer.dice);
        Some(Action::Refund(Refund { amount, order }))
    }

    pub(super) fn receivable(&mut self, share: u32) -> Option<Action> {
        let amount = rounded(
            // What came back by schedule can't be claimed once more.
            self.project
                .to_repay()
                .saturating_sub(self.project.figures().receivable)
                .share(Rate::percent(share)),
        );
        if amount == Dong::ZERO {
            return None;
        }
        Some(Action::RaiseReceivable(Receivable {
            amount,
            decision: self.decision(),
            reason: "Chi không đúng nội dung được duyệt".to_owned(),
        }))
    }

    /// Four half-yearly instalments.
    pub(super) fn schedule(&self) -> Option<Action> {
        let whole = self.project.net_paid();
        let part = rounded(whole.share(Rate::percent(25)));
        if whole == Dong::ZERO {
            return None;
        }
        let last = (0..3).fold(whole, |left, _| left.saturating_sub(part));
        let instalments = (1..=4)
            .map(|n: u32| Instalment {
                due_on: later(self.on, 182 * n),
                amount: if n == 4 { last } else { part },
            })
            .collect();
        Some(Action::ScheduleRepayment(RepaymentSchedule { instalments }))
    }

    pub(super) fn repay(&mut self) -> Option<Action> {
        let open = self.project.to_repay();
        let part = self.project.schedule().first()?.amount;
        let amount = if open < part.saturating_add(part) { open } else { part };
        if amount == Dong::ZERO {
            return None;
        }
        let order = papers::order(self.level(), &self.writer.province.name, self.on, self.writer.dice);
        Some(Action::Repay(Refund { amount, order }))
    }

    /// The last payment was entered with a wrong number, or with a million too much.
    pub(super) fn correct(&mut self) -> Option<Action> {
        let record = self.project.payments().last()?;
        let mut right = record.payment.clone();
        let too_much = Dong::million(1);
        if self.writer.dice.chance(50) && right.amount > too_much {
            right.amount = right.amount.saturating_sub(too_much);
        } else {
            right.order.number.push_str("/KB");
        }
        Some(Action::Correct(Correction {
            corrects: record.sequence,
            reason: "Nhập nhầm so với ủy nhiệm chi".to_owned(),
            right: RightEntry::Payment { payment: right },
        }))
    }
}
