//! `apply`: what each event changes in a project's memory. Infallible, and free of files and clocks: `decide` runs the same code on a
//! copy to learn the figures that the event will carry.

use std::sync::Arc;

use chrono::NaiveDate;

use super::action::{Change, LineSupport, RightEntry};
use super::content::Content;
use super::event::{Corrected, Drafted, ProjectEvent, What};
use super::month::{Duty, FiledMonth, MonthReported};
use super::state::{ClaimRecord, FindingRecord, Identity, PaymentRecord, Project, RefundRecord, Trace};
use crate::money::Dong;

impl Project {
    /// Records everything but the standing that `decide` computed; the figures in `standing.money` are brought up to date.
    pub(super) fn record(&mut self, event: &ProjectEvent) {
        let sequence = self.version() + 1;
        self.record_what(&event.what, sequence);
        if let (What::Approved(_), Some(batch)) = (&event.what, &event.batch) {
            self.batch = Some(batch.clone());
        }
        match &event.what {
            What::ContractSigned(_) => self.contract.clone_from(&event.contract),
            What::FindingRaised(_) => {
                if let Some(finding) = self.findings.last_mut() {
                    finding.inspection = event.inspection.as_ref().map(|reference| reference.inspection);
                }
            }
            What::Accepted(_) => self.accepted_by.push(sequence),
            What::Stopped(_) => self.stopped_by = Some(sequence),
            What::MonthReported(reported) => self.record_month(reported, sequence, event.occurred_on),
            _ => {}
        }
        self.record_duty(event);
        let moves_on = !matches!(
            event.what,
            What::Inspected(_)
                | What::FindingRaised(_)
                | What::FindingClosed(_)
                | What::ProgressReported(_)
                | What::MonthReported(_)
                | What::SettlementClockSet(_)
                | What::Corrected(_)
        );
        self.trail.push(Trace {
            step: event.step.as_str().into(),
            actor_id: event.actor_id.as_str().into(),
            occurred_on: match &event.what {
                // It stands where it stands since the last thing that happened to it; days count from then, and so may later steps.
                What::Imported(imported) => imported.history.last_day(),
                _ => event.occurred_on,
            },
            ordered: moves_on,
            counts: !matches!(&event.what, What::SiteVerified(verification) if !verification.confirmed),
            renews: matches!(event.what, What::Proposed(_) | What::Returned(_)),
        });
        if self.standing.state != event.after.state {
            self.standing.state.clone_from(&event.after.state);
            self.entered_by = sequence;
        }
        self.refresh_figures();
    }

    fn record_what(&mut self, what: &What, sequence: u64) {
        let money = &mut self.standing.money;
        match what {
            What::Drafted(drafted) => self.record_draft(drafted),
            What::Imported(imported) => self.record_import(imported, sequence),
            What::Revised(revised) => self.record_content(&revised.content),
            What::Proposed(proposed) => {
                money.requested = proposed.requested;
                self.round = proposed.round;
            }
            What::Approved(approved) => {
                self.approved_on = Some(approved.approval.decision.date);
                self.record_support(&approved.lines);
            }
            What::Appraised(appraisal) => self.recommended = appraisal.recommended,
            What::GroupPlanApproved(plan) => {
                let lines = plan.lines.clone();
                let beneficiaries = plan.beneficiaries.clone();
                self.change_content(|content| {
                    content.lines = lines;
                    content.beneficiaries = beneficiaries;
                });
                self.support_from_content();
            }
            What::ContractSigned(contract) => {
                money.contracted = contract.value;
                self.contract_form = Some(contract.form);
            }
            What::ContractAmended(amended) => money.contracted = amended.value,
            What::ProgressReported(progress) => {
                self.progress.insert(progress.month, progress.clone());
                self.reported = Some(progress.clone());
            }
            What::ProgressConfirmed(progress) => self.confirmed = Some(progress.clone()),
            What::FindingRaised(finding) => self.findings.push(FindingRecord {
                number: finding.number,
                open: true,
                inspection: None,
            }),
            What::FindingClosed(closure) => {
                for finding in &mut self.findings {
                    if finding.number == closure.number {
                        finding.open = false;
                    }
                }
            }
            What::Disbursed(payment) => self.payments.push(PaymentRecord {
                sequence,
                payment: payment.clone(),
            }),
            What::Accepted(acceptance) => {
                self.accepted.extend(&acceptance.lines);
                self.value_accepted = self.value_accepted.saturating_add(acceptance.value_accepted);
            }
            What::Settled(settled) => {
                money.settled = settled.settlement.amount;
                self.is_settled = true;
                self.disallowed = Dong::ZERO;
                self.claims.clear();
            }
            What::Adjusted(adjusted) => self.record_change(&adjusted.adjustment.change),
            What::Stopped(_) => self.is_stopped = true,
            What::TimeExtended(extension) => {
                let ends_on = extension.ends_on;
                self.change_content(|content| content.ends_on = ends_on);
            }
            What::LateSettlementAccounted(late) => self.late_accounted = late.amount,
            What::ForceMajeureDeclared(declared) => {
                self.force_majeure = Some(declared.value_confirmed);
            }
            What::Refunded(refund) => self.refunds.push(RefundRecord {
                sequence,
                refund: refund.clone(),
                by_schedule: false,
            }),
            What::Repaid(refund) => self.refunds.push(RefundRecord {
                sequence,
                refund: refund.clone(),
                by_schedule: true,
            }),
            What::ReceivableRaised(receivable) if self.is_settled => {
                self.disallowed = self.disallowed.saturating_add(receivable.amount);
            }
            What::ReceivableRaised(receivable) => self.claims.push(ClaimRecord {
                sequence,
                amount: receivable.amount,
            }),
            What::RepaymentScheduled(schedule) => {
                self.schedule.clone_from(&schedule.instalments);
            }
            What::Corrected(corrected) => self.record_correction(corrected),
            What::LifecycleMoved(moved) => self.lifecycle.clone_from(&moved.to),
            What::MonthReported(_)
            | What::Returned(_)
            | What::OpinionGiven(_)
            | What::SiteVerified(_)
            | What::Registered(_)
            | What::Examined(_)
            | What::Refused(_)
            | What::Withdrawn(_)
            | What::Inspected(_)
            | What::SettlementSubmitted(_)
            | What::SettlementClockSet(_)
            | What::ContractLiquidated(_)
            | What::Archived(_)
            | What::MoneyCarriedOver(_)
            | What::Reopened(_) => {}
        }
    }

