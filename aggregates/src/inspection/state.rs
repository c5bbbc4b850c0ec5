//! What an inspection remembers of its events, and `apply`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::command::{Conclusion, FindingKind};
use super::event::{FindingRecorded, InspectionEvent, InspectionFigures, InspectionWhat, Ordered};
use crate::actor::Unit;
use crate::money::Dong;

/// Cuộc kiểm tra.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inspection {
    ordered: Option<Ordered>,
    figures: InspectionFigures,
    visits: Vec<Visit>,
    findings: BTreeMap<u16, Finding>,
    conclusion: Option<Conclusion>,
}

/// A visit to a đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Ngày kiểm tra.
    pub visited_on: NaiveDate,
    /// Số biên bản.
    pub minutes: String,
}

/// A finding as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Number within the project.
    pub in_project: u16,
    /// Loại.
    pub kind: FindingKind,
    /// Nội dung.
    pub text: String,
    /// Số tiền kiến nghị thu hồi, đồng.
    pub amount: Dong,
    /// Recovery ordered, đồng.
    pub recovery: Dong,
    /// The unit that has to remedy it.
    pub owner: Unit,
    /// Thời hạn.
    pub due_on: NaiveDate,
    /// Kiến nghị.
    pub recommendation: String,
    /// Answers so far.
    pub answers: Vec<Answered>,
    /// How it stands.
    pub status: FindingStatus,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Who recorded it.
    pub actor_id: String,
    /// When.
    pub occurred_on: NaiveDate,
    /// Nội dung.
    pub text: String,
}

/// How a finding stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingStatus {
    /// To be remedied.
    Open,
    /// Remedied, with evidence.
    Remedied,
    /// Given to another authority.
    HandedOn {
        /// Cơ quan tiếp nhận.
        to: String,
    },
}

impl Inspection {
    /// Whether it was ordered.
    pub const fn exists(&self) -> bool {
        self.ordered.is_some()
    }

    /// How it was ordered.
    pub const fn ordered(&self) -> Option<&Ordered> {
        self.ordered.as_ref()
    }

    /// Its figures.
    pub const fn figures(&self) -> &InspectionFigures {
        &self.figures
    }

    /// Its visits, in the order of recording.
    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// Its findings by number.
    pub const fn findings(&self) -> &BTreeMap<u16, Finding> {
        &self.findings
    }

    /// Its conclusion, once it is closed.
    pub const fn conclusion(&self) -> Option<&Conclusion> {
        self.conclusion.as_ref()
    }

    /// The đề án that it visited.
    pub fn projects(&self) -> BTreeSet<Uuid> {
        self.visits.iter().map(|visit| visit.project).collect()
    }

    /// The đề án of a finding.
    pub fn project_of(&self, finding: u16) -> Option<Uuid> {
        self.findings.get(&finding).map(|finding| finding.project)
    }

    pub(super) fn figures_of(&self) -> InspectionFigures {
        let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let sum = |of: fn(&Finding) -> Dong| self.findings.values().map(of).fold(Dong::ZERO, Dong::saturating_add);
        let having = |is: fn(&FindingStatus) -> bool| {
            count(self.findings.values().filter(|finding| is(&finding.status)).count())
        };
        InspectionFigures {
            projects: count(self.projects().len()),
            findings: count(self.findings.len()),
            open: having(|status| *status == FindingStatus::Open),
            handed_on: having(|status| matches!(status, FindingStatus::HandedOn { .. })),
            amount: sum(|finding| finding.amount),
            recovery: sum(|finding| finding.recovery),
        }
    }

    pub(super) fn record(&mut self, event: InspectionEvent) {
        self.figures = event.after;
        match event.what {
            InspectionWhat::InspectionOrdered(ordered) => self.ordered = Some(ordered),
            InspectionWhat::ProjectVisited(visited) => self.visits.push(Visit {
                project: visited.project,
                code: visited.code,
                visited_on: visited.visited_on,
                minutes: visited.minutes,
            }),
            InspectionWhat::FindingRecorded(recorded) => {
                self.findings.insert(recorded.number, Finding::of(recorded));
            }
            InspectionWhat::FindingAnswered(answer) => {
                if let Some(finding) = self.findings.get_mut(&answer.finding) {
                    finding.answers.push(Answered {
                        actor_id: event.actor_id,
                        occurred_on: event.occurred_on,
                        text: answer.text,
                    });
                }
            }
            InspectionWhat::RecoveryOrdered(recovery) => {
                if let Some(finding) = self.findings.get_mut(&recovery.finding) {
                    finding.recovery = finding.recovery.saturating_add(recovery.amount);
                }
            }
            InspectionWhat::FindingRemedied(closure) => self.set(closure.finding, FindingStatus::Remedied),
            InspectionWhat::FindingHandedOn(handing) => {
                self.set(handing.finding, FindingStatus::HandedOn { to: handing.to });
            }
            InspectionWhat::InspectionConcluded(conclusion) => self.conclusion = Some(conclusion),
        }
    }

    fn set(&mut self, finding: u16, status: FindingStatus) {
        if let Some(finding) = self.findings.get_mut(&finding) {
            finding.status = status;
        }
    }
}

impl Finding {
    fn of(recorded: FindingRecorded) -> Self {
        Self {
            project: recorded.project,
            code: recorded.code,
            in_project: recorded.in_project,
            kind: recorded.kind,
            text: recorded.text,
            amount: recorded.amount,
            recovery: Dong::ZERO,
            owner: recorded.owner,
            due_on: recorded.due_on,
            recommendation: recorded.recommendation,
            answers: Vec::new(),
            status: FindingStatus::Open,
        }
    }
}
