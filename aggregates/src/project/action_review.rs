//! The details of what others contribute to a decision: opinions asked for, councils that vote, what was seen on site, and for whom a
//! paper was signed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::money::Dong;
use crate::personal::PersonalText;

/// Ý kiến of a unit that is asked beside the one that decides (Sở Tài chính beside Sở Công Thương).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// For or against.
    pub stance: Stance,
    /// Nội dung ý kiến.
    pub text: String,
    /// Kinh phí đề nghị, đồng, where the opinion names a sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended: Option<Dong>,
}

/// What an opinion comes down to. It binds nobody: who decides must have read it, not followed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// Thống nhất.
    Agree,
    /// Thống nhất, đề nghị điều chỉnh.
    AgreeWithChanges,
    /// Không thống nhất.
    Disagree,
}

/// Kiểm tra thực tế tại cơ sở before a change is decided (TT 36/2013 Đ21.2b).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteVerification {
    /// Ngày kiểm tra.
    pub verified_on: NaiveDate,
    /// Số biên bản.
    pub minutes: String,
    /// Whether what was seen bears out the reasons given: only then may the change be decided.
    pub confirmed: bool,
    /// What was seen.
    pub result: String,
}

/// Hội đồng: who sat, how they voted, and the minutes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Council {
    /// Số quyết định thành lập.
    pub decision: String,
    /// Members appointed by that decision.
    pub members: u16,
    /// Who was there.
    pub present: Vec<Attendee>,
    /// Phiếu đồng ý.
    pub votes_for: u16,
    /// Phiếu không đồng ý.
    pub votes_against: u16,
    /// Số biên bản họp.
    pub minutes: String,
    /// Ngày họp.
    pub held_on: NaiveDate,
}

/// A member of a council who was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Họ tên.
    pub name: PersonalText,
    /// Chức danh trong hội đồng.
    pub office: CouncilOffice,
}

/// Offices of a council.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CouncilOffice {
    /// Chủ tịch hội đồng.
    Chair,
    /// Phó chủ tịch hội đồng.
    Deputy,
    /// Thư ký.
    Secretary,
    /// Ủy viên.
    Member,
}

/// Ký thay, ký thừa lệnh, ký thừa ủy quyền (NĐ 30/2020/NĐ-CP Đ13): somebody signed for whoever has the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedFor {
    /// KT., TL. or TUQ.
    pub manner: SigningManner,
    /// Post of whoever has the authority, e.g. «Bộ trưởng».
    pub principal: String,
    /// The paper that allows it: a delegation in writing, or the rules of work of the unit.
    pub paper: String,
    /// Its date.
    pub dated: NaiveDate,
}

/// How a signature stands in for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningManner {
    /// KT.: a deputy for the head.
    Deputy,
    /// TL.: the head of a subordinate unit, by standing order.
    ByOrder,
    /// TUQ.: by delegation in writing.
    ByDelegation,
}
