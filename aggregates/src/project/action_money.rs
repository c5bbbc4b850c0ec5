//! The details of the actions that move, settle or claim money.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::papers::Decision;
use crate::budget::{BudgetCode, PaymentOrder};
use crate::money::Dong;

/// Tạm ứng: a payment before settlement (TT 36/2013 Đ13–16: the last one too).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Lần một, tiếp theo, còn lại.
    pub payment: PaymentKind,
    /// Số tiền, đồng.
    pub amount: Dong,
    /// Ủy nhiệm chi.
    pub order: PaymentOrder,
    /// Mục lục ngân sách.
    pub budget: BudgetCode,
}

/// Kinds of payment (TT 36/2013 Đ13–15; pay-after lifecycles use `Rest` alone).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentKind {
    /// Tạm ứng lần một.
    First,
    /// Tạm ứng lần tiếp theo.
    Next,
    /// Tạm ứng kinh phí còn lại.
    Rest,
}

/// Hồ sơ quyết toán (TT 36/2013 Đ18.1, Đ19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementFile {
    /// Có lập hóa đơn cho Cục (Đ19.2) or not (Đ19.1).
    pub with_invoice: bool,
    /// Số đề nghị quyết toán, đồng.
    pub requested: Dong,
}

/// Quyết toán.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Số được quyết toán, đồng.
    pub amount: Dong,
    /// Văn bản quyết toán.
    pub decision: Decision,
}

/// Thanh lý hợp đồng (Mẫu 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liquidation {
    /// Số biên bản thanh lý.
    pub number: String,
}

/// Hạch toán số đã tạm ứng khi quá hạn (TT 36/2013 Đ18.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateSettlement {
    /// Số thanh toán với Kho bạc, đồng.
    pub amount: Dong,
    /// Reason for the delay.
    pub reason: String,
}

/// Bất khả kháng (TT 36/2013 Đ18.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceMajeure {
    /// Nguyên nhân.
    pub cause: String,
    /// Giá trị khối lượng được xác nhận, đồng.
    pub value_confirmed: Dong,
}

/// Hoàn trả, nộp NSNN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Số tiền, đồng.
    pub amount: Dong,
    /// Chứng từ nộp.
    pub order: PaymentOrder,
}

/// Khoản phải thu hồi.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receivable {
    /// Số tiền, đồng.
    pub amount: Dong,
    /// Căn cứ.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// Lịch thu hồi.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepaymentSchedule {
    /// The instalments in order of date.
    pub instalments: Vec<Instalment>,
}

/// Một kỳ thu hồi.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// Due day.
    pub due_on: NaiveDate,
    /// Số tiền, đồng.
    pub amount: Dong,
}

/// Chuyển nguồn: a different act from gia hạn (NĐ 45/2012 Đ14.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryOver {
    /// Văn bản cho phép.
    pub decision: Decision,
    /// Số chuyển nguồn, đồng.
    pub amount: Dong,
    /// From this budget year.
    pub from_year: u16,
    /// To this budget year.
    pub to_year: u16,
}
