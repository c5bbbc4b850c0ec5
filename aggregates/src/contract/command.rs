//! What a command on a contract asks for, with what was looked up. The details stand in the events as they are.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{Appendix, Concluded, Followed};
use crate::money::Dong;
use crate::plan::Circumstances;
use crate::project::action::{ContractForm, SignedFor};
use crate::project::contracted::ClockSettings;
use crate::project::papers::Decision;

/// A command on a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractCommand {
    /// What to do.
    pub action: ContractAction,
    /// By whom, when, on which papers.
    pub circumstances: Circumstances,
}

/// What to do with a contract. What touches its đề án too nobody sends alone, see [`super::together`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractAction {
    /// Ký kết.
    Conclude(Box<Concluded>),
    /// Phụ lục hợp đồng.
    Amend(Box<Appendix>),
    /// Its đề án have moved on.
    Follow(Followed),
    /// Đối chiếu kinh phí.
    Reconcile(ReconciliationPaper),
    /// Thanh lý.
    Liquidate(LiquidationPaper),
}

/// What the contract paper says of all đề án together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Số hợp đồng.
    pub number: String,
    /// Ngày ký.
    pub signed_on: NaiveDate,
    /// Contract, or assignment to a unit under the Ministry.
    #[serde(default)]
    pub form: ContractForm,
    /// Dự toán chi tiết được phê duyệt (TT 36/2013 Đ12.1).
    pub estimate: DetailedEstimate,
    /// Số quyết định phê duyệt kết quả đấu thầu, where Đ3.1 asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tender_result: Option<String>,
    /// For whom it was signed, if not by the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_for: Option<SignedFor>,
    /// How the days of the settlement are counted.
    #[serde(default)]
    pub settlement: ClockSettings,
}

/// Dự toán chi tiết.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailedEstimate {
    /// Quyết định phê duyệt.
    pub decision: Decision,
    /// Kinh phí hỗ trợ in it, đồng.
    pub amount: Dong,
}

/// A đề án that the contract shall cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The project.
    pub project: Uuid,
    /// Kinh phí hỗ trợ in the contract, đồng.
    pub value: Dong,
    /// The step of its lifecycle; found by the contract's form where it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// Phụ lục, as it was written: what each of some đề án gets from now on, or how the settlement is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendixPaper {
    /// Số phụ lục.
    pub number: String,
    /// Quyết định.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
    /// Đề án with another value.
    pub values: Vec<NewValue>,
    /// The detailed estimate as it was changed.
    pub estimate: Option<DetailedEstimate>,
    /// How the days of the settlement are counted from now on.
    pub settlement: Option<ClockSettings>,
}

/// Another value for a đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewValue {
    /// The project.
    pub project: Uuid,
    /// Kinh phí hỗ trợ in the contract from now on, đồng.
    pub value: Dong,
}

/// Bảng đối chiếu kinh phí (Mẫu 10): what the implementer has in its books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationPaper {
    /// Số.
    pub number: String,
    /// Every đề án of the contract.
    pub stated: Vec<Stated>,
}

/// A đề án in the implementer's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// The project.
    pub project: Uuid,
    /// Đã nhận tạm ứng, đồng.
    pub received: Dong,
    /// Đã hoàn trả, đồng.
    pub returned: Dong,
    /// Được quyết toán, đồng.
    pub settled: Dong,
}

/// Biên bản thanh lý hợp đồng (Mẫu 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiquidationPaper {
    /// Số biên bản.
    pub number: String,
    /// Whether it is the implementer's last contract of the year, which needs the reconciliation (TT 36/2013 Đ19.3).
    pub last_of_year: bool,
}
