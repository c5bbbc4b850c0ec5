//! Questions to `progress`.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use uuid::Uuid;

use super::tables::PROGRESS;
use crate::cell::{Cell, Cells, Kind, Row, integer, text};
use crate::error::Result;
use crate::paging::{Conditions, Cursor, Page, page_rows};
use crate::read_models::ReadModels;
use crate::text::{containing, plain};

/// A đề án as it stands now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProgressRow {
    /// Its id.
    pub id: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Tên đề án.
    pub name: String,
    /// `national` or `local`.
    pub level: String,
    /// `key`, `group`, `specific` or `task`.
    pub kind: String,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Province code.
    pub province: String,
    /// Unit id of the đơn vị thực hiện.
    pub implementer_unit: String,
    /// Its name at drafting.
    pub implementer_name: String,
    /// Unit id of the Sở Công Thương.
    pub department_unit: String,
    /// Its name at drafting.
    pub department_name: String,
    /// First đơn vị thụ hưởng; none while nobody is named, or where the name was erased.
    pub beneficiary: Option<String>,
    /// How many beneficiaries there are.
    pub beneficiaries: u32,
    /// State id of its lifecycle.
    pub state: String,
    /// Phase, the same for every lifecycle.
    pub phase: String,
    /// Who must act: `role@unit, role@unit`; empty when nothing is awaited. See [`ProgressRow::waiting_parties`].
    pub waiting: String,
    /// The step that is awaited.
    pub next_step: Option<String>,
    /// Day by which it is due, inclusive.
    pub due_on: Option<NaiveDate>,
    /// Tổng kinh phí, đồng.
    pub total: Dong,
    /// Kinh phí đề nghị hỗ trợ, đồng.
    pub requested: Dong,
    /// Kinh phí hỗ trợ được phê duyệt, đồng.
    pub approved: Dong,
    /// Kinh phí hỗ trợ trong hợp đồng, đồng.
    pub contracted: Dong,
    /// Đã tạm ứng, giải ngân, đồng.
    pub disbursed: Dong,
    /// Đã hoàn trả, đồng.
    pub refunded: Dong,
    /// Được quyết toán, đồng.
    pub settled: Dong,
    /// Còn phải thu hồi, đồng.
    pub receivable: Dong,
    /// Thu hồi theo lịch, đồng.
    pub repaid: Dong,
    /// Việc làm: expected, and from the acceptance on reached, persons.
    pub jobs: u32,
    /// Đợt phê duyệt.
    pub batch: Option<String>,
    /// Whether it was approved by norms of another authority, its own not being loaded.
    pub fallback_norms: bool,
    /// Code of its lifecycle.
    pub lifecycle_code: String,
    /// Version of its lifecycle.
    pub lifecycle_version: String,
    /// Number of its events, which is the aggregate's version.
    pub version: u64,
    /// Type of its last event.
    pub last_event: String,
    /// Business date of its last event.
    pub last_occurred_on: NaiveDate,
    /// When its last event was recorded, microseconds UTC.
    pub last_recorded_at: i64,
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
}

impl ProgressRow {
    /// Who must act: role and unit id.
    pub fn waiting_parties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.waiting.split(", ").filter_map(|one| one.split_once('@'))
    }

    fn read(row: Row) -> Result<Self> {
        let mut cells = Cells::new(PROGRESS.name, row);
        Ok(Self {
            id: cells.uuid()?,
            code: cells.text()?,
            name: cells.text()?,
            level: cells.text()?,
            kind: cells.text()?,
            plan_year: cells.number()?,
            province: cells.text()?,
            implementer_unit: cells.text()?,
            implementer_name: cells.text()?,
            department_unit: cells.text()?,
            department_name: cells.text()?,
            beneficiary: cells.text_or_none()?,
            beneficiaries: cells.number()?,
            state: cells.text()?,
            phase: cells.text()?,
            waiting: cells.text()?,
            next_step: cells.text_or_none()?,
            due_on: cells.date_or_none()?,
            total: cells.number()?,
            requested: cells.number()?,
            approved: cells.number()?,
            contracted: cells.number()?,
            disbursed: cells.number()?,
            refunded: cells.number()?,
            settled: cells.number()?,
            receivable: cells.number()?,
            repaid: cells.number()?,
            jobs: cells.number()?,
            batch: cells.text_or_none()?,
            fallback_norms: cells.bool()?,
            lifecycle_code: cells.text()?,
            lifecycle_version: cells.text()?,
            version: cells.number()?,
            last_event: cells.text()?,
            last_occurred_on: cells.date()?,
            last_recorded_at: cells.micros()?,
            first_position: cells.number()?,
            last_position: cells.number()?,
        })
    }
}

