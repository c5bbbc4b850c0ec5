//! From a want to an action: the figures follow from where the project stands, so that they keep within its money rules. `None`: there is
//! nothing to be done (no money open, nothing reported), and the want is left out.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use dean_aggregates::lifecycle::{Authority, Lifecycle, MoneyMode, Pinned};
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::action::{
    Acceptance, Action, Adjustment, Appraisal, AppraisalBody, AppraisalLevel, Approval, CarryOver, Change, ContentPart, Contract, ContractForm, Correction, Criterion, DraftAction,
    Examination, Finding, FindingClosure, ForceMajeure, GroupPlan, Inspection, Instalment, LateSettlement, LifecycleMove, LineSupport, Liquidation, NoDetails, Payment, PaymentKind,
    Progress, Reason, Receivable, Refund, Registration, Reopening, RepaymentSchedule, ReviseAction, RightEntry, Settlement, SettlementFile, Stop, TimeExtension, Verdict,
};
use dean_aggregates::project::content::{Content, Level, ProjectKind};
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::Project;
use dean_aggregates::rules::{RuleSet, Trigger};

use super::calendar::{in_year, later, month_of};
use super::content::{Writer, group_plan, programme, rounded};
use super::dice::Dice;
use super::names;
use super::papers::{self, Person};
use super::script::Want;

/// What an action is made from.
pub(super) struct Making<'a> {
    pub(super) project: &'a Project,
    pub(super) lifecycle: &'a Lifecycle,
    pub(super) rules: &'a RuleSet,
    pub(super) target: Option<&'a Arc<Pinned<Lifecycle>>>,
    pub(super) person: &'a Person,
    pub(super) code: &'a str,
    pub(super) on: NaiveDate,
    pub(super) writer: Writer<'a>,
}

fn reason(text: &str) -> Reason {
    Reason { reason: text.to_owned() }
}

