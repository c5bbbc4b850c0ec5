//! Questions to `budget`.

use dean_aggregates::money::Dong;

use super::tables::BUDGET_LINES;
use crate::cell::{Cells, Kind, integer};
use crate::error::Result;
use crate::paging::Conditions;
use crate::read_models::ReadModels;
use crate::table::Dialect;

/// Money of one level, year, province, activity and source, đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BudgetRow {
    /// `national` or `local`: the programme that decides.
    pub level: String,
    /// Budget year.
    pub year: u16,
    /// Province code of the supported place.
    pub province: String,
    /// Dạng hỗ trợ: code of the support-kind list.
    pub activity: String,
    /// `national` or `local`: the budget that pays.
    pub source: String,
    /// Được phê duyệt.
    pub approved: Dong,
    /// Đã giải ngân.
    pub disbursed: Dong,
    /// Được quyết toán.
    pub settled: Dong,
    /// Đã hoàn trả.
    pub refunded: Dong,
    /// Tỷ lệ giải ngân: disbursed ÷ approved, basis points rounded down; none where nothing is approved.
    pub rate_bp: Option<u32>,
}

/// Which lines; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct BudgetFilter {
    /// `national` or `local`: the programme that decides.
    pub level: Option<String>,
    /// Budget year.
    pub year: Option<u16>,
    /// Province code.
    pub province: Option<String>,
    /// One of these province codes: what today's map shows as one province was recorded under several. Empty: any.
    #[serde(skip)]
    pub provinces: Vec<String>,
    /// Dạng hỗ trợ.
    pub activity: Option<String>,
    /// `national` or `local`: the budget that pays.
    pub source: Option<String>,
}

/// The sums over the lines; also the body of the view `budget`.
pub(super) fn sums(prefix: &str, dialect: Dialect, where_clause: &str) -> String {
    let rate = dialect.rate_bp("SUM(disbursed)", "SUM(approved)");
    format!(
        "SELECT level, year, province, activity, source, CAST(SUM(approved) AS bigint) AS approved, \
         CAST(SUM(disbursed) AS bigint) AS disbursed, CAST(SUM(settled) AS bigint) AS settled, \
         CAST(SUM(refunded) AS bigint) AS refunded, {rate} AS rate_bp \
         FROM {prefix}budget_lines{where_clause} GROUP BY level, year, province, activity, source"
    )
}

/// The conditions of a filter; the columns are those of `budget_lines`.
pub(super) fn conditions(filter: &BudgetFilter) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.equal("level", filter.level.as_deref());
    if let Some(year) = filter.year {
        conditions.push("year = ?", integer(year));
    }
    conditions.equal("province", filter.province.as_deref());
    conditions.within("province", &filter.provinces);
    conditions.equal("activity", filter.activity.as_deref());
    conditions.equal("source", filter.source.as_deref());
    conditions
}

impl ReadModels {
    /// Sums by level, year, province, activity and source, in that order.
    ///
    /// # Errors
    /// The database's.
    pub async fn budget(&self, filter: &BudgetFilter) -> Result<Vec<BudgetRow>> {
        let conditions = conditions(filter);
        let kinds = [
            Kind::Text,
            Kind::Integer,
            Kind::Text,
            Kind::Text,
            Kind::Text,
            Kind::Integer,
            Kind::Integer,
            Kind::Integer,
            Kind::Integer,
            Kind::Integer,
        ];
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, dialect| {
                let sums = sums(prefix, dialect, &conditions.where_clause());
                format!("{sums} ORDER BY level, year, province, activity, source")
            })
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut cells = Cells::new(BUDGET_LINES.name, row);
                Ok(BudgetRow {
                    level: cells.text()?,
                    year: cells.number()?,
                    province: cells.text()?,
                    activity: cells.text()?,
                    source: cells.text()?,
                    approved: cells.number()?,
                    disbursed: cells.number()?,
                    settled: cells.number()?,
                    refunded: cells.number()?,
                    rate_bp: cells.rate()?,
                })
            })
            .collect()
    }
}
