//! A step that somebody takes for one đề án alone, though a batch has approved it: where it changes what the đề án takes of the estimate
//! (ngừng, giảm, hoàn trả sau khi ngừng …), batch and plan get their event in the same append, or nobody gets one.

use cqrs_es::Aggregate;
use uuid::Uuid;

use super::command::{BatchAction, BatchCommand, ProjectChange};
use super::event::BatchEvent;
use super::state::Batch;
use crate::plan::command::ChangeBooking;
use crate::plan::refusal::{Refusal, refuse};
use crate::plan::{Circumstances, Plan, PlanAction, PlanCommand, PlanEvent};
use crate::project::{Project, ProjectCommand, ProjectError, ProjectEvent};

/// Why a step was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AloneError {
    /// By the đề án's own lifecycle or money rules.
    #[error(transparent)]
    Project(Box<ProjectError>),
    /// By batch or plan: it would take more than is left.
    #[error(transparent)]
    Refused(Box<Refusal>),
}

/// The events of the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alone {
    /// The đề án's.
    pub project: Vec<ProjectEvent>,
    /// The batch's and the plan's, where it changes what they hold as approved.
    pub booked: Option<(BatchEvent, PlanEvent)>,
}

/// Decides a step of a đề án that a batch has approved; without batch and plan, of any other.
///
/// # Errors
/// Refusals of the đề án, then of batch and plan.
pub fn decide(
    approved_in: Option<(&Batch, &Plan)>,
    (id, project): (Uuid, &Project),
    command: &ProjectCommand,
) -> Result<Alone, AloneError> {
    let mut command = command.clone();
    command.context.batch_is_told = approved_in.is_some();
    let events = project
        .decide(&command)
        .map_err(|refusal| AloneError::Project(Box::new(refusal)))?;
    let Some((batch, plan)) = approved_in else {
        return Ok(Alone {
            project: events,
            booked: None,
        });
    };
    let mut next = project.clone();
    for event in &events {
        next.apply(event.clone());
    }
    let context = &command.context;
    let taken = [
        project.committed(context.lifecycle.value.money_mode),
        next.committed(context.money_mode_after(&events)),
    ];
    let booked = (taken[0] != taken[1]).then(|| {
        let change = ProjectChange {
            project: id,
            code: project.code().unwrap_or_default().to_owned(),
            step: command.step.clone(),
            event: events.first().map_or("", |event| event.what.name()).to_owned(),
            before: taken[0],
            after: taken[1],
            ended: next.has_ended_early(),
        };
        book(batch, plan, change, &command)
    });
    Ok(Alone {
        project: events,
        booked: booked.transpose().map_err(|mut refusal| {
            // It names a field of a decision over many.
            refusal.field = None;
            AloneError::Refused(Box::new(refusal))
        })?,
    })
}

fn book(
    batch: &Batch,
    plan: &Plan,
    change: ProjectChange,
    command: &ProjectCommand,
) -> Result<(BatchEvent, PlanEvent), Refusal> {
    let opening = batch.opening().ok_or_else(|| refuse("no-such-batch"))?;
    let (project, code) = (change.project, change.code.clone());
    // The papers stand with the đề án, which rests on them.
    let circumstances = Circumstances {
        actor: command.context.actor.clone(),
        occurred_on: command.context.occurred_on,
        today: command.context.today,
        papers: Vec::new(),
        note: String::new(),
    };
    let batch_event = batch.decide(&BatchCommand {
        action: BatchAction::BookChange(change),
        circumstances: circumstances.clone(),
    })?;
    let plan_event = plan.decide(&PlanCommand {
        action: PlanAction::BookChange(ChangeBooking {
            number: opening.number,
            project,
            code,
            before: batch.figures().approved,
            after: batch_event.after.approved,
        }),
        circumstances,
    })?;
    Ok((batch_event, plan_event))
}
