//! Questions to `contracts`.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use uuid::Uuid;

use super::tables::TABLES;
use crate::cell::{Cell, Cells, Kind, Row, integer, text};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;
use crate::text::{containing, plain};

/// A contract as it stands now, money in đồng.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ContractRow {
    /// Its id.
    pub id: Uuid,
    /// Số hợp đồng.
    pub number: String,
    /// Ngày ký.
    pub signed_on: NaiveDate,
    /// `national` or `local`.
    pub level: String,
    /// Unit id of bên A.
    pub authority_unit: String,
    /// Its name.
    pub authority_name: String,
    /// Unit id of bên B.
    pub implementer_unit: String,
    /// Its name.
    pub implementer_name: String,
    /// `running`, `settling` (the clock runs), `concluded` (nothing is to be settled any more) or `liquidated`.
    pub state: String,
    /// How many đề án.
    pub projects: u32,
    /// Dự toán chi tiết.
    pub estimate: Dong,
    /// Kinh phí hỗ trợ in it.
    pub value: Dong,
    /// Đã tạm ứng.
    pub disbursed: Dong,
    /// Đã hoàn trả.
    pub refunded: Dong,
    /// Được quyết toán.
    pub settled: Dong,
    /// Còn phải thu hồi.
    pub receivable: Dong,
    /// From when the settlement clock runs.
    pub clock_started_on: Option<NaiveDate>,
    /// Day by which the settlement files are due, inclusive.
    pub settlement_due_on: Option<NaiveDate>,
    /// How many phụ lục.
    pub appendices: u32,
    /// Số of the reconciliation that holds.
    pub reconciliation: Option<String>,
    /// Số biên bản thanh lý.
    pub liquidation: Option<String>,
    /// Number of its events.
    pub version: u64,
    /// Business date of its last event.
    pub last_on: NaiveDate,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
}

/// Which contracts; what is `None` doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct ContractFilter {
    /// Words that all occur in number, parties or codes; accents and case don't matter.
    pub text: Option<String>,
    /// `national` or `local`.
    pub level: Option<String>,
    /// `running`, `settling`, `concluded` or `liquidated`.
    pub state: Option<String>,
    /// Whose settlement was due before this day and is not concluded.
    pub overdue_on: Option<NaiveDate>,
}

impl ContractFilter {
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        let words = self.text.as_deref().map(plain).unwrap_or_default();
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            conditions.push(r"search LIKE ? ESCAPE '\'", text(containing(word)));
        }
        conditions.equal("level", self.level.as_deref());
        conditions.equal("state", self.state.as_deref());
        if let Some(day) = self.overdue_on {
            conditions.push("state = 'settling' AND settlement_due_on < ?", Cell::Date(Some(day)));
        }
        conditions
    }
}

impl ContractRow {
    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(TABLES[0].name, row);
        Ok(Self {
            id: cells.uuid()?,
            number: cells.text()?,
            signed_on: cells.date()?,
            level: cells.text()?,
            authority_unit: cells.text()?,
            authority_name: cells.text()?,
            implementer_unit: cells.text()?,
            implementer_name: cells.text()?,
            state: cells.text()?,
            projects: cells.number()?,
            estimate: cells.number()?,
            value: cells.number()?,
            disbursed: cells.number()?,
            refunded: cells.number()?,
            settled: cells.number()?,
            receivable: cells.number()?,
            clock_started_on: cells.date_or_none()?,
            settlement_due_on: cells.date_or_none()?,
            appendices: cells.number()?,
            reconciliation: cells.text_or_none()?,
            liquidation: cells.text_or_none()?,
            version: cells.number()?,
            last_on: cells.date()?,
            first_position: cells.number()?,
            last_position: cells.number()?,
        })
    }
}

impl ReadModels {
    /// Contracts, the latest first; the order never changes, so pages are stable.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn contracts(
        &self,
        filter: &ContractFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ContractRow>> {
        let limit = page_rows(limit);
        let mut conditions = filter.conditions();
        if let Some(cursor) = after {
            let [position] = cursor.parts()?;
            let position: i64 = position.parse().map_err(|_| cursor.refused())?;
            conditions.push("first_position < ?", integer(position));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let (columns, kinds): (String, Vec<Kind>) = TABLES[0].shown();
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                let which = conditions.where_clause();
                format!(
                    "SELECT {columns} FROM {prefix}contracts{which} ORDER BY first_position DESC LIMIT {limit_parameter}"
                )
            })
            .await?;
        let rows = rows.into_iter().map(ContractRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, |row: &ContractRow| {
            Cursor::of(&[row.first_position.to_string()])
        }))
    }

    /// How many contracts there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_contracts(&self, filter: &ContractFilter) -> Result<u64> {
        self.count_rows(&TABLES[0], &filter.conditions()).await
    }
}
