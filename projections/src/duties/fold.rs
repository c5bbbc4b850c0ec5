//! How a project's state becomes its row of `duties`.

use chrono::{Months, NaiveDate};
use dean_aggregates::actor::Party;
use dean_aggregates::project::month::{Duty, REPORT_BEFORE_DAY};

use super::tables::DUTIES;
use crate::cell::{Cell, integer, text};
use crate::progress::units;
use crate::projection::{Projection, Rows};
use crate::state::ProjectState;
use crate::table::Table;

/// The projection.
pub struct Duties;

impl Projection for Duties {
    fn name(&self) -> &'static str {
        "duties"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&DUTIES)
    }

    fn project(&self, state: &ProjectState, rows: &mut Rows) {
        let Some(duty) = state.duty else {
            return;
        };
        let implementer = state.units.get(&Party::Implementer);
        let implementer = implementer.map_or(("", ""), |unit| (unit.id.as_str(), unit.name.as_str()));
        rows.push(
            &DUTIES,
            vec![
                Cell::Uuid(Some(state.id)),
                text(&state.code),
                text(&state.name),
                text(state.level.as_str()),
                integer(state.plan_year),
                text(&state.province),
                text(implementer.0),
                text(implementer.1),
                text(&state.lifecycle_code),
                text(&state.lifecycle_version),
                Cell::Date(Some(duty.since)),
                Cell::Date(duty.until),
                Cell::Date(first_unreported(state, &duty)),
                text(reported(state)),
                integer(state.first_position),
                text(units(state)),
            ],
        );
    }
}

fn first_unreported(state: &ProjectState, duty: &Duty) -> Option<NaiveDate> {
    let mut month = duty.first(REPORT_BEFORE_DAY);
    while duty.owes(month, REPORT_BEFORE_DAY) {
        if !state.reported.contains_key(&month) {
            return Some(month);
        }
        month = month.checked_add_months(Months::new(1))?;
    }
    None
}

/// `2019-01-01 2019-01-20 whole, 2019-02-01 2019-03-02 figures`: month, day of the report, what it holds.
fn reported(state: &ProjectState) -> String {
    let one = |(month, reported): (&NaiveDate, &crate::state::ReportedMonth)| {
        let what = if reported.whole { "whole" } else { "figures" };
        format!("{month} {} {what}", reported.on)
    };
    state.reported.iter().map(one).collect::<Vec<_>>().join(", ")
}
