//! Lifecycles: which step may follow which, who takes it, on which papers, by when. Data, published into the ledger as text;
//! a project is bound to the hash of its lifecycle.

mod changes;
mod compare;
mod draw;
mod due;
mod parse;
mod planning;
mod raw;
mod review;
mod validate;

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::changes::{ChangeKind, ChangeRule};
pub use self::compare::Difference;
pub use self::due::{Due, DueFacts};
use crate::actor::{Party, Role};
use crate::plan::authority::Power;
use crate::project::action::{AppraisalLevel, ContractForm, PaymentKind};
pub use crate::project::action_kind::ActionKind;
use crate::project::content::{Level, ProjectKind};
use crate::project::standing::Phase;
use crate::published::Published;
pub use crate::published::{Bilingual, Pinned, Problem};

/// How money moves in a lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoneyMode {
    /// Advances before settlement (TT 36/2013): settled ≤ disbursed.
    Advance,
    /// Payment only after settlement (Bình Dương): disbursed ≤ settled.
    PayAfter,
    /// Advances that are paid back by a schedule (Lâm Đồng 2019).
    Recoverable,
}

impl MoneyMode {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::PayAfter => "pay-after",
            Self::Recoverable => "recoverable",
        }
    }
}

/// Who decides an adjustment (TT 36/2013 Đ11): the higher may decide what the lower may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// Sở.
    Department,
    /// Cục.
    Agency,
    /// UBND cấp tỉnh, in a local programme.
    Province,
    /// Bộ (older local lifecycles say so of the chairman of the province).
    Ministry,
}

impl Authority {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Department => "department",
            Self::Agency => "agency",
            Self::Province => "province",
            Self::Ministry => "ministry",
        }
    }
}

/// A lifecycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// Code, e.g. `kcqg`.
    pub code: String,
    /// Version, e.g. `2014-02-10`.
    pub version: String,
    /// First day on which it holds for new projects.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Programme.
    pub level: Level,
    /// Code of the province whose own procedure it is; without it, it holds wherever a province has none of its own.
    pub province: Option<String>,
    /// Title.
    pub title: Bilingual,
    /// How money moves.
    pub money_mode: MoneyMode,
    /// Years for which the file is kept, from the end of the fiscal year of archiving.
    pub archive_years: u16,
    /// Whether only projects that name its code take it: another lifecycle is the rule for its programme.
    pub by_name: bool,
    /// Who decides which change of a running project; the first row that fits holds.
    pub changes: Vec<ChangeRule>,
    /// Who opens plans and batches, prepares and decides them. Plans follow the lifecycle that is the rule of their programme.
    pub planning: Vec<Power>,
    /// Who may import đề án with their history, and stands for what the list says.
    pub history: Vec<Taker>,
    /// Units of the parties.
    pub units: Vec<UnitPattern>,
    /// States.
    pub states: Vec<State>,
    /// Steps, in the order in which pages list them.
    pub steps: Vec<Step>,
    state_index: HashMap<String, usize>,
    step_index: HashMap<String, usize>,
    /// Indexes of the steps out of each state, in the order of the states.
    outgoing: Vec<Vec<usize>>,
}

/// Which unit stands for a party; `{province}` and `{province_name}` are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPattern {
    /// Party.
    pub party: Party,
    /// Pattern of the id.
    pub id: String,
    /// Names with the day from which each holds, ascending.
    pub names: Vec<(NaiveDate, String)>,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// Id, e.g. `in-progress`.
    pub id: String,
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
    /// Phase.
    pub phase: Phase,
    /// Whether a life may end here.
    pub is_final: bool,
}

/// Who may take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taker {
    /// Party whose unit acts.
    pub party: Party,
    /// Role.
    pub role: Role,
}

