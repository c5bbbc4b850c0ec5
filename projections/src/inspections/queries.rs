//! Questions to `inspections` and `findings`.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use uuid::Uuid;

use super::tables::TABLES;
use crate::cell::{Cell, Cells, Kind, Row, integer};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;

/// An inspection as it stands now, money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InspectionRow {
    /// Its id.
    pub id: Uuid,
    /// Số quyết định.
    pub decision: String,
    /// Its date.
    pub decided_on: NaiveDate,
    /// Id of the unit that inspects.
    pub authority_unit: String,
    /// Its name.
    pub authority_name: String,
    /// Theo kế hoạch, or đột xuất.
    pub planned: bool,
    /// Nội dung kiểm tra.
    pub content: String,
    /// From this day.
    pub starts_on: NaiveDate,
    /// To this day, inclusive.
    pub ends_on: NaiveDate,
    /// `running` or `concluded`.
    pub state: String,
    /// How many đề án it visited.
    pub projects: u32,
    /// How many kiến nghị.
    pub findings: u32,
    /// Of these, open.
    pub open: u32,
    /// Of these, handed on.
    pub handed_on: u32,
    /// Σ kiến nghị thu hồi.
    pub amount: Dong,
    /// Σ recovery ordered.
    pub recovery: Dong,
    /// The earliest due day of an open finding.
    pub first_due_on: Option<NaiveDate>,
    /// Date of the conclusion.
    pub concluded_on: Option<NaiveDate>,
    /// Number of its events.
    pub version: u64,
    /// Business date of its last event.
    pub last_on: NaiveDate,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
    #[serde(skip)]
    due_order: NaiveDate,
}

/// A finding as it stands now, money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FindingRow {
    /// The inspection.
    pub inspection: Uuid,
    /// Number within it.
    pub number: u16,
    /// Số quyết định kiểm tra.
    pub decision: String,
    /// The project.
    pub project: Uuid,
    /// Its code.
    pub code: String,
    /// `money`, `papers`, `progress`, `quality` or `other`.
    pub kind: String,
    /// Nội dung.
    pub content: String,
    /// Kiến nghị.
    pub recommendation: String,
    /// Số tiền kiến nghị thu hồi.
    pub amount: Dong,
    /// Recovery ordered.
    pub recovery: Dong,
    /// Id of the unit that has to remedy it.
    pub owner_unit: String,
    /// Its name.
    pub owner_name: String,
    /// Thời hạn.
    pub due_on: NaiveDate,
    /// `open`, `remedied` or `handed-on`.
    pub status: String,
    /// To whom it was handed on.
    pub handed_to: Option<String>,
    /// How many answers.
    pub answers: u32,
}

/// Which inspections; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct InspectionFilter {
    /// `running` or `concluded`.
    pub state: Option<String>,
    /// Id of the unit that inspects.
    pub authority: Option<String>,
}

/// Which findings; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct FindingFilter {
    /// `open`, `remedied` or `handed-on`.
    pub status: Option<String>,
    /// The project.
    pub project: Option<Uuid>,
    /// Id of the unit that has to remedy it.
    pub owner: Option<String>,
    /// Whose due day lies before this day.
    pub overdue_on: Option<NaiveDate>,
}

impl InspectionFilter {
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.equal("state", self.state.as_deref());
        conditions.equal("authority_unit", self.authority.as_deref());
        conditions
    }
}

impl FindingFilter {
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.equal("status", self.status.as_deref());
        conditions.equal("owner_unit", self.owner.as_deref());
        if let Some(project) = self.project {
            conditions.push("project = ?", Cell::Uuid(Some(project)));
        }
        if let Some(day) = self.overdue_on {
            conditions.push("due_on < ?", Cell::Date(Some(day)));
        }
        conditions
    }
}

impl InspectionRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(TABLES[0].name, row);
        Ok(Self {
            id: cells.uuid()?,
            decision: cells.text()?,
            decided_on: cells.date()?,
            authority_unit: cells.text()?,
            authority_name: cells.text()?,
            planned: cells.bool()?,
            content: cells.text()?,
            starts_on: cells.date()?,
            ends_on: cells.date()?,
            state: cells.text()?,
            projects: cells.number()?,
            findings: cells.number()?,
            open: cells.number()?,
            handed_on: cells.number()?,
            amount: cells.number()?,
            recovery: cells.number()?,
            first_due_on: cells.date_or_none()?,
            concluded_on: cells.date_or_none()?,
            version: cells.number()?,
            last_on: cells.date()?,
            first_position: cells.number()?,
            last_position: cells.number()?,
            due_order: cells.date()?,
        })
    }
}

