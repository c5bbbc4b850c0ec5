//! What a command on a batch asks for, with what was looked up.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::candidate::Candidate;
use super::ranking::{RankingSettings, TieJudgement};
use crate::actor::Unit;
use crate::lifecycle::MoneyMode;
use crate::money::Dong;
use crate::plan::authority::Power;
use crate::plan::command::Raised;
use crate::plan::{Circumstances, Plan};
use crate::project::Project;
use crate::project::action::{Action, Adjustment, Approval, Change, LineSupport, Stop};
use crate::project::content::{Level, Units};
use crate::project::papers::Decision;

/// A command on a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchCommand {
    /// What to do.
    pub action: BatchAction,
    /// By whom, when, on which papers.
    pub circumstances: Circumstances,
}

/// What to do with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchAction {
    /// Mở đợt; the plan takes the ceiling from its estimate in the same append.
    Open(Box<BatchOpening>),
    /// Điều chỉnh hạn mức; in the plan too.
    ChangeCeiling {
        /// Hạn mức from now on, đồng.
        ceiling: Dong,
        /// Lý do.
        reason: String,
    },
    /// Đưa đề án vào danh mục.
    AddCandidate(Box<Candidate>),
    /// Đưa đề án ra khỏi danh mục.
    RemoveCandidate {
        /// The project.
        project: Uuid,
        /// Lý do.
        reason: String,
    },
    /// Xếp thứ tự ưu tiên.
    Rank {
        /// Settings where the law leaves a choice.
        settings: RankingSettings,
        /// Judgements on equals.
        ties: Vec<TieJudgement>,
    },
    /// The decision, once it is known what it does to each đề án; nobody sends it alone, see [`super::together`].
    Decide(Outcome),
    /// What a đề án's own step changes for the batch that approved it; nobody sends it alone, see [`super::alone`].
    BookChange(ProjectChange),
}

/// A new batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchOpening {
    /// Its plan.
    pub plan: Uuid,
    /// Programme.
    pub level: Level,
    /// Năm kế hoạch.
    pub year: u16,
    /// Cấp có thẩm quyền phê duyệt.
    pub authority: Unit,
    /// Which unit stands for which party.
    pub units: Units,
    /// Đợt số, from 1.
    pub number: u16,
    /// Hạn mức, đồng.
    pub ceiling: Dong,
    /// Who prepares and decides it: the plan's; in events from before it was data, none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planning: Vec<Power>,
}

impl BatchOpening {
    /// A batch in a plan; `None` where there is no such plan.
    pub fn within(plan: &Plan, id: Uuid, number: u16, ceiling: Dong) -> Option<Self> {
        Some(Self {
            plan: id,
            level: plan.level()?,
            year: plan.year(),
            authority: plan.authority()?.clone(),
            units: plan.units()?.clone(),
            number,
            ceiling,
            planning: plan.planning().to_vec(),
        })
    }

    /// `2026-1`: how papers name it.
    pub fn label(&self) -> String {
        format!("{}-{}", self.year, self.number)
    }
}

/// What a decision does to one đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The project.
    pub project: Uuid,
    /// The step of its lifecycle; found by what is done where it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What is done.
    pub what: ItemWhat,
}

/// What is done with a đề án. In data the variant is the key: `{"approve": {"lines": []}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ItemWhat {
    /// Phê duyệt a ranked candidate.
    Approve {
        /// Support per line; a line left out keeps what was asked.
        #[serde(default)]
        lines: Vec<LineSupport>,
    },
    /// Bổ sung: approved at once, without a place in the order.
    Add {
        /// Support per line; a line left out keeps what was asked.
        #[serde(default)]
        lines: Vec<LineSupport>,
        /// Lý do.
        reason: String,
    },
    /// Ngừng triển khai.
    Stop {
        /// Theo đề nghị, or for violations.
        on_request: bool,
        /// Lý do.
        reason: String,
    },
    /// Điều chỉnh kinh phí hỗ trợ, up or down.
    Adjust {
        /// New support per line.
        lines: Vec<LineSupport>,
        /// Lý do.
        reason: String,
    },
}

impl ItemWhat {
    /// The word used in data.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Add { .. } => "add",
            Self::Stop { .. } => "stop",
            Self::Adjust { .. } => "adjust",
        }
    }

    /// The reason, where one is asked for.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Approve { .. } => None,
            Self::Add { reason, .. } | Self::Stop { reason, .. } | Self::Adjust { reason, .. } => Some(reason),
        }
    }

    /// What it asks of the project itself.
    pub fn action(&self, decision: &Decision, batch: &str) -> Action {
        let decision = decision.clone();
        match self.clone() {
            Self::Approve { lines } | Self::Add { lines, .. } => Action::Approve(Approval {
                decision,
                batch: Some(batch.to_owned()),
                lines,
            }),
            Self::Stop { on_request, reason } => Action::Stop(Stop {
                decision,
                on_request,
                reason,
            }),
            Self::Adjust { lines, reason } => Action::Adjust(Adjustment {
                decision,
                reason,
                change: Change::Support { lines },
            }),
        }
    }
}

/// A decision with what it does to each đề án.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Quyết định.
    pub decision: Decision,
    /// Each đề án in it.
    pub items: Vec<ItemOutcome>,
}

/// What a decision does to one đề án, decided by its lifecycle and money rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemOutcome {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// The step that was taken.
    pub step: String,
    /// What is done.
    pub what: ItemWhat,
    /// What it took of the ceiling before, đồng.
    pub before: Dong,
    /// What it takes from now on, đồng.
    pub after: Dong,
}

impl ItemOutcome {
    /// What a decision does to a project that becomes another by it.
    pub fn between(item: &Item, step: &str, mode: MoneyMode, [before, after]: [&Project; 2]) -> Self {
        Self {
            project: item.project,
            code: before.code().unwrap_or_default().to_owned(),
            step: step.to_owned(),
            what: item.what.clone(),
            before: before.committed(mode),
            after: after.committed(mode),
        }
    }

    /// By how much it takes more than before, if it does.
    pub(crate) fn raised(&self) -> Option<Raised> {
        Raised::between(&self.code, self.before, self.after)
    }
}

/// What a step that was taken for one đề án alone changes for its batch: ngừng, điều chỉnh giảm, hoàn trả, đính chính.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectChange {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// The step that was taken.
    pub step: String,
    /// The project's event, e.g. `Stopped`.
    pub event: String,
    /// What it took of the ceiling before, đồng.
    pub before: Dong,
    /// What it takes from now on, đồng.
    pub after: Dong,
    /// Whether it has ended: ngừng triển khai, rút, không phê duyệt.
    #[serde(default)]
    pub ended: bool,
}

impl ProjectChange {
    /// By how much it takes more than before, if it does.
    pub(crate) fn raised(&self) -> Option<Raised> {
        Raised::between(&self.code, self.before, self.after)
    }
}
