//! What a command on a unit's report asks for, with what was looked up.

use serde::{Deserialize, Serialize};

use super::duty::ReportDuty;
use super::figures::{Drawn, Stated};
use super::period::Period;
use crate::actor::Unit;
use crate::plan::Circumstances;
use crate::project::event::Pin;

/// A command on a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportCommand {
    /// File or correct.
    pub action: ReportAction,
    /// The unit whose report it is, with the name of the day.
    pub unit: Unit,
    /// The period.
    pub period: Period,
    /// What the officer says.
    pub filing: PeriodFiling,
    /// What the ledger says.
    pub drawn: Drawn,
    /// The duty by which the unit owes it, with its text; `None` where nothing published asks for it.
    pub duty: Option<(Pin, ReportDuty)>,
    /// By whom, when, on which papers.
    pub circumstances: Circumstances,
}

/// What to do with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportAction {
    /// Gửi.
    File,
    /// Đính chính.
    Correct {
        /// Lý do.
        reason: String,
    },
}

/// What the officer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodFiling {
    /// The figures, programme by programme.
    pub stated: Vec<Stated>,
    /// Why they differ from the ledger's, if they do.
    #[serde(default)]
    pub explanation: String,
    /// Kết quả thực hiện.
    pub results: String,
    /// Khó khăn, vướng mắc.
    #[serde(default)]
    pub difficulties: String,
    /// Đề xuất, kiến nghị.
    #[serde(default)]
    pub proposals: String,
}