impl Making<'_> {
    fn dice(&mut self) -> &mut Dice {
        self.writer.dice
    }

    fn decision(&mut self) -> Decision {
        papers::decision(self.person, self.on, self.writer.dice)
    }

    fn level(&self) -> Level {
        self.writer.subject.level
    }

    fn content(&self) -> Option<&Content> {
        self.project.content()
    }

    pub(super) fn action(&mut self, want: &Want) -> Option<Action> {
        Some(match want {
            Want::Draft => self.draft(),
            Want::Revise => self.revise()?,
            Want::Propose => Action::Propose(NoDetails {}),
            Want::Return => Action::Return(reason(self.dice().pick(&[
                "Thiếu cam kết đầu tư đủ kinh phí đối ứng",
                "Chưa có báo giá máy móc thiết bị",
                "Dự toán chưa đúng Mẫu 1; đề nghị bổ sung",
            ]))),
            Want::Appraise { level, pass } => self.appraise(*level, *pass),
            Want::Register => Action::Register(Registration { priority: u16::try_from(self.dice().between(1, 25)).unwrap_or(1) }),
            Want::Examine => Action::Examine(Examination { remarks: "Hồ sơ đầy đủ, phù hợp Chương trình khuyến công".to_owned() }),
            Want::Approve(batch) => self.approve(batch)?,
            Want::Refuse => Action::Refuse(reason(self.dice().pick(&["Không cân đối được kinh phí năm kế hoạch", "Nội dung không thuộc danh mục được hỗ trợ"]))),
            Want::Withdraw => Action::Withdraw(reason(self.dice().pick(&["Đơn vị thụ hưởng không bố trí được vốn đối ứng", "Đơn vị thụ hưởng thay đổi kế hoạch đầu tư"]))),
            Want::GroupPlan => self.group_plan()?,
            Want::Sign => self.sign(),
            Want::Report(share) => self.report(*share)?,
            Want::Confirm => Action::ConfirmProgress(self.project.reported()?.clone()),
            Want::Inspect => self.inspect(),
            Want::RaiseFinding(number) => self.raise_finding(*number),
            Want::CloseFinding(number) => self.close_finding(*number)?,
            Want::First => self.first()?,
            Want::Next => self.next()?,
            Want::Accept { all } => self.accept(*all)?,
            Want::Rest => self.rest()?,
            Want::SubmitSettlement(share) => self.submit_settlement(*share)?,
            Want::Settle(share) => self.settle(*share),
            Want::Liquidate => Action::LiquidateContract(Liquidation { number: format!("{:02}/{}/TLHĐ", self.dice().between(1, 90), self.on.year()) }),
            Want::Archive => self.archive()?,
            Want::Adjust(authority) => self.adjust(*authority)?,
            Want::Stop { on_request } => self.stop(*on_request),
            Want::Extend => self.extend()?,
            Want::CarryOver => self.carry_over()?,
            Want::AccountLate => self.account_late()?,
            Want::ForceMajeure => self.force_majeure(),
            Want::Refund(share) => self.refund(*share)?,
            Want::Receivable(share) => self.receivable(*share)?,
            Want::Schedule => self.schedule()?,
            Want::Repay => self.repay()?,
            Want::Reopen => Action::Reopen(Reopening {
                decision: self.decision(),
                reason: "Kết luận kiểm toán: một phần chi phí không hợp lệ".to_owned(),
            }),
            Want::Correct => self.correct()?,
            Want::Move => self.move_lifecycle()?,
        })
    }

    fn draft(&mut self) -> Action {
        let content = self.writer.content();
        let subject = self.writer.subject;
        Action::Draft(DraftAction {
            code: Some(self.code.to_owned()),
            plan_year: subject.plan_year,
            level: subject.level,
            province: self.writer.province.code.clone(),
            content,
        })
    }

    fn revise(&self) -> Option<Action> {
        let mut content = self.content()?.clone();
        content.body.scale.push_str(" Hồ sơ đã được bổ sung, hoàn thiện.");
        Some(Action::Revise(ReviseAction { content }))
    }

    fn appraise(&mut self, level: AppraisalLevel, pass: bool) -> Action {
        let failed = if pass { 0 } else { u8::try_from(self.dice().between(2, 5)).unwrap_or(2) };
        let by = if self.dice().chance(40) { AppraisalBody::Council } else { AppraisalBody::Staff };
        let criteria = (1..=5)
            .map(|number| Criterion { number, met: number != failed, remark: if number == failed { "Chưa đạt yêu cầu".to_owned() } else { String::new() } })
            .collect();
        Action::Appraise(Appraisal {
            level,
            by,
            criteria,
            verdict: if pass { Verdict::Pass } else { Verdict::Fail },
            recommended: pass.then(|| self.project.figures().requested),
            remarks: if pass { "Đề nghị hỗ trợ theo mức đề xuất".to_owned() } else { "Không đề nghị hỗ trợ".to_owned() },
        })
    }

    /// What was asked for, as far as the norms of this day go; sometimes cut.
    fn approve(&mut self, batch: &str) -> Option<Action> {
        let is_real = self.writer.subject.real.is_some();
        let cut = if !is_real && self.dice().chance(12) { 90 } else { 100 };
        let mut lines = Vec::new();
        for line in &self.content()?.lines {
            let limit = self.rules.kind(&line.kind).map_or(line.support, |kind| self.rules.limit(kind, line).limit);
            let support = if cut < 100 { rounded(line.support.share(Rate::percent(cut))) } else { line.support };
            let support = support.min(limit);
            if support != line.support {
                lines.push(LineSupport { line: line.number, support });
            }
        }
        let mut decision = self.decision();
        // One decision approves a whole batch.
        let place = match self.level() {
            Level::National => "",
            Level::Local => self.writer.province.code.as_str(),
        };
        let shared: Vec<u64> = batch.bytes().chain(place.bytes()).map(u64::from).collect();
        let number = Dice::new(&shared).between(100, 2_900);
        let issuer = decision.number.split_once('/').map_or("QĐ", |(_, issuer)| issuer);
        decision.number = format!("{number}/{issuer}");
        Some(Action::Approve(Approval { decision, batch: Some(batch.to_owned()), lines }))
    }

    fn group_plan(&mut self) -> Option<Action> {
        let content = self.project.content()?;
        if content.kind != ProjectKind::Group {
            return None;
        }
        let decision = self.decision();
        let (beneficiaries, lines) = group_plan(content, &mut self.writer);
        Some(Action::ApproveGroupPlan(GroupPlan { decision, beneficiaries, lines }))
    }

    fn sign(&mut self) -> Action {
        let by_tender = self.content().is_some_and(|content| content.lines.iter().any(|line| self.rules.kind(&line.kind).is_some_and(|kind| kind.tender)));
        let year = self.on.year();
        let form = if self.level() == Level::National && self.dice().chance(5) { ContractForm::Assignment } else { ContractForm::Contract };
        Action::SignContract(Contract {
            number: format!("{:02}/{year}/HĐ-{}", self.dice().between(1, 99), programme(self.level())),
            signed_on: self.on,
            form,
            value: self.project.figures().approved,
            detailed_estimate: format!("{}/QĐ-TTKC", self.dice().between(10, 300)),
            tender_result: by_tender.then(|| format!("{}/QĐ-SCT", self.writer.dice.between(10, 300))),
        })
    }

    /// Cumulative, never falling: the part paid by the support stays within the contract.
    fn report(&mut self, share: u32) -> Option<Action> {
        let month = month_of(self.on);
        let last = self.project.reported();
        if last.is_some_and(|last| last.month >= month) {
            return None;
        }
        let rate = Rate::percent(share);
        let figures = self.project.figures();
        let counterpart: Dong = figures.total.saturating_sub(figures.contracted).share(rate);
        let mut progress = Progress {
            month,
            value_done: counterpart.saturating_add(figures.contracted.share(rate)),
            item_done: rate,
            counterpart_done: counterpart,
            correction_reason: None,
        };
        if let Some(last) = last
            && (progress.value_done < last.value_done || progress.counterpart_done < last.counterpart_done || progress.item_done < last.item_done)
        {
            progress.correction_reason = Some("Số liệu tháng trước tính theo dự toán trước điều chỉnh".to_owned());
        }
        Some(Action::ReportProgress(progress))
    }

    fn inspect(&mut self) -> Action {
        Action::Inspect(Inspection {
            decision: self.decision(),
            planned: self.dice().chance(70),
            result: "Kiểm tra hồ sơ, hiện trường và việc sử dụng kinh phí tại cơ sở".to_owned(),
        })
    }

    fn raise_finding(&mut self, number: u16) -> Action {
        let text = if number == 1 { "Chưa mở sổ theo dõi tài sản được hỗ trợ" } else { "Chứng từ đối ứng chưa đầy đủ" };
        Action::RaiseFinding(Finding { number, text: text.to_owned(), amount: Dong::ZERO, due_on: Some(later(self.on, 45)) })
    }

    fn close_finding(&self, number: u16) -> Option<Action> {
        let is_open = self.project.findings().iter().any(|finding| finding.number == number && finding.open);
        is_open.then(|| Action::CloseFinding(FindingClosure { number, remedy: "Đã bổ sung sổ sách, chứng từ; Sở đã kiểm tra lại".to_owned() }))
    }

    fn payment(&mut self, payment: PaymentKind, amount: Dong) -> Option<Action> {
        if amount == Dong::ZERO {
            return None;
        }
        let order = papers::order(self.level(), &self.writer.province.name, self.on, self.writer.dice);
        Some(Action::Disburse(Payment { payment, amount, order, budget: papers::budget(self.level(), self.on) }))
    }

    /// What may be advanced on the lines before acceptance, each by its group, whole within the Treasury's cap.
    fn ceiling(&self, payment: PaymentKind) -> Dong {
        let cap = self.rules.settings.treasury_cap;
        let (mut open, mut accepted) = (Dong::ZERO, Dong::ZERO);
        for approved in self.project.approved_lines() {
            if self.project.accepted_lines().contains(&approved.line) {
                accepted = accepted.saturating_add(approved.support);
                continue;
            }
            let line = self.content().and_then(|content| content.lines.iter().find(|line| line.number == approved.line));
            let group = line.and_then(|line| self.rules.kind(&line.kind)).and_then(|kind| self.rules.group(&kind.group));
            let rate = match group {
                Some(group) if group.trigger == Some(Trigger::Accepted) => Rate::percent(0),
                Some(group) if payment == PaymentKind::First => group.first.unwrap_or(cap).min(cap),
                _ => cap,
            };
            open = open.saturating_add(approved.support.share(rate));
        }
        let contracted = self.project.figures().contracted;
        if accepted == Dong::ZERO { open.min(contracted.share(cap)) } else { accepted.saturating_add(open).min(contracted) }
    }

    fn first(&mut self) -> Option<Action> {
        if self.lifecycle.money_mode == MoneyMode::PayAfter {
            return None;
        }
        let share = self.dice().between(75, 100);
        let amount = rounded(self.ceiling(PaymentKind::First).share(Rate::percent(share)));
        self.payment(PaymentKind::First, amount)
    }

    fn next(&mut self) -> Option<Action> {
        if self.project.payments().is_empty() {
            return None;
        }
        let open = self.ceiling(PaymentKind::Next).saturating_sub(self.project.net_paid());
        let amount = rounded(open.share(Rate::percent(60)));
        self.payment(PaymentKind::Next, amount)
    }

    fn rest(&mut self) -> Option<Action> {
        let figures = self.project.figures();
        let limit = match self.lifecycle.money_mode {
            MoneyMode::PayAfter => self.project.recognised().min(figures.approved),
            MoneyMode::Advance | MoneyMode::Recoverable => figures.approved.min(figures.contracted),
        };
        let amount = limit.saturating_sub(self.project.net_paid());
        self.payment(PaymentKind::Rest, amount)
    }

    fn accept(&mut self, all: bool) -> Option<Action> {
        let project = self.project;
        let open: Vec<u16> = project.approved_lines().iter().map(|line| line.line).filter(|line| !project.accepted_lines().contains(line)).collect();
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
        Some(Action::Accept(Acceptance { lines, minutes, complete: true, value_accepted, counterpart_accepted, results }))
    }

    /// The most that may be settled: support, contract, and (where money is advanced) what was paid.
    fn to_settle(&self) -> Dong {
        let figures = self.project.figures();
        let limit = figures.approved.min(figures.contracted);
        match self.lifecycle.money_mode {
            MoneyMode::PayAfter => limit,
            MoneyMode::Advance | MoneyMode::Recoverable => limit.min(self.project.net_paid()),
        }
    }

    fn submit_settlement(&mut self, share: u32) -> Option<Action> {
        let requested = self.to_settle().share(Rate::percent(share));
        if requested == Dong::ZERO {
            return None;
        }
        Some(Action::SubmitSettlement(SettlementFile { with_invoice: self.dice().chance(35), requested }))
    }

    fn settle(&mut self, share: u32) -> Action {
        let state = &self.project.standing().state;
        let is_stopped = self.lifecycle.state(state).is_some_and(|state| state.phase == dean_aggregates::project::standing::Phase::Stopped);
        // A stopped project is settled by the work that was done; in force majeure by less than was paid.
        let share = if is_stopped && share == 100 { 55 } else { share };
        Action::Settle(Settlement { amount: self.to_settle().share(Rate::percent(share)), decision: self.decision() })
    }

    /// Nothing may be open.
    fn archive(&self) -> Option<Action> {
        let is_open = self.project.figures().receivable > Dong::ZERO || self.project.payable() > Dong::ZERO;
        let has_findings = self.project.findings().iter().any(|finding| finding.open);
        let to_repay = self.lifecycle.money_mode == MoneyMode::Recoverable && self.project.to_repay() > Dong::ZERO;
        (!is_open && !has_findings && !to_repay).then_some(Action::Archive(NoDetails {}))
    }

    fn adjust(&mut self, authority: Authority) -> Option<Action> {
        let content = self.content()?.clone();
        let (reason, change) = match authority {
            Authority::Department => ("Đơn vị thụ hưởng trong nhóm đổi địa điểm sản xuất", self.other_place(content)?),
            Authority::Agency => {
                let cut = self.dice().chance(50);
                if cut { ("Chi phí thực tế thấp hơn dự toán", self.other_support(&content, 85)?) } else { ("Thiết bị giao chậm, điều chỉnh thời gian trong năm", self.other_time(&content)?) }
            }
            Authority::Ministry => {
                let more = self.other_support(&content, 110);
                ("Bổ sung kinh phí do khối lượng tăng", more.or_else(|| self.other_support(&content, 90))?)
            }
        };
        Some(Action::Adjust(Adjustment { decision: self.decision(), reason: reason.to_owned(), change }))
    }

    fn other_place(&mut self, mut content: Content) -> Option<Change> {
        let line = content.lines.first_mut()?;
        let commune = Some(names::commune(self.dice())).filter(|commune| line.place.commune.as_ref() != Some(commune))?;
        line.place.commune = Some(commune.clone());
        if let Some(beneficiary) = content.beneficiaries.first_mut() {
            beneficiary.place.commune = Some(commune);
        }
        Some(Change::Content { part: ContentPart::Place, content: Box::new(content) })
    }

    /// All lines × so many per cent, within the norms; `None` when nothing would change.
    fn other_support(&self, content: &Content, percent: u32) -> Option<Change> {
        let mut lines = Vec::new();
        for line in &content.lines {
            let limit = self.rules.kind(&line.kind).map_or(line.support, |kind| self.rules.limit(kind, line).limit);
            let support = rounded(line.support.share(Rate::percent(percent))).min(limit);
            if support != line.support {
                lines.push(LineSupport { line: line.number, support });
            }
        }
        (!lines.is_empty()).then_some(Change::Support { lines })
    }

    fn other_time(&self, content: &Content) -> Option<Change> {
        let ends_on = in_year(content.ends_on.year(), 12, 20);
        (ends_on != content.ends_on).then_some(Change::Time { ends_on })
    }

    fn stop(&mut self, on_request: bool) -> Action {
        let reason = if on_request { "Đơn vị thụ hưởng đề nghị ngừng do không còn khả năng thực hiện" } else { "Sử dụng kinh phí không đúng mục đích, máy móc không phải máy mới" };
        Action::Stop(Stop { decision: self.decision(), on_request, reason: reason.to_owned() })
    }

    fn extend(&mut self) -> Option<Action> {
        let year = self.content()?.ends_on.year() + 1;
        Some(Action::ExtendTime(TimeExtension { decision: self.decision(), ends_on: in_year(year, 6, 28), reason: "Thiết bị nhập khẩu về chậm".to_owned() }))
    }

    fn carry_over(&mut self) -> Option<Action> {
        let amount = self.project.figures().approved.saturating_sub(self.project.net_paid());
        if amount == Dong::ZERO {
            return None;
        }
        let from_year = self.writer.subject.plan_year;
        Some(Action::CarryOverMoney(CarryOver { decision: self.decision(), amount, from_year, to_year: from_year + 1 }))
    }

    fn account_late(&self) -> Option<Action> {
        let amount = self.project.net_paid();
        (amount > Dong::ZERO).then(|| Action::AccountLateSettlement(LateSettlement { amount, reason: "Hồ sơ chứng từ đối ứng nộp chậm".to_owned() }))
    }

    fn force_majeure(&mut self) -> Action {
        let done = self.project.reported().map_or(Dong::ZERO, |progress| progress.value_done);
        let cause = self.dice().pick(&["Lũ quét làm hư hỏng nhà xưởng và thiết bị", "Bão làm sập nhà xưởng", "Dịch bệnh, cơ sở phải ngừng hoạt động"]);
        Action::DeclareForceMajeure(ForceMajeure { cause: cause.to_owned(), value_confirmed: done })
    }

    /// What must come back, or a share of what was paid.
    fn refund(&mut self, share: u32) -> Option<Action> {
        let amount = if share == 0 { self.project.figures().receivable } else { rounded(self.project.net_paid().share(Rate::percent(share))) };
        let amount = amount.min(self.project.refundable());
        if amount == Dong::ZERO {
            return None;
        }
        let order = papers::order(self.level(), &self.writer.province.name, self.on, self.writer.dice);
        Some(Action::Refund(Refund { amount, order }))
    }

    fn receivable(&mut self, share: u32) -> Option<Action> {
        let amount = rounded(self.project.net_paid().saturating_sub(self.project.figures().receivable).share(Rate::percent(share)));
        if amount == Dong::ZERO {
            return None;
        }
        Some(Action::RaiseReceivable(Receivable { amount, decision: self.decision(), reason: "Chi không đúng nội dung được duyệt".to_owned() }))
    }

    /// Four half-yearly instalments.
    fn schedule(&self) -> Option<Action> {
        let whole = self.project.net_paid();
        let part = rounded(whole.share(Rate::percent(25)));
        if whole == Dong::ZERO {
            return None;
        }
        let last = (0..3).fold(whole, |left, _| left.saturating_sub(part));
        let instalments = (1..=4).map(|n: u32| Instalment { due_on: later(self.on, 182 * n), amount: if n == 4 { last } else { part } }).collect();
        Some(Action::ScheduleRepayment(RepaymentSchedule { instalments }))
    }

    fn repay(&mut self) -> Option<Action> {
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
    fn correct(&mut self) -> Option<Action> {
        let record = self.project.payments().last()?;
        let mut right = record.payment.clone();
        let too_much = Dong::million(1);
        if self.writer.dice.chance(50) && right.amount > too_much {
            right.amount = right.amount.saturating_sub(too_much);
        } else {
            right.order.number.push_str("/KB");
        }
        Some(Action::Correct(Correction { corrects: record.sequence, reason: "Nhập nhầm so với ủy nhiệm chi".to_owned(), right: RightEntry::Payment { payment: right } }))
    }

    fn move_lifecycle(&self) -> Option<Action> {
        let target = self.target?;
        (target.pin != *self.project.lifecycle_pin())
            .then(|| Action::MoveLifecycle(LifecycleMove { version: target.pin.version.clone(), reason: "Áp dụng quy định mới cho đề án đang thực hiện".to_owned() }))
    }
}
