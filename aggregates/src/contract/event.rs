//! The events of a contract. Each carries what was decided and the contract's figures after it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::command::{DetailedEstimate, Stated, Terms};
use crate::actor::Unit;
use crate::money::Dong;
use crate::project::Project;
use crate::project::content::Level;
use crate::project::contracted::{ClockSettings, Progression, SettlementClock};
use crate::project::papers::{Decision, Paper};

/// One event of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: ContractWhat,
    /// Papers filed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The figures after it.
    pub after: ContractFigures,
}

/// What happened to a contract. (`ContractSigned`, `ContractLiquidated` are events of each đề án in it.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContractWhat {
    /// Hợp đồng được ký kết.
    ContractConcluded(Concluded),
    /// Phụ lục hợp đồng.
    AppendixConcluded(Appendix),
    /// Đề án of the contract moved on.
    ProjectsFollowed(Followed),
    /// Đối chiếu kinh phí.
    ContractReconciled(Reconciled),
    /// Thanh lý hợp đồng.
    ContractWoundUp(WoundUp),
}

/// A signed contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concluded {
    /// What it says of all.
    pub terms: Terms,
    /// Programme.
    pub level: Level,
    /// The unit that signed (bên A).
    pub authority: Unit,
    /// Đơn vị thực hiện (bên B).
    pub implementer: Unit,
    /// Its đề án.
    pub projects: Vec<Member>,
}

/// A đề án of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// How far it is.
    pub account: Account,
}

/// What a contract knows of a đề án.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Kinh phí hỗ trợ in the contract, đồng.
    pub contracted: Dong,
    /// Đã tạm ứng, đồng.
    pub disbursed: Dong,
    /// Đã hoàn trả, recoverable support paid back by schedule included, đồng.
    pub refunded: Dong,
    /// Được quyết toán, đồng.
    pub settled: Dong,
    /// Còn phải thu hồi, đồng.
    pub receivable: Dong,
    /// As the settlement clock sees it.
    pub progression: Progression,
    /// Settled or formally ended.
    pub concluded: bool,
}

impl Account {
    /// As the project stands.
    pub fn of(project: &Project) -> Self {
        let money = project.figures();
        Self {
            contracted: money.contracted,
            disbursed: money.disbursed,
            refunded: money.refunded.saturating_add(money.repaid),
            settled: money.settled,
            receivable: money.receivable,
            progression: project.progression(),
            concluded: project.is_concluded(),
        }
    }
}

/// Phụ lục hợp đồng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appendix {
    /// Số phụ lục.
    pub number: String,
    /// Quyết định.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
    /// Đề án with another value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueChange>,
    /// The detailed estimate as it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<DetailedEstimate>,
    /// How the days of the settlement are counted from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<ClockSettings>,
}

/// Another value for a đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueChange {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Kinh phí hỗ trợ in the contract before, đồng.
    pub before: Dong,
    /// From now on, đồng.
    pub value: Dong,
}

/// Đề án that moved on, as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// Those that changed.
    pub projects: Vec<Member>,
}

/// Both sides have the same figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// Số.
    pub number: String,
    /// Each đề án, as both have it.
    pub rows: Vec<Stated>,
}

/// A liquidated contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WoundUp {
    /// Số biên bản thanh lý.
    pub number: String,
    /// Whether it was the implementer's last contract of the year.
    pub last_of_year: bool,
    /// The reconciliation that holds for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation: Option<String>,
}

/// The money of a contract, đồng, and its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContractFigures {
    /// Σ kinh phí hỗ trợ in it.
    pub value: Dong,
    /// Σ đã tạm ứng.
    pub disbursed: Dong,
    /// Σ đã hoàn trả.
    pub refunded: Dong,
    /// Σ được quyết toán.
    pub settled: Dong,
    /// Σ còn phải thu hồi.
    pub receivable: Dong,
    /// The settlement clock, once it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<SettlementClock>,
}

impl ContractWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ContractConcluded(_) => "ContractConcluded",
            Self::AppendixConcluded(_) => "AppendixConcluded",
            Self::ProjectsFollowed(_) => "ProjectsFollowed",
            Self::ContractReconciled(_) => "ContractReconciled",
            Self::ContractWoundUp(_) => "ContractWoundUp",
        }
    }
}

impl cqrs_es::DomainEvent for ContractEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
