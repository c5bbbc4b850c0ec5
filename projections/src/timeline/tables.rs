//! The table of `timeline`.

use crate::cell::Kind::{Date, Integer, Text, Time, Uuid};
use crate::table::{Table, Write, column, optional};

pub(super) static TIMELINE: Table = Table {
    name: "timeline",
    columns: &[
        column("project", Uuid),
        column("sequence", Integer),
        column("position", Integer),
        column("step", Text),
        column("event_type", Text),
        column("actor", Text),
        column("role", Text),
        column("unit", Text),
        column("occurred_on", Date),
        column("recorded_at", Time),
        optional("due_on", Date),
        optional("days_taken", Integer),
        optional("days_late", Integer),
        column("state", Text),
        column("phase", Text),
    ],
    key: 2,
    indexes: &[],
    write: Write::Add,
};
