//! How an event becomes its row of `timeline`.

use super::tables::TIMELINE;
use crate::cell::{Cell, integer, text, time};
use crate::entry::Entry;
use crate::projection::{Projection, Rows};
use crate::state::{ProjectState, ends_wait};
use crate::table::Table;

/// The projection.
pub struct Timeline;

impl Projection for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&TIMELINE)
    }

    /// The deadline that held before the event is shown with every event; days are counted only for those that ended the wait. Dates on
    /// papers may lie before the step they follow (late entry): then no days were taken.
    fn event(&self, before: Option<&ProjectState>, entry: &Entry, rows: &mut Rows) {
        let due_on = before.and_then(|before| before.standing.due_on);
        let since = before.and_then(|before| before.last_step).map(|step| step.occurred_on);
        let counts = ends_wait(before, entry);
        let days = |from: Option<chrono::NaiveDate>| {
            from.filter(|_| counts)
                .map(|from| (entry.occurred_on - from).num_days().max(0))
        };
        rows.push(
            &TIMELINE,
            vec![
                Cell::Uuid(Some(entry.id)),
                integer(entry.sequence),
                integer(entry.position),
                text(&entry.event.step),
                text(entry.event.what.name()),
                text(&entry.actor),
                text(&entry.role),
                text(&entry.unit),
                Cell::Date(Some(entry.occurred_on)),
                time(entry.recorded_at),
                Cell::Date(due_on),
                Cell::Integer(days(since)),
                Cell::Integer(days(due_on)),
                text(&entry.event.after.state),
                text(entry.event.after.phase.as_str()),
            ],
        );
    }
}