/// Which projects; what is `None` doesn't matter. Words are those used in data; an unknown word finds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct ProjectFilter {
    /// Words that all occur in code, name, implementer or beneficiaries; accents and case don't matter.
    pub text: Option<String>,
    /// `national` or `local`.
    pub level: Option<String>,
    /// Province code.
    pub province: Option<String>,
    /// One of these province codes: what today's map shows as one province was recorded under several. Empty: any.
    #[serde(skip)]
    pub provinces: Vec<String>,
    /// Năm kế hoạch.
    pub plan_year: Option<u16>,
    /// Phase.
    pub phase: Option<String>,
    /// State id.
    pub state: Option<String>,
    /// `key`, `group`, `specific` or `task`.
    pub kind: Option<String>,
    /// Đợt.
    pub batch: Option<String>,
    /// Code of the lifecycle.
    pub lifecycle: Option<String>,
    /// A unit that stands for any party of the project.
    pub unit: Option<String>,
    /// Whose due day lies before this day.
    pub overdue_on: Option<NaiveDate>,
}

/// The conditions of a filter; the columns are those of `progress`.
pub(crate) fn conditions(filter: &ProjectFilter) -> Conditions {
    let mut conditions = Conditions::default();
    for word in filter
        .text
        .as_deref()
        .map(plain)
        .unwrap_or_default()
        .split(' ')
        .filter(|word| !word.is_empty())
    {
        conditions.push(r"search LIKE ? ESCAPE '\'", text(containing(word)));
    }
    conditions.equal("level", filter.level.as_deref());
    conditions.equal("province", filter.province.as_deref());
    conditions.within("province", &filter.provinces);
    if let Some(year) = filter.plan_year {
        conditions.push("plan_year = ?", integer(year));
    }
    conditions.equal("phase", filter.phase.as_deref());
    conditions.equal("state", filter.state.as_deref());
    conditions.equal("kind", filter.kind.as_deref());
    conditions.equal("batch", filter.batch.as_deref());
    conditions.equal("lifecycle_code", filter.lifecycle.as_deref());
    if let Some(unit) = &filter.unit {
        conditions.push(r"units LIKE ? ESCAPE '\'", text(containing(&format!(" {unit} "))));
    }
    if let Some(day) = filter.overdue_on {
        conditions.push("due_on < ?", Cell::Date(Some(day)));
    }
    conditions
}

fn shown() -> (String, Vec<Kind>) {
    let kinds = PROGRESS
        .columns
        .iter()
        .filter(|column| column.public)
        .map(|column| column.kind)
        .collect();
    (PROGRESS.public_columns().unwrap_or_default(), kinds)
}

impl ReadModels {
    /// Projects, the newest drafts first; the order never changes, so pages are stable.
    ///
    /// # Errors
    /// [`ProjectionError::Cursor`](crate::ProjectionError::Cursor) for a cursor that no page gave; else the database's.
    pub async fn projects(
        &self,
        filter: &ProjectFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ProgressRow>> {
        let limit = page_rows(limit);
        let mut conditions = conditions(filter);
        if let Some(cursor) = after {
            let [position] = cursor.parts()?;
            let position: i64 = position.parse().map_err(|_| cursor.refused())?;
            conditions.push("first_position < ?", integer(position));
        }
        let limit_parameter = conditions.parameter(integer(limit + 1));
        let (columns, kinds) = shown();
        let rows = self
            .fetch(conditions.cells(), &kinds, |prefix, _| {
                format!(
                    "SELECT {columns} FROM {prefix}progress{} ORDER BY first_position DESC LIMIT {limit_parameter}",
                    conditions.where_clause()
                )
            })
            .await?;
        let rows = rows.into_iter().map(ProgressRow::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, limit, |row: &ProgressRow| {
            Cursor::of(&[row.first_position.to_string()])
        }))
    }

    /// One project.
    ///
    /// # Errors
    /// The database's.
    pub async fn project(&self, id: Uuid) -> Result<Option<ProgressRow>> {
        let (columns, kinds) = shown();
        let rows = self
            .fetch(&[Cell::Uuid(Some(id))], &kinds, |prefix, _| {
                format!("SELECT {columns} FROM {prefix}progress WHERE id = $1")
            })
            .await?;
        rows.into_iter().next().map(ProgressRow::read).transpose()
    }

    /// How many projects there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&self, filter: &ProjectFilter) -> Result<u64> {
        let conditions = conditions(filter);
        let rows = self
            .fetch(conditions.cells(), &[Kind::Integer], |prefix, _| {
                format!("SELECT COUNT(*) FROM {prefix}progress{}", conditions.where_clause())
            })
            .await?;
        rows.into_iter()
            .next()
            .map_or(Ok(0), |row| Cells::new(PROGRESS.name, row).number())
    }
}
