//! Pages by key, not by number: what is added or changed meanwhile neither repeats nor hides a row.

use crate::cell::{Cell, text};
use crate::error::{ProjectionError, Result};

/// The most rows that one page may have.
pub const PAGE_ROWS_MAX: u32 = 1_000;

/// Where the next page starts. Opaque: pass on what a [`Page`] gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// From text that came back from outside; it is judged when it is used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For links.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(parts: &[String]) -> Self {
        Self(parts.join("~"))
    }

    pub(crate) fn parts<const N: usize>(&self) -> Result<[&str; N]> {
        let parts: Vec<&str> = self.0.split('~').collect();
        parts.try_into().map_err(|_| self.refused())
    }

    pub(crate) fn refused(&self) -> ProjectionError {
        ProjectionError::Cursor(self.0.clone())
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Some rows, and where the next ones start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The next page, if there is one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Of `limit + 1` fetched rows the last one only tells that there is more.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = limit as usize;
        let next = if rows.len() > limit {
            rows.truncate(limit);
            rows.last().map(cursor)
        } else {
            None
        };
        Self { rows, next }
    }
}

/// A page has at least one row and at most [`PAGE_ROWS_MAX`].
pub(crate) fn page_rows(limit: u32) -> u32 {
    limit.clamp(1, PAGE_ROWS_MAX)
}

/// Conditions of a query with their values.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    sql: Vec<String>,
    cells: Vec<Cell>,
}

impl Conditions {
    /// Adds a value and gives its parameter.
    pub(crate) fn parameter(&mut self, cell: Cell) -> String {
        self.cells.push(cell);
        format!("${}", self.cells.len())
    }

    /// Adds a condition in which `?` stands for the value, once or often.
    pub(crate) fn push(&mut self, condition: &str, cell: Cell) {
        let parameter = self.parameter(cell);
        self.sql.push(condition.replace('?', &parameter));
    }

    /// Adds a condition that is complete.
    pub(crate) fn push_sql(&mut self, condition: String) {
        self.sql.push(condition);
    }

    /// `column = value`, when there is a value.
    pub(crate) fn equal(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(&format!("{column} = ?"), text(value));
        }
    }

    /// `column` is one of these, when there are any.
    pub(crate) fn within(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let each: Vec<String> = values.iter().map(|value| self.parameter(text(value))).collect();
            self.push_sql(format!("{column} IN ({})", each.join(", ")));
        }
    }

    /// ` WHERE …`, or nothing.
    pub(crate) fn where_clause(&self) -> String {
        if self.sql.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.sql.join(" AND "))
        }
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }
}
