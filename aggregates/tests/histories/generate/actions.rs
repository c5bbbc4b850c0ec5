//! The details of a step, for the đề án as it stands.

use chrono::{Datelike, Months, NaiveDate};
use dean_aggregates::budget::{BudgetCode, PaymentOrder};
use dean_aggregates::lifecycle::{ActionKind, Step};
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::{Content, Results};
use dean_aggregates::project::papers::Decision;

use super::{Chooser, Flaw};
use crate::oracle::account::{Account, Money};
use crate::oracle::norms;
use crate::texts::{LATER, day};

impl Chooser<'_> {
    /// The action of a step, and whether a delegate signs.
    pub(super) fn action(&mut self, index: usize, step: &Step) -> Option<(Action, bool)> {
        let delegated = !step.delegates.is_empty() && self.dice.chance(10);
        let account = self.oracle.accounts.get(&index)?;
        let decision = self.signed(delegated);
        let content = &account.content;
        let reason = Reason {
            reason: self.text("Thiếu báo giá."),
        };
        let action = match step.action {
            ActionKind::Draft => return None,
            ActionKind::Revise => {
                let (content, _) = self.changed(content, "dien-bien");
                Action::Revise(ReviseAction { content })
            }
            ActionKind::Propose => Action::Propose(NoDetails {}),
            ActionKind::Return => Action::Return(reason),
            ActionKind::Refuse => Action::Refuse(reason),
            ActionKind::Withdraw => Action::Withdraw(reason),
            ActionKind::Appraise => Action::Appraise(self.appraisal(account, step)),
            ActionKind::GiveOpinion => Action::GiveOpinion(Opinion {
                stance: Stance::Agree,
                text: self.text("Thống nhất."),
                recommended: Some(self.amount(account.total())),
            }),
            ActionKind::VerifyOnSite => Action::VerifyOnSite(SiteVerification {
                verified_on: self.world.today,
                minutes: self.text("04/BB"),
                confirmed: self.dice.chance(85),
                result: "Máy đã về.".to_owned(),
            }),
            ActionKind::Register => Action::Register(Registration { priority: 1 }),
            ActionKind::Examine => Action::Examine(Examination {
                remarks: self.text("Hợp lệ."),
            }),
            ActionKind::Approve => Action::Approve(Approval {
                decision,
                batch: None,
                lines: self.granted(index),
            }),
            ActionKind::ApproveGroupPlan => Action::ApproveGroupPlan(self.group_plan(account, decision)),
            ActionKind::SignContract => Action::SignContract(Contract {
                number: self.number(),
                signed_on: self.world.today,
                form: step.contract_form.unwrap_or_default(),
                value: self.amount(account.support_approved()),
                detailed_estimate: self.text("07/QĐ"),
                tender_result: (!self.has(Flaw::Thing)).then(|| "08/QĐ".to_owned()),
                signed_for: delegated.then(|| self.signature()),
            }),
            ActionKind::ReportProgress => Action::ReportProgress(self.progress(account, false)),
            ActionKind::ConfirmProgress => Action::ConfirmProgress(self.progress(account, true)),
            ActionKind::Inspect => Action::Inspect(Inspection {
                decision,
                planned: true,
                result: self.text("Đúng tiến độ."),
            }),
            ActionKind::RaiseFinding => {
                let last = self
                    .world
                    .project(index)
                    .findings()
                    .iter()
                    .map(|finding| finding.number)
                    .max();
                let number = if self.has(Flaw::Number) {
                    0
                } else {
                    last.unwrap_or_default() + 1
                };
                Action::RaiseFinding(Finding {
                    number,
                    text: self.text("Thiếu chứng từ."),
                    amount: Dong::ZERO,
                    due_on: None,
                })
            }
            ActionKind::CloseFinding => Action::CloseFinding(FindingClosure {
                number: account.open_findings.iter().next().copied().unwrap_or(99),
                remedy: self.text("Đã bổ sung."),
            }),
            _ => self.money_action(index, account, step, decision)?,
        };
        Some((action, delegated))
    }

    fn money_action(&mut self, index: usize, account: &Account, step: &Step, decision: Decision) -> Option<Action> {
        let reason = self.text("Theo kết luận.");
        Some(match step.action {
            ActionKind::Disburse => {
                let kind = self.payment_of(step);
                let kind = if self.has(Flaw::Thing) {
                    PaymentKind::First
                } else {
                    kind
                };
                let left = account.payable_up_to(kind).saturating_sub(account.net());
                Action::Disburse(self.payment(kind, left))
            }
            ActionKind::Accept => Action::Accept(self.acceptance(account)),
            ActionKind::SubmitSettlement => Action::SubmitSettlement(SettlementFile {
                with_invoice: false,
                requested: self.amount(account.settleable()),
            }),
            ActionKind::Settle => Action::Settle(Settlement {
                amount: self.amount(account.settleable()),
                decision,
            }),
            ActionKind::LiquidateContract => Action::LiquidateContract(Liquidation {
                number: self.text("02/BB-TL"),
            }),
            ActionKind::Archive => Action::Archive(NoDetails {}),
            ActionKind::Adjust => Action::Adjust(Adjustment {
                decision,
                reason,
                change: self.change(account),
            }),
            ActionKind::Stop => Action::Stop(Stop {
                decision,
                on_request: step.on_request.unwrap_or(true) != self.has(Flaw::Thing),
                reason,
            }),
            ActionKind::ExtendTime => Action::ExtendTime(TimeExtension {
                decision,
                ends_on: self.end(account, if self.has(Flaw::Thing) { 0 } else { 1 }),
                reason,
            }),
            ActionKind::CarryOverMoney => {
                let left = account.support_approved().saturating_sub(account.net());
                Action::CarryOverMoney(CarryOver {
                    decision,
                    amount: self.amount(left),
                    from_year: 2019,
                    to_year: if self.has(Flaw::Thing) { 2019 } else { 2020 },
                })
            }
            ActionKind::AccountLateSettlement => Action::AccountLateSettlement(LateSettlement {
                amount: self.amount(account.net()),
                reason,
            }),
            ActionKind::DeclareForceMajeure => Action::DeclareForceMajeure(ForceMajeure {
                cause: reason,
                value_confirmed: self.million(0, 1_000),
            }),
            ActionKind::Refund => {
                // Before anything is due, a part; what is due wholly.
                let due = account.receivable();
                let limit = account.refundable();
                let is_due = due > 0 && self.flaw == Flaw::None;
                let amount = if is_due {
                    Dong::new(due.min(limit)).expect("an amount")
                } else {
                    self.amount(limit)
                };
                Action::Refund(self.refund(amount))
            }
            ActionKind::Repay => {
                let amount = self.amount(account.out());
                Action::Repay(self.refund(amount))
            }
            ActionKind::RaiseReceivable => Action::RaiseReceivable(Receivable {
                amount: self.amount(account.claimable()),
                decision,
                reason,
            }),
            ActionKind::ScheduleRepayment => {
                let all = (account.net() + u64::from(self.has(Flaw::Much)))
                    .saturating_sub(u64::from(self.has(Flaw::Nothing)));
                let half = all / 2;
                let one = |due_on, amount| Instalment {
                    due_on: day(due_on),
                    amount: Dong::new(amount).expect("an amount"),
                };
                Action::ScheduleRepayment(RepaymentSchedule {
                    instalments: vec![one("2021-01-01", half), one("2022-01-01", all - half)],
                })
            }
            ActionKind::Reopen => Action::Reopen(Reopening { decision, reason }),
            ActionKind::Correct => Action::Correct(self.correction(index, account)?),
            ActionKind::MoveLifecycle => Action::MoveLifecycle(LifecycleMove {
                version: if self.has(Flaw::Thing) { "1999-01-01" } else { LATER }.to_owned(),
                reason,
            }),
            _ => return None,
        })
    }

    fn signed(&mut self, delegated: bool) -> Decision {
        let mut decision = self.decision();
        decision.signed_for = delegated.then(|| self.signature());
        decision
    }

    fn appraisal(&mut self, account: &Account, step: &Step) -> Appraisal {
        let by_council = self.dice.chance(30);
        let verdict = if self.dice.chance(90) {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        let attendee = |number: u64| Attendee {
            name: PersonalText::new(format!("Thành viên {number}")),
            office: CouncilOffice::Member,
        };
        let present = if self.has(Flaw::Person) { 4 } else { 5 };
        let council = Council {
            decision: "03/QĐ".to_owned(),
            members: 7,
            present: (0..present).map(attendee).collect(),
            votes_for: if self.has(Flaw::Nothing) { 2 } else { 4 },
            votes_against: 0,
            minutes: self.text("01/BB"),
            held_on: self.world.today,
        };
        let criteria = if self.has(Flaw::Thing) { 4 } else { 5 };
        Appraisal {
            level: step.appraisal.unwrap_or(AppraisalLevel::Base),
            by: if by_council {
                AppraisalBody::Council
            } else {
                AppraisalBody::Staff
            },
            criteria: (1..=criteria)
                .map(|number| Criterion {
                    number,
                    met: true,
                    remark: String::new(),
                })
                .collect(),
            verdict,
            recommended: self.dice.chance(30).then(|| self.amount(account.total())),
            remarks: String::new(),
            council: by_council.then_some(council),
        }
    }

    fn group_plan(&mut self, account: &Account, decision: Decision) -> GroupPlan {
        let province = account
            .content
            .lines
            .first()
            .map_or("", |line| line.place.province.as_str())
            .to_owned();
        let firms = u16::try_from(1 + self.dice.below(2)).expect("few");
        let mut lines = account.content.lines.clone();
        for line in &mut lines {
            line.beneficiary = Some(u16::try_from(1 + self.dice.below(u64::from(firms))).expect("few"));
            let allowed = norms::limit(line, self.world.today).min(line.support.get());
            line.support = self.amount(allowed).min(line.cost);
            self.counterpart(line);
        }
        GroupPlan {
            decision,
            beneficiaries: (1..=firms).map(|number| self.firm(number, &province)).collect(),
            lines,
        }
    }

    fn progress(&mut self, account: &Account, confirms: bool) -> Progress {
        let last = account.reported.as_ref();
        if let (true, Some(last)) = (confirms, last) {
            let mut progress = last.clone();
            if account.months.len() > 1 && self.dice.chance(30) {
                let month = account.months.values().nth(self.dice.index(account.months.len()));
                let month = month.expect("one of them");
                if self.dice.chance(50) {
                    progress = month.clone();
                } else {
                    // The last figures under another month's name.
                    progress.month = month.month;
                }
            }
            progress.correction_reason = None;
            if self.has(Flaw::Much) {
                progress.value_done = progress.value_done.saturating_add(Dong::million(1));
                progress.counterpart_done = progress.counterpart_done.saturating_add(Dong::million(1));
            }
            return progress;
        }
        let total = account.total();
        let least = last.map_or(0, |last| last.value_done.get());
        let done = match self.dice.below(4) {
            0 => total * 7 / 10,
            1 => total * 7 / 10 + 1,
            2 => self.dice.between(total / 3, total),
            _ => total,
        };
        let value = if self.has(Flaw::Nothing) || self.dice.chance(8) {
            least / 2
        } else {
            done.max(least)
        };
        // What the support pays for stays within the contract.
        let supported = self.amount(account.contracted).get().min(value);
        let counterpart = (value - supported).max(last.map_or(0, |last| last.counterpart_done.get()));
        let this = self.world.today.with_day(1).expect("a first");
        let back = |months| this.checked_sub_months(Months::new(months)).expect("a month");
        let unreported = (0..6).map(back).find(|month| !account.months.contains_key(month));
        let month = unreported.unwrap_or(this);
        let is_repeated = account.months.contains_key(&month);
        let item = u32::try_from(self.dice.between(4_000, 10_000)).expect("a rate");
        let is_fall = self.dice.chance(10);
        Progress {
            month: if self.has(Flaw::Thing) { self.world.today } else { month },
            value_done: Dong::new(value).expect("an amount"),
            item_done: last.map_or(Rate(item), |last| last.item_done.max(Rate(item))),
            counterpart_done: Dong::new(counterpart.min(value.max(counterpart))).expect("an amount"),
            correction_reason: (is_fall || is_repeated).then(|| "Nhập lại.".to_owned()),
        }
    }

    fn acceptance(&mut self, account: &Account) -> Acceptance {
        let mut open: Vec<u16> = account
            .approved
            .keys()
            .filter(|line| !account.accepted.contains(line))
            .copied()
            .collect();
        if open.len() > 1 && self.dice.chance(40) {
            open.truncate(1);
        }
        if self.has(Flaw::Thing) {
            open.push(99);
        }
        let lines = account.content.lines.iter().filter(|line| open.contains(&line.number));
        let cost: Money = lines.map(|line| line.cost.get()).sum();
        let value = if self.dice.chance(75) {
            cost
        } else {
            self.dice.between(cost / 5, cost)
        };
        let counterpart = if self.has(Flaw::Much) { value + 1 } else { value / 2 };
        Acceptance {
            lines: open,
            minutes: self.text("01/BB-NT"),
            complete: !self.has(Flaw::Nothing),
            value_accepted: Dong::new(value).expect("an amount"),
            counterpart_accepted: Dong::new(counterpart).expect("an amount"),
            results: Results::default(),
        }
    }

    fn change(&mut self, account: &Account) -> Change {
        match self.dice.below(10) {
            0..5 => Change::Support {
                lines: self.supports(&account.content),
            },
            5..8 => {
                let (content, what) = self.changed(&account.content, "dien-bien");
                let part = match what {
                    "place" => ContentPart::Place,
                    "beneficiary" => ContentPart::Beneficiary,
                    "partner" => ContentPart::Partner,
                    "activity" => ContentPart::Activity,
                    _ => ContentPart::Other,
                };
                Change::Content {
                    part,
                    content: Box::new(content),
                }
            }
            _ => Change::Time {
                ends_on: self.end(account, 0).pred_opt().expect("a day"),
            },
        }
    }

    /// Another support for one of the lines: up to its norm, or less than it has.
    pub(super) fn supports(&mut self, content: &Content) -> Vec<LineSupport> {
        let Some(line) = self.dice.pick(&content.lines) else {
            return Vec::new();
        };
        let norm = norms::limit(line, self.world.today);
        let limit = if self.dice.chance(70) {
            norm.min(line.support.get())
        } else {
            norm
        };
        vec![LineSupport {
            line: line.number,
            support: self.amount(limit),
        }]
    }

    fn end(&mut self, account: &Account, later: i32) -> NaiveDate {
        let ends_on = account.content.ends_on;
        NaiveDate::from_ymd_opt(
            ends_on.year() + later,
            11,
            20 + u32::try_from(self.dice.below(9)).expect("a day"),
        )
        .expect("a day")
    }

    pub(super) fn payment(&mut self, payment: PaymentKind, left: Money) -> Payment {
        Payment {
            payment,
            amount: self.amount(left),
            order: self.payment_order(),
            budget: BudgetCode {
                chapter: "016".to_owned(),
                category: "280".to_owned(),
                item: "309".to_owned(),
                sub_item: if self.has(Flaw::Silence) { "" } else { "7012" }.to_owned(),
            },
        }
    }

    fn refund(&mut self, amount: Dong) -> Refund {
        Refund {
            amount,
            order: self.payment_order(),
        }
    }

    fn payment_order(&self) -> PaymentOrder {
        PaymentOrder {
            number: self.text("UNC 15"),
            date: self.world.today,
            treasury: "Kho bạc Nhà nước".to_owned(),
        }
    }

    fn correction(&mut self, index: usize, account: &Account) -> Option<Correction> {
        let any = self.dice.below(10);
        let payments: Vec<_> = self.world.project(index).payments().to_vec();
        let refunds = self.world.project(index).refunds().to_vec();
        let (corrects, right) = match any {
            0..5 if !payments.is_empty() => {
                let known = self.dice.pick(&payments)?.clone();
                let paid = known.payment.amount.get();
                let left = account
                    .payable_up_to(known.payment.payment)
                    .saturating_sub(account.net());
                let mut payment = self.payment(known.payment.payment, paid + left);
                if account.repaid() > 0 && self.flaw == Flaw::None {
                    // Less than what came back already, perhaps.
                    payment.amount = Dong::new(self.dice.between(1, paid)).expect("an amount");
                }
                (known.sequence, RightEntry::Payment { payment })
            }
            5..8 if !refunds.is_empty() => {
                let known = self.dice.pick(&refunds)?.clone();
                let amount = self.amount(known.refund.amount.get());
                let refund = self.refund(amount);
                (known.sequence, RightEntry::Refund { refund })
            }
            _ => {
                let sequence = 1 + self.dice.below(account.trail.len() as u64);
                let occurred_on = self.day();
                (sequence, RightEntry::Date { occurred_on })
            }
        };
        Some(Correction {
            corrects: if self.has(Flaw::Thing) { 9_999 } else { corrects },
            reason: self.text("Nhập nhầm."),
            right,
        })
    }
}
