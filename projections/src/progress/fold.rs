//! How a project's state becomes its row of `progress`.

use std::fmt::Write as _;

use dean_aggregates::actor::Party;
use dean_aggregates::project::content::ProjectKind;

use super::tables::PROGRESS;
use crate::cell::{Cell, dong, integer, text, time};
use crate::projection::{Projection, Rows};
use crate::state::ProjectState;
use crate::table::Table;
use crate::text::plain;

/// The projection.
pub struct Progress;

impl Projection for Progress {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&PROGRESS)
    }

    fn project(&self, state: &ProjectState, rows: &mut Rows) {
        let unit = |party| {
            state.units.get(&party).map_or((String::new(), String::new()), |unit| {
                (unit.id.clone(), unit.name.clone())
            })
        };
        let (implementer_unit, implementer_name) = unit(Party::Implementer);
        let (department_unit, department_name) = unit(Party::Department);
        let standing = &state.standing;
        let money = &standing.money;
        let search = search(state, &implementer_name);
        rows.push(
            &PROGRESS,
            vec![
                Cell::Uuid(Some(state.id)),
                text(&state.code),
                text(&state.name),
                text(state.level.as_str()),
                text(kind_word(state.kind)),
                integer(state.plan_year),
                text(&state.province),
                text(implementer_unit),
                text(implementer_name),
                text(department_unit),
                text(department_name),
                Cell::Text(state.beneficiaries.first().cloned().flatten()),
                integer(state.beneficiaries.len()),
                text(&standing.state),
                text(standing.phase.as_str()),
                text(waiting(state)),
                Cell::Text(standing.next_step.clone()),
                Cell::Date(standing.due_on),
                dong(money.total),
                dong(money.requested),
                dong(money.approved),
                dong(money.contracted),
                dong(money.disbursed),
                dong(money.refunded),
                dong(money.settled),
                dong(money.receivable),
                dong(money.repaid),
                integer(state.jobs),
                Cell::Text(state.batch.clone()),
                Cell::Bool(Some(state.fallback_norms)),
                text(&state.lifecycle_code),
                text(&state.lifecycle_version),
                integer(state.version),
                text(&state.last_event),
                Cell::Date(Some(state.last_occurred_on)),
                time(state.last_recorded_at),
                integer(state.first_position),
                integer(state.last_position),
                text(units(state)),
                text(search),
            ],
        );
    }
}

/// The word used in data.
pub(crate) const fn kind_word(kind: ProjectKind) -> &'static str {
    match kind {
        ProjectKind::Key => "key",
        ProjectKind::Group => "group",
        ProjectKind::Specific => "specific",
        ProjectKind::Task => "task",
    }
}

/// `role@unit, role@unit`.
fn waiting(state: &ProjectState) -> String {
    let mut list = String::new();
    for pending in &state.pending {
        let separator = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{separator}{}@{}", pending.role, pending.unit);
    }
    list
}

/// ` so-ct-dien-bien cuc `: every unit with a part in the project, each between blanks.
pub(crate) fn units(state: &ProjectState) -> String {
    let mut list = String::from(" ");
    for unit in state.units.values() {
        list.push_str(&unit.id);
        list.push(' ');
    }
    list
}

fn search(state: &ProjectState, implementer: &str) -> String {
    let mut words = format!("{} {} {implementer}", state.code, state.name);
    for name in state.beneficiaries.iter().flatten() {
        words.push(' ');
        words.push_str(name);
    }
    plain(&words)
}
