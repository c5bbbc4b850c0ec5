//! What a projection is, and the list of all of them.

use std::collections::BTreeMap;

use dean_aggregates::contract::Contract;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::reminder::Reminder;

use crate::batches::Batches;
use crate::budget::Budget;
use crate::cell::{Cell, Kind, Row, text};
use crate::contracts::Contracts;
use crate::duties::Duties;
use crate::entry::{Entry, Subject};
use crate::error::Result;
use crate::inbox::Inbox;
use crate::inspections::Inspections;
use crate::known::{BatchState, Known, PlanState, State};
use crate::plans::Plans;
use crate::progress::Progress;
use crate::reminders::Reminders;
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

    /// Whose id the first column of its tables is.
    fn subject(&self) -> Subject {
        Subject::Project
    }

    /// Views over its tables for dashboards: name and query, in which `{prefix}` stands before the tables' names.
    fn views(&self, _dialect: DialectOf) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Adds rows that tell one event of a project.
    fn event(&self, _before: Option<&ProjectState>, _entry: &Entry, _rows: &mut Rows) {}

    /// Adds rows that tell a project as it stands now; they take the place of those that told it before.
    fn project(&self, _state: &ProjectState, _rows: &mut Rows) {}

    /// The same for a plan.
    fn plan(&self, _state: &Known<PlanState>, _rows: &mut Rows) {}

    /// The same for a batch.
    fn batch(&self, _state: &Known<BatchState>, _rows: &mut Rows) {}

    /// The same for a contract.
    fn contract(&self, _state: &Known<Contract>, _rows: &mut Rows) {}

    /// The same for an inspection.
    fn inspection(&self, _state: &Known<Inspection>, _rows: &mut Rows) {}

    /// The same for a reminder.
    fn reminder(&self, _state: &Known<Reminder>, _rows: &mut Rows) {}

    /// The same for whatever it is.
    fn state(&self, state: &State, rows: &mut Rows) -> Result<()> {
        match state {
            State::Project(state) => self.project(state, rows),
            State::Plan(state) => self.plan(state, rows),
            State::Batch(state) => self.batch(state, rows),
            State::Contract(state) => self.contract(state, rows),
            State::Inspection(state) => self.inspection(state, rows),
            State::Reminder(state) => self.reminder(state, rows),
        }
        Ok(())
    }
}

/// For which database a view is written.
#[derive(Debug, Clone, Copy)]
pub struct DialectOf(pub(crate) Dialect);

/// All projections of the set, in the order in which they are listed and written.
pub(crate) const ALL: [&dyn Projection; 11] = [
    &Notes,
    &Progress,
    &Inbox,
    &Budget,
    &Timeline,
    &Duties,
    &Plans,
    &Batches,
    &Contracts,
    &Inspections,
    &Reminders,
];

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

/// The state of every aggregate, from which the next event goes on.
struct Notes;

pub(crate) static NOTES: Table = Table {
    name: "notes",
    columns: &[
        internal("id", Kind::Uuid),
        internal("subject", Kind::Text),
        internal("note", Kind::Text),
    ],
    key: 2,
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

    fn state(&self, state: &State, rows: &mut Rows) -> Result<()> {
        let (subject, id) = state.key();
        rows.push(
            &NOTES,
            vec![Cell::Uuid(Some(id)), text(subject.as_str()), text(state.note()?)],
        );
        Ok(())
    }
}
