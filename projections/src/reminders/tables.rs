//! The table of `reminders`.

use crate::cell::Kind::{Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column, optional};

pub(super) static REMINDERS: Table = Table {
    name: "reminders",
    columns: &[
        column("id", Uuid),
        column("project", Uuid),
        column("code", Text),
        column("lifecycle", Text),
        column("step", Text),
        column("due_on", Date),
        column("level", Text),
        column("raised_on", Date),
        column("days_left", Integer),
        optional("missing_year", Integer),
        column("recipients", Text),
        column("delivered_to", Text),
        column("channels", Text),
        column("state", Text),
        column("version", Integer),
        column("last_on", Date),
        column("first_position", Integer),
        column("last_position", Integer),
    ],
    key: 1,
    indexes: &["first_position", "project"],
    write: Write::Overwrite,
};
