//! The matrix of authority: who decides which change of a running project. It stands in the lifecycle's text.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Authority;
use super::raw::RawChange;
use crate::project::content::ProjectKind;
use crate::published::Reader;

/// What may change about a running project, as far as it matters for who decides. One adjustment may be several of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Tăng tổng mức kinh phí hỗ trợ.
    SupportRaised,
    /// Giảm, or the same sum divided otherwise.
    SupportLowered,
    /// Nội dung hoạt động khuyến công.
    Activity,
    /// Địa điểm.
    Place,
    /// Đơn vị thụ hưởng.
    Beneficiary,
    /// Đơn vị phối hợp.
    Partner,
    /// Thời gian trong năm tài chính.
    Time,
    /// Điều chỉnh khác.
    Other,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::SupportRaised,
        Self::SupportLowered,
        Self::Activity,
        Self::Place,
        Self::Beneficiary,
        Self::Partner,
        Self::Time,
        Self::Other,
    ];

    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SupportRaised => "support-raised",
            Self::SupportLowered => "support-lowered",
            Self::Activity => "activity",
            Self::Place => "place",
            Self::Beneficiary => "beneficiary",
            Self::Partner => "partner",
            Self::Time => "time",
            Self::Other => "other",
        }
    }
}

/// A row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeRule {
    /// Which change.
    pub what: ChangeKind,
    /// Of which kinds of project; empty: all.
    pub kinds: Vec<ProjectKind>,
    /// Who decides it.
    pub authority: Authority,
    /// Where that is said.
    pub article: String,
}

impl ChangeRule {
    /// Whether the row speaks of a change of a project of this kind.
    pub fn fits(&self, what: ChangeKind, kind: ProjectKind) -> bool {
        self.what == what && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

/// The rows of a text. Texts from before the matrix stood in them follow TT 36/2013 Đ11, as they did.
pub(super) fn read(reader: &mut Reader<'_>, rows: Vec<Spanned<RawChange>>) -> Vec<ChangeRule> {
    let Some(first) = rows.first().map(Spanned::span) else {
        return circular_36();
    };
    let rules: Vec<ChangeRule> = rows
        .into_iter()
        .map(Spanned::into_inner)
        .map(|row| ChangeRule {
            what: row.what,
            kinds: row.kinds,
            authority: row.authority,
            article: row.article,
        })
        .collect();
    for what in ChangeKind::ALL {
        if !rules.iter().any(|rule| rule.what == what && rule.kinds.is_empty()) {
            let word = what.as_str();
            reader.problem(
                &first,
                format!("nobody decides the change `{word}` of every kind of project"),
                format!("add `[[changes]]` with `what = \"{word}\"` and no `kinds`"),
            );
        }
    }
    rules
}

fn circular_36() -> Vec<ChangeRule> {
    use ChangeKind::{Activity, Beneficiary, Other, Partner, Place, SupportLowered, SupportRaised, Time};
    let row = |what, kinds: &[ProjectKind], authority, article: &str| ChangeRule {
        what,
        kinds: kinds.to_vec(),
        authority,
        article: format!("TT 36/2013/TT-BCT {article}"),
    };
    let of_groups = [Place, Beneficiary, Partner]
        .into_iter()
        .map(|what| row(what, &[ProjectKind::Group], Authority::Department, "Đ11.4"));
    let of_ministry = [SupportRaised, Activity]
        .into_iter()
        .map(|what| row(what, &[], Authority::Ministry, "Đ11.2a"));
    let of_agency = [SupportLowered, Place, Beneficiary, Partner, Time, Other]
        .into_iter()
        .map(|what| row(what, &[], Authority::Agency, "Đ11.2b"));
    of_groups.chain(of_ministry).chain(of_agency).collect()
}
