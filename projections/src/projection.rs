//! What a projection is, and the list of all of them.

use std::collections::BTreeMap;

use crate::budget::Budget;
use crate::cell::{Cell, Kind, Row, text};
use crate::duties::Duties;
use crate::entry::Entry;
use crate::error::{ProjectionError, Result};
use crate::inbox::Inbox;
use crate::progress::Progress;
use crate::state::{self, ProjectState};
use crate::table::{Dialect, Table, Write, internal};
use crate::timeline::Timeline;

/// A read model: how events become rows. Pure, so that the same ledger always gives the same rows.
pub trait Projection: Send + Sync {
    /// Its name, stable.
    fn name(&self) -> &'static str;

    /// To be raised with every change of its rows or tables; a new generation is then built beside the live one.
    fn version(&self) -> u32;

    /// Its tables.
    fn tables(&self) -> &'static [Table];

    /// Views over its tables for dashboards: name and query, in which `{prefix}` stands before the tables' names.
    fn views(&self, _dialect: DialectOf) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Adds rows that tell one event.
    fn event(&self, _before: Option<&ProjectState>, _entry: &Entry, _rows: &mut Rows) {}

    /// Adds rows that tell a project as it stands now; they take the place of those that told it before.
    fn project(&self, _state: &ProjectState, _rows: &mut Rows) -> Result<()> {
        Ok(())
    }
}

/// For which database a view is written.
#[derive(Debug, Clone, Copy)]
pub struct DialectOf(pub(crate) Dialect);

/// All projections of the set, in the order in which they are listed and written.
pub(crate) const ALL: [&dyn Projection; 6] = [&Notes, &Progress, &Inbox, &Budget, &Timeline, &Duties];

/// The name and version of each, as a generation keeps them.
pub(crate) fn versions() -> Vec<(String, u32)> {
    ALL.iter()
        .map(|projection| (projection.name().to_owned(), projection.version()))
        .collect()
}

/// Every table of the set.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    ALL.iter().flat_map(|projection| projection.tables())
}

/// New rows by table.
#[derive(Debug, Default)]
pub struct Rows(BTreeMap<&'static str, Vec<Row>>);

impl Rows {
    /// Adds a row.
    pub fn push(&mut self, table: &'static Table, row: Row) {
        debug_assert_eq!(
            row.len(),
            table.columns.len(),
            "a row of {} has one cell for each column",
            table.name
        );
        self.0.entry(table.name).or_default().push(row);
    }

    pub(crate) fn of(&self, table: &Table) -> &[Row] {
        self.0.get(table.name).map_or(&[], Vec::as_slice)
    }
}

/// The state of every project, from which the next event goes on.
struct Notes;

pub(crate) static NOTES: Table = Table {
    name: "notes",
    columns: &[internal("project", Kind::Uuid), internal("note", Kind::Text)],
    key: 1,
    indexes: &[],
    write: Write::Overwrite,
};

impl Projection for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn version(&self) -> u32 {
        state::VERSION
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&NOTES)
    }

    fn project(&self, state: &ProjectState, rows: &mut Rows) -> Result<()> {
        let note = serde_json::to_string(state).map_err(|error| ProjectionError::Note {
            project: state.id,
            reason: error.to_string(),
        })?;
        rows.push(&NOTES, vec![Cell::Uuid(Some(state.id)), text(note)]);
        Ok(())
    }
}
