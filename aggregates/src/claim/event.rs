//! The events of a claim: who holds the thing. They name projects by id and code, persons never.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One event of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: ClaimWhat,
}

/// What happened to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimWhat {
    /// Mã đề án được dùng.
    CodeClaimed(OfProject),
    /// Số quyết định được dùng.
    DecisionClaimed(DecisionClaimed),
    /// Đề án xin hỗ trợ cho nội dung chi này.
    SupportClaimed(SupportClaimed),
    /// Đề án thôi xin hỗ trợ cho nội dung chi này.
    SupportReleased(OfProject),
    /// Mã số thuế được liên kết với mã khác của cùng người nộp thuế.
    BeneficiaryLinked(BeneficiaryLinked),
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OfProject {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfBatch {
    /// The batch.
    pub batch: Uuid,
    /// Năm và số của đợt, e.g. `2026-1`.
    pub number: String,
}

/// A decision on paper, as far as it tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionPaper {
    /// Số, ký hiệu.
    pub number: String,
    /// Cơ quan ban hành.
    pub issuer: String,
    /// Ngày.
    pub date: NaiveDate,
}

/// A decision's number is taken: by a batch, which records the paper as a whole, or by a step of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionClaimed {
    /// The paper.
    pub paper: DecisionPaper,
    /// The batch that records it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<OfBatch>,
    /// The project whose step names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<OfProject>,
    /// Whether that step approves the project.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approves: bool,
}

/// By what double support is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SupportKeyKind {
    /// Đơn vị thụ hưởng, by tax code or personal number; with the kind of support or the item.
    Beneficiary,
    /// Hóa đơn.
    Invoice,
    /// Số sê-ri của máy.
    Serial,
}

impl SupportKeyKind {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Beneficiary => "beneficiary",
            Self::Invoice => "invoice",
            Self::Serial => "serial",
        }
    }
}

/// A project is to be supported for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportClaimed {
    /// By what it is recognised.
    pub kind: SupportKeyKind,
    /// The project.
    pub of: OfProject,
    /// For what.
    pub uses: Vec<Use>,
}

/// What is supported: a support line of a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Use {
    /// Number of the line.
    pub line: u16,
    /// Dạng hỗ trợ.
    pub kind: String,
    /// What is supported, e.g. «máy sấy ngô».
    pub item: String,
}

/// Two codes of one taxpayer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeneficiaryLinked {
    /// The claim of the other code.
    pub to: Uuid,
}

impl ClaimWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CodeClaimed(_) => "CodeClaimed",
            Self::DecisionClaimed(_) => "DecisionClaimed",
            Self::SupportClaimed(_) => "SupportClaimed",
            Self::SupportReleased(_) => "SupportReleased",
            Self::BeneficiaryLinked(_) => "BeneficiaryLinked",
        }
    }
}

impl cqrs_es::DomainEvent for ClaimEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
