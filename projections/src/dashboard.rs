//! Sums over `progress` for the dashboard (bảng điều hành): made by SQL when asked, never stored.

use dean_aggregates::money::Dong;

use crate::cell::{Cells, Kind};
use crate::error::Result;
use crate::progress::{ProjectFilter, conditions};
use crate::read_models::ReadModels;

/// How many projects are in a phase, and their money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FunnelRow {
    /// Phase.
    pub phase: String,
    /// Projects.
    pub projects: u64,
    /// Kinh phí đề nghị hỗ trợ.
    pub requested: Dong,
    /// Được phê duyệt.
    pub approved: Dong,
    /// Đã giải ngân.
    pub disbursed: Dong,
}

/// Sums over the projects of a plan year, money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MoneyRow {
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Projects.
    pub projects: u64,
    /// Tổng kinh phí.
    pub total: Dong,
    /// Kinh phí đề nghị hỗ trợ.
    pub requested: Dong,
    /// Được phê duyệt.
    pub approved: Dong,
    /// Đã giải ngân.
    pub disbursed: Dong,
    /// Đã hoàn trả.
    pub refunded: Dong,
    /// Được quyết toán.
    pub settled: Dong,
    /// Còn phải thu hồi.
    pub receivable: Dong,
    /// Việc làm, persons.
    pub jobs: u64,
    /// Tỷ lệ giải ngân: disbursed ÷ approved, basis points rounded down; none where nothing is approved.
    pub rate_bp: Option<u32>,
}

const TABLE: &str = "progress";

impl ReadModels {
    /// Projects by phase, in the order of a normal life; phases without projects are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn funnel(&self, filter: &ProjectFilter) -> Result<Vec<FunnelRow>> {
        let conditions = conditions(filter);
        let kinds = [Kind::Text, Kind::Integer, Kind::Integer, Kind::Integer, Kind::Integer];
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                format!(
                    "SELECT phase, COUNT(*), CAST(SUM(requested) AS bigint), CAST(SUM(approved) AS bigint), \
                     CAST(SUM(disbursed) AS bigint) FROM {prefix}progress{} GROUP BY phase",
                    conditions.where_clause()
                )
            })
            .await?;
        let mut funnel = rows
            .into_iter()
            .map(|row| {
                let mut cells = Cells::new(TABLE, row);
                Ok(FunnelRow {
                    phase: cells.text()?,
                    projects: cells.number()?,
                    requested: cells.number()?,
                    approved: cells.number()?,
                    disbursed: cells.number()?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let order = |row: &FunnelRow| {
            dean_aggregates::project::standing::Phase::ALL
                .iter()
                .position(|phase| phase.as_str() == row.phase)
        };
        funnel.sort_by_key(order);
        Ok(funnel)
    }

    /// Money by plan year (năm kế hoạch), the earliest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn money_by_year(&self, filter: &ProjectFilter) -> Result<Vec<MoneyRow>> {
        const SUMS: [&str; 8] = [
            "total",
            "requested",
            "approved",
            "disbursed",
            "refunded",
            "settled",
            "receivable",
            "jobs",
        ];
        let conditions = conditions(filter);
        let kinds = [Kind::Integer; SUMS.len() + 3];
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, dialect| {
                let sums = SUMS.map(|column| format!("CAST(SUM({column}) AS bigint)")).join(", ");
                let rate = dialect.rate_bp("SUM(disbursed)", "SUM(approved)");
                format!(
                    "SELECT plan_year, COUNT(*), {sums}, {rate} FROM {prefix}progress{} GROUP BY plan_year ORDER BY plan_year",
                    conditions.where_clause()
                )
            })
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut cells = Cells::new(TABLE, row);
                Ok(MoneyRow {
                    plan_year: cells.number()?,
                    projects: cells.number()?,
                    total: cells.number()?,
                    requested: cells.number()?,
                    approved: cells.number()?,
                    disbursed: cells.number()?,
                    refunded: cells.number()?,
                    settled: cells.number()?,
                    receivable: cells.number()?,
                    jobs: cells.number()?,
                    rate_bp: cells.rate()?,
                })
            })
            .collect()
    }
}
