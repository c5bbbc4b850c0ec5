//! Reminders: what is due according to the read models and, before anything is recorded, according to the project itself; raising,
//! delivering and withdrawing as commands on the reminder.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use cqrs_es::Aggregate;
use dean_aggregates::calendar::{MissingYear, Timetable};
use dean_aggregates::project::Project;
use dean_aggregates::project::standing::Waiting;
use dean_aggregates::reminder::{
    Delivery, Left, Raised, Reminder, ReminderCommand, ReminderEvent, ReminderRefusal, ReminderWhat, Withdrawal, id_of,
};
use dean_aggregates::stored;
use dean_ledger::{AppendError, Envelope, ExecuteError, LedgerError};
use dean_projections::ProjectionError;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Engine, PublishError};

/// Rows of the inbox read at once.
const PAGE_ROWS: u32 = 500;
/// How far beyond the widest level a due day is looked at: a run of public holidays lies between.
const HOLIDAYS_DAYS: u64 = 40;

/// Reading or recording reminders failed.
#[derive(Debug, thiserror::Error)]
pub enum ReminderStoreError {
    /// The read models.
    #[error(transparent)]
    Projections(#[from] ProjectionError),
    /// A published text.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A reminder that this program can't read.
    #[error("position {position} holds a reminder that this program can't read: {cause}")]
    Unreadable {
        /// Where.
        position: u64,
        /// Why.
        cause: stored::Unreadable,
    },
    /// The reminder refuses: the program asked for what makes no sense.
    #[error(transparent)]
    Refused(ReminderRefusal),
}

/// Something due, of which somebody should be reminded now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTask {
    /// Id of the reminder.
    pub reminder: Uuid,
    /// What it would say.
    pub raised: Raised,
}

/// The time left until a due day, and what isn't known about it.
pub fn time_left(timetable: &Timetable, today: NaiveDate, due_on: NaiveDate) -> Left {
    match timetable.between(today, due_on) {
        Ok(days) => Left::WorkingDays { days },
        Err(MissingYear(missing_year)) => Left::CalendarDays {
            days: (due_on - today).num_days(),
            missing_year,
        },
    }
}

impl Engine {
    /// What is due today or soon, or is overdue, as far as the read models know; one entry for each project and its present level.
    /// `skip` are reminders that are known to be raised.
    pub async fn due_tasks(
        &self,
        today: NaiveDate,
        skip: impl Fn(Uuid) -> bool,
    ) -> Result<Vec<DueTask>, ReminderStoreError> {
        let timetable = self.rulebook().await?.timetable();
        let Some((text, levels)) = timetable.reminder_levels(today) else {
            return Ok(Vec::new());
        };
        let widest = levels.iter().map(|level| level.days.max(level.working_days)).max();
        let ahead = HOLIDAYS_DAYS + 2 * u64::from(widest.unwrap_or(0).max(0).unsigned_abs());
        let horizon = today.checked_add_days(Days::new(ahead)).unwrap_or(NaiveDate::MAX);
        let mut tasks: Vec<DueTask> = Vec::new();
        let mut after = None;
        loop {
            let page = self.read_models().inbox(None, None, after, PAGE_ROWS).await?;
            for row in page.rows {
                // In the order of their due days: nothing after this one is due.
                let Some(due_on) = row.due_on.filter(|due_on| *due_on <= horizon) else {
                    return Ok(tasks);
                };
                let left = time_left(&timetable, today, due_on);
                let working_days = match left {
                    Left::WorkingDays { days } => Some(days),
                    Left::CalendarDays { .. } => None,
                };
                let days = (due_on - today).num_days();
                let Some(level) = levels.iter().rfind(|level| level.is_reached(working_days, days)) else {
                    continue;
                };
                let reminder = id_of(row.project, &row.step, due_on, &level.id);
                if skip(reminder) || tasks.last().is_some_and(|last| last.reminder == reminder) {
                    continue;
                }
                tasks.push(DueTask {
                    reminder,
                    raised: Raised {
                        project: row.project,
                        code: row.code,
                        lifecycle: String::new(),
                        step: row.step,
                        due_on,
                        level: level.id.clone(),
                        rule: text.pin.clone(),
                        left,
                        to: Vec::new(),
                    },
                });
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(tasks),
            }
        }
    }

