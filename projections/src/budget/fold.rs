//! How a project's state becomes its rows of `budget_lines`.

use super::queries::sums;
use super::tables::BUDGET_LINES;
use crate::cell::{Cell, integer, text};
use crate::error::Result;
use crate::projection::{DialectOf, Projection, Rows};
use crate::state::ProjectState;
use crate::table::Table;

/// The projection.
pub struct Budget;

impl Projection for Budget {
    fn name(&self) -> &'static str {
        "budget"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&BUDGET_LINES)
    }

    fn views(&self, dialect: DialectOf) -> Vec<(&'static str, String)> {
        vec![("budget", sums("{prefix}", dialect.0, ""))]
    }

    fn project(&self, state: &ProjectState, rows: &mut Rows) -> Result<()> {
        for line in &state.lines {
            rows.push(
                &BUDGET_LINES,
                vec![
                    Cell::Uuid(Some(state.id)),
                    integer(line.number),
                    text(&state.code),
                    text(state.level.as_str()),
                    integer(line.year),
                    text(&line.province),
                    text(&line.kind),
                    text(line.source.as_str()),
                    integer(line.requested),
                    integer(line.approved),
                    integer(line.disbursed),
                    integer(line.settled),
                    integer(line.refunded),
                    Cell::Date(Some(line.placed_on)),
                ],
            );
        }
        Ok(())
    }
}
