//! The events of a batch. Each carries what was decided and the batch's figures after it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::candidate::Candidate;
use super::command::{BatchOpening, ItemOutcome, ProjectChange};
use super::ranking::{Ranking, TieJudgement};
use crate::money::Dong;
use crate::project::papers::{Decision, Paper};

/// One event of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: BatchWhat,
    /// Papers filed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The figures after it.
    pub after: BatchFigures,
}

/// What happened to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchWhat {
    /// Đợt được mở.
    BatchOpened(BatchOpening),
    /// Hạn mức được điều chỉnh.
    CeilingChanged(CeilingChanged),
    /// Đề án được đưa vào danh mục.
    CandidateAdded(Candidate),
    /// Đề án được đưa ra khỏi danh mục.
    CandidateRemoved(CandidateRemoved),
    /// Thứ tự ưu tiên.
    CandidatesRanked(CandidatesRanked),
    /// Quyết định.
    BatchDecided(BatchDecided),
    /// Đề án trong đợt thay đổi riêng, ngoài quyết định của đợt.
    ProjectChanged(ProjectChange),
}

/// Another ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CeilingChanged {
    /// Hạn mức before, đồng.
    pub before: Dong,
    /// Hạn mức now, đồng.
    pub ceiling: Dong,
    /// Lý do.
    pub reason: String,
}

/// No candidate any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateRemoved {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Lý do.
    pub reason: String,
}

/// The candidates in their order, and the judgements in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidatesRanked {
    /// The order.
    pub ranking: Ranking,
    /// The judgements on equals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ties: Vec<TieJudgement>,
}

/// A decision on many đề án at once. Each has its own event in the same append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchDecided {
    /// Quyết định.
    pub decision: Decision,
    /// Each đề án in it.
    pub items: Vec<ItemOutcome>,
    /// Candidates that it leaves out although one behind them is approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// Approved in the batch before it, đồng.
    pub before: Dong,
}

/// A candidate that was left out although one behind it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Its rank.
    pub rank: u16,
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
}

/// The money of a batch, đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BatchFigures {
    /// Hạn mức.
    pub ceiling: Dong,
    /// Σ đã phê duyệt, without what was stopped or cut.
    pub approved: Dong,
}

impl BatchWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BatchOpened(_) => "BatchOpened",
            Self::CeilingChanged(_) => "CeilingChanged",
            Self::CandidateAdded(_) => "CandidateAdded",
            Self::CandidateRemoved(_) => "CandidateRemoved",
            Self::CandidatesRanked(_) => "CandidatesRanked",
            Self::BatchDecided(_) => "BatchDecided",
            Self::ProjectChanged(_) => "ProjectChanged",
        }
    }
}

impl cqrs_es::DomainEvent for BatchEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
