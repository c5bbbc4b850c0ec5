//! Values and rows as they travel between the folds and either database. The two databases' types meet here and nowhere else.

use chrono::{DateTime, NaiveDate, Utc};
use dean_aggregates::money::Dong;
use uuid::Uuid;

use crate::error::ProjectionError;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, compared by code points on both databases.
    Text,
    /// A whole number; money is whole đồng.
    Integer,
    /// A calendar day.
    Date,
    /// A moment, to the microsecond.
    Time,
    /// An id.
    Uuid,
    /// Yes or no.
    Bool,
}

impl Kind {
    pub(crate) const fn postgres(self) -> &'static str {
        match self {
            // "C": code-point order, the same as SQLite's, whatever locale the server was set up with.
            Self::Text => "text COLLATE \"C\"",
            Self::Integer => "bigint",
            Self::Date => "date",
            Self::Time => "timestamptz",
            Self::Uuid => "uuid",
            Self::Bool => "boolean",
        }
    }

    pub(crate) const fn sqlite(self) -> &'static str {
        match self {
            Self::Text | Self::Date | Self::Time => "TEXT",
            Self::Integer | Self::Bool => "INTEGER",
            Self::Uuid => "BLOB",
        }
    }
}

/// One value; an absent one keeps its type, which PostgreSQL wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// See [`Kind::Text`].
    Text(Option<String>),
    /// See [`Kind::Integer`].
    Integer(Option<i64>),
    /// See [`Kind::Date`].
    Date(Option<NaiveDate>),
    /// See [`Kind::Time`].
    Time(Option<DateTime<Utc>>),
    /// See [`Kind::Uuid`].
    Uuid(Option<Uuid>),
    /// See [`Kind::Bool`].
    Bool(Option<bool>),
}

/// Positions, sequences and đồng are below 2⁵³ and counts smaller still, so nothing is cut; should it be, it shows as the largest.
pub(crate) fn integer(number: impl TryInto<i64>) -> Cell {
    Cell::Integer(Some(number.try_into().unwrap_or(i64::MAX)))
}

/// An amount.
pub(crate) fn dong(amount: Dong) -> Cell {
    integer(amount.get())
}

/// A text that is there.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(Some(text.into()))
}

/// A moment from microseconds since 1970 (UTC).
pub(crate) fn time(micros: i64) -> Cell {
    Cell::Time(DateTime::from_timestamp_micros(micros))
}

impl std::fmt::Display for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn show<T: std::fmt::Debug>(value: Option<&T>, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match value {
                Some(value) => write!(formatter, "{value:?}"),
                None => formatter.write_str("nothing"),
            }
        }
        match self {
            Self::Text(value) => show(value.as_ref(), formatter),
            Self::Integer(value) => show(value.as_ref(), formatter),
            Self::Date(value) => show(value.as_ref(), formatter),
            Self::Time(value) => show(value.as_ref(), formatter),
            Self::Uuid(Some(value)) => write!(formatter, "{value}"),
            Self::Uuid(None) => formatter.write_str("nothing"),
            Self::Bool(value) => show(value.as_ref(), formatter),
        }
    }
}

/// The cells of one row, in the order of its table's columns.
pub type Row = Vec<Cell>;

/// Takes the cells of a row one after the other, by type. A mismatch is an error, not a panic: read models can be edited by anybody who
/// may write to the database.
pub(crate) struct Cells {
    cells: std::vec::IntoIter<Cell>,
    table: &'static str,
}

impl Cells {
    pub(crate) fn new(table: &'static str, row: Row) -> Self {
        Self {
            cells: row.into_iter(),
            table,
        }
    }

    fn wrong(&self, wanted: &'static str) -> ProjectionError {
        ProjectionError::Row {
            table: self.table,
            wanted,
        }
    }

