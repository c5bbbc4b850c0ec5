//! The tables of `contracts`.

use crate::cell::Kind::{Bool, Date, Integer, Text, Uuid};
use crate::table::{Table, Write, column, internal, optional};

pub(super) static TABLES: [Table; 2] = [
    Table {
        name: "contracts",
        columns: &[
            column("id", Uuid),
            column("number", Text),
            column("signed_on", Date),
            column("level", Text),
            column("authority_unit", Text),
            column("authority_name", Text),
            column("implementer_unit", Text),
            column("implementer_name", Text),
            column("state", Text),
            column("projects", Integer),
            column("estimate", Integer),
            column("value", Integer),
            column("disbursed", Integer),
            column("refunded", Integer),
            column("settled", Integer),
            column("receivable", Integer),
            optional("clock_started_on", Date),
            optional("settlement_due_on", Date),
            column("appendices", Integer),
            optional("reconciliation", Text),
            optional("liquidation", Text),
            column("version", Integer),
            column("last_on", Date),
            column("first_position", Integer),
            column("last_position", Integer),
            // Number, both parties and the codes of its đề án in plain spelling.
            internal("search", Text),
        ],
        key: 1,
        indexes: &["first_position"],
        write: Write::Overwrite,
    },
    Table {
        name: "contract_projects",
        columns: &[
            column("contract", Uuid),
            column("project", Uuid),
            column("number", Text),
            column("code", Text),
            column("contracted", Integer),
            column("disbursed", Integer),
            column("refunded", Integer),
            column("settled", Integer),
            column("receivable", Integer),
            column("progression", Text),
            optional("progressed_on", Date),
            column("concluded", Bool),
        ],
        key: 2,
        indexes: &["project"],
        write: Write::Replace,
    },
];
