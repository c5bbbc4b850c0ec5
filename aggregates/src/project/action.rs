//! What a command asks for: one variant per step kind of the closed vocabulary. The same detail structs stand in the events.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use super::action_money::{
    CarryOver, ForceMajeure, Instalment, LateSettlement, Liquidation, Payment, PaymentKind, Receivable, Refund,
    RepaymentSchedule, Settlement, SettlementFile,
};
pub use super::action_review::{
    Attendee, Council, CouncilOffice, Opinion, SignedFor, SigningManner, SiteVerification, Stance,
};
use super::content::{Beneficiary, Content, Level, SupportLine};
use super::month::MonthReport;
use super::papers::Decision;
use crate::money::{Dong, Rate};

/// What to do with the project. In data the variant is the key: `{"disburse": {…}}` (a tag inside the details would cost the path of a
/// field at fault).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Lập đề án.
    Draft(DraftAction),
    /// Sửa dự thảo, hoàn thiện hồ sơ.
    Revise(ReviseAction),
    /// Nộp đề án.
    Propose(NoDetails),
    /// Trả lại để bổ sung hồ sơ.
    Return(Reason),
    /// Thẩm định (cấp cơ sở, cấp Bộ, cấp tỉnh).
    Appraise(Appraisal),
    /// Cho ý kiến.
    GiveOpinion(Opinion),
    /// Kiểm tra thực tế tại cơ sở trước khi điều chỉnh.
    VerifyOnSite(SiteVerification),
    /// Đăng ký với Cục.
    Register(Registration),
    /// Thẩm tra.
    Examine(Examination),
    /// Phê duyệt.
    Approve(Approval),
    /// Không phê duyệt.
    Refuse(Reason),
    /// Xin rút.
    Withdraw(Reason),
    /// Phê duyệt kế hoạch đề án nhóm.
    ApproveGroupPlan(GroupPlan),
    /// Ký hợp đồng, giao nhiệm vụ.
    SignContract(Contract),
    /// Báo cáo tiến độ.
    ReportProgress(Progress),
    /// Xác nhận khối lượng.
    ConfirmProgress(Progress),
    /// Báo cáo tháng. Owed beside the lifecycle, so it is no step of one.
    ReportMonth(MonthReport),
    /// Kiểm tra.
    Inspect(Inspection),
    /// Kiến nghị qua kiểm tra.
    RaiseFinding(Finding),
    /// Đóng kiến nghị.
    CloseFinding(FindingClosure),
    /// Tạm ứng.
    Disburse(Payment),
    /// Nghiệm thu cơ sở.
    Accept(Acceptance),
    /// Nộp hồ sơ quyết toán.
    SubmitSettlement(SettlementFile),
    /// Quyết toán.
    Settle(Settlement),
    /// Thanh lý hợp đồng.
    LiquidateContract(Liquidation),
    /// Lưu trữ.
    Archive(NoDetails),
    /// Điều chỉnh.
    Adjust(Adjustment),
    /// Ngừng triển khai.
    Stop(Stop),
    /// Gia hạn.
    ExtendTime(TimeExtension),
    /// Chuyển nguồn.
    CarryOverMoney(CarryOver),
    /// Hạch toán tạm ứng khi quyết toán muộn (TT 36/2013 Đ18.3).
    AccountLateSettlement(LateSettlement),
    /// Bất khả kháng (TT 36/2013 Đ18.4).
    DeclareForceMajeure(ForceMajeure),
    /// Hoàn trả, nộp NSNN.
    Refund(Refund),
    /// Ghi nhận khoản phải thu hồi.
    RaiseReceivable(Receivable),
    /// Lập lịch thu hồi kinh phí hỗ trợ có thu hồi.
    ScheduleRepayment(RepaymentSchedule),
    /// Thu hồi theo lịch.
    Repay(Refund),
    /// Mở lại sau quyết toán.
    Reopen(Reopening),
    /// Đính chính bút toán nhầm.
    Correct(Correction),
    /// Chuyển sang phiên bản quy trình mới.
    MoveLifecycle(LifecycleMove),
}

