//! Money by place: sums that a map of any day can be laid over. What a province was on a day, published lists say; a projection reads no
//! list, so the caller names the days on which the map changes.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;

use super::queries::{BudgetFilter, conditions};
use super::tables::BUDGET_LINES;
use crate::cell::{Cell, Cells, Kind};
use crate::error::Result;
use crate::read_models::ReadModels;

/// Money of a province in a span of days during which the map stays the same, đồng.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceMoney {
    /// Province code as recorded.
    pub province: String,
    /// The first day on which a place was recorded there, of that span.
    pub placed_on: NaiveDate,
    /// Support lines.
    pub lines: u64,
    /// Được phê duyệt.
    pub approved: Dong,
    /// Đã giải ngân.
    pub disbursed: Dong,
    /// Được quyết toán.
    pub settled: Dong,
    /// Đã hoàn trả.
    pub refunded: Dong,
}

impl ReadModels {
    /// Sums by province and span of days; `changes` are the first days of the spans after the first one.
    ///
    /// # Errors
    /// The database's.
    pub async fn budget_by_place(&self, filter: &BudgetFilter, changes: &[NaiveDate]) -> Result<Vec<PlaceMoney>> {
        let mut conditions = conditions(filter);
        let spans: Vec<String> = changes
            .iter()
            .map(|day| conditions.parameter(Cell::Date(Some(*day))))
            .map(|day| format!("CASE WHEN placed_on >= {day} THEN 1 ELSE 0 END"))
            .collect();
        let span = if spans.is_empty() {
            "0".to_owned()
        } else {
            spans.join(" + ")
        };
        let kinds = [
            Kind::Text,
            Kind::Date,
            Kind::Integer,
            Kind::Integer,
            Kind::Integer,
            Kind::Integer,
            Kind::Integer,
        ];
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                format!(
                    "SELECT province, MIN(placed_on), COUNT(*), CAST(SUM(approved) AS bigint), \
                     CAST(SUM(disbursed) AS bigint), CAST(SUM(settled) AS bigint), CAST(SUM(refunded) AS bigint) \
                     FROM (SELECT budget_lines.*, {span} AS map_span FROM {prefix}budget_lines AS budget_lines) AS placed{} \
                     GROUP BY province, map_span ORDER BY province, map_span",
                    conditions.where_clause()
                )
            })
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut cells = Cells::new(BUDGET_LINES.name, row);
                Ok(PlaceMoney {
                    province: cells.text()?,
                    placed_on: cells.date()?,
                    lines: cells.number()?,
                    approved: cells.number()?,
                    disbursed: cells.number()?,
                    settled: cells.number()?,
                    refunded: cells.number()?,
                })
            })
            .collect()
    }
}
