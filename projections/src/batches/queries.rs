//! Questions to `batches`.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use uuid::Uuid;

use super::tables::TABLES;
use crate::cell::{Cell, Cells, Kind, Row};
use crate::error::Result;
use crate::read_models::ReadModels;

/// A batch as it stands now, money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BatchRow {
    /// Its id.
    pub id: Uuid,
    /// Its plan.
    pub plan: Uuid,
    /// Year and number: `2026-1`.
    pub label: String,
    /// `national` or `local`.
    pub level: String,
    /// Năm kế hoạch.
    pub year: u16,
    /// Đợt số.
    pub number: u16,
    /// Unit id of the cấp có thẩm quyền phê duyệt.
    pub authority_unit: String,
    /// Its name on the day of the estimate.
    pub authority_name: String,
    /// `opened` (nobody listed yet), `listing`, `ranked`, or `decided` (nobody left on the list).
    pub state: String,
    /// Hạn mức.
    pub ceiling: Dong,
    /// Σ đã phê duyệt, without what was stopped or cut.
    pub approved: Dong,
    /// Σ that the open candidates would probably get.
    pub listed: Dong,
    /// Σ given back by stops and cuts so far.
    pub freed: Dong,
    /// How many open candidates.
    pub candidates: u32,
    /// Whether they stand in an order that holds.
    pub ranked: bool,
    /// How many đề án it approved.
    pub projects: u32,
    /// How many of these ended before their time.
    pub stopped: u32,
    /// How many decisions.
    pub decisions: u32,
    /// Business date of the last decision.
    pub decided_on: Option<NaiveDate>,
    /// Number of its events.
    pub version: u64,
    /// Business date of its last event.
    pub last_on: NaiveDate,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
    /// Σ đã tạm ứng by the đề án that it approved; summed up from `progress` when asked.
    pub disbursed: Dong,
    /// Σ được quyết toán of the đề án that it approved; summed up from `progress` when asked.
    pub settled: Dong,
}

/// A đề án in a batch, money in đồng. Rank, sums and reason are those of the last order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BatchProjectRow {
    /// The batch.
    pub batch: Uuid,
    /// The project.
    pub project: Uuid,
    /// Year and number of the batch: `2026-1`.
    pub label: String,
    /// Mã đề án.
    pub code: String,
    /// `candidate`, `approved` or `stopped`.
    pub state: String,
    /// Its rank.
    pub rank: Option<u16>,
    /// What a candidate would probably get, or what an approved one takes of the ceiling.
    pub amount: Dong,
    /// Σ of the amounts up to here.
    pub running: Option<Dong>,
    /// How far that exceeded what was left of the ceiling; 0: it fitted.
    pub above: Option<Dong>,
    /// The criterion that puts it before the next, e.g. `place`; none for the last.
    pub criterion: Option<String>,
    /// The criterion's value for this one.
    pub ahead: Option<String>,
    /// … and for the next.
    pub behind: Option<String>,
    /// Source.
    pub article: Option<String>,
    /// Why, where somebody judged.
    pub reason: Option<String>,
}

impl BatchRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(TABLES[0].name, row);
        Ok(Self {
            id: cells.uuid()?,
            plan: cells.uuid()?,
            label: cells.text()?,
            level: cells.text()?,
            year: cells.number()?,
            number: cells.number()?,
            authority_unit: cells.text()?,
            authority_name: cells.text()?,
            state: cells.text()?,
            ceiling: cells.number()?,
            approved: cells.number()?,
            listed: cells.number()?,
            freed: cells.number()?,
            candidates: cells.number()?,
            ranked: cells.bool()?,
            projects: cells.number()?,
            stopped: cells.number()?,
            decisions: cells.number()?,
            decided_on: cells.date_or_none()?,
            version: cells.number()?,
            last_on: cells.date()?,
            first_position: cells.number()?,
            last_position: cells.number()?,
            disbursed: cells.number()?,
            settled: cells.number()?,
        })
    }
}

impl BatchProjectRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(TABLES[1].name, row);
        let amount = |amount: Option<i64>| amount.and_then(|amount| Dong::try_from(amount).ok());
        Ok(Self {
            batch: cells.uuid()?,
            project: cells.uuid()?,
            label: cells.text()?,
            code: cells.text()?,
            state: cells.text()?,
            rank: cells.integer_or_none()?.and_then(|rank| u16::try_from(rank).ok()),
            amount: cells.number()?,
            running: amount(cells.integer_or_none()?),
            above: amount(cells.integer_or_none()?),
            criterion: cells.text_or_none()?,
            ahead: cells.text_or_none()?,
            behind: cells.text_or_none()?,
            article: cells.text_or_none()?,
            reason: cells.text_or_none()?,
        })
    }
}

impl ReadModels {
    /// The batches of a plan, in the order of their numbers.
    ///
    /// # Errors
    /// The database's.
    pub async fn batches_of(&self, plan: Uuid) -> Result<Vec<BatchRow>> {
        let (columns, mut kinds) = TABLES[0].shown();
        kinds.extend([Kind::Integer; 2]);
        let rows = self
            .fetch(&[Cell::Uuid(Some(plan))], &kinds, |prefix, _| {
                let of_its_projects = |sum: &str| {
                    format!(
                        "(SELECT CAST(COALESCE(SUM({prefix}progress.{sum}), 0) AS bigint) FROM {prefix}batch_projects \
                         JOIN {prefix}progress ON {prefix}progress.id = {prefix}batch_projects.project \
                         WHERE {prefix}batch_projects.batch = {prefix}batches.id AND {prefix}batch_projects.state <> 'candidate')"
                    )
                };
                format!(
                    "SELECT {columns}, {}, {} FROM {prefix}batches WHERE plan = $1 ORDER BY number",
                    of_its_projects("disbursed"),
                    of_its_projects("settled")
                )
            })
            .await?;
        rows.into_iter().map(BatchRow::read).collect()
    }

    /// The batches in which a đề án is listed or was approved.
    ///
    /// # Errors
    /// The database's.
    pub async fn batches_with(&self, project: Uuid) -> Result<Vec<BatchProjectRow>> {
        let table = &TABLES[1];
        let rows = self
            .fetch(&[Cell::Uuid(Some(project))], &table.kinds(), |prefix, _| {
                let columns = table.column_list();
                format!(
                    "SELECT {columns} FROM {prefix}{} WHERE project = $1 ORDER BY label, batch",
                    table.name
                )
            })
            .await?;
        rows.into_iter().map(BatchProjectRow::read).collect()
    }
}
