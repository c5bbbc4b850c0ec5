//! How a project's state becomes its rows of `inbox`.

use chrono::NaiveDate;
use dean_aggregates::actor::Party;

use super::tables::INBOX;
use crate::cell::{Cell, integer, text};
use crate::projection::{Projection, Rows};
use crate::state::ProjectState;
use crate::table::Table;

/// Work without a deadline comes last.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("31 December 9999 is a day");

/// The projection.
pub struct Inbox;

impl Projection for Inbox {
    fn name(&self) -> &'static str {
        "inbox"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&INBOX)
    }

    fn project(&self, state: &ProjectState, rows: &mut Rows) {
        let implementer = state
            .units
            .get(&Party::Implementer)
            .map_or("", |unit| unit.name.as_str());
        for pending in &state.pending {
            rows.push(
                &INBOX,
                vec![
                    Cell::Uuid(Some(state.id)),
                    text(pending.role.as_str()),
                    text(&pending.unit),
                    text(state.unit_name(&pending.unit)),
                    text(&pending.step),
                    Cell::Date(Some(pending.since)),
                    Cell::Date(state.standing.due_on),
                    text(&state.code),
                    text(&state.name),
                    text(state.level.as_str()),
                    integer(state.plan_year),
                    text(&state.province),
                    text(&state.standing.state),
                    text(state.standing.phase.as_str()),
                    text(implementer),
                    integer(state.version),
                    integer(state.first_position),
                    Cell::Date(Some(state.standing.due_on.unwrap_or(NEVER))),
                ],
            );
        }
    }
}
