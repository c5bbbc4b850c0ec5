//! What a project remembers of its events: enough to decide the next step, and no more.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::action::{ContractForm, Instalment, LineSupport, Payment, Progress, Refund};
use super::content::{Content, Level, Units};
use super::contracted::ContractReference;
use super::event::{BatchReference, Pin};
use super::imported::ListRow;
use super::month::{Duty, FiledMonth};
use super::standing::{Figures, Phase, Standing};
use crate::lifecycle::{Lifecycle, Step};
use crate::money::Dong;

/// A đề án.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Project {
    pub(super) identity: Option<Arc<Identity>>,
    pub(super) lifecycle: Pin,
    pub(super) content: Option<Arc<Content>>,
    pub(super) standing: Standing,
    /// How often it was submitted.
    pub(super) round: u16,
    pub(super) approved: Vec<LineSupport>,
    pub(super) accepted: Vec<u16>,
    pub(super) value_accepted: Dong,
    pub(super) payments: Vec<PaymentRecord>,
    pub(super) refunds: Vec<RefundRecord>,
    pub(super) reported: Option<Progress>,
    /// What was reported last of each month, by its first day.
    pub(super) progress: BTreeMap<NaiveDate, Progress>,
    pub(super) confirmed: Option<Progress>,
    /// Monthly reports by the first day of their month.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) reports: BTreeMap<NaiveDate, Arc<FiledMonth>>,
    /// Which months it owes, once it has a contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) duty: Option<Duty>,
    pub(super) findings: Vec<FindingRecord>,
    /// What decisions have claimed back before settlement, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) claims: Vec<ClaimRecord>,
    /// Of the settled sum, claimed back by decision after settlement.
    pub(super) disallowed: Dong,
    pub(super) is_settled: bool,
    pub(super) is_stopped: bool,
    /// Value confirmed in force majeure (TT 36/2013 Đ18.4).
    pub(super) force_majeure: Option<Dong>,
    /// Accounted with the Treasury late (TT 36/2013 Đ18.3).
    pub(super) late_accounted: Dong,
    pub(super) schedule: Vec<Instalment>,
    /// Contract or assignment, once signed.
    pub(super) contract_form: Option<ContractForm>,
    /// The contract over several đề án that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) contract: Option<ContractReference>,
    /// Sequences of its acceptances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) accepted_by: Vec<u64>,
    /// Sequence of the event that stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stopped_by: Option<u64>,
    /// The decision of a batch that approved it.
    #[serde(default)]
    pub(super) batch: Option<BatchReference>,
    /// The date of the decision that approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) approved_on: Option<NaiveDate>,
    /// Kinh phí that the last appraisal recommends.
    #[serde(default)]
    pub(super) recommended: Option<Dong>,
    /// The row of a list that it came from with its history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) imported: Option<ListRow>,
    /// One entry per event, in order.
    pub(super) trail: Vec<Trace>,
    /// Sequence of the event that entered the present state.
    pub(super) entered_by: u64,
}

/// What never changes after drafting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) code: String,
    pub(super) plan_year: u16,
    pub(super) level: Level,
    pub(super) province: String,
    pub(super) units: Units,
}

/// A payment as it stands (after corrections).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRecord {
    /// Sequence of its event within the project.
    pub sequence: u64,
    /// The payment.
    pub payment: Payment,
}

/// What a decision has claimed back before settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClaimRecord {
    /// Sequence of its event within the project.
    pub(super) sequence: u64,
    pub(super) amount: Dong,
}

/// A refund or a repayment as it stands (after corrections).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRecord {
    /// Sequence of its event within the project.
    pub sequence: u64,
    /// The refund.
    pub refund: Refund,
    /// Whether it was a repayment by schedule.
    pub by_schedule: bool,
}

/// A finding of an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// Number.
    pub number: u16,
    /// Whether it is still open.
    pub open: bool,
    /// The inspection over several đề án that raised it, and alone closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Uuid>,
}

/// Who took which step when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trace {
    pub(super) step: Arc<str>,
    pub(super) actor_id: Arc<str>,
    pub(super) occurred_on: NaiveDate,
    /// Whether later steps may not be dated before it.
    pub(super) ordered: bool,
    /// Whether it counts for steps that require it: a verification that bore nothing out doesn't.
    pub(super) counts: bool,
    /// Whether what steps require has to be done anew after it: the file is another one, or was sent back.
    pub(super) renews: bool,
}

impl Project {
    /// Whether it was drafted.
    pub const fn exists(&self) -> bool {
        self.identity.is_some()
    }

