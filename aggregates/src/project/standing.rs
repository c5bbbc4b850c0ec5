//! Where a project stands after an event. Every event carries it, so that projections and `apply` never read a file or a clock.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::calendar::DueBasis;
use crate::money::Dong;

/// Where a project stands: state, who must act, by when, and the money.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// State id of the pinned lifecycle.
    pub state: String,
    /// The phase that state belongs to: the same for every lifecycle, for funnels and sums.
    pub phase: Phase,
    /// Who must act next: the takers of the lifecycle's main steps out of this state. Empty when nothing is awaited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// The step that is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Day by which it is due, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// How that day came about, where it isn't simply what the lifecycle says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_basis: Option<Box<DueBasis>>,
    /// The figures.
    pub money: Figures,
}

/// Who must act: a role at a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Role.
    pub role: Role,
    /// Unit id.
    pub unit: String,
}

/// The money of a project, đồng, all sources together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Tổng kinh phí (Σ cost of the lines).
    pub total: Dong,
    /// Kinh phí đề nghị hỗ trợ.
    pub requested: Dong,
    /// Kinh phí hỗ trợ được phê duyệt, as it stands now.
    pub approved: Dong,
    /// Giá trị hợp đồng (support in it).
    pub contracted: Dong,
    /// Đã tạm ứng, giải ngân: Σ payments.
    pub disbursed: Dong,
    /// Đã hoàn trả.
    pub refunded: Dong,
    /// Được quyết toán.
    pub settled: Dong,
    /// Còn phải thu hồi.
    pub receivable: Dong,
    /// Recoverable support paid back by schedule.
    #[serde(default)]
    pub repaid: Dong,
}

/// Phases shared by all lifecycles, in order of a normal life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Dự thảo.
    #[default]
    Draft,
    /// Đã nộp.
    Proposed,
    /// Trả lại để bổ sung hồ sơ.
    Returned,
    /// Đang thẩm định (cơ sở, đăng ký, thẩm tra, cấp Bộ).
    Appraisal,
    /// Đã phê duyệt.
    Approved,
    /// Đang thực hiện (contracted, in progress, advances).
    Execution,
    /// Đã nghiệm thu.
    Accepted,
    /// Đang quyết toán.
    Settlement,
    /// Đã quyết toán (settled, liquidated).
    Settled,
    /// Đã lưu trữ.
    Archived,
    /// Không được duyệt.
    Refused,
    /// Ngừng triển khai, xin rút.
    Stopped,
}

impl Phase {
    /// Every phase in order.
    pub const ALL: [Self; 12] = [
        Self::Draft,
        Self::Proposed,
        Self::Returned,
        Self::Appraisal,
        Self::Approved,
        Self::Execution,
        Self::Accepted,
        Self::Settlement,
        Self::Settled,
        Self::Archived,
        Self::Refused,
        Self::Stopped,
    ];

    /// The kebab-case word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Returned => "returned",
            Self::Appraisal => "appraisal",
            Self::Approved => "approved",
            Self::Execution => "execution",
            Self::Accepted => "accepted",
            Self::Settlement => "settlement",
            Self::Settled => "settled",
            Self::Archived => "archived",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
        }
    }
}