    fn record_month(&mut self, reported: &MonthReported, sequence: u64, filed_on: NaiveDate) {
        let report = &reported.report;
        if self.last_month() <= Some(report.month) {
            self.reported = Some(reported.progress());
        }
        self.progress.insert(report.month, reported.progress());
        let filed = FiledMonth {
            sequence,
            filed_on,
            report: report.clone(),
        };
        self.reports.insert(report.month, Arc::new(filed));
    }

    /// Monthly reports are owed from the first signature to the first end.
    fn record_duty(&mut self, event: &ProjectEvent) {
        if let Some(since) = event.what.owes_months_from(event.occurred_on) {
            self.duty.get_or_insert(Duty { since, until: None });
        }
        let ends = event.what.ends_monthly_reports();
        if let Some(duty) = self.duty.as_mut().filter(|duty| ends && duty.until.is_none()) {
            duty.until = Some(event.occurred_on);
        }
    }

    pub(super) fn record_draft(&mut self, drafted: &Drafted) {
        self.identity = Some(Arc::new(Identity {
            code: drafted.code.clone(),
            plan_year: drafted.plan_year,
            level: drafted.level,
            province: drafted.province.clone(),
            units: drafted.units.clone(),
        }));
        self.lifecycle.clone_from(&drafted.lifecycle);
        self.record_content(&drafted.content);
    }

    fn record_content(&mut self, content: &Content) {
        self.standing.money.requested = sum(content.lines.iter().map(|line| line.support));
        self.content = Some(Arc::new(content.clone()));
    }

    fn change_content(&mut self, change: impl FnOnce(&mut Content)) {
        if let Some(content) = &mut self.content {
            change(Arc::make_mut(content));
        }
    }

    /// New support of lines. What the state gives less, the beneficiary puts up itself: the counterpart never falls below
    /// cost − support.
    pub(super) fn record_support(&mut self, lines: &[LineSupport]) {
        for new in lines {
            match self.approved.iter_mut().find(|line| line.line == new.line) {
                Some(line) => line.support = new.support,
                None => self.approved.push(new.clone()),
            }
        }
        self.change_content(|content| {
            for line in &mut content.lines {
                if let Some(new) = lines.iter().find(|new| new.line == line.number) {
                    line.support = new.support;
                    line.counterpart = line.counterpart.max(line.cost.saturating_sub(new.support));
                }
            }
        });
    }

    fn support_from_content(&mut self) {
        self.approved = self.content.as_ref().map_or_else(Vec::new, |content| {
            content
                .lines
                .iter()
                .map(|line| LineSupport {
                    line: line.number,
                    support: line.support,
                })
                .collect()
        });
    }

    fn record_change(&mut self, change: &Change) {
        match change {
            Change::Support { lines } => self.record_support(lines),
            Change::Content { content, .. } => {
                self.content = Some(Arc::new((**content).clone()));
                if !self.approved.is_empty() {
                    self.support_from_content();
                }
            }
            Change::Time { ends_on } => {
                let ends_on = *ends_on;
                self.change_content(|content| content.ends_on = ends_on);
            }
        }
        let money = &mut self.standing.money;
        let approved = sum(self.approved.iter().map(|line| line.support));
        // A cut lowers the contract with it: no amended contract is above the approved support.
        money.contracted = money.contracted.min(approved);
    }

    fn record_correction(&mut self, corrected: &Corrected) {
        let sequence = corrected.correction.corrects;
        match &corrected.correction.right {
            RightEntry::Payment { payment } => {
                for record in &mut self.payments {
                    if record.sequence == sequence {
                        record.payment = payment.clone();
                    }
                }
            }
            RightEntry::Refund { refund } => {
                for record in &mut self.refunds {
                    if record.sequence == sequence {
                        record.refund = refund.clone();
                    }
                }
            }
            RightEntry::Date { occurred_on } => {
                let index = usize::try_from(sequence).unwrap_or(usize::MAX).wrapping_sub(1);
                if let Some(trace) = self.trail.get_mut(index) {
                    trace.occurred_on = *occurred_on;
                }
            }
        }
    }
}

/// A sum for `apply`, which can't fail; `decide` refuses sums out of range before.
pub(super) fn sum(amounts: impl IntoIterator<Item = Dong>) -> Dong {
    amounts.into_iter().fold(Dong::ZERO, Dong::saturating_add)
}
