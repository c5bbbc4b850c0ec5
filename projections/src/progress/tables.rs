//! The table of `progress`.

use crate::cell::Kind::{Bool, Date, Integer, Text, Time, Uuid};
use crate::table::{Table, Write, column, internal, optional};

pub(super) static PROGRESS: Table = Table {
    name: "progress",
    columns: &[
        column("id", Uuid),
        column("code", Text),
        column("name", Text),
        column("level", Text),
        column("kind", Text),
        column("plan_year", Integer),
        column("province", Text),
        column("implementer_unit", Text),
        column("implementer_name", Text),
        column("department_unit", Text),
        column("department_name", Text),
        optional("beneficiary", Text),
        column("beneficiaries", Integer),
        column("state", Text),
        column("phase", Text),
        column("waiting", Text),
        optional("next_step", Text),
        optional("due_on", Date),
        column("total", Integer),
        column("requested", Integer),
        column("approved", Integer),
        column("contracted", Integer),
        column("disbursed", Integer),
        column("refunded", Integer),
        column("settled", Integer),
        column("receivable", Integer),
        column("repaid", Integer),
        column("jobs", Integer),
        optional("batch", Text),
        column("fallback_norms", Bool),
        column("lifecycle_code", Text),
        column("lifecycle_version", Text),
        column("version", Integer),
        column("last_event", Text),
        column("last_occurred_on", Date),
        column("last_recorded_at", Time),
        column("first_position", Integer),
        column("last_position", Integer),
        // ` id id `: every unit that stands for a party, for «the projects of this unit».
        internal("units", Text),
        // Code, name, beneficiaries and implementer in plain spelling.
        internal("search", Text),
    ],
    key: 1,
    // Pages go by the position of the draft, which never changes.
    indexes: &["first_position"],
    write: Write::Overwrite,
};
