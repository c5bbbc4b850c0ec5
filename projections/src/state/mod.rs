//! What the events of one project have said so far: noted once, shared by all projections, kept beside their rows as JSON so that a
//! restart goes on where it stopped. A pure fold: no file, no clock, no database.

mod lines;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::actor::{Party, Role, Unit};
use dean_aggregates::project::action::{Change, RightEntry};
use dean_aggregates::project::content::{Content, Level, ProjectKind};
use dean_aggregates::project::event::{Drafted, What};
use dean_aggregates::project::month::Duty;
use dean_aggregates::project::standing::Standing;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entry::{Entry, Subject};
use crate::error::{ProjectionError, Result};

pub use lines::Line;

/// The version of this fold and of those in [`known`](crate::known); it counts among the projections' versions, because all of them build
/// on these.
pub(crate) const VERSION: u32 = 3;

/// A project as its events tell it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectState {
    /// Its id.
    pub id: Uuid,
    /// How many events it has.
    pub version: u64,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
    /// When the last event was recorded, microseconds UTC.
    pub last_recorded_at: i64,
    /// Type of the last event.
    pub last_event: String,
    /// Business date of the last event.
    pub last_occurred_on: NaiveDate,
    /// Mã đề án.
    pub code: String,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Programme.
    pub level: Level,
    /// Province code.
    pub province: String,
    /// Code of the lifecycle that holds for it.
    pub lifecycle_code: String,
    /// Its version.
    pub lifecycle_version: String,
    /// Units by party.
    pub units: BTreeMap<Party, Unit>,
    /// Tên đề án.
    pub name: String,
    /// Loại đề án.
    pub kind: ProjectKind,
    /// Names of the beneficiaries; `None` where erased.
    pub beneficiaries: Vec<Option<String>>,
    /// Việc làm: expected, and from the acceptance on reached, persons.
    pub jobs: u32,
    /// Đợt phê duyệt.
    pub batch: Option<String>,
    /// Whether it was approved by norms of another authority.
    pub fallback_norms: bool,
    /// Where it stands.
    pub standing: Standing,
    /// Who is waited for, and since when.
    pub pending: Vec<Pending>,
    /// The last step of its lifecycle, from which the next one's days count.
    pub last_step: Option<LastStep>,
    /// Its support lines with the money attributed to each.
    pub lines: Vec<Line>,
    /// Which months it has to report, once it has a contract.
    pub duty: Option<Duty>,
    /// The months that it has reported, by their first day.
    pub reported: BTreeMap<NaiveDate, ReportedMonth>,
}

/// A reported month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedMonth {
    /// Business date of the first report.
    pub on: NaiveDate,
    /// Whether volume and money were reported line by line, and not figures of progress alone.
    pub whole: bool,
}

/// Someone who must act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Role.
    pub role: Role,
    /// Unit id.
    pub unit: String,
    /// Which step is awaited.
    pub step: String,
    /// Since which business day.
    pub since: NaiveDate,
}

/// The event that last moved the project on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastStep {
    /// Its number within the project.
    pub sequence: u64,
    /// Its business date, as corrected.
    pub occurred_on: NaiveDate,
}

/// Whether an event ended the wait that a deadline measures: it was the awaited step, or the project left its state by another one.
/// Inspections, findings and early reports end nothing.
pub fn ends_wait(before: Option<&ProjectState>, entry: &Entry) -> bool {
    before.is_none_or(|before| {
        before.standing.next_step.as_deref() == Some(entry.event.step.as_str())
            || before.standing.state != entry.event.after.state
    })
}