impl FindingRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(TABLES[1].name, row);
        Ok(Self {
            inspection: cells.uuid()?,
            number: cells.number()?,
            decision: cells.text()?,
            project: cells.uuid()?,
            code: cells.text()?,
            kind: cells.text()?,
            content: cells.text()?,
            recommendation: cells.text()?,
            amount: cells.number()?,
            recovery: cells.number()?,
            owner_unit: cells.text()?,
            owner_name: cells.text()?,
            due_on: cells.date()?,
            status: cells.text()?,
            handed_to: cells.text_or_none()?,
            answers: cells.number()?,
        })
    }
}

impl ReadModels {
    /// Inspections: those with open findings first, the earliest due day first; then the latest ones.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn inspections(
        &self,
        filter: &InspectionFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<InspectionRow>> {
        let limit = page_rows(limit);
        let mut conditions = filter.conditions();
        if let Some(cursor) = after {
            let [due, position] = cursor.parts()?;
            let due: NaiveDate = due.parse().map_err(|_| cursor.refused())?;
            let position: i64 = position.parse().map_err(|_| cursor.refused())?;
            let due = conditions.parameter(Cell::Date(Some(due)));
            let position = conditions.parameter(integer(position));
            conditions.push_sql(format!(
                "(due_order > {due} OR (due_order = {due} AND first_position < {position}))"
            ));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let table = &TABLES[0];
        let rows = self
            .fetch(conditions.cells(), &table.kinds(), |prefix, _| {
                let (columns, which) = (table.column_list(), conditions.where_clause());
                format!(
                    "SELECT {columns} FROM {prefix}inspections{which} ORDER BY due_order, first_position DESC LIMIT {limit_parameter}"
                )
            })
            .await?;
        let rows = rows.into_iter().map(InspectionRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, |row: &InspectionRow| {
            Cursor::of(&[row.due_order.to_string(), row.first_position.to_string()])
        }))
    }

    /// How many inspections there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_inspections(&self, filter: &InspectionFilter) -> Result<u64> {
        self.count_rows(&TABLES[0], &filter.conditions()).await
    }

    /// Findings, the earliest due day first.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn findings(
        &self,
        filter: &FindingFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<FindingRow>> {
        let limit = page_rows(limit);
        let mut conditions = filter.conditions();
        if let Some(cursor) = after {
            let [due, inspection, number] = cursor.parts()?;
            let due: NaiveDate = due.parse().map_err(|_| cursor.refused())?;
            let inspection = Uuid::parse_str(inspection).map_err(|_| cursor.refused())?;
            let number: u16 = number.parse().map_err(|_| cursor.refused())?;
            let due = conditions.parameter(Cell::Date(Some(due)));
            let inspection = conditions.parameter(Cell::Uuid(Some(inspection)));
            let number = conditions.parameter(integer(number));
            conditions.push_sql(format!(
                "(due_on, inspection, number) > ({due}, {inspection}, {number})"
            ));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let table = &TABLES[1];
        let rows = self
            .fetch(conditions.cells(), &table.kinds(), |prefix, _| {
                let (columns, which) = (table.column_list(), conditions.where_clause());
                format!(
                    "SELECT {columns} FROM {prefix}findings{which} ORDER BY due_on, inspection, number LIMIT {limit_parameter}"
                )
            })
            .await?;
        let rows = rows.into_iter().map(FindingRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, |row: &FindingRow| {
            let parts = [
                row.due_on.to_string(),
                row.inspection.to_string(),
                row.number.to_string(),
            ];
            Cursor::of(&parts)
        }))
    }

    /// How many findings there are, and the money that they name in all.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_findings(&self, filter: &FindingFilter) -> Result<(u64, Dong)> {
        let conditions = filter.conditions();
        let rows = self
            .fetch(conditions.cells(), &[Kind::Integer; 2], |prefix, _| {
                let which = conditions.where_clause();
                format!("SELECT COUNT(*), CAST(COALESCE(SUM(amount), 0) AS bigint) FROM {prefix}findings{which}")
            })
            .await?;
        let Some(row) = rows.into_iter().next() else {
            return Ok((0, Dong::ZERO));
        };
        let mut cells = Cells::new(TABLES[1].name, row);
        Ok((cells.number()?, cells.number()?))
    }
}
