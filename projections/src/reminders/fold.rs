//! How a reminder's state becomes its row of `reminders`.

use std::collections::BTreeSet;

use dean_aggregates::reminder::{Left, Reminder};

use super::tables::REMINDERS;
use crate::cell::{Cell, integer, text};
use crate::entry::Subject;
use crate::known::Known;
use crate::projection::{Projection, Rows};
use crate::table::Table;

/// The projection.
pub struct Reminders;

impl Projection for Reminders {
    fn name(&self) -> &'static str {
        "reminders"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&REMINDERS)
    }

    fn subject(&self) -> Subject {
        Subject::Reminder
    }

    fn reminder(&self, state: &Known<Reminder>, rows: &mut Rows) {
        let reminder = &state.is;
        let Some(raised) = reminder.raised() else { return };
        let (days_left, missing_year) = match raised.left {
            Left::WorkingDays { days } => (days, None),
            Left::CalendarDays { days, missing_year } => (days, Some(i64::from(missing_year))),
        };
        let recipients: BTreeSet<String> = raised.to.iter().map(|to| format!("{}@{}", to.role, to.unit)).collect();
        let delivered = reminder.delivered().iter();
        let delivered: BTreeSet<String> = delivered.map(|one| format!("{}@{}", one.role, one.unit)).collect();
        let channels = reminder.delivered().iter();
        let channels: BTreeSet<String> = channels.map(|one| one.channel.as_str().to_owned()).collect();
        // Delivered and withdrawn afterwards: it has reached whom it was for.
        let standing = if recipients.is_subset(&delivered) {
            "delivered"
        } else if reminder.is_withdrawn() {
            "withdrawn"
        } else if delivered.is_empty() {
            "waiting"
        } else {
            "partly"
        };
        let list = |words: BTreeSet<String>| words.into_iter().collect::<Vec<_>>().join(", ");
        rows.push(
            &REMINDERS,
            vec![
                Cell::Uuid(Some(state.id)),
                Cell::Uuid(Some(raised.project)),
                text(&raised.code),
                text(&raised.lifecycle),
                text(&raised.step),
                Cell::Date(Some(raised.due_on)),
                text(&raised.level),
                Cell::Date(Some(state.first_on)),
                Cell::Integer(Some(days_left)),
                Cell::Integer(missing_year),
                text(list(recipients)),
                text(list(delivered)),
                text(list(channels)),
                text(standing),
                integer(state.version),
                Cell::Date(Some(state.last_on)),
                integer(state.first_position),
                integer(state.last_position),
            ],
        );
    }
}
