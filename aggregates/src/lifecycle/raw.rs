//! The shape of a lifecycle file, before its references are checked.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::{Authority, ChangeKind, MoneyMode, Spread};
use crate::actor::Party;
use crate::plan::authority::Act;
use crate::project::action::{AppraisalLevel, ContractForm, PaymentKind};
use crate::project::content::{Level, ProjectKind};
use crate::project::standing::Phase;
use crate::published::Bilingual;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLifecycle {
    pub(super) code: String,
    pub(super) version: String,
    pub(super) valid_from: NaiveDate,
    pub(super) valid_to: Option<Spanned<NaiveDate>>,
    pub(super) level: Level,
    pub(super) province: Option<Spanned<String>>,
    pub(super) title: Spanned<Bilingual>,
    pub(super) money_mode: MoneyMode,
    #[serde(default = "ten_years")]
    pub(super) archive_years: u16,
    #[serde(default)]
    pub(super) by_name: bool,
    #[serde(default)]
    pub(super) changes: Vec<Spanned<RawChange>>,
    #[serde(default)]
    pub(super) planning: Vec<Spanned<RawPower>>,
    pub(super) history: Option<RawHistory>,
    pub(super) units: Vec<RawUnit>,
    pub(super) states: Vec<RawState>,
    pub(super) steps: Vec<RawStep>,
    /// The catalogue of papers, by code.
    #[serde(default)]
    pub(super) papers: BTreeMap<String, Spanned<Bilingual>>,
}

const fn ten_years() -> u16 {
    10
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUnit {
    pub(super) party: Spanned<Party>,
    pub(super) id: Spanned<String>,
    pub(super) names: Vec<RawName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawName {
    pub(super) from: Spanned<NaiveDate>,
    pub(super) name: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawState {
    pub(super) id: Spanned<String>,
    #[serde(default)]
    pub(super) vi: String,
    #[serde(default)]
    pub(super) en: String,
    pub(super) phase: Phase,
    #[serde(default)]
    pub(super) r#final: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) id: Spanned<String>,
    pub(super) action: Spanned<String>,
    pub(super) from: Vec<Spanned<String>>,
    pub(super) to: Option<Spanned<String>>,
    pub(super) on_fail: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) until_all_accepted: bool,
    #[serde(default)]
    pub(super) takers: Vec<Spanned<String>>,
    pub(super) main: Option<RawMain>,
    #[serde(default)]
    pub(super) vi: String,
    #[serde(default)]
    pub(super) en: String,
    pub(super) article: String,
    #[serde(default)]
    pub(super) papers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) optional_papers: Vec<Spanned<String>>,
    pub(super) due: Option<Spanned<RawDue>>,
    #[serde(default)]
    pub(super) separate: Vec<Spanned<String>>,
    pub(super) authority: Option<Authority>,
    pub(super) payment: Option<PaymentKind>,
    pub(super) appraisal: Option<AppraisalLevel>,
    pub(super) on_request: Option<bool>,
    #[serde(default)]
    pub(super) kinds: Vec<ProjectKind>,
    #[serde(default)]
    pub(super) by_batch: bool,
    #[serde(default)]
    pub(super) requires: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) delegates: Vec<Spanned<String>>,
    pub(super) council: Option<RawCouncil>,
    pub(super) contract_form: Option<ContractForm>,
    pub(super) spread: Option<Spread>,
    #[serde(default)]
    pub(super) implementers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChange {
    pub(super) what: ChangeKind,
    #[serde(default)]
    pub(super) kinds: Vec<ProjectKind>,
    pub(super) authority: Authority,
    pub(super) article: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPower {
    pub(super) act: Act,
    #[serde(default)]
    pub(super) takers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) delegates: Vec<Spanned<String>>,
    pub(super) article: String,
}

/// Who may bring in đề án with what happened to them before the system was used; nobody, where the list is empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHistory {
    pub(super) takers: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCouncil {
    pub(super) quorum: Spanned<String>,
    pub(super) majority: Spanned<String>,
}

/// `main = true`, or only in some of the states.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawMain {
    Everywhere(bool),
    In(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDue {
    /// Inclusive: `MM-DD` of plan year + `year`.
    pub(super) by: Option<String>,
    /// Exclusive, «trước ngày»: `MM-DD` of plan year + `year`.
    pub(super) before: Option<String>,
    pub(super) year: Option<i32>,
    /// Calendar days after the state was entered.
    pub(super) days: Option<u32>,
    /// Every month before this day.
    pub(super) monthly_before: Option<u32>,
    /// The project's last day.
    #[serde(default)]
    pub(super) end_of_project: bool,
    /// The next open instalment of the repayment schedule.
    #[serde(default)]
    pub(super) next_instalment: bool,
}
