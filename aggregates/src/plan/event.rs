//! The events of a plan. Each carries what was decided and the plan's figures after it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::command::{BatchReservation, ChangeBooking, DecisionBooking, EstimateAssignment, EstimateChange};
use crate::money::Dong;
use crate::project::papers::Paper;

/// One event of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: PlanWhat,
    /// Papers filed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The figures after it.
    pub after: PlanFigures,
}

/// What happened to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanWhat {
    /// Dự toán được giao.
    EstimateAssigned(EstimateAssignment),
    /// Dự toán được điều chỉnh.
    EstimateChanged(EstimateChanged),
    /// Đợt được mở trong kế hoạch.
    BatchReserved(BatchReservation),
    /// Hạn mức của đợt được điều chỉnh.
    BatchCeilingChanged(BatchCeilingChanged),
    /// Quyết định của đợt.
    DecisionBooked(DecisionBooking),
    /// Thay đổi riêng của một đề án trong đợt (ngừng, giảm, hoàn trả…).
    ChangeBooked(ChangeBooking),
}

/// Another estimate, and whether what stands still fits into it. A cut below that is no error (the budget is cut by others): it is flagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateChanged {
    /// As decided.
    pub change: EstimateChange,
    /// The estimate before, đồng.
    pub before: Dong,
    /// How far what is approved exceeds the estimate now, đồng; 0: it fits.
    pub approved_above: Dong,
    /// How far the ceilings exceed the estimate now, đồng; 0: they fit.
    pub reserved_above: Dong,
}

/// Another ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCeilingChanged {
    /// Đợt số.
    pub number: u16,
    /// Hạn mức before, đồng.
    pub before: Dong,
    /// Hạn mức now, đồng.
    pub ceiling: Dong,
    /// Lý do.
    pub reason: String,
}

/// The money of a plan, đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanFigures {
    /// Dự toán được giao, as it stands.
    pub estimate: Dong,
    /// Σ hạn mức các đợt.
    pub reserved: Dong,
    /// Σ đã phê duyệt trong các đợt, without what was stopped or cut.
    pub approved: Dong,
}

impl PlanWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::EstimateAssigned(_) => "EstimateAssigned",
            Self::EstimateChanged(_) => "EstimateChanged",
            Self::BatchReserved(_) => "BatchReserved",
            Self::BatchCeilingChanged(_) => "BatchCeilingChanged",
            Self::DecisionBooked(_) => "DecisionBooked",
            Self::ChangeBooked(_) => "ChangeBooked",
        }
    }
}

impl cqrs_es::DomainEvent for PlanEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
