//! The events of an inspection. Each carries what was decided and the inspection's figures after it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::command::{AnswerPaper, ClosurePaper, Conclusion, FindingKind, HandingOn, OrderPaper, RecoveryPaper};
use crate::actor::{Party, Unit};
use crate::money::Dong;
use crate::project::papers::Paper;

/// One event of an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectionEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: InspectionWhat,
    /// Papers filed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The figures after it.
    pub after: InspectionFigures,
}

/// What happened to an inspection. (`Inspected`, `FindingRaised`, `ReceivableRaised`, `FindingClosed` are events of the đề án.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InspectionWhat {
    /// Quyết định kiểm tra.
    InspectionOrdered(Ordered),
    /// Đã kiểm tra tại đề án.
    ProjectVisited(ProjectVisited),
    /// Kiến nghị được ghi nhận.
    FindingRecorded(FindingRecorded),
    /// Giải trình.
    FindingAnswered(AnswerPaper),
    /// Quyết định thu hồi.
    RecoveryOrdered(RecoveryPaper),
    /// Kiến nghị đã thực hiện.
    FindingRemedied(ClosurePaper),
    /// Kiến nghị đã chuyển.
    FindingHandedOn(HandingOn),
    /// Kết thúc cuộc kiểm tra.
    InspectionConcluded(Conclusion),
}

/// An ordered inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// The unit that inspects.
    pub authority: Unit,
    /// As it was written.
    pub order: OrderPaper,
}

/// A visited đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectVisited {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Ngày kiểm tra.
    pub visited_on: NaiveDate,
    /// Số biên bản.
    pub minutes: String,
    /// Kết quả.
    pub result: String,
    /// Whether it was after the last day that the decision names.
    pub late: bool,
}

/// A finding on a đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecorded {
    /// Number within the inspection, from 1.
    pub number: u16,
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
    /// Which party of the đề án has to remedy it.
    pub party: Party,
    /// The unit that it is.
    pub owner: Unit,
    /// Thời hạn.
    pub due_on: NaiveDate,
    /// Kiến nghị.
    pub recommendation: String,
}

/// Counts and money of an inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InspectionFigures {
    /// Đề án visited.
    pub projects: u16,
    /// Kiến nghị.
    pub findings: u16,
    /// Of these, open.
    pub open: u16,
    /// Of these, handed on.
    pub handed_on: u16,
    /// Σ kiến nghị thu hồi, đồng.
    pub amount: Dong,
    /// Σ recovery ordered, đồng.
    pub recovery: Dong,
}

impl InspectionWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::InspectionOrdered(_) => "InspectionOrdered",
            Self::ProjectVisited(_) => "ProjectVisited",
            Self::FindingRecorded(_) => "FindingRecorded",
            Self::FindingAnswered(_) => "FindingAnswered",
            Self::RecoveryOrdered(_) => "RecoveryOrdered",
            Self::FindingRemedied(_) => "FindingRemedied",
            Self::FindingHandedOn(_) => "FindingHandedOn",
            Self::InspectionConcluded(_) => "InspectionConcluded",
        }
    }
}

impl cqrs_es::DomainEvent for InspectionEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