impl Action {
    /// The date of the decision that approves support or changes it: its norms are those that hold, whenever it is recorded.
    pub const fn decided_on(&self) -> Option<NaiveDate> {
        match self {
            Self::Approve(approval) => Some(approval.decision.date),
            Self::ApproveGroupPlan(plan) => Some(plan.decision.date),
            Self::Adjust(adjustment) => Some(adjustment.decision.date),
            _ => None,
        }
    }
}

/// A step that is its own statement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoDetails {}

/// A step that needs a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Lý do.
    pub reason: String,
}

/// A new project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftAction {
    /// Mã đề án; given by the installation when absent at drafting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Programme.
    pub level: Level,
    /// Province whose Sở is responsible.
    pub province: String,
    /// Code of the lifecycle that shall hold; none: the newest in force that is not chosen by name only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// Content.
    pub content: Content,
}

/// New content of a draft or a returned proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviseAction {
    /// Content.
    pub content: Content,
}

/// Thẩm định: five criteria (TT 36/2013 Đ9), all answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appraisal {
    /// Cấp thẩm định.
    pub level: AppraisalLevel,
    /// Council or staff (Hội đồng hoặc bộ máy giúp việc).
    pub by: AppraisalBody,
    /// The five criteria in the order of Đ9.
    pub criteria: Vec<Criterion>,
    /// Kết luận.
    pub verdict: Verdict,
    /// Kinh phí đề nghị phê duyệt, đồng.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended: Option<Dong>,
    /// Ý kiến.
    #[serde(default)]
    pub remarks: String,
    /// The council's session, where a council appraised and the lifecycle asks how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub council: Option<Council>,
}

/// At which level it was appraised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppraisalLevel {
    /// Cấp cơ sở (Sở).
    Base,
    /// Cấp tỉnh (local programme).
    Province,
    /// Cấp Bộ (Cục).
    Ministry,
}

/// Who appraised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppraisalBody {
    /// Hội đồng thẩm định.
    Council,
    /// Bộ máy giúp việc.
    Staff,
}

/// One answered criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// 1 ..= 5, the order of TT 36/2013 Đ9.
    pub number: u8,
    /// Đạt / không đạt.
    pub met: bool,
    /// Nhận xét.
    #[serde(default)]
    pub remark: String,
}

/// Kết luận thẩm định.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Đạt.
    Pass,
    /// Không đạt.
    Fail,
}

/// Đăng ký kế hoạch với Cục.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Số thứ tự ưu tiên in the province's list, from 1.
    pub priority: u16,
}

/// Thẩm tra at the Cục.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// Ý kiến thẩm tra.
    pub remarks: String,
}

/// Phê duyệt: the decision and the support of each line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Quyết định phê duyệt.
    pub decision: Decision,
    /// Đợt, e.g. `2019-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Support per line; a line left out keeps what was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineSupport>,
}

/// The support of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSupport {
    /// Number of the line.
    pub line: u16,
    /// Kinh phí hỗ trợ, đồng.
    pub support: Dong,
}

/// Kế hoạch đề án nhóm (Mẫu 11): beneficiaries are named and lines split among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPlan {
    /// Decision or plan of the Sở.
    pub decision: Decision,
    /// The named beneficiaries.
    pub beneficiaries: Vec<Beneficiary>,
    /// The lines, now with beneficiary and place.
    pub lines: Vec<SupportLine>,
}

/// Hợp đồng hoặc giao nhiệm vụ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Số hợp đồng / quyết định giao nhiệm vụ.
    pub number: String,
    /// Ngày ký.
    pub signed_on: NaiveDate,
    /// Contract, or assignment to a unit under the Ministry.
    #[serde(default)]
    pub form: ContractForm,
    /// Kinh phí hỗ trợ trong hợp đồng, đồng.
    pub value: Dong,
    /// Số quyết định phê duyệt dự toán chi tiết (TT 36/2013 Đ12.1).
    pub detailed_estimate: String,
    /// Số quyết định phê duyệt kết quả đấu thầu, where Đ3.1 asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tender_result: Option<String>,
    /// For whom it was signed, if not by the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_for: Option<SignedFor>,
}

/// Form of the obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContractForm {
    /// Hợp đồng.
    #[default]
    Contract,
    /// Giao nhiệm vụ.
    Assignment,
}

