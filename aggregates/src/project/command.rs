//! What a command brings along: everything that a decision needs and must not look up itself.

use std::sync::Arc;

use chrono::NaiveDate;

use super::action::Action;
use super::contracted::{Contracted, InspectionReference};
use super::event::{BatchReference, ProjectEvent, What};
use super::papers::Paper;
use crate::actor::Actor;
use crate::calendar::Timetable;
use crate::lifecycle::{Lifecycle, MoneyMode};
use crate::places::Places;
use crate::published::Pinned;
use crate::rules::RuleSet;

/// A step to take.
#[derive(Debug, Clone)]
pub struct ProjectCommand {
    /// Step of the lifecycle.
    pub step: String,
    /// What it does.
    pub action: Action,
    /// Papers filed with it.
    pub papers: Vec<Paper>,
    /// Ghi chú.
    pub note: String,
    /// What was looked up.
    pub context: Context,
}

/// Looked-up facts.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who acts.
    pub actor: Actor,
    /// Business date on the papers.
    pub occurred_on: NaiveDate,
    /// Today in Vietnam.
    pub today: NaiveDate,
    /// The project's pinned lifecycle; for a draft, the one that shall hold.
    pub lifecycle: Arc<Pinned<Lifecycle>>,
    /// The rules in force on `occurred_on`.
    pub rules: Arc<Pinned<RuleSet>>,
    /// Whether those are another authority's, because the responsible one's are not loaded.
    pub fallback_norms: bool,
    /// Provinces.
    pub places: Arc<Places>,
    /// Calendars, guidance and service levels.
    pub timetable: Arc<Timetable>,
    /// Code for a new project that brings none.
    pub draft_code: Option<String>,
    /// Target of a move to another lifecycle version.
    pub target_lifecycle: Option<Arc<Pinned<Lifecycle>>>,
    /// Whether that version was replaced by the one that holds for the project, or by one before it.
    pub target_is_older: bool,
    /// The decision of a batch that takes the step; `None` when somebody takes it for this project alone.
    pub by_batch: Option<BatchReference>,
    /// Whether the batch that approved the project and its plan learn in the same append what the step changes for them
    /// ([`crate::batch::alone`]). A step that changes it behind their back is refused.
    pub batch_is_told: bool,
    /// The contract over several đề án that it is part of, or becomes part of.
    pub contract: Option<Contracted>,
    /// The inspection that takes the step.
    pub inspection: Option<InspectionReference>,
}

impl Context {
    /// How money moves after these events: as before, unless the project has moved to another lifecycle.
    pub fn money_mode_after(&self, events: &[ProjectEvent]) -> MoneyMode {
        let has_moved = events.iter().any(|event| matches!(event.what, What::LifecycleMoved(_)));
        let target = self.target_lifecycle.as_ref().filter(|_| has_moved);
        target.unwrap_or(&self.lifecycle).value.money_mode
    }
}
