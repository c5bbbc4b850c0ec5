//! Rule sets: what may be supported, how much, and how it is advanced. Data with validity dates; a decision is judged by the rules
//! in force on its date.

mod norm;
mod parse;
mod review;

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::norm::NormLimit;
use crate::lifecycle::RequiredPaper;
use crate::money::{Dong, Rate};
use crate::project::content::{LegalForm, Level, PlacePriority, Trade};
use crate::published::{Bilingual, Published};
pub use crate::published::{Pinned, Problem};

/// A rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// Code, e.g. `norms-national`.
    pub code: String,
    /// Version.
    pub version: String,
    /// Programme whose norms these are.
    pub level: Level,
    /// Province whose own rules these are; `None`: national.
    pub province: Option<String>,
    /// First day on which decisions are judged by them.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Title.
    pub title: Bilingual,
    /// Settings.
    pub settings: Settings,
    /// Advance groups (TT 36/2013 Đ13–16).
    pub groups: Vec<AdvanceGroup>,
    /// Who may be supported, and since when.
    pub eligible: Vec<EligibleForm>,
    /// Dạng hỗ trợ.
    pub kinds: Vec<SupportKind>,
    kind_index: HashMap<String, usize>,
}

/// Choices that the law leaves open, and limits over all kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Kho bạc: most that may be paid before acceptance (TTLT 26/2014 Đ8.2b).
    pub treasury_cap: Rate,
    /// Its article.
    pub treasury_article: String,
    /// Mức ưu tiên, a factor (TTLT 26/2014 Đ6.2t).
    pub uplift_factor: Rate,
    /// What the factor multiplies: the text doesn't say.
    pub uplift_applies_to: UpliftTarget,
    /// Its article.
    pub uplift_article: String,
    /// Places that carry the uplift.
    pub uplift_places: Vec<PlacePriority>,
    /// Trades that carry the uplift (NĐ 45/2012 Đ6.2).
    pub uplift_trades: Vec<Trade>,
    /// Chi quản lý đề án of the implementer, share of the estimate.
    pub implementer_overhead: Rate,
    /// What «tổng vốn đầu tư của dự án» is measured on: the text doesn't say.
    pub investment_base: InvestmentBase,
}

/// What the priority factor multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpliftTarget {
    /// The cap.
    Cap,
    /// The rate.
    Rate,
    /// Both.
    Both,
}

/// What the value done is compared with before an advance of group E.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvestmentBase {
    /// The project's total.
    ProjectTotal,
    /// The cost of the lines of the group.
    GroupLines,
}

/// A group of support kinds that are advanced alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdvanceGroup {
    /// Code, `A` ..= `I`.
    pub code: String,
    /// Ceiling of the first advance on the support; `None`: the agency decides, within the treasury cap.
    pub first: Option<Rate>,
    /// What must have been confirmed before.
    pub trigger: Option<Trigger>,
    /// Article.
    pub article: String,
}

/// What the Sở must have confirmed before an advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// More than this share of the supported item's volume (Đ13.1).
    ItemDoneAbove(Rate),
    /// Value done more than this share of the total investment (Đ13.2d).
    ValueDoneAbove(Rate),
    /// Acceptance on site (Đ13.3, Đ15.1).
    Accepted,
}

/// A legal form that may be supported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EligibleForm {
    /// Form.
    pub form: LegalForm,
    /// Since.
    pub from: NaiveDate,
    /// Article.
    pub article: String,
}

/// Dạng hỗ trợ: joins activity, norm, advance group, file list and tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportKind {
    /// Code, e.g. `MM`.
    pub code: String,
    /// Title.
    pub title: Bilingual,
    /// Nội dung hoạt động of NĐ 45/2012 Đ4, 1 ..= 9.
    pub activities: Vec<u8>,
    /// Highest share of the cost.
    pub rate: Option<Rate>,
    /// Highest amount per unit.
    pub cap: Option<Dong>,
    /// The unit, e.g. cơ sở.
    pub unit: Bilingual,
    /// Whether the unit is the beneficiary itself: then its lines of one norm share one cap.
    pub per_firm: bool,
    /// The norm, where several kinds share one; else the kind's code.
    pub norm: String,
    /// Article of the norm.
    pub article: String,
    /// Whether the priority uplift applies.
    pub uplift: bool,
    /// Code of the advance group.
    pub group: String,
    /// Whether it needs a tender (TT 36/2013 Đ3.1).
    pub tender: bool,
    /// Only in places of these classes; empty: everywhere.
    pub places: Vec<PlacePriority>,
    /// Papers of the rest advance (TT 36/2013 Đ14).
    pub rest_papers: Vec<RequiredPaper>,
    /// Whether a figure is reported second-hand.
    pub unverified: bool,
}

impl RuleSet {
    /// Parses and validates.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        parse::parse(file, text)
    }

    /// What an author should know before publishing: everything that [`RuleSet::parse`] refuses, and figures that can't be meant. Empty:
    /// nothing was found.
    pub fn review(file: &str, text: &str) -> Vec<Problem> {
        review::review(file, text)
    }

    /// A support kind by code.
    pub fn kind(&self, code: &str) -> Option<&SupportKind> {
        self.kind_index.get(code).map(|index| &self.kinds[*index])
    }

    /// An advance group by code.
    pub fn group(&self, code: &str) -> Option<&AdvanceGroup> {
        self.groups.iter().find(|group| group.code == code)
    }

    /// Whether a legal form may be supported on a day.
    pub fn is_eligible(&self, form: LegalForm, day: NaiveDate) -> bool {
        self.eligible
            .iter()
            .any(|eligible| eligible.form == form && eligible.from <= day)
    }
}

impl Published for RuleSet {
    fn parse_text(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Self::parse(file, text)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn validity(&self) -> (NaiveDate, Option<NaiveDate>) {
        (self.valid_from, self.valid_to)
    }
}
