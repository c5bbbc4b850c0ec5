//! `decide`: a command becomes an event or a refusal. Pure: everything looked up stands in the command's context.

mod acceptance;
mod after;
mod appraisal;
mod approval;
mod authority;
mod ceiling;
mod changes;
mod checks;
mod content;
mod contract;
mod contracted;
mod correction;
mod import;
mod month;
mod oversight;
mod payment;
mod proposal;
mod review;
mod settlement;
mod texts;

pub(crate) use self::checks::check_papers;
pub(crate) use self::texts::check_texts;
use super::action::{Action, Verdict};
use super::command::{Context, ProjectCommand};
use super::error::{ProjectError, refuse};
use super::event::{Judgement, ProjectEvent, What};
use super::standing::Standing;
use super::state::Project;
use crate::lifecycle::{Lifecycle, Step};
use crate::rules::RuleSet;

/// One command being decided.
pub(super) struct Case<'a> {
    pub(super) project: &'a Project,
    pub(super) command: &'a ProjectCommand,
    pub(super) context: &'a Context,
    pub(super) lifecycle: &'a Lifecycle,
    pub(super) rules: &'a RuleSet,
    pub(super) step: &'a Step,
}

/// What a theme decided.
pub(super) struct Outcome {
    what: What,
    judgements: Vec<Judgement>,
}

impl From<What> for Outcome {
    fn from(what: What) -> Self {
        Self {
            what,
            judgements: Vec::new(),
        }
    }
}

impl Outcome {
    pub(super) const fn judged(what: What, judgements: Vec<Judgement>) -> Self {
        Self { what, judgements }
    }
}

impl Project {
    /// Decides a command.
    ///
    /// # Errors
    /// A refusal with its code, field, rule and figures.
    pub fn decide(&self, command: &ProjectCommand) -> Result<Vec<ProjectEvent>, ProjectError> {
        if let Action::ReportMonth(report) = &command.action {
            return Ok(vec![self.report_month(report, command)?]);
        }
        let case = Case::open(self, command)?;
        let outcome = case.outcome()?;
        let mut event = ProjectEvent {
            step: case.step.id.clone(),
            actor_id: case.context.actor.id.clone(),
            occurred_on: case.context.occurred_on,
            what: outcome.what,
            papers: command.papers.clone(),
            note: command.note.clone(),
            judgements: outcome.judgements,
            batch: command.context.by_batch.clone(),
            contract: case.taken_by_contract(),
            inspection: command.context.inspection.clone(),
            after: Standing::default(),
        };
        event.after = case.after(&event)?;
        let events = vec![event];
        case.check_batch_told(&events)?;
        Ok(events)
    }
}

impl Case<'_> {
    /// What a batch has approved is counted there and in its plan: a step alone that changes it needs them in the same append.
    fn check_batch_told(&self, events: &[ProjectEvent]) -> Result<(), ProjectError> {
        let Some(batch) = &self.project.batch else {
            return Ok(());
        };
        if self.context.by_batch.is_some() || self.context.batch_is_told {
            return Ok(());
        }
        let mut next = self.project.clone();
        for event in events {
            cqrs_es::Aggregate::apply(&mut next, event.clone());
        }
        let before = self.project.committed(self.lifecycle.money_mode);
        let after = next.committed(self.context.money_mode_after(events));
        if before == after {
            return Ok(());
        }
        Err(refuse("batch-not-told")
            .field("step")
            .param("batch", &batch.number)
            .param("before", before)
            .param("after", after))
    }

    fn outcome(&self) -> Result<Outcome, ProjectError> {
        match &self.command.action {
            Action::Draft(draft) => self.draft(draft),
            Action::Revise(revise) => self.revise(revise),
            Action::Propose(_) => self.propose(),
            Action::Return(reason) => Self::reasoned(reason, What::Returned),
            Action::Refuse(reason) => Self::reasoned(reason, What::Refused),
            Action::Withdraw(reason) => Self::reasoned(reason, What::Withdrawn),
            Action::Appraise(appraisal) => self.appraise(appraisal),
            Action::GiveOpinion(opinion) => self.give_opinion(opinion),
            Action::VerifyOnSite(verification) => self.verify_on_site(verification),
            Action::Register(registration) => Ok(What::Registered(registration.clone()).into()),
            Action::Examine(examination) => self.examine(examination),
            Action::Approve(approval) => self.approve(approval),
            Action::ApproveGroupPlan(plan) => self.approve_group_plan(plan),
            Action::SignContract(contract) => self.sign_contract(contract),
            Action::ReportProgress(progress) => self.report_progress(progress),
            Action::ConfirmProgress(progress) => self.confirm_progress(progress),
            Action::ReportMonth(_) => Err(self.wrong_action()),
            Action::Inspect(inspection) => self.inspect(inspection),
            Action::RaiseFinding(finding) => self.raise_finding(finding),
            Action::CloseFinding(closure) => self.close_finding(closure),
            Action::Disburse(payment) => self.disburse(payment),
            Action::Accept(acceptance) => self.accept(acceptance),
            Action::SubmitSettlement(file) => self.submit_settlement(file),
            Action::Settle(settlement) => self.settle(settlement),
            Action::LiquidateContract(liquidation) => self.liquidate(liquidation),
            Action::Archive(_) => self.archive(),
            Action::Adjust(adjustment) => self.adjust(adjustment),
            Action::Stop(stop) => self.stop(stop),
            Action::ExtendTime(extension) => self.extend_time(extension),
            Action::CarryOverMoney(carry) => self.carry_over(carry),
            Action::AccountLateSettlement(late) => self.account_late(late),
            Action::DeclareForceMajeure(declared) => self.declare_force_majeure(declared),
            Action::Refund(refund) => self.refund(refund),
            Action::RaiseReceivable(receivable) => self.raise_receivable(receivable),
            Action::ScheduleRepayment(schedule) => self.schedule_repayment(schedule),
            Action::Repay(refund) => self.repay(refund),
            Action::Reopen(reopening) => self.reopen(reopening),
            Action::Correct(correction) => self.correct(correction),
            Action::MoveLifecycle(target) => self.move_lifecycle(target),
        }
    }

    /// The state after the event: the step's target, unless the appraisal failed or lines are still to be accepted.
    fn target<'s>(&'s self, what: &What, all_accepted: bool) -> &'s str {
        let stays = self.project.standing.state.as_str();
        let to = self.step.to.as_deref().unwrap_or(stays);
        match what {
            What::Appraised(appraisal) if appraisal.verdict == Verdict::Fail => {
                self.step.on_fail.as_deref().unwrap_or(stays)
            }
            What::Accepted(_) if self.step.until_all_accepted && !all_accepted => stays,
            _ => to,
        }
    }
}
