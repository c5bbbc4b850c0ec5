//! The events of a unit's report.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::figures::{Difference, Drawn, Stated};
use super::period::Period;
use crate::actor::Unit;
use crate::project::event::Pin;
use crate::project::papers::Paper;

/// One event of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: ReportWhat,
    /// Papers filed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What happened to a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReportWhat {
    /// Báo cáo kỳ được gửi.
    PeriodReported(Box<FiledPeriod>),
    /// Báo cáo kỳ được đính chính.
    PeriodReportCorrected(Box<PeriodCorrected>),
}

/// A report as it was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledPeriod {
    /// Whose, with the name of the day.
    pub unit: Unit,
    /// Of what.
    pub period: Period,
    /// By when it was due, and by which text.
    pub due: DueReport,
    /// By the ledger.
    pub drawn: Drawn,
    /// By the officer: each programme that the ledger has, and any other.
    pub stated: Vec<Stated>,
    /// Where the two differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Why they differ.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explanation: String,
    /// Kết quả thực hiện.
    pub results: String,
    /// Khó khăn, vướng mắc.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub difficulties: String,
    /// Đề xuất, kiến nghị.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proposals: String,
}

/// By when a report is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueReport {
    /// The last day, inclusive.
    pub due_on: NaiveDate,
    /// The published text that says so.
    pub rule: Pin,
    /// Id of the duty in it.
    pub duty: String,
    /// The article, or what it rests on where no article says a day.
    pub article: String,
}

/// Both reports, the earlier and the right one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodCorrected {
    /// Lý do.
    pub reason: String,
    /// As it stood.
    pub before: FiledPeriod,
    /// As it stands.
    pub after: FiledPeriod,
}

impl ReportWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PeriodReported(_) => "PeriodReported",
            Self::PeriodReportCorrected(_) => "PeriodReportCorrected",
        }
    }
}

impl cqrs_es::DomainEvent for ReportEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
