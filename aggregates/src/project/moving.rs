//! Whether a running project can go on under another version of its lifecycle. Checked before a move is offered, and by the move itself.

use chrono::NaiveDate;
use serde::Serialize;

use super::state::Project;
use crate::lifecycle::{Lifecycle, MoneyMode};
use crate::money::Dong;

/// Why a project can't move to a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "obstacle", rename_all = "kebab-case")]
pub enum Obstacle {
    /// The version doesn't know the state that the project is in.
    StateMissing {
        /// The state.
        state: String,
    },
    /// The step that is awaited is gone, or may not be taken from this state.
    StepGone {
        /// The step.
        step: String,
        /// The state.
        state: String,
    },
    /// Who took this step may not take another one; the version has forgotten the step, and with it the separation of duties.
    DutyForgotten {
        /// The step that was taken.
        step: String,
    },
    /// Money has moved, and would be judged by another mode.
    MoneyMode {
        /// As it was paid.
        paid: MoneyMode,
        /// As the version pays.
        target: MoneyMode,
    },
    /// The version is for the other programme.
    OtherProgramme,
    /// The version is another province's own.
    OtherProvince {
        /// Code of that province.
        province: String,
    },
    /// The version is not in force yet on the day of the move.
    NotInForce {
        /// Its first day.
        from: NaiveDate,
    },
    /// The version was replaced by the one that holds for the project, or by one before it.
    Older,
}

impl Obstacle {
    /// Code of the refusal that says so.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StateMissing { .. } => "target-lacks-state",
            Self::StepGone { .. } => "target-lacks-step",
            Self::DutyForgotten { .. } => "target-forgets-duty",
            Self::MoneyMode { .. } => "target-money-mode",
            Self::OtherProgramme => "target-programme",
            Self::OtherProvince { .. } => "target-province",
            Self::NotInForce { .. } => "target-not-in-force",
            Self::Older => "target-older",
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StateMissing { state } => write!(f, "it has no state {state}"),
            Self::StepGone { step, state } => write!(f, "it has no step {step} from state {state}, which is awaited"),
            Self::DutyForgotten { step } => write!(
                f,
                "it has no step {step}, whose taker may not take a later one: separation of duties would be lost"
            ),
            Self::MoneyMode { paid, target } => write!(
                f,
                "money was paid in mode {}, and it pays in mode {}",
                paid.as_str(),
                target.as_str()
            ),
            Self::OtherProgramme => f.write_str("it is for the other programme"),
            Self::OtherProvince { province } => write!(f, "it is for projects of province {province} only"),
            Self::NotInForce { from } => write!(f, "it is in force from {from} on, not yet on the day of the move"),
            Self::Older => f.write_str("it is older than the version that holds for the project"),
        }
    }
}

impl Project {
    /// What keeps the project from moving from its lifecycle to another version on a day.
    pub fn obstacles(&self, from: &Lifecycle, target: &Lifecycle, on: NaiveDate) -> Vec<Obstacle> {
        let mut found = Vec::new();
        if from.level != target.level {
            found.push(Obstacle::OtherProgramme);
        }
        if let Some(province) = &target.province
            && self.province() != Some(province)
        {
            found.push(Obstacle::OtherProvince {
                province: province.clone(),
            });
        }
        if on < target.valid_from {
            found.push(Obstacle::NotInForce {
                from: target.valid_from,
            });
        }
        let state = &self.standing.state;
        if target.state(state).is_none() {
            found.push(Obstacle::StateMissing { state: state.clone() });
        } else if let Some(next) = &self.standing.next_step
            && target.step(next).is_none_or(|step| !step.starts_from(state))
        {
            found.push(Obstacle::StepGone {
                step: next.clone(),
                state: state.clone(),
            });
        }
        let mut kept_apart: Vec<&str> = from
            .steps
            .iter()
            .flat_map(|step| &step.separate)
            .map(String::as_str)
            .collect();
        kept_apart.sort_unstable();
        kept_apart.dedup();
        let forgotten = kept_apart
            .into_iter()
            .filter(|step| target.step(step).is_none() && self.trail.iter().any(|trace| *trace.step == **step));
        found.extend(forgotten.map(|step| Obstacle::DutyForgotten { step: step.to_owned() }));
        if from.money_mode != target.money_mode && self.figures().disbursed > Dong::ZERO {
            found.push(Obstacle::MoneyMode {
                paid: from.money_mode,
                target: target.money_mode,
            });
        }
        found
    }
}
