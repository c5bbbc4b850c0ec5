//! What a command on an inspection asks for, with what was looked up. The details stand in the events as they are.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{FindingRecorded, Ordered, ProjectVisited};
use crate::actor::Party;
use crate::money::Dong;
use crate::personal::PersonalText;
use crate::plan::Circumstances;
use crate::project::papers::Decision;

/// A command on an inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionCommand {
    /// What to do.
    pub action: InspectionAction,
    /// By whom, when, on which papers.
    pub circumstances: Circumstances,
}

/// What to do with an inspection. What touches a đề án too nobody sends alone, see [`super::together`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InspectionAction {
    /// Quyết định kiểm tra.
    Order(Box<Ordered>),
    /// Kiểm tra tại một đề án.
    Visit(ProjectVisited),
    /// Kiến nghị.
    RecordFinding(Box<FindingRecorded>),
    /// Giải trình, báo cáo thực hiện kiến nghị.
    Answer(AnswerPaper),
    /// Quyết định thu hồi.
    OrderRecovery(RecoveryPaper),
    /// Đóng kiến nghị.
    Close(ClosurePaper, Recovered),
    /// Chuyển cơ quan có thẩm quyền.
    HandOn(HandingOn),
    /// Kết luận, kết thúc cuộc kiểm tra.
    Conclude(Conclusion),
}

/// Quyết định kiểm tra, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPaper {
    /// Quyết định.
    pub decision: Decision,
    /// Theo kế hoạch / đột xuất.
    pub planned: bool,
    /// Nội dung kiểm tra.
    pub content: String,
    /// Đoàn kiểm tra.
    pub team: Team,
    /// From this day.
    pub starts_on: NaiveDate,
    /// To this day, inclusive.
    pub ends_on: NaiveDate,
}

/// Đoàn kiểm tra.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Trưởng đoàn.
    pub head: Inspector,
    /// Thành viên.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Inspector>,
}

/// A person of the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspector {
    /// Họ và tên.
    pub name: PersonalText,
    /// Chức vụ.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub post: String,
}

/// A visit, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitPaper {
    /// The project.
    pub project: Uuid,
    /// Ngày kiểm tra tại đề án.
    pub visited_on: NaiveDate,
    /// Số biên bản.
    pub minutes: String,
    /// Kết quả kiểm tra.
    pub result: String,
}

/// A finding, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingPaper {
    /// The project.
    pub project: Uuid,
    /// Loại.
    pub kind: FindingKind,
    /// Nội dung.
    pub text: String,
    /// Số tiền kiến nghị thu hồi, đồng; only of kind `money`.
    #[serde(default)]
    pub amount: Dong,
    /// Who has to remedy it: a party of the đề án.
    pub owner: Party,
    /// Thời hạn.
    pub due_on: NaiveDate,
    /// Kiến nghị.
    pub recommendation: String,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Kinh phí.
    Money,
    /// Hồ sơ, thủ tục.
    Papers,
    /// Tiến độ.
    Progress,
    /// Khối lượng, chất lượng.
    Quality,
    /// Khác.
    Other,
}

/// Giải trình.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerPaper {
    /// Which finding.
    pub finding: u16,
    /// Nội dung.
    pub text: String,
}

/// Quyết định thu hồi: the đề án gets the receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPaper {
    /// Which finding.
    pub finding: u16,
    /// Số tiền, đồng.
    pub amount: Dong,
    /// Quyết định.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// Đóng kiến nghị; the evidence is the papers filed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosurePaper {
    /// Which finding.
    pub finding: u16,
    /// How it was remedied.
    pub remedy: String,
    /// Why the money is not, or not wholly, recovered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
}

/// Quyết định không thu hồi.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Quyết định.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// Whether the money of a đề án is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Còn phải thu hồi of the đề án, đồng.
    pub receivable: Dong,
}

/// Chuyển kiến nghị sang cơ quan khác.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandingOn {
    /// Which finding.
    pub finding: u16,
    /// Cơ quan tiếp nhận.
    pub to: String,
    /// Văn bản chuyển.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// Kết luận kiểm tra.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    /// Văn bản kết luận.
    pub decision: Decision,
    /// Nội dung.
    pub text: String,
}
