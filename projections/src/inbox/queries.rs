//! Questions to `inbox`.

use chrono::NaiveDate;
use uuid::Uuid;

use super::tables::INBOX;
use crate::cell::{Cell, Cells, Kind, Row, integer, text};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;

/// A project that waits for a role at a unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InboxRow {
    /// The project.
    pub project: Uuid,
    /// Who must act: role.
    pub role: String,
    /// At which unit.
    pub unit: String,
    /// Its name where the project's events give it, else its id.
    pub unit_name: String,
    /// The awaited step.
    pub step: String,
    /// Business day since when it waits.
    pub since: NaiveDate,
    /// Day by which it is due, inclusive.
    pub due_on: Option<NaiveDate>,
    /// Mã đề án.
    pub code: String,
    /// Tên đề án.
    pub name: String,
    /// `national` or `local`.
    pub level: String,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Province code.
    pub province: String,
    /// State id.
    pub state: String,
    /// Phase.
    pub phase: String,
    /// Name of the đơn vị thực hiện.
    pub implementer_name: String,
    /// Version of the project.
    pub version: u64,
    /// Position of the project's first event.
    pub first_position: u64,
    #[serde(skip)]
    due_order: NaiveDate,
}

/// How much waits for a role at a unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InboxUnit {
    /// Role.
    pub role: String,
    /// Unit id.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// How many projects wait.
    pub count: u64,
    /// The earliest due day among them.
    pub first_due_on: Option<NaiveDate>,
}

impl InboxRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(INBOX.name, row);
        Ok(Self {
            project: cells.uuid()?,
            role: cells.text()?,
            unit: cells.text()?,
            unit_name: cells.text()?,
            step: cells.text()?,
            since: cells.date()?,
            due_on: cells.date_or_none()?,
            code: cells.text()?,
            name: cells.text()?,
            level: cells.text()?,
            plan_year: cells.number()?,
            province: cells.text()?,
            state: cells.text()?,
            phase: cells.text()?,
            implementer_name: cells.text()?,
            version: cells.number()?,
            first_position: cells.number()?,
            due_order: cells.date()?,
        })
    }

    fn cursor(&self) -> Cursor {
        Cursor::of(&[
            self.due_order.to_string(),
            self.first_position.to_string(),
            self.role.clone(),
            self.unit.clone(),
        ])
    }
}

impl ReadModels {
    /// What waits for a role, a unit, both or anybody: the most urgent first, then the oldest drafts.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn inbox(
        &self,
        role: Option<&str>,
        unit: Option<&str>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<InboxRow>> {
        let limit = page_rows(limit);
        let mut conditions = Conditions::default();
        conditions.equal("role", role);
        conditions.equal("unit", unit);
        if let Some(cursor) = after {
            let [due, position, role, unit] = cursor.parts()?;
            let due: NaiveDate = due.parse().map_err(|_| cursor.refused())?;
            let position: i64 = position.parse().map_err(|_| cursor.refused())?;
            let due = conditions.parameter(Cell::Date(Some(due)));
            let position = conditions.parameter(integer(position));
            let role = conditions.parameter(text(role));
            let unit = conditions.parameter(text(unit));
            conditions.push_sql(format!(
                "(due_order, first_position, role, unit) > ({due}, {position}, {role}, {unit})"
            ));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let rows = self
            .fetch(conditions.cells(), &INBOX.kinds(), |prefix, _| {
                format!(
                    "SELECT {} FROM {prefix}inbox{} ORDER BY due_order, first_position, role, unit LIMIT {limit_parameter}",
                    INBOX.column_list(),
                    conditions.where_clause()
                )
            })
            .await?;
        let rows = rows.into_iter().map(InboxRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, InboxRow::cursor))
    }

    /// How much waits for every role at every unit.
    ///
    /// # Errors
    /// The database's.
    pub async fn inbox_units(&self) -> Result<Vec<InboxUnit>> {
        let kinds = [Kind::Text, Kind::Text, Kind::Text, Kind::Integer, Kind::Date];
        let rows = self
            .fetch(&[], &kinds, |prefix, _| {
                // A unit may have been renamed between projects; one of its names stands for it.
                format!(
                    "SELECT role, unit, MAX(unit_name), COUNT(*), MIN(due_on) FROM {prefix}inbox GROUP BY role, unit ORDER BY unit, role"
                )
            })
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut cells = Cells::new(INBOX.name, row);
                Ok(InboxUnit {
                    role: cells.text()?,
                    unit: cells.text()?,
                    unit_name: cells.text()?,
                    count: cells.number()?,
                    first_due_on: cells.date_or_none()?,
                })
            })
            .collect()
    }
}
