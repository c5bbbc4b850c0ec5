//! The table of `plans`.

use crate::cell::Kind::{Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column, internal, optional};

pub(super) static PLANS: Table = Table {
    name: "plans",
    columns: &[
        column("id", Uuid),
        column("level", Text),
        optional("province", Text),
        column("year", Integer),
        column("authority_unit", Text),
        column("authority_name", Text),
        column("estimate", Integer),
        column("reserved", Integer),
        column("approved", Integer),
        column("freed", Integer),
        column("batches", Integer),
        column("version", Integer),
        column("last_on", Date),
        column("first_position", Integer),
        column("last_position", Integer),
        // The order of the list: the latest year first, the national plan before those of the provinces.
        internal("list_order", Text),
    ],
    key: 1,
    indexes: &["list_order"],
    write: Write::Overwrite,
};
