//! Questions to `plans`.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use uuid::Uuid;

use super::tables::PLANS;
use crate::cell::{Cell, Cells, Kind, Row, integer, text};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;

/// A plan as it stands now, money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlanRow {
    /// Its id.
    pub id: Uuid,
    /// `national` or `local`.
    pub level: String,
    /// Province code of a local one.
    pub province: Option<String>,
    /// Năm kế hoạch.
    pub year: u16,
    /// Unit id of the cấp có thẩm quyền phê duyệt.
    pub authority_unit: String,
    /// Its name on the day of the estimate.
    pub authority_name: String,
    /// Dự toán được giao, as it stands.
    pub estimate: Dong,
    /// Σ hạn mức các đợt.
    pub reserved: Dong,
    /// Σ đã phê duyệt, without what was stopped or cut.
    pub approved: Dong,
    /// Σ given back by stops and cuts so far.
    pub freed: Dong,
    /// How many batches.
    pub batches: u32,
    /// Number of its events.
    pub version: u64,
    /// Business date of its last event.
    pub last_on: NaiveDate,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
    /// Σ that the open candidates of its batches would probably get; summed up from `batches` when asked.
    pub listed: Dong,
    #[serde(skip)]
    list_order: String,
}

/// Which plans; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct PlanFilter {
    /// `national` or `local`.
    pub level: Option<String>,
    /// Province code.
    pub province: Option<String>,
    /// Năm kế hoạch.
    pub year: Option<u16>,
}

impl PlanFilter {
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.equal("level", self.level.as_deref());
        conditions.equal("province", self.province.as_deref());
        if let Some(year) = self.year {
            conditions.push("year = ?", integer(year));
        }
        conditions
    }
}

impl PlanRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(PLANS.name, row);
        Ok(Self {
            id: cells.uuid()?,
            level: cells.text()?,
            province: cells.text_or_none()?,
            year: cells.number()?,
            authority_unit: cells.text()?,
            authority_name: cells.text()?,
            estimate: cells.number()?,
            reserved: cells.number()?,
            approved: cells.number()?,
            freed: cells.number()?,
            batches: cells.number()?,
            version: cells.number()?,
            last_on: cells.date()?,
            first_position: cells.number()?,
            last_position: cells.number()?,
            listed: cells.number()?,
            list_order: cells.text()?,
        })
    }
}

fn select(prefix: &str) -> (String, Vec<Kind>) {
    let (columns, mut kinds) = PLANS.shown();
    kinds.extend([Kind::Integer, Kind::Text]);
    let listed = format!(
        "(SELECT CAST(COALESCE(SUM(listed), 0) AS bigint) FROM {prefix}batches WHERE {prefix}batches.plan = {prefix}plans.id)"
    );
    (
        format!("SELECT {columns}, {listed}, list_order FROM {prefix}plans"),
        kinds,
    )
}

impl ReadModels {
    /// Plans, the latest year first, the national one before those of the provinces.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn plans(&self, filter: &PlanFilter, after: Option<Cursor>, limit: u32) -> Result<Page<PlanRow>> {
        let limit = page_rows(limit);
        let mut conditions = filter.conditions();
        if let Some(cursor) = after {
            let [order] = cursor.parts()?;
            conditions.push("list_order > ?", text(order));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let (_, kinds) = select("");
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                let (select, _) = select(prefix);
                let which = conditions.where_clause();
                format!("{select}{which} ORDER BY list_order LIMIT {limit_parameter}")
            })
            .await?;
        let rows = rows.into_iter().map(PlanRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, |row: &PlanRow| {
            Cursor::of(std::slice::from_ref(&row.list_order))
        }))
    }

    /// One plan.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan(&self, id: Uuid) -> Result<Option<PlanRow>> {
        let (_, kinds) = select("");
        let rows = self
            .fetch(&[Cell::Uuid(Some(id))], &kinds, |prefix, _| {
                format!("{} WHERE id = $1", select(prefix).0)
            })
            .await?;
        rows.into_iter().next().map(PlanRow::read).transpose()
    }

    /// How many plans there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_plans(&self, filter: &PlanFilter) -> Result<u64> {
        self.count_rows(&PLANS, &filter.conditions()).await
    }
}