/// Tiến độ of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// First day of the reported month.
    pub month: NaiveDate,
    /// Giá trị khối lượng hoàn thành, cumulative, đồng.
    pub value_done: Dong,
    /// Tỷ lệ khối lượng hạng mục được hỗ trợ, cumulative, basis points.
    pub item_done: Rate,
    /// Kinh phí đối ứng đã thực hiện, cumulative, đồng.
    #[serde(default)]
    pub counterpart_done: Dong,
    /// Reason, needed when a figure falls against the month before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction_reason: Option<String>,
}

/// Kiểm tra.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Quyết định kiểm tra (team, content).
    pub decision: Decision,
    /// Theo kế hoạch / đột xuất.
    pub planned: bool,
    /// Nội dung, kết quả.
    pub result: String,
}

/// Kiến nghị.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Number within the project, from 1.
    pub number: u16,
    /// Nội dung.
    pub text: String,
    /// Số tiền kiến nghị thu hồi, đồng.
    #[serde(default)]
    pub amount: Dong,
    /// Thời hạn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
}

/// Đóng kiến nghị.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingClosure {
    /// Which.
    pub number: u16,
    /// How it was remedied.
    pub remedy: String,
}

/// Nghiệm thu cơ sở, per place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Support lines accepted by these minutes.
    pub lines: Vec<u16>,
    /// Biên bản: số.
    pub minutes: String,
    /// Mọi hạng mục hợp đồng đã hoàn thành, phần đối ứng cũng vậy.
    pub complete: bool,
    /// Giá trị khối lượng nghiệm thu, đồng.
    pub value_accepted: Dong,
    /// Khối lượng bằng kinh phí đối ứng, đồng.
    pub counterpart_accepted: Dong,
    /// Results reached.
    #[serde(default)]
    pub results: super::content::Results,
}

/// Điều chỉnh (TT 36/2013 Đ11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Quyết định điều chỉnh.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
    /// What changes.
    pub change: Change,
}

/// What an adjustment changes; who may decide it follows from this (TT 36/2013 Đ11.2, 11.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Change {
    /// Kinh phí hỗ trợ of lines: more (Minister), less or unchanged (Cục).
    Support {
        /// New support per line.
        lines: Vec<LineSupport>,
    },
    /// Nội dung, địa điểm, đơn vị thụ hưởng, phối hợp: the whole content as it shall be.
    Content {
        /// Which part the decision is about.
        part: ContentPart,
        /// The content as it shall be.
        content: Box<Content>,
    },
    /// Thời gian trong năm tài chính.
    Time {
        /// New last day.
        ends_on: NaiveDate,
    },
}

/// Parts that an adjustment names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentPart {
    /// Nội dung hoạt động (Bộ).
    Activity,
    /// Địa điểm (Cục; Sở for a group project).
    Place,
    /// Đơn vị thụ hưởng (Cục; Sở for a group project).
    Beneficiary,
    /// Đơn vị phối hợp (Cục; Sở for a group project).
    Partner,
    /// Khác (Cục).
    Other,
}

/// Ngừng triển khai.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Quyết định.
    pub decision: Decision,
    /// Theo đề nghị, or by the Cục's own proposal for violations (TT 36/2013 Đ11.3).
    pub on_request: bool,
    /// Lý do.
    pub reason: String,
}

/// Gia hạn sang năm sau.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeExtension {
    /// Quyết định.
    pub decision: Decision,
    /// New last day.
    pub ends_on: NaiveDate,
    /// Lý do.
    pub reason: String,
}

/// Mở lại sau quyết toán.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopening {
    /// Quyết định (thanh tra, kiểm toán, cấp có thẩm quyền).
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// Đính chính: a compensating event that shows both what was entered and what it should have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Sequence, within this project, of the mistaken event.
    pub corrects: u64,
    /// Lý do.
    pub reason: String,
    /// The right entry.
    pub right: RightEntry,
}

/// What can be corrected, with the right value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum RightEntry {
    /// A payment's amount, order or budget code.
    Payment {
        /// The right payment.
        payment: Payment,
    },
    /// A refund's amount or order.
    Refund {
        /// The right refund.
        refund: Refund,
    },
    /// The business date of the event.
    Date {
        /// The right date.
        occurred_on: NaiveDate,
    },
}

/// Move to another published version of the lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleMove {
    /// Target version, e.g. `2025-10-15`.
    pub version: String,
    /// Căn cứ.
    pub reason: String,
}
