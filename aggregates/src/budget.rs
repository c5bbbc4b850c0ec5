//! Budget codes and payment orders, as the State Treasury (Kho bạc Nhà nước) books them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Mục lục ngân sách: chương, loại, khoản, tiểu mục. Digits as written, with their leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetCode {
    /// Chương.
    pub chapter: String,
    /// Loại, e.g. `280` (TT 28/2018), `070` before.
    pub category: String,
    /// Khoản, e.g. `309`, `102` before.
    pub item: String,
    /// Tiểu mục.
    pub sub_item: String,
}

/// Ủy nhiệm chi: the order by which the Treasury moved money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentOrder {
    /// Số UNC.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// Kho bạc nơi giao dịch.
    pub treasury: String,
}
