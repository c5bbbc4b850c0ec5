//! Questions to `reminders`.

use chrono::NaiveDate;
use dean_aggregates::reminder::Left;
use uuid::Uuid;

use super::tables::REMINDERS;
use crate::cell::{Cell, Cells, Row, integer};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;

/// A reminder as it stands now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReminderRow {
    /// Its id.
    pub id: Uuid,
    /// The project.
    pub project: Uuid,
    /// Its code.
    pub code: String,
    /// Code of the project's lifecycle.
    pub lifecycle: String,
    /// The awaited step.
    pub step: String,
    /// Day by which it is due.
    pub due_on: NaiveDate,
    /// Level of the reminder, e.g. `soon`.
    pub level: String,
    /// The day on which it was raised.
    pub raised_on: NaiveDate,
    /// The time that was left on that day.
    pub left: Left,
    /// Who must act: `role@unit, role@unit`. See [`ReminderRow::parties`].
    pub recipients: String,
    /// Who has it.
    pub delivered_to: String,
    /// Through what it went.
    pub channels: String,
    /// `waiting`, `partly`, `delivered` or `withdrawn` (it was done before everybody had it).
    pub state: String,
    /// Number of its events.
    pub version: u64,
    /// Business date of its last event.
    pub last_on: NaiveDate,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
}

/// Which reminders; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct ReminderFilter {
    /// `waiting`, `partly`, `delivered` or `withdrawn`.
    pub state: Option<String>,
    /// Level, e.g. `overdue`.
    pub level: Option<String>,
    /// The project.
    pub project: Option<Uuid>,
}

impl ReminderFilter {
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.equal("state", self.state.as_deref());
        conditions.equal("level", self.level.as_deref());
        if let Some(project) = self.project {
            conditions.push("project = ?", Cell::Uuid(Some(project)));
        }
        conditions
    }
}

impl ReminderRow {
    /// Role and unit id of each who must act, and whether they have it.
    pub fn parties(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let has = |party: &str| self.delivered_to.split(", ").any(|one| one == party);
        let each = self.recipients.split(", ");
        each.filter_map(move |party| {
            let (role, unit) = party.split_once('@')?;
            Some((role, unit, has(party)))
        })
    }

    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(REMINDERS.name, row);
        Ok(Self {
            id: cells.uuid()?,
            project: cells.uuid()?,
            code: cells.text()?,
            lifecycle: cells.text()?,
            step: cells.text()?,
            due_on: cells.date()?,
            level: cells.text()?,
            raised_on: cells.date()?,
            left: {
                let (days, missing_year) = (cells.integer()?, cells.integer_or_none()?);
                match missing_year.and_then(|year| i32::try_from(year).ok()) {
                    None => Left::WorkingDays { days },
                    Some(missing_year) => Left::CalendarDays { days, missing_year },
                }
            },
            recipients: cells.text()?,
            delivered_to: cells.text()?,
            channels: cells.text()?,
            state: cells.text()?,
            version: cells.number()?,
            last_on: cells.date()?,
            first_position: cells.number()?,
            last_position: cells.number()?,
        })
    }
}

impl ReadModels {
    /// Reminders, the latest first; the order never changes, so pages are stable.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn reminders(
        &self,
        filter: &ReminderFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ReminderRow>> {
        let limit = page_rows(limit);
        let mut conditions = filter.conditions();
        if let Some(cursor) = after {
            let [position] = cursor.parts()?;
            let position: i64 = position.parse().map_err(|_| cursor.refused())?;
            conditions.push("first_position < ?", integer(position));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let rows = self
            .fetch(conditions.cells(), &REMINDERS.kinds(), |prefix, _| {
                let (columns, which) = (REMINDERS.column_list(), conditions.where_clause());
                format!(
                    "SELECT {columns} FROM {prefix}reminders{which} ORDER BY first_position DESC LIMIT {limit_parameter}"
                )
            })
            .await?;
        let rows = rows.into_iter().map(ReminderRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, |row: &ReminderRow| {
            Cursor::of(&[row.first_position.to_string()])
        }))
    }

    /// How many reminders there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_reminders(&self, filter: &ReminderFilter) -> Result<u64> {
        self.count_rows(&REMINDERS, &filter.conditions()).await
    }
}
