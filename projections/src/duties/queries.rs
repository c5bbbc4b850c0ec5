//! Questions to `duties`, and which units have đề án of which year.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::project::month::Duty;
use uuid::Uuid;

use super::tables::DUTIES;
use crate::cell::{Cell, Cells, Kind, Row, integer, text};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;
use crate::state::ReportedMonth;
use crate::text::containing;

/// A đề án that has to report every month.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DutyRow {
    /// The project.
    pub project: Uuid,
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
    /// Unit id of the đơn vị thực hiện.
    pub implementer_unit: String,
    /// Its name.
    pub implementer_name: String,
    /// Code of its lifecycle.
    pub lifecycle_code: String,
    /// Version of its lifecycle.
    pub lifecycle_version: String,
    /// From when on, and until when.
    pub duty: Duty,
    /// What was reported, by the first day of the month.
    pub reported: BTreeMap<NaiveDate, ReportedMonth>,
    #[serde(skip)]
    first_unreported: Option<NaiveDate>,
    #[serde(skip)]
    first_position: u64,
}

/// Which đề án; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct DutyFilter {
    /// A unit that stands for any party of the đề án.
    pub unit: Option<String>,
    /// `national` or `local`.
    pub level: Option<String>,
    /// Province code.
    pub province: Option<String>,
    /// Năm kế hoạch.
    pub plan_year: Option<u16>,
}

/// A unit that has a part in đề án of a plan year.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnitYear {
    /// Unit id.
    pub unit: String,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// How many of them have not ended: neither refused, stopped nor archived.
    pub open: u64,
}

impl DutyRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(DUTIES.name, row);
        Ok(Self {
            project: cells.uuid()?,
            code: cells.text()?,
            name: cells.text()?,
            level: cells.text()?,
            plan_year: cells.number()?,
            province: cells.text()?,
            implementer_unit: cells.text()?,
            implementer_name: cells.text()?,
            lifecycle_code: cells.text()?,
            lifecycle_version: cells.text()?,
            duty: Duty {
                since: cells.date()?,
                until: cells.date_or_none()?,
            },
            first_unreported: cells.date_or_none()?,
            reported: reported(&cells.text()?),
            first_position: cells.number()?,
        })
    }

    fn cursor(&self) -> Cursor {
        let month = self.first_unreported.map(|month| month.to_string());
        Cursor::of(&[month.unwrap_or_default(), self.first_position.to_string()])
    }
}

/// As the fold writes it.
fn reported(text: &str) -> BTreeMap<NaiveDate, ReportedMonth> {
    let one = |entry: &str| {
        let mut words = entry.split(' ');
        let month = words.next()?.parse().ok()?;
        let on = words.next()?.parse().ok()?;
        let whole = words.next()? == "whole";
        Some((month, ReportedMonth { on, whole }))
    };
    text.split(", ").filter_map(one).collect()
}

impl ReadModels {
    /// Đề án that haven't reported a month up to `by`, which is the first day of a month: the longest silent first. Without a month all that
    /// ever had to report, the oldest drafts first.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn unreported(
        &self,
        filter: &DutyFilter,
        by: Option<NaiveDate>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<DutyRow>> {
        let limit = page_rows(limit);
        let mut conditions = Conditions::default();
        if let Some(by) = by {
            conditions.push("first_unreported <= ?", Cell::Date(Some(by)));
        }
        conditions.equal("level", filter.level.as_deref());
        conditions.equal("province", filter.province.as_deref());
        if let Some(year) = filter.plan_year {
            conditions.push("plan_year = ?", integer(year));
        }
        if let Some(unit) = &filter.unit {
            conditions.push(r"units LIKE ? ESCAPE '\'", text(containing(&format!(" {unit} "))));
        }
        if let Some(cursor) = after {
            let [month, position] = cursor.parts()?;
            let position: i64 = position.parse().map_err(|_| cursor.refused())?;
            if by.is_some() {
                let month: NaiveDate = month.parse().map_err(|_| cursor.refused())?;
                let month = conditions.parameter(Cell::Date(Some(month)));
                let position = conditions.parameter(integer(position));
                conditions.push_sql(format!("(first_unreported, first_position) > ({month}, {position})"));
            } else {
                conditions.push("first_position > ?", integer(position));
            }
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let kinds: Vec<Kind> = DUTIES
            .columns
            .iter()
            .filter(|column| column.public)
            .map(|column| column.kind)
            .collect();
        let order = if by.is_some() {
            "first_unreported, first_position"
        } else {
            "first_position"
        };
        let columns = DUTIES.public_columns().unwrap_or_default();
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                format!(
                    "SELECT {columns} FROM {prefix}duties{} ORDER BY {order} LIMIT {limit_parameter}",
                    conditions.where_clause()
                )
            })
            .await?;
        let rows = rows.into_iter().map(DutyRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, DutyRow::cursor))
    }

    /// Which units have a part in đề án of which plan years, by unit and year. Of one unit, where one is named.
    ///
    /// # Errors
    /// The database's.
    pub async fn unit_years(&self, unit: Option<&str>) -> Result<Vec<UnitYear>> {
        let mut conditions = Conditions::default();
        if let Some(unit) = unit {
            conditions.push(r"units LIKE ? ESCAPE '\'", text(containing(&format!(" {unit} "))));
        }
        let kinds = [Kind::Text, Kind::Integer, Kind::Integer];
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                format!(
                    "SELECT units, plan_year, COUNT(CASE WHEN phase NOT IN ('refused', 'stopped', 'archived') THEN 1 END) \
                     FROM {prefix}progress{} GROUP BY units, plan_year",
                    conditions.where_clause()
                )
            })
            .await?;
        let mut found: BTreeMap<(String, u16), u64> = BTreeMap::new();
        for row in rows {
            let mut cells = Cells::new("progress", row);
            let (units, year, open): (String, u16, u64) = (cells.text()?, cells.number()?, cells.number()?);
            for one in units
                .split_whitespace()
                .filter(|one| unit.is_none_or(|unit| unit == *one))
            {
                *found.entry((one.to_owned(), year)).or_default() += open;
            }
        }
        let one = |((unit, plan_year), open)| UnitYear { unit, plan_year, open };
        Ok(found.into_iter().map(one).collect())
    }
}
