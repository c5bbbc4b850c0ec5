//! How an inspection's state becomes its rows.

use chrono::NaiveDate;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::inspection::command::FindingKind;
use dean_aggregates::inspection::state::FindingStatus;

use super::tables::TABLES;
use crate::cell::{Cell, dong, integer, text};
use crate::entry::Subject;
use crate::known::Known;
use crate::projection::{Projection, Rows};
use crate::table::Table;

/// Inspections without open findings come last.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("31 December 9999 is a day");

/// The projection.
pub struct Inspections;

impl Projection for Inspections {
    fn name(&self) -> &'static str {
        "inspections"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        &TABLES
    }

    fn subject(&self) -> Subject {
        Subject::Inspection
    }

    fn inspection(&self, state: &Known<Inspection>, rows: &mut Rows) {
        let [inspections, findings] = &TABLES;
        let inspection = &state.is;
        let Some(ordered) = inspection.ordered() else { return };
        let order = &ordered.order;
        let figures = inspection.figures();
        let open = inspection
            .findings()
            .values()
            .filter(|finding| finding.status == FindingStatus::Open);
        let first_due_on = open.map(|finding| finding.due_on).min();
        let concluded_on = inspection.conclusion().map(|conclusion| conclusion.decision.date);
        rows.push(
            inspections,
            vec![
                Cell::Uuid(Some(state.id)),
                text(&order.decision.number),
                Cell::Date(Some(order.decision.date)),
                text(&ordered.authority.id),
                text(&ordered.authority.name),
                Cell::Bool(Some(order.planned)),
                text(&order.content),
                Cell::Date(Some(order.starts_on)),
                Cell::Date(Some(order.ends_on)),
                text(if concluded_on.is_some() { "concluded" } else { "running" }),
                integer(figures.projects),
                integer(figures.findings),
                integer(figures.open),
                integer(figures.handed_on),
                dong(figures.amount),
                dong(figures.recovery),
                Cell::Date(first_due_on),
                Cell::Date(concluded_on),
                integer(state.version),
                Cell::Date(Some(state.last_on)),
                integer(state.first_position),
                integer(state.last_position),
                Cell::Date(Some(first_due_on.unwrap_or(NEVER))),
            ],
        );
        for (number, finding) in inspection.findings() {
            let (status, handed_to) = match &finding.status {
                FindingStatus::Open => ("open", None),
                FindingStatus::Remedied => ("remedied", None),
                FindingStatus::HandedOn { to } => ("handed-on", Some(to.clone())),
            };
            rows.push(
                findings,
                vec![
                    Cell::Uuid(Some(state.id)),
                    integer(*number),
                    text(&order.decision.number),
                    Cell::Uuid(Some(finding.project)),
                    text(&finding.code),
                    text(kind_word(finding.kind)),
                    text(&finding.text),
                    text(&finding.recommendation),
                    dong(finding.amount),
                    dong(finding.recovery),
                    text(&finding.owner.id),
                    text(&finding.owner.name),
                    Cell::Date(Some(finding.due_on)),
                    text(status),
                    Cell::Text(handed_to),
                    integer(finding.answers.len()),
                ],
            );
        }
    }
}

/// The word used in data.
const fn kind_word(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Money => "money",
        FindingKind::Papers => "papers",
        FindingKind::Progress => "progress",
        FindingKind::Quality => "quality",
        FindingKind::Other => "other",
    }
}