/// A paper that a step rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequiredPaper {
    /// Code, e.g. `cong-van-de-nghi`.
    pub kind: String,
    /// Vietnamese name.
    pub vi: String,
    /// English name.
    pub en: String,
    /// Whether the step is refused without it.
    pub required: bool,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Id, e.g. `advance-first`.
    pub id: String,
    /// What it does.
    pub action: ActionKind,
    /// States in which it may be taken; empty for the step that starts a life.
    pub from: Vec<String>,
    /// State after it; `None`: the state stays.
    pub to: Option<String>,
    /// State after an appraisal that failed; `None`: the state stays.
    pub on_fail: Option<String>,
    /// For acceptance: the state stays until every line is accepted.
    pub until_all_accepted: bool,
    /// Who may take it.
    pub takers: Vec<Taker>,
    /// Whether it is awaited in some state (not a side path).
    pub main: bool,
    /// States in which it is awaited.
    pub main_from: Vec<String>,
    /// Title in the words of officials.
    pub title: Bilingual,
    /// Article, e.g. `TT 36/2013/TT-BCT Đ10.1`.
    pub article: String,
    /// Papers.
    pub papers: Vec<RequiredPaper>,
    /// By when.
    pub due: Option<Due>,
    /// Steps whose taker may not take this one (bất kiêm nhiệm).
    pub separate: Vec<String>,
    /// Authority of an adjustment.
    pub authority: Option<Authority>,
    /// Payments: which one.
    pub payment: Option<PaymentKind>,
    /// Appraisals: at which level.
    pub appraisal: Option<AppraisalLevel>,
    /// Stops: on request, or for violations.
    pub on_request: Option<bool>,
    /// Kinds of project that take this step; empty: all.
    pub kinds: Vec<ProjectKind>,
    /// Whether only the decision of a batch (đợt) takes this step, never somebody for one project alone.
    pub by_batch: bool,
    /// Steps that must have been taken since the file was last proposed or sent back, and since a step of this action was last taken:
    /// opinions, verifications on site, requests.
    pub requires: Vec<String>,
    /// Who may sign for a taker; empty: the signature can't be delegated.
    pub delegates: Vec<Taker>,
    /// How a council decides, if a council appraises.
    pub council: Option<CouncilRule>,
    /// Contract or assignment: signing makes it so, other steps are for projects that have it.
    pub contract_form: Option<ContractForm>,
    /// For projects in one province, or in several.
    pub spread: Option<Spread>,
    /// Ids of the implementing units for which the step is; empty: all.
    pub implementers: Vec<String>,
}

/// Whether a project's places lie in one province.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// All in the province whose Sở is responsible.
    OneProvince,
    /// In another one too (TT 36/2013 Đ8.1b).
    SeveralProvinces,
}

/// When a council is able to decide, and when its vote carries. A setting: no text at hand fixes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CouncilRule {
    /// Least share of the members who must be present.
    pub quorum: Share,
    /// Share of those present that the votes for must exceed.
    pub majority: Share,
}

/// A share such as 2/3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Above the line.
    pub part: u32,
    /// Below it; never 0.
    pub whole: u32,
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.part, self.whole)
    }
}

impl Step {
    /// Whether the step may be taken in a state, as far as states go.
    pub fn starts_from(&self, state: &str) -> bool {
        self.from.iter().any(|from| from == state)
    }

    /// Whether the step is awaited in a state.
    pub fn is_main_from(&self, state: &str) -> bool {
        self.main_from.iter().any(|from| from == state)
    }

    /// Inspections, reports and corrections may be dated before the last step: they don't move the life on.
    pub const fn may_be_back_dated(&self) -> bool {
        matches!(
            self.action,
            ActionKind::Inspect
                | ActionKind::RaiseFinding
                | ActionKind::CloseFinding
                | ActionKind::ReportProgress
                | ActionKind::ReportMonth
                | ActionKind::Correct
        )
    }
}

impl Lifecycle {
    /// Parses and validates.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        parse::parse(file, text)
    }

    /// What an author should know before publishing: everything that [`Lifecycle::parse`] refuses, and what would leave projects, people
    /// or deadlines stuck. Empty: nothing was found.
    pub fn review(file: &str, text: &str) -> Vec<Problem> {
        review::review(file, text)
    }

    /// A picture as Mermaid text (a flow chart from top to bottom): thick arrows for what is awaited, dotted ones for side paths.
    pub fn mermaid(&self) -> String {
        draw::mermaid(self)
    }

    /// A picture as SVG: the awaited course straight down, side paths thin and numbered, a list of them below. Vietnamese.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }

    /// A state by id.
    pub fn state(&self, id: &str) -> Option<&State> {
        self.state_index.get(id).map(|index| &self.states[*index])
    }

    /// A step by id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.step_index.get(id).map(|index| &self.steps[*index])
    }

    /// The steps out of a state, in the file's order.
    pub fn steps_from(&self, state: &str) -> impl Iterator<Item = &Step> {
        self.state_index
            .get(state)
            .into_iter()
            .flat_map(|index| &self.outgoing[*index])
            .map(|index| &self.steps[*index])
    }

    /// The step that starts a life.
    pub fn start(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.from.is_empty())
    }

    fn index(&mut self) {
        let by_id = |ids: Vec<String>| ids.into_iter().zip(0..).collect();
        self.state_index = by_id(self.states.iter().map(|state| state.id.clone()).collect());
        self.step_index = by_id(self.steps.iter().map(|step| step.id.clone()).collect());
        self.outgoing = self
            .states
            .iter()
            .map(|state| {
                (0..self.steps.len())
                    .filter(|index| self.steps[*index].starts_from(&state.id))
                    .collect()
            })
            .collect();
    }
}

impl UnitPattern {
    /// The unit's id for a province.
    pub fn id_for(&self, province: &str) -> String {
        self.id.replace("{province}", province)
    }

    /// The unit's name on a day.
    pub fn name_on(&self, day: NaiveDate, province_name: &str) -> String {
        self.names
            .iter()
            .rfind(|(from, _)| *from <= day)
            .or(self.names.first())
            .map(|(_, name)| name.replace("{province_name}", province_name))
            .unwrap_or_default()
    }
}

impl Published for Lifecycle {
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
