//! Papers: every step names the documents it rests on.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::action::SignedFor;
use crate::personal::PersonalText;

/// A document filed with a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Which required paper it is: a code of the lifecycle step's list, e.g. `cong-van-de-nghi`.
    pub kind: String,
    /// Số, ký hiệu.
    pub number: String,
    /// Ngày.
    pub date: NaiveDate,
    /// Cơ quan, đơn vị ban hành.
    pub issuer: String,
    /// Người ký.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<PersonalText>,
    /// Original or valid copy.
    #[serde(default)]
    pub form: PaperForm,
    /// Nơi lưu bản chính.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<String>,
    /// File name, when a scan is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its SHA-256, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Bản chính or bản sao hợp lệ (TT 36/2013 Đ2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperForm {
    /// Bản chính.
    #[default]
    Original,
    /// Bản sao hợp lệ.
    ValidCopy,
}

/// A decision by an authority: quyết định.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Số, ký hiệu, e.g. `1234/QĐ-BCT`.
    pub number: String,
    /// Date on the paper.
    pub date: NaiveDate,
    /// Cơ quan ban hành.
    pub issuer: String,
    /// Người ký.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<PersonalText>,
    /// For whom it was signed, if not by the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_for: Option<SignedFor>,
}
