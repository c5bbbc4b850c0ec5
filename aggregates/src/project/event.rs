//! The events of a đề án: the closed vocabulary. Each carries what was decided, the papers it rests on, the arithmetic of its money
//! rules and where the project stands after it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::action::{
    Acceptance, Adjustment, Appraisal, Approval, CarryOver, Contract, Correction, Examination, Finding, FindingClosure,
    ForceMajeure, GroupPlan, Inspection, LateSettlement, Liquidation, Opinion, Payment, Progress, Reason, Receivable,
    Refund, Registration, Reopening, RepaymentSchedule, Settlement, SettlementFile, SiteVerification, Stop,
    TimeExtension,
};
use super::content::{Content, Level, Units};
use super::contracted::{ContractAmended, ContractReference, InspectionReference, SettlementClockSet};
use super::imported::Imported;
use super::month::MonthReported;
use super::papers::Paper;
use super::standing::Standing;
use crate::money::{Dong, Rate};

/// One event of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectEvent {
    /// The lifecycle step that was taken.
    pub step: String,
    /// Who took it: the actor's id. Separation of duties needs it in `apply`, which doesn't see the envelope.
    pub actor_id: String,
    /// Business date: that of the envelope, here because `apply` doesn't see the envelope.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: What,
    /// Papers filed with the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The arithmetic of the money rules that were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<Judgement>,
    /// The decision of a batch that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchReference>,
    /// The contract over several đề án that took the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractReference>,
    /// The inspection that took the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<InspectionReference>,
    /// Where the project stands now.
    pub after: Standing,
}

/// What happened. The five that carry the life: `Proposed`, `Appraised`, `Approved`, `Disbursed`, `Settled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Đề án được lập.
    Drafted(Drafted),
    /// Nhập từ danh sách, kèm những gì đã diễn ra; no step.
    Imported(Box<Imported>),
    /// Dự thảo được sửa, hồ sơ được hoàn thiện.
    Revised(Revised),
    /// Đề án được nộp.
    Proposed(Proposed),
    /// Trả lại để bổ sung hồ sơ.
    Returned(Reason),
    /// Thẩm định.
    Appraised(Appraisal),
    /// Ý kiến được cho.
    OpinionGiven(Opinion),
    /// Đã kiểm tra thực tế tại cơ sở.
    SiteVerified(SiteVerification),
    /// Đăng ký.
    Registered(Registration),
    /// Thẩm tra.
    Examined(Examination),
    /// Phê duyệt.
    Approved(Approved),
    /// Không phê duyệt.
    Refused(Reason),
    /// Xin rút.
    Withdrawn(Reason),
    /// Kế hoạch nhóm được duyệt.
    GroupPlanApproved(GroupPlan),
    /// Ký hợp đồng.
    ContractSigned(Contract),
    /// Phụ lục of a contract over several đề án; told by the contract, no step.
    ContractAmended(ContractAmended),
    /// The settlement clock of a contract over several đề án; told by the contract, no step.
    SettlementClockSet(SettlementClockSet),
    /// Báo cáo tiến độ.
    ProgressReported(Progress),
    /// Sở xác nhận.
    ProgressConfirmed(Progress),
    /// Báo cáo tháng.
    MonthReported(Box<MonthReported>),
    /// Kiểm tra.
    Inspected(Inspection),
    /// Kiến nghị.
    FindingRaised(Finding),
    /// Kiến nghị đã đóng.
    FindingClosed(FindingClosure),
    /// Tạm ứng.
    Disbursed(Payment),
    /// Nghiệm thu cơ sở.
    Accepted(Acceptance),
    /// Hồ sơ quyết toán được nộp.
    SettlementSubmitted(SettlementFile),
    /// Quyết toán.
    Settled(Settled),
    /// Thanh lý hợp đồng.
    ContractLiquidated(Liquidation),
    /// Lưu trữ.
    Archived(Archived),
    /// Điều chỉnh.
    Adjusted(Adjusted),
    /// Ngừng triển khai.
    Stopped(Stop),
    /// Gia hạn.
    TimeExtended(TimeExtension),
    /// Chuyển nguồn.
    MoneyCarriedOver(CarryOver),
    /// Hạch toán quyết toán muộn.
    LateSettlementAccounted(LateSettlement),
    /// Bất khả kháng.
    ForceMajeureDeclared(ForceMajeure),
    /// Hoàn trả.
    Refunded(Refund),
    /// Khoản phải thu.
    ReceivableRaised(Receivable),
    /// Lịch thu hồi.
    RepaymentScheduled(RepaymentSchedule),
    /// Thu hồi theo lịch.
    Repaid(Refund),
    /// Mở lại.
    Reopened(Reopening),
    /// Đính chính.
    Corrected(Corrected),
    /// Chuyển quy trình.
    LifecycleMoved(LifecycleMoved),
}

/// The decision of a batch (đợt) of which an event is part: its other events stand in the same append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReference {
    /// The batch.
    pub batch: Uuid,
    /// Năm và số của đợt, e.g. `2026-1`.
    pub number: String,
    /// Số, ký hiệu của quyết định.
    pub decision: String,
}

/// Published text that a project is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pin {
    /// Code, e.g. `kcqg`.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of its text, hex.
    pub sha256: String,
}

/// A new project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// Mã đề án.
    pub code: String,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Programme.
    pub level: Level,
    /// Province whose Sở is responsible.
    pub province: String,
    /// The lifecycle that holds for it.
    pub lifecycle: Pin,
    /// Which unit stands for which party, with the names of the day.
    pub units: Units,
    /// Content.
    pub content: Content,
}

/// New content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revised {
    /// The content as it is now.
    pub content: Content,
}

/// Submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// Kinh phí đề nghị, đồng.
    pub requested: Dong,
    /// Which time it is submitted, from 1.
    pub round: u16,
}

/// Approved: the decision with the resulting figures of every line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// As asked.
    pub approval: Approval,
    /// Approved support of every line.
    pub lines: Vec<super::action::LineSupport>,
    /// Their sum, đồng.
    pub support: Dong,
    /// Whether norms of another authority were used because the responsible one's are not loaded.
    #[serde(default)]
    pub fallback_norms: bool,
}

/// Settled, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// As decided.
    pub settlement: Settlement,
    /// Still to be refunded: disbursed − refunded − settled, đồng.
    pub refund_due: Dong,
    /// Still to be paid (pay-after lifecycles): settled − disbursed, đồng.
    pub payable: Dong,
}

/// Archived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Lưu đến hết ngày.
    pub keep_until: NaiveDate,
}

/// Adjusted, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusted {
    /// As decided.
    pub adjustment: Adjustment,
    /// Support before, đồng.
    pub support_before: Dong,
    /// Support now, đồng.
    pub support_after: Dong,
}

/// Both entries, the mistaken and the right one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The correction with the right entry.
    pub correction: Correction,
    /// The mistaken entry, in the same shape.
    pub wrong: super::action::RightEntry,
}

/// The lifecycle changed under a running project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleMoved {
    /// Until now.
    pub from: Pin,
    /// From now on.
    pub to: Pin,
    /// Căn cứ.
    pub reason: String,
}

/// How a money rule was applied: enough to redo the sum by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Which rule, e.g. `norm`, `advance-ceiling`, `support-ceiling`.
    pub rule: String,
    /// Source, e.g. `TT 28/2018/TT-BTC Đ8`.
    pub article: String,
    /// The text it comes from.
    pub rule_set: Pin,
    /// The support line it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u16>,
    /// The figure judged, đồng.
    pub amount: Dong,
    /// The limit found, đồng.
    pub limit: Dong,
    /// Base of the rate, đồng (cost, contract value, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Dong>,
    /// Rate on the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Cap per unit, đồng.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Dong>,
    /// Units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u32>,
    /// Priority factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplift: Option<Rate>,
    /// The sum written out, e.g. `300.000.000 = min(50 % × 700.000.000; 1 × 300.000.000)`.
    pub formula: String,
}

impl What {
    /// From which day on monthly reports are owed, if it is by this event: the signing; for a đề án that comes from a list with its history
    /// the day as of which the list holds, if it goes on under a contract: what was reported before is not in this ledger.
    pub fn owes_months_from(&self, occurred_on: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::ContractSigned(contract) => Some(contract.signed_on),
            Self::Imported(imported) => {
                let history = &imported.history;
                let goes_on = history.contract.is_some() && history.settlement.is_none() && history.stop.is_none();
                goes_on.then_some(occurred_on)
            }
            _ => None,
        }
    }

    /// Whether no monthly report is owed any more from its day on: the settlement file takes their place, or nothing goes on.
    pub const fn ends_monthly_reports(&self) -> bool {
        matches!(self, Self::SettlementSubmitted(_) | Self::Settled(_) | Self::Stopped(_))
    }

    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Drafted(_) => "Drafted",
            Self::Imported(_) => "Imported",
            Self::Revised(_) => "Revised",
            Self::Proposed(_) => "Proposed",
            Self::Returned(_) => "Returned",
            Self::Appraised(_) => "Appraised",
            Self::OpinionGiven(_) => "OpinionGiven",
            Self::SiteVerified(_) => "SiteVerified",
            Self::Registered(_) => "Registered",
            Self::Examined(_) => "Examined",
            Self::Approved(_) => "Approved",
            Self::Refused(_) => "Refused",
            Self::Withdrawn(_) => "Withdrawn",
            Self::GroupPlanApproved(_) => "GroupPlanApproved",
            Self::ContractSigned(_) => "ContractSigned",
            Self::ContractAmended(_) => "ContractAmended",
            Self::SettlementClockSet(_) => "SettlementClockSet",
            Self::ProgressReported(_) => "ProgressReported",
            Self::ProgressConfirmed(_) => "ProgressConfirmed",
            Self::MonthReported(_) => "MonthReported",
            Self::Inspected(_) => "Inspected",
            Self::FindingRaised(_) => "FindingRaised",
            Self::FindingClosed(_) => "FindingClosed",
            Self::Disbursed(_) => "Disbursed",
            Self::Accepted(_) => "Accepted",
            Self::SettlementSubmitted(_) => "SettlementSubmitted",
            Self::Settled(_) => "Settled",
            Self::ContractLiquidated(_) => "ContractLiquidated",
            Self::Archived(_) => "Archived",
            Self::Adjusted(_) => "Adjusted",
            Self::Stopped(_) => "Stopped",
            Self::TimeExtended(_) => "TimeExtended",
            Self::MoneyCarriedOver(_) => "MoneyCarriedOver",
            Self::LateSettlementAccounted(_) => "LateSettlementAccounted",
            Self::ForceMajeureDeclared(_) => "ForceMajeureDeclared",
            Self::Refunded(_) => "Refunded",
            Self::ReceivableRaised(_) => "ReceivableRaised",
            Self::RepaymentScheduled(_) => "RepaymentScheduled",
            Self::Repaid(_) => "Repaid",
            Self::Reopened(_) => "Reopened",
            Self::Corrected(_) => "Corrected",
            Self::LifecycleMoved(_) => "LifecycleMoved",
        }
    }
}

impl cqrs_es::DomainEvent for ProjectEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
