//! The table of `inbox`.

use crate::cell::Kind::{Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column, internal, optional};

pub(super) static INBOX: Table = Table {
    name: "inbox",
    columns: &[
        column("project", Uuid),
        column("role", Text),
        column("unit", Text),
        column("unit_name", Text),
        column("step", Text),
        column("since", Date),
        optional("due_on", Date),
        column("code", Text),
        column("name", Text),
        column("level", Text),
        column("plan_year", Integer),
        column("province", Text),
        column("state", Text),
        column("phase", Text),
        column("implementer_name", Text),
        column("version", Integer),
        column("first_position", Integer),
        // The due day, or a day after all others: the order of the list.
        internal("due_order", Date),
    ],
    key: 3,
    indexes: &["unit, role, due_order, first_position"],
    write: Write::Replace,
};