    pub(crate) fn text_or_none(&mut self) -> Result<Option<String>, ProjectionError> {
        match self.cells.next() {
            Some(Cell::Text(value)) => Ok(value),
            _ => Err(self.wrong("a text")),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, ProjectionError> {
        self.text_or_none()?.ok_or_else(|| self.wrong("a text"))
    }

    pub(crate) fn integer_or_none(&mut self) -> Result<Option<i64>, ProjectionError> {
        match self.cells.next() {
            Some(Cell::Integer(value)) => Ok(value),
            _ => Err(self.wrong("a whole number")),
        }
    }

    pub(crate) fn integer(&mut self) -> Result<i64, ProjectionError> {
        self.integer_or_none()?.ok_or_else(|| self.wrong("a whole number"))
    }

    /// A number of a smaller or unsigned type, or an amount of đồng.
    pub(crate) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, ProjectionError> {
        T::try_from(self.integer()?).map_err(|_| self.wrong("a whole number in range"))
    }

    /// Basis points, where there is a whole to take them from.
    pub(crate) fn rate(&mut self) -> Result<Option<u32>, ProjectionError> {
        Ok(self
            .integer_or_none()?
            .map(|rate| u32::try_from(rate).unwrap_or(u32::MAX)))
    }

    pub(crate) fn date_or_none(&mut self) -> Result<Option<NaiveDate>, ProjectionError> {
        match self.cells.next() {
            Some(Cell::Date(value)) => Ok(value),
            _ => Err(self.wrong("a date")),
        }
    }

    pub(crate) fn date(&mut self) -> Result<NaiveDate, ProjectionError> {
        self.date_or_none()?.ok_or_else(|| self.wrong("a date"))
    }

    /// Microseconds since 1970 (UTC).
    pub(crate) fn micros(&mut self) -> Result<i64, ProjectionError> {
        match self.cells.next() {
            Some(Cell::Time(Some(value))) => Ok(value.timestamp_micros()),
            _ => Err(self.wrong("a moment")),
        }
    }

    pub(crate) fn uuid(&mut self) -> Result<Uuid, ProjectionError> {
        match self.cells.next() {
            Some(Cell::Uuid(Some(value))) => Ok(value),
            _ => Err(self.wrong("an id")),
        }
    }

    pub(crate) fn bool(&mut self) -> Result<bool, ProjectionError> {
        match self.cells.next() {
            Some(Cell::Bool(Some(value))) => Ok(value),
            _ => Err(self.wrong("yes or no")),
        }
    }
}

/// Binds cells to a query of either database.
macro_rules! bind_cells {
    ($query:expr, $cells:expr) => {{
        let mut query = $query;
        for cell in $cells {
            query = match cell {
                $crate::cell::Cell::Text(value) => query.bind(value.as_deref()),
                $crate::cell::Cell::Integer(value) => query.bind(*value),
                $crate::cell::Cell::Date(value) => query.bind(*value),
                $crate::cell::Cell::Time(value) => query.bind(*value),
                $crate::cell::Cell::Uuid(value) => query.bind(*value),
                $crate::cell::Cell::Bool(value) => query.bind(*value),
            };
        }
        query
    }};
}

/// Reads a row of either database as cells of the given kinds.
macro_rules! read_cells {
    ($row:expr, $kinds:expr) => {{
        use sqlx::Row as _;
        $kinds
            .iter()
            .enumerate()
            .map(|(index, kind)| {
                Ok(match kind {
                    $crate::cell::Kind::Text => $crate::cell::Cell::Text($row.try_get(index)?),
                    $crate::cell::Kind::Integer => $crate::cell::Cell::Integer($row.try_get(index)?),
                    $crate::cell::Kind::Date => $crate::cell::Cell::Date($row.try_get(index)?),
                    $crate::cell::Kind::Time => $crate::cell::Cell::Time($row.try_get(index)?),
                    $crate::cell::Kind::Uuid => $crate::cell::Cell::Uuid($row.try_get(index)?),
                    $crate::cell::Kind::Bool => $crate::cell::Cell::Bool($row.try_get(index)?),
                })
            })
            .collect::<std::result::Result<$crate::cell::Row, sqlx::Error>>()
    }};
}

pub(crate) use {bind_cells, read_cells};
