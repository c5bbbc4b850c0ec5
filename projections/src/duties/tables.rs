//! The table of `duties`.

use crate::cell::Kind::{Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column, internal, optional};

pub(super) static DUTIES: Table = Table {
    name: "duties",
    columns: &[
        column("project", Uuid),
        column("code", Text),
        column("name", Text),
        column("level", Text),
        column("plan_year", Integer),
        column("province", Text),
        column("implementer_unit", Text),
        column("implementer_name", Text),
        column("lifecycle_code", Text),
        column("lifecycle_version", Text),
        column("since", Date),
        optional("until", Date),
        // The first month that is owed and not reported, whether it is due yet or not; none where nothing is left to report.
        optional("first_unreported", Date),
        column("reported", Text),
        column("first_position", Integer),
        internal("units", Text),
    ],
    key: 1,
    indexes: &["first_unreported, first_position"],
    write: Write::Replace,
};
