//! Moving running projects to a newer version of their lifecycle: which could, which not and why; and doing it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::lifecycle::ActionKind;
use dean_aggregates::project::Project;
use dean_aggregates::project::action::{Action, LifecycleMove};
use dean_aggregates::project::event::{Pin, ProjectEvent, What};
use dean_aggregates::project::moving::Obstacle;
use dean_aggregates::stored;
use uuid::Uuid;

use super::{Ask, Engine, PublishError, ReadError, StepError, Submission, Taken};

/// Events read at once while the ledger is searched.
const PAGE: usize = 2_000;

/// A running project of the lifecycle under another version than the wanted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveCheck {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Version that holds for it now.
    pub version: String,
    /// State that it is in.
    pub state: String,
    /// The step of its present version that moves it; none where that version has none from this state.
    pub step: Option<String>,
    /// What keeps it from moving; empty: it can.
    pub obstacles: Vec<Obstacle>,
}

impl MoveCheck {
    /// Whether it can move.
    pub fn can_move(&self) -> bool {
        self.step.is_some() && self.obstacles.is_empty()
    }
}

/// Why projects are moved, and who moves them.
#[derive(Debug, Clone)]
pub struct MoveOrder {
    /// Căn cứ.
    pub reason: String,
    /// Who.
    pub actor: Actor,
    /// Business date.
    pub occurred_on: NaiveDate,
}

impl Engine {
    /// Every running project of a lifecycle that another version holds for, in order of code. Projects in a final state stay as they are.
    /// Reads the whole ledger: a chore for an administrator, not for a page.
    ///
    /// # Errors
    /// [`PublishError::UnknownLifecycle`] when that version is not published; otherwise the ledger's.
    pub async fn check_moves(&self, code: &str, version: &str) -> Result<Vec<MoveCheck>, ReadError> {
        let rulebook = self.rulebook().await?;
        let target = rulebook
            .lifecycle_version(code, version)
            .ok_or_else(|| PublishError::UnknownLifecycle {
                code: code.to_owned(),
                version: version.to_owned(),
            })?;
        let today = self.ledger.environment().today();
        let mut checks = Vec::new();
        for (project, pin) in self.pins().await? {
            if pin.code != code || pin == target.pin {
                continue;
            }
            let (current, _) = self.projects.load(project).await?;
            let present = rulebook.lifecycle(current.lifecycle_pin())?;
            let state = &current.standing().state;
            if present.value.state(state).is_some_and(|state| state.is_final) {
                continue;
            }
            let step = present
                .value
                .steps_from(state)
                .find(|step| step.action == ActionKind::MoveLifecycle);
            let mut obstacles = current.obstacles(&present.value, &target.value, today);
            if rulebook.is_older(&target.pin, &present.pin) {
                obstacles.insert(0, Obstacle::Older);
            }
            checks.push(MoveCheck {
                project,
                code: current.code().unwrap_or_default().to_owned(),
                version: present.pin.version.clone(),
                state: state.clone(),
                step: step.map(|step| step.id.clone()),
                obstacles,
            });
        }
        checks.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(checks)
    }

    /// Moves one project that the check has found able to; by its own step, as an event of its own.
    pub async fn move_project(&self, check: &MoveCheck, version: &str, order: &MoveOrder) -> Result<Taken, StepError> {
        let ask = Ask {
            step: check.step.clone().unwrap_or_default(),
            action: Action::MoveLifecycle(LifecycleMove {
                version: version.to_owned(),
                reason: order.reason.clone(),
            }),
            papers: Vec::new(),
            note: String::new(),
            occurred_on: order.occurred_on,
            actor: order.actor.clone(),
            command_id: self.ledger.environment().uuid_v7(),
            request_sha256: [0; 32],
            expected_version: None,
            channel: "cli",
        };
        self.take_step(check.project, ask).await
    }

    /// Moves one running project to a newer version of its lifecycle, by the step that its present version has for it.
    pub async fn move_to(&self, project: Uuid, to: LifecycleMove, submission: Submission) -> Result<Taken, StepError> {
        let (current, version) = self.projects.load(project).await?;
        if version == 0 {
            return Err(StepError::NoSuchProject(project));
        }
        let present = self.rulebook().await?.lifecycle(current.lifecycle_pin())?;
        // Also where the state allows none: the step's own refusal then says so.
        let mut steps = present.value.steps.iter();
        let step = steps.find(|step| step.action == ActionKind::MoveLifecycle);
        let ask = Ask {
            step: step.map_or_else(|| ActionKind::MoveLifecycle.as_str().to_owned(), |step| step.id.clone()),
            action: Action::MoveLifecycle(to),
            papers: submission.papers,
            note: submission.note,
            occurred_on: submission.occurred_on,
            actor: submission.actor,
            command_id: submission.command_id,
            request_sha256: submission.request_sha256,
            expected_version: submission.expected_version,
            channel: submission.channel,
        };
        self.take_step(project, ask).await
    }

    /// The lifecycle that holds for each project: what it was drafted with, or last moved to.
    async fn pins(&self) -> Result<BTreeMap<Uuid, Pin>, ReadError> {
        let mut pins = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = self.ledger.read(after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(pins);
            };
            after = last.position;
            for recorded in page {
                let is_pinning = matches!(recorded.event_type.as_str(), "Drafted" | "Imported" | "LifecycleMoved");
                if recorded.aggregate_type != Project::TYPE || !is_pinning {
                    continue;
                }
                let event: ProjectEvent = stored::read(
                    stored::PROJECT,
                    &recorded.event_type,
                    &recorded.event_version,
                    recorded.payload,
                )
                .map_err(|cause| ReadError::UnknownEvent {
                    position: recorded.position,
                    cause,
                })?;
                match event.what {
                    What::Drafted(drafted) => pins.insert(recorded.aggregate_id, drafted.lifecycle),
                    What::Imported(imported) => pins.insert(recorded.aggregate_id, imported.drafted.lifecycle),
                    What::LifecycleMoved(moved) => pins.insert(recorded.aggregate_id, moved.to),
                    _ => None,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests;
