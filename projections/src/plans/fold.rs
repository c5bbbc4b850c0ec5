//! How a plan's state becomes its row of `plans`.

use dean_aggregates::project::content::Level;

use super::tables::PLANS;
use crate::cell::{Cell, dong, integer, text};
use crate::entry::Subject;
use crate::known::{Known, PlanState};
use crate::projection::{Projection, Rows};
use crate::table::Table;

/// The projection.
pub struct Plans;

impl Projection for Plans {
    fn name(&self) -> &'static str {
        "plans"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&PLANS)
    }

    fn subject(&self) -> Subject {
        Subject::Plan
    }

    fn plan(&self, state: &Known<PlanState>, rows: &mut Rows) {
        let plan = &state.is.plan;
        let (Some(level), Some(authority)) = (plan.level(), plan.authority()) else {
            return;
        };
        let figures = plan.figures();
        let rank = match level {
            Level::National => 0,
            Level::Local => 1,
        };
        let list_order = format!(
            "{:05}-{rank}-{}-{}",
            u32::from(u16::MAX) - u32::from(plan.year()),
            plan.province().unwrap_or_default(),
            state.id
        );
        rows.push(
            &PLANS,
            vec![
                Cell::Uuid(Some(state.id)),
                text(level.as_str()),
                Cell::Text(plan.province().map(str::to_owned)),
                integer(plan.year()),
                text(&authority.id),
                text(&authority.name),
                dong(figures.estimate),
                dong(figures.reserved),
                dong(figures.approved),
                dong(state.is.freed),
                integer(plan.batches().len()),
                integer(state.version),
                Cell::Date(Some(state.last_on)),
                integer(state.first_position),
                integer(state.last_position),
                text(list_order),
            ],
        );
    }
}
