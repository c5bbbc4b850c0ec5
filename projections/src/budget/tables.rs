//! The table of `budget`.

use crate::cell::Kind::{Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column};

pub(super) static BUDGET_LINES: Table = Table {
    name: "budget_lines",
    columns: &[
        column("project", Uuid),
        column("line", Integer),
        column("code", Text),
        column("level", Text),
        column("year", Integer),
        column("province", Text),
        column("activity", Text),
        column("source", Text),
        column("requested", Integer),
        column("approved", Integer),
        column("disbursed", Integer),
        column("settled", Integer),
        column("refunded", Integer),
        column("placed_on", Date),
    ],
    key: 2,
    indexes: &[],
    write: Write::Replace,
};
