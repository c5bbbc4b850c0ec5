//! From a want to an action: the figures follow from where the project stands, so that they keep within its money rules. `None`: there is
//! nothing to be done (no money open, nothing reported), and the want is left out.

mod changes;
mod money;
mod review;

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use dean_aggregates::lifecycle::{Lifecycle, Pinned, Step};
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::Project;
use dean_aggregates::project::action::{
    Action, Appraisal, AppraisalBody, AppraisalLevel, Approval, Contract, ContractForm, Criterion, DraftAction,
    Examination, Finding, FindingClosure, GroupPlan, Inspection, LineSupport, Liquidation, NoDetails, Progress, Reason,
    Registration, Reopening, ReviseAction, Verdict,
};
use dean_aggregates::project::content::{Content, Level, ProjectKind};
use dean_aggregates::project::papers::Decision;
use dean_aggregates::rules::RuleSet;

use super::calendar::{later, month_of};
use super::content::{Writer, group_plan, programme, rounded};
use super::dice::Dice;
use super::papers::{self, Person};
use super::script::Want;

/// What an action is made from.
pub(super) struct Making<'a> {
    pub(super) project: &'a Project,
    pub(super) step: &'a Step,
    pub(super) lifecycle: &'a Lifecycle,
    pub(super) rules: &'a RuleSet,
    pub(super) target: Option<&'a Arc<Pinned<Lifecycle>>>,
    pub(super) person: &'a Person,
    pub(super) code: &'a str,
    pub(super) on: NaiveDate,
    pub(super) writer: Writer<'a>,
}

fn reason(text: &str) -> Reason {
    Reason {
        reason: text.to_owned(),
    }
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
            Want::Opine => self.opine(),
            Want::Verify => self.verify(),
            Want::Register => Action::Register(Registration {
                priority: u16::try_from(self.dice().between(1, 25)).unwrap_or(1),
            }),
            Want::Examine => Action::Examine(Examination {
                remarks: "Hồ sơ đầy đủ, phù hợp Chương trình khuyến công".to_owned(),
            }),
            // Being nominated is no step of the project.
            Want::Nominate(_) => return None,
            Want::Approve(_) => self.approve()?,
            Want::Refuse => Action::Refuse(reason(self.dice().pick(&[
                "Không cân đối được kinh phí năm kế hoạch",
                "Nội dung không thuộc danh mục được hỗ trợ",
            ]))),
            Want::Withdraw => Action::Withdraw(reason(self.dice().pick(&[
                "Đơn vị thụ hưởng không bố trí được vốn đối ứng",
                "Đơn vị thụ hưởng thay đổi kế hoạch đầu tư",
            ]))),
            Want::GroupPlan => self.group_plan()?,
            Want::Sign(form) => self.sign(*form),
            Want::SignTogether => self.sign(ContractForm::Contract),
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
            Want::Liquidate => Action::LiquidateContract(Liquidation {
                number: format!("{:02}/{}/TLHĐ", self.dice().between(1, 90), self.on.year()),
            }),
            Want::Archive => self.archive()?,
            Want::Adjust(authority) => self.adjust(*authority)?,
            Want::Stop { on_request } => self.stop(*on_request),
            Want::StopByBatch => self.stop(true),
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
            lifecycle: Some(self.lifecycle.code.clone()),
            content,
        })
    }

    fn revise(&self) -> Option<Action> {
        let mut content = self.content()?.clone();
        content.body.scale.push_str(" Hồ sơ đã được bổ sung, hoàn thiện.");
        Some(Action::Revise(ReviseAction { content }))
    }

    fn appraise(&mut self, level: AppraisalLevel, pass: bool) -> Action {
        let failed = if pass {
            0
        } else {
            u8::try_from(self.dice().between(2, 5)).unwrap_or(2)
        };
        let by = if self.dice().chance(40) {
            AppraisalBody::Council
        } else {
            AppraisalBody::Staff
        };
        let council = (by == AppraisalBody::Council && self.step.council.is_some()).then(|| self.council(pass));
        let criteria = (1..=5)
            .map(|number| Criterion {
                number,
                met: number != failed,
                remark: if number == failed {
                    "Chưa đạt yêu cầu".to_owned()
                } else {
                    String::new()
                },
            })
            .collect();
        Action::Appraise(Appraisal {
            level,
            by,
            criteria,
            verdict: if pass { Verdict::Pass } else { Verdict::Fail },
            recommended: pass.then(|| self.project.figures().requested),
            remarks: if pass {
                "Đề nghị hỗ trợ theo mức đề xuất".to_owned()
            } else {
                "Không đề nghị hỗ trợ".to_owned()
            },
            council,
        })
    }

    /// What was asked for, as far as the norms of this day go; sometimes cut.
    fn approve(&mut self) -> Option<Action> {
        let is_real = self.writer.subject.real.is_some();
        let cut = if !is_real && self.dice().chance(12) { 90 } else { 100 };
        let mut lines = Vec::new();
        for line in &self.content()?.lines {
            let limit = self
                .rules
                .kind(&line.kind)
                .map_or(line.support, |kind| self.rules.limit(kind, line).limit);
            let support = if cut < 100 {
                rounded(line.support.share(Rate::percent(cut)))
            } else {
                line.support
            };
            let support = support.min(limit);
            if support != line.support {
                lines.push(LineSupport {
                    line: line.number,
                    support,
                });
            }
        }
        Some(Action::Approve(Approval {
            decision: self.decision(),
            batch: None,
            lines,
        }))
    }

    fn group_plan(&mut self) -> Option<Action> {
        let content = self.project.content()?;
        if content.kind != ProjectKind::Group {
            return None;
        }
        let decision = self.decision();
        let (beneficiaries, lines) = group_plan(content, &mut self.writer);
        Some(Action::ApproveGroupPlan(GroupPlan {
            decision,
            beneficiaries,
            lines,
        }))
    }

    fn sign(&mut self, form: ContractForm) -> Action {
        let by_tender = self.content().is_some_and(|content| {
            content
                .lines
                .iter()
                .any(|line| self.rules.kind(&line.kind).is_some_and(|kind| kind.tender))
        });
        let year = self.on.year();
        Action::SignContract(Contract {
            number: format!(
                "{:02}/{year}/HĐ-{}",
                self.dice().between(1, 99),
                programme(self.level())
            ),
            signed_on: self.on,
            form,
            value: self.project.figures().approved,
            detailed_estimate: format!("{}/QĐ-TTKC", self.dice().between(10, 300)),
            tender_result: by_tender.then(|| format!("{}/QĐ-SCT", self.writer.dice.between(10, 300))),
            signed_for: None,
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
            && (progress.value_done < last.value_done
                || progress.counterpart_done < last.counterpart_done
                || progress.item_done < last.item_done)
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
        let text = if number == 1 {
            "Chưa mở sổ theo dõi tài sản được hỗ trợ"
        } else {
            "Chứng từ đối ứng chưa đầy đủ"
        };
        Action::RaiseFinding(Finding {
            number,
            text: text.to_owned(),
            amount: Dong::ZERO,
            due_on: Some(later(self.on, 45)),
        })
    }

    fn close_finding(&self, number: u16) -> Option<Action> {
        let is_open = self
            .project
            .findings()
            .iter()
            .any(|finding| finding.number == number && finding.open);
        is_open.then(|| {
            Action::CloseFinding(FindingClosure {
                number,
                remedy: "Đã bổ sung sổ sách, chứng từ; Sở đã kiểm tra lại".to_owned(),
            })
        })
    }
}
