//! What is to be done in a life, and by which step of its lifecycle.

use chrono::NaiveDate;
use dean_aggregates::lifecycle::{Authority, Lifecycle, Step};
use dean_aggregates::project::action::{AppraisalLevel, ContractForm, PaymentKind};
use dean_aggregates::project::{ActionKind, Project};

use super::dice::Dice;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Want {
    Draft,
    Revise,
    Propose,
    Return,
    Appraise {
        level: AppraisalLevel,
        pass: bool,
    },
    Opine,
    Verify,
    Register,
    Examine,
    /// To be a candidate of the batch with this number.
    Nominate(u16),
    /// By the decision of the batch with this number.
    Approve(u16),
    Refuse,
    Withdraw,
    GroupPlan,
    Sign(ContractForm),
    /// With others of the same implementer, by one contract.
    SignTogether,
    /// Share of all work done so far, per cent.
    Report(u32),
    Confirm,
    Inspect,
    RaiseFinding(u16),
    CloseFinding(u16),
    First,
    Next,
    /// Every line, or the first one only.
    Accept {
        all: bool,
    },
    Rest,
    /// Share of what may be settled, per cent.
    SubmitSettlement(u32),
    Settle(u32),
    Liquidate,
    Archive,
    Adjust(Authority),
    Stop {
        on_request: bool,
    },
    /// On request, by a decision of the batch.
    StopByBatch,
    Extend,
    CarryOver,
    AccountLate,
    ForceMajeure,
    /// What is due, or so many per cent of what was paid.
    Refund(u32),
    /// Per cent of what was paid.
    Receivable(u32),
    Schedule,
    Repay,
    Reopen,
    Correct,
    Move,
}

/// A want on its day.
#[derive(Debug, Clone)]
pub(super) struct Beat {
    pub(super) on: NaiveDate,
    pub(super) want: Want,
    /// Whether the life can't go on without it.
    pub(super) needed: bool,
}

impl Want {
    fn action(&self) -> ActionKind {
        match self {
            Self::Draft => ActionKind::Draft,
            Self::Revise => ActionKind::Revise,
            Self::Propose => ActionKind::Propose,
            Self::Return => ActionKind::Return,
            Self::Appraise { .. } => ActionKind::Appraise,
            Self::Opine => ActionKind::GiveOpinion,
            Self::Verify => ActionKind::VerifyOnSite,
            Self::Register => ActionKind::Register,
            Self::Examine => ActionKind::Examine,
            Self::Nominate(_) | Self::Approve(_) => ActionKind::Approve,
            Self::Refuse => ActionKind::Refuse,
            Self::Withdraw => ActionKind::Withdraw,
            Self::GroupPlan => ActionKind::ApproveGroupPlan,
            Self::Sign(_) | Self::SignTogether => ActionKind::SignContract,
            Self::Report(_) => ActionKind::ReportProgress,
            Self::Confirm => ActionKind::ConfirmProgress,
            Self::Inspect => ActionKind::Inspect,
            Self::RaiseFinding(_) => ActionKind::RaiseFinding,
            Self::CloseFinding(_) => ActionKind::CloseFinding,
            Self::First | Self::Next | Self::Rest => ActionKind::Disburse,
            Self::Accept { .. } => ActionKind::Accept,
            Self::SubmitSettlement(_) => ActionKind::SubmitSettlement,
            Self::Settle(_) => ActionKind::Settle,
            Self::Liquidate => ActionKind::LiquidateContract,
            Self::Archive => ActionKind::Archive,
            Self::Adjust(_) => ActionKind::Adjust,
            Self::Stop { .. } | Self::StopByBatch => ActionKind::Stop,
            Self::Extend => ActionKind::ExtendTime,
            Self::CarryOver => ActionKind::CarryOverMoney,
            Self::AccountLate => ActionKind::AccountLateSettlement,
            Self::ForceMajeure => ActionKind::DeclareForceMajeure,
            Self::Refund(_) => ActionKind::Refund,
            Self::Receivable(_) => ActionKind::RaiseReceivable,
            Self::Schedule => ActionKind::ScheduleRepayment,
            Self::Repay => ActionKind::Repay,
            Self::Reopen => ActionKind::Reopen,
            Self::Correct => ActionKind::Correct,
            Self::Move => ActionKind::MoveLifecycle,
        }
    }

    /// Whether it is one of the things that a batch decides, on the day of its decision.
    pub(super) const fn is_by_batch(&self) -> bool {
        matches!(
            self,
            Self::Approve(_) | Self::StopByBatch | Self::Adjust(Authority::Province | Authority::Ministry)
        )
    }

    fn payment(&self) -> Option<PaymentKind> {
        match self {
            Self::First => Some(PaymentKind::First),
            Self::Next => Some(PaymentKind::Next),
            Self::Rest => Some(PaymentKind::Rest),
            _ => None,
        }
    }

    fn is_done_by(&self, step: &Step) -> bool {
        step.action == self.action()
            && match self {
                Self::Appraise { level, .. } => step.appraisal == Some(*level),
                Self::First | Self::Next | Self::Rest => step.payment == self.payment(),
                Self::Adjust(Authority::Ministry) => {
                    matches!(step.authority, Some(Authority::Province | Authority::Ministry))
                }
                Self::Adjust(authority) => step.authority == Some(*authority),
                Self::Sign(form) => step.contract_form.is_none_or(|known| known == *form),
                Self::SignTogether => step.contract_form.is_none_or(|known| known == ContractForm::Contract),
                Self::Stop { on_request } => step.on_request == Some(*on_request),
                Self::StopByBatch => step.on_request == Some(true),
                _ => true,
            }
    }

    /// The step that does it in the state in which the project is; one of several by chance.
    pub(super) fn step<'a>(&self, project: &Project, lifecycle: &'a Lifecycle, dice: &mut Dice) -> Option<&'a Step> {
        let mut steps: Vec<&Step> = project
            .steps_for(lifecycle)
            .into_iter()
            .filter(|step| self.is_done_by(step) && project.unmet(lifecycle, step).is_none())
            .collect();
        // A step made for this implementer goes before those for all.
        if steps.iter().any(|step| !step.implementers.is_empty()) {
            steps.retain(|step| !step.implementers.is_empty());
        }
        if steps.is_empty() {
            None
        } else {
            Some(steps[dice.index(steps.len())])
        }
    }
}