    /// Raises a reminder if the project itself still waits for it, and nobody has raised it. Tells whether it was raised now.
    pub async fn raise(&self, task: DueTask) -> Result<bool, ReminderStoreError> {
        let (project, _) = self.projects.load(task.raised.project).await?;
        if !is_due(&project, &task.raised) {
            return Ok(false);
        }
        let raised = Raised {
            lifecycle: project.lifecycle_pin().code.clone(),
            to: project.standing().waiting.clone(),
            ..task.raised
        };
        self.record(task.reminder, ReminderWhat::ReminderRaised(raised)).await
    }

    /// Records that a reminder was delivered. Tells whether nobody had recorded that before.
    pub async fn mark_delivered(&self, reminder: Uuid, delivery: Delivery) -> Result<bool, ReminderStoreError> {
        self.record(reminder, ReminderWhat::ReminderDelivered(delivery)).await
    }

    /// Withdraws a reminder if the project no longer waits for what it reminds of. Tells whether it is withdrawn.
    pub async fn withdraw_if_done(&self, reminder: Uuid, raised: &Raised) -> Result<bool, ReminderStoreError> {
        let (project, version) = self.projects.load(raised.project).await?;
        if is_due(&project, raised) {
            return Ok(false);
        }
        let withdrawal = Withdrawal {
            state: project.standing().state.clone(),
            version,
        };
        self.record(reminder, ReminderWhat::ReminderWithdrawn(withdrawal))
            .await?;
        Ok(true)
    }

    /// A reminder as the ledger has it now.
    pub async fn reminder(&self, id: Uuid) -> Result<Arc<Reminder>, ReminderStoreError> {
        Ok(self.reminders.load(id).await?.0)
    }

    /// The project of a reminder, as the ledger has it now.
    pub async fn reminded_project(&self, raised: &Raised) -> Result<Arc<Project>, ReminderStoreError> {
        Ok(self.projects.load(raised.project).await?.0)
    }

    /// The events of all reminders after a position, in order, with their positions.
    pub async fn reminder_events(&self, after: u64) -> Result<Vec<(u64, Uuid, ReminderEvent)>, ReminderStoreError> {
        let recorded = self.ledger.read_type(Reminder::TYPE, after).await?;
        recorded
            .into_iter()
            .map(|recorded| {
                let position = recorded.position;
                let event = stored::read(
                    stored::REMINDER,
                    &recorded.event_type,
                    &recorded.event_version,
                    recorded.payload,
                );
                let event = event.map_err(|cause| ReminderStoreError::Unreadable { position, cause })?;
                Ok((position, recorded.aggregate_id, event))
            })
            .collect()
    }

    async fn record(&self, reminder: Uuid, what: ReminderWhat) -> Result<bool, ReminderStoreError> {
        let environment = self.ledger.environment();
        let today = environment.today();
        let envelope = Envelope {
            command_id: environment.uuid_v7(),
            actor: dean_ledger::Actor {
                id: "dean.reminders".to_owned(),
                role: "system".to_owned(),
                unit: "dean".to_owned(),
            },
            occurred_on: today,
            request_sha256: Sha256::digest(format!("{reminder} {}", what.name()).as_bytes()).into(),
            metadata: [("channel".to_owned(), "reminders".to_owned())].into(),
        };
        let command = ReminderCommand { today, what };
        match self.reminders.execute(reminder, None, command, envelope).await {
            Ok(_) => Ok(true),
            // Another process was faster, which is what the reminder's id is for.
            Err(ExecuteError::Refused(
                ReminderRefusal::AlreadyRaised | ReminderRefusal::AlreadyDelivered | ReminderRefusal::Withdrawn,
            )) => Ok(false),
            Err(ExecuteError::Refused(refusal)) => Err(ReminderStoreError::Refused(refusal)),
            Err(ExecuteError::Append(error)) => Err(error.into()),
            Err(ExecuteError::Ledger(error)) => Err(error.into()),
            // No version was expected.
            Err(ExecuteError::StaleVersion { .. }) => Ok(false),
        }
    }
}

/// Whether a project waits for what a reminder says, by that day.
fn is_due(project: &Project, raised: &Raised) -> bool {
    let standing = project.standing();
    let waits_for = |to: &Waiting| standing.waiting.contains(to);
    standing.next_step.as_deref() == Some(raised.step.as_str())
        && standing.due_on == Some(raised.due_on)
        && !standing.waiting.is_empty()
        && raised.to.iter().all(waits_for)
}
