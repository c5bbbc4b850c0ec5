//! Questions to `timeline`.

use chrono::NaiveDate;
use uuid::Uuid;

use super::tables::TIMELINE;
use crate::cell::{Cell, Cells};
use crate::error::Result;
use crate::read_models::ReadModels;

/// An event of a project: who, when, how long it took.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TimelineRow {
    /// The project.
    pub project: Uuid,
    /// Its number within the project, from 1.
    pub sequence: u64,
    /// Its position in the ledger.
    pub position: u64,
    /// The step that was taken.
    pub step: String,
    /// Type of the event.
    pub event_type: String,
    /// Account id of who acted.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// For which unit.
    pub unit: String,
    /// The business date on the paper.
    pub occurred_on: NaiveDate,
    /// When it was recorded, microseconds UTC.
    pub recorded_at: i64,
    /// The deadline that held before the event.
    pub due_on: Option<NaiveDate>,
    /// Days since the lifecycle step before; none for events that ended no wait (inspections, early reports) and for the first.
    pub days_taken: Option<i64>,
    /// Days after the deadline, 0 when in time; none without a deadline and for events that ended no wait.
    pub days_late: Option<i64>,
    /// State after the event.
    pub state: String,
    /// Phase after the event.
    pub phase: String,
}

impl ReadModels {
    /// All events of a project in their order; empty when there is no such project.
    ///
    /// # Errors
    /// The database's.
    pub async fn timeline(&self, project: Uuid) -> Result<Vec<TimelineRow>> {
        let rows = self
            .fetch(&[Cell::Uuid(Some(project))], &TIMELINE.kinds(), |prefix, _| {
                format!(
                    "SELECT {} FROM {prefix}timeline WHERE project = $1 ORDER BY sequence",
                    TIMELINE.column_list()
                )
            })
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut cells = Cells::new(TIMELINE.name, row);
                Ok(TimelineRow {
                    project: cells.uuid()?,
                    sequence: cells.number()?,
                    position: cells.number()?,
                    step: cells.text()?,
                    event_type: cells.text()?,
                    actor: cells.text()?,
                    role: cells.text()?,
                    unit: cells.text()?,
                    occurred_on: cells.date()?,
                    recorded_at: cells.micros()?,
                    due_on: cells.date_or_none()?,
                    days_taken: cells.integer_or_none()?,
                    days_late: cells.integer_or_none()?,
                    state: cells.text()?,
                    phase: cells.text()?,
                })
            })
            .collect()
    }
}