impl ProjectState {
    fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            version: 0,
            first_position: entry.position,
            last_position: entry.position,
            last_recorded_at: entry.recorded_at,
            last_event: String::new(),
            last_occurred_on: entry.occurred_on,
            code: String::new(),
            plan_year: 0,
            level: Level::National,
            province: String::new(),
            lifecycle_code: String::new(),
            lifecycle_version: String::new(),
            units: BTreeMap::new(),
            name: String::new(),
            kind: ProjectKind::Specific,
            beneficiaries: Vec::new(),
            jobs: 0,
            batch: None,
            fallback_norms: false,
            standing: Standing::default(),
            pending: Vec::new(),
            last_step: None,
            lines: Vec::new(),
            duty: None,
            reported: BTreeMap::new(),
        }
    }

    /// The state after the event.
    pub(crate) fn fold(before: Option<Self>, entry: &Entry) -> Result<Self> {
        let folded = before.as_ref().map_or(0, |before| before.version);
        if entry.sequence != folded + 1 {
            return Err(ProjectionError::OutOfOrder {
                position: entry.position,
                subject: Subject::Project.as_str(),
                id: entry.id,
                expected_after: folded,
                found: entry.sequence,
            });
        }
        let ends_wait = ends_wait(before.as_ref(), entry);
        let mut state = before.unwrap_or_else(|| Self::new(entry));
        state.note(&entry.event.what, entry.occurred_on);
        state.report(entry);
        state.wait(entry);
        if ends_wait {
            state.last_step = Some(LastStep {
                sequence: entry.sequence,
                occurred_on: entry.occurred_on,
            });
        }
        lines::attribute(&mut state, &entry.event.after.money);
        state.standing = entry.event.after.clone();
        state.version = entry.sequence;
        state.last_position = entry.position;
        state.last_recorded_at = entry.recorded_at;
        entry.event.what.name().clone_into(&mut state.last_event);
        state.last_occurred_on = entry.occurred_on;
        Ok(state)
    }

    fn note(&mut self, what: &What, on: NaiveDate) {
        match what {
            What::Drafted(drafted) => self.draft(drafted, on),
            What::Imported(imported) => {
                self.draft(&imported.drafted, imported.history.approval.decision.date);
                self.fallback_norms = imported.fallback_norms;
                lines::approve(&mut self.lines, &imported.lines);
            }
            What::Revised(revised) => self.content(&revised.content, on),
            What::Approved(approved) => {
                self.batch.clone_from(&approved.approval.batch);
                self.fallback_norms = approved.fallback_norms;
                lines::approve(&mut self.lines, &approved.lines);
            }
            What::GroupPlanApproved(plan) => {
                self.beneficiaries = plan
                    .beneficiaries
                    .iter()
                    .map(|one| one.name.get().map(str::to_owned))
                    .collect();
                lines::replace(&mut self.lines, &plan.lines, on);
                lines::approve_as_requested(&mut self.lines);
            }
            What::Adjusted(adjusted) => match &adjusted.adjustment.change {
                Change::Support { lines } => lines::approve(&mut self.lines, lines),
                Change::Content { content, .. } => {
                    self.content(content, on);
                    lines::approve_as_requested(&mut self.lines);
                }
                Change::Time { .. } => {}
            },
            What::Accepted(acceptance) => self.jobs = acceptance.results.jobs,
            What::LifecycleMoved(moved) => {
                self.lifecycle_code.clone_from(&moved.to.code);
                self.lifecycle_version.clone_from(&moved.to.version);
            }
            What::Corrected(corrected) => {
                if let (RightEntry::Date { occurred_on }, Some(last)) =
                    (&corrected.correction.right, &mut self.last_step)
                    && last.sequence == corrected.correction.corrects
                {
                    last.occurred_on = *occurred_on;
                }
            }
            // What these say about the money and the state stands in `after`; the rest is read from the events themselves.
            What::Proposed(_)
            | What::Returned(_)
            | What::Appraised(_)
            | What::OpinionGiven(_)
            | What::SiteVerified(_)
            | What::Registered(_)
            | What::Examined(_)
            | What::Refused(_)
            | What::Withdrawn(_)
            | What::ContractSigned(_)
            | What::ContractAmended(_)
            | What::SettlementClockSet(_)
            | What::ProgressReported(_)
            | What::ProgressConfirmed(_)
            | What::MonthReported(_)
            | What::Inspected(_)
            | What::FindingRaised(_)
            | What::FindingClosed(_)
            | What::Disbursed(_)
            | What::SettlementSubmitted(_)
            | What::Settled(_)
            | What::ContractLiquidated(_)
            | What::Archived(_)
            | What::Stopped(_)
            | What::TimeExtended(_)
            | What::MoneyCarriedOver(_)
            | What::LateSettlementAccounted(_)
            | What::ForceMajeureDeclared(_)
            | What::Refunded(_)
            | What::ReceivableRaised(_)
            | What::RepaymentScheduled(_)
            | What::Repaid(_)
            | What::Reopened(_) => {}
        }
    }

    /// What the event says of monthly reports. A month counts as reported from the first report of its kind on, whatever corrects it.
    fn report(&mut self, entry: &Entry) {
        if let Some(since) = entry.event.what.owes_months_from(entry.occurred_on) {
            self.duty.get_or_insert(Duty { since, until: None });
            return;
        }
        let (month, whole) = match &entry.event.what {
            What::ProgressReported(progress) => (progress.month, false),
            What::MonthReported(reported) => (reported.report.month, true),
            what => {
                let ends = what.ends_monthly_reports();
                if let Some(duty) = self.duty.as_mut().filter(|duty| ends && duty.until.is_none()) {
                    duty.until = Some(entry.occurred_on);
                }
                return;
            }
        };
        let on = entry.occurred_on;
        let known = self.reported.entry(month).or_insert(ReportedMonth { on, whole });
        if whole && !known.whole {
            *known = ReportedMonth { on, whole };
        }
    }

    fn draft(&mut self, drafted: &Drafted, on: NaiveDate) {
        self.code.clone_from(&drafted.code);
        self.plan_year = drafted.plan_year;
        self.level = drafted.level;
        self.province.clone_from(&drafted.province);
        self.lifecycle_code.clone_from(&drafted.lifecycle.code);
        self.lifecycle_version.clone_from(&drafted.lifecycle.version);
        self.units.clone_from(&drafted.units);
        self.content(&drafted.content, on);
    }

    fn content(&mut self, content: &Content, on: NaiveDate) {
        self.name.clone_from(&content.name);
        self.kind = content.kind;
        self.beneficiaries = content
            .beneficiaries
            .iter()
            .map(|one| one.name.get().map(str::to_owned))
            .collect();
        self.jobs = content.results.jobs;
        lines::replace(&mut self.lines, &content.lines, on);
    }

    /// Someone who was already waited for in the same state and for the same step goes on being waited for.
    fn wait(&mut self, entry: &Entry) {
        let after = &entry.event.after;
        let step = after.next_step.clone().unwrap_or_default();
        let goes_on = self.version > 0 && self.standing.state == after.state;
        let before = std::mem::take(&mut self.pending);
        for waiting in &after.waiting {
            if self
                .pending
                .iter()
                .any(|one| one.role == waiting.role && one.unit == waiting.unit)
            {
                continue;
            }
            let since = before
                .iter()
                .find(|one| goes_on && one.role == waiting.role && one.unit == waiting.unit && one.step == step)
                .map_or(entry.occurred_on, |one| one.since);
            self.pending.push(Pending {
                role: waiting.role,
                unit: waiting.unit.clone(),
                step: step.clone(),
                since,
            });
        }
    }

    /// The name of a unit of this project, or its id where the events don't name it.
    pub fn unit_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.units
            .values()
            .find(|unit| unit.id == id)
            .map_or(id, |unit| unit.name.as_str())
    }
}