    /// Where it stands.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Its figures.
    pub const fn figures(&self) -> &Figures {
        &self.standing.money
    }

    /// The lifecycle that holds for it.
    pub const fn lifecycle_pin(&self) -> &Pin {
        &self.lifecycle
    }

    /// Which unit stands for which party.
    pub fn units(&self) -> Option<&Units> {
        self.identity.as_ref().map(|identity| &identity.units)
    }

    /// The content as it stands: support and counterpart of a line follow the approval and its adjustments.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_deref()
    }

    /// The programme.
    pub fn level(&self) -> Option<Level> {
        self.identity.as_ref().map(|identity| identity.level)
    }

    /// Năm kế hoạch.
    pub fn plan_year(&self) -> Option<u16> {
        self.identity.as_ref().map(|identity| identity.plan_year)
    }

    /// Province whose Sở is responsible.
    pub fn province(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.province.as_str())
    }

    /// Mã đề án.
    pub fn code(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.code.as_str())
    }

    /// Whether it was ever submitted.
    pub const fn was_proposed(&self) -> bool {
        self.round > 0
    }

    /// Whether it is over and nothing was paid or is owed: refused, withdrawn, or stopped before any payment.
    pub fn ended_without_money(&self) -> bool {
        let has_ended = self.is_stopped || matches!(self.standing.phase, Phase::Refused | Phase::Stopped);
        let money = self.figures();
        has_ended && money.disbursed == Dong::ZERO && money.settled == Dong::ZERO
    }

    /// The decision of a batch that approved it.
    pub const fn batch(&self) -> Option<&BatchReference> {
        self.batch.as_ref()
    }

    /// Kinh phí that the last appraisal recommends, đồng; `None` where it named no amount.
    pub const fn recommended(&self) -> Option<Dong> {
        self.recommended
    }

    /// Payments as they stand.
    pub fn payments(&self) -> &[PaymentRecord] {
        &self.payments
    }

    /// Refunds and repayments as they stand.
    pub fn refunds(&self) -> &[RefundRecord] {
        &self.refunds
    }

    /// Approved support per line.
    pub fn approved_lines(&self) -> &[LineSupport] {
        &self.approved
    }

    /// Numbers of the accepted lines.
    pub fn accepted_lines(&self) -> &[u16] {
        &self.accepted
    }

    /// The last reported progress.
    pub const fn reported(&self) -> Option<&Progress> {
        self.reported.as_ref()
    }

    /// The last progress that the Sở confirmed.
    pub const fn confirmed(&self) -> Option<&Progress> {
        self.confirmed.as_ref()
    }

    /// Findings.
    pub fn findings(&self) -> &[FindingRecord] {
        &self.findings
    }

    /// Instalments of recoverable support.
    pub fn schedule(&self) -> &[Instalment] {
        &self.schedule
    }

    /// Contract or assignment, once signed.
    pub const fn contract_form(&self) -> Option<ContractForm> {
        self.contract_form
    }

    /// Number of its events.
    pub fn version(&self) -> u64 {
        self.trail.len() as u64
    }

    /// Day of the last step after which others may not be back-dated.
    pub fn last_step_on(&self) -> Option<NaiveDate> {
        self.trail
            .iter()
            .filter(|trace| trace.ordered)
            .map(|trace| trace.occurred_on)
            .max()
    }

    /// The steps allowed from the present state (the start, when there is no project yet), as far as state and kind of project go.
    pub fn steps_for<'a>(&self, lifecycle: &'a Lifecycle) -> Vec<&'a Step> {
        if !self.exists() {
            return lifecycle.start().into_iter().collect();
        }
        lifecycle
            .steps_from(&self.standing.state)
            .filter(|step| self.fits(step))
            .collect()
    }

    /// Whether this person has taken a step.
    pub fn was_taken_by(&self, step: &str, actor_id: &str) -> bool {
        self.trail
            .iter()
            .any(|trace| *trace.step == *step && trace.actor_id.eq_ignore_ascii_case(actor_id))
    }

    /// When the present state was entered.
    pub(super) fn entered_on(&self) -> Option<NaiveDate> {
        let index = usize::try_from(self.entered_by.checked_sub(1)?).ok()?;
        self.trail.get(index).map(|trace| trace.occurred_on)
    }

    pub(super) fn is_all_accepted(&self) -> bool {
        !self.approved.is_empty()
            && self
                .approved
                .iter()
                .all(|line| line.support == Dong::ZERO || self.accepted.contains(&line.line))
    }
}
