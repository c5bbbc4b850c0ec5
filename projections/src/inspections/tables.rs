//! The tables of `inspections`.

use crate::cell::Kind::{Bool, Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column, internal, optional};

pub(super) static TABLES: [Table; 2] = [
    Table {
        name: "inspections",
        columns: &[
            column("id", Uuid),
            column("decision", Text),
            column("decided_on", Date),
            column("authority_unit", Text),
            column("authority_name", Text),
            column("planned", Bool),
            column("content", Text),
            column("starts_on", Date),
            column("ends_on", Date),
            column("state", Text),
            column("projects", Integer),
            column("findings", Integer),
            column("open", Integer),
            column("handed_on", Integer),
            column("amount", Integer),
            column("recovery", Integer),
            optional("first_due_on", Date),
            optional("concluded_on", Date),
            column("version", Integer),
            column("last_on", Date),
            column("first_position", Integer),
            column("last_position", Integer),
            // The earliest due day of an open finding, or a day after all others: the order of the list.
            internal("due_order", Date),
        ],
        key: 1,
        indexes: &["due_order, first_position"],
        write: Write::Overwrite,
    },
    Table {
        name: "findings",
        columns: &[
            column("inspection", Uuid),
            column("number", Integer),
            column("decision", Text),
            column("project", Uuid),
            column("code", Text),
            column("kind", Text),
            column("content", Text),
            column("recommendation", Text),
            column("amount", Integer),
            column("recovery", Integer),
            column("owner_unit", Text),
            column("owner_name", Text),
            column("due_on", Date),
            column("status", Text),
            optional("handed_to", Text),
            column("answers", Integer),
        ],
        key: 2,
        indexes: &["project", "status, due_on, inspection, number"],
        write: Write::Replace,
    },
];
