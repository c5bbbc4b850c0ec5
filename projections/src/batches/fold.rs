//! How a batch's state becomes its rows.

use dean_aggregates::batch::Batch;
use dean_aggregates::batch::ranking::{Criterion, RankedCandidate};
use dean_aggregates::money::Dong;
use uuid::Uuid;

use super::tables::TABLES;
use crate::cell::{Cell, dong, integer, text};
use crate::entry::Subject;
use crate::known::{BatchState, Known};
use crate::projection::{Projection, Rows};
use crate::table::Table;

/// The projection.
pub struct Batches;

impl Projection for Batches {
    fn name(&self) -> &'static str {
        "batches"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        &TABLES
    }

    fn subject(&self) -> Subject {
        Subject::Batch
    }

    fn batch(&self, state: &Known<BatchState>, rows: &mut Rows) {
        let [batches, batch_projects] = &TABLES;
        let batch = &state.is.batch;
        let Some(opening) = batch.opening() else { return };
        let figures = batch.figures();
        let amounts = batch.candidates().values().map(|candidate| candidate.amount());
        let stopped = batch.approved().values().filter(|project| project.stopped).count();
        rows.push(
            batches,
            vec![
                Cell::Uuid(Some(state.id)),
                Cell::Uuid(Some(opening.plan)),
                text(opening.label()),
                text(opening.level.as_str()),
                integer(opening.year),
                integer(opening.number),
                text(&opening.authority.id),
                text(&opening.authority.name),
                text(standing(&state.is)),
                dong(figures.ceiling),
                dong(figures.approved),
                dong(amounts.fold(Dong::ZERO, Dong::saturating_add)),
                dong(state.is.freed),
                integer(batch.candidates().len()),
                Cell::Bool(Some(is_ranked(batch))),
                integer(batch.approved().len()),
                integer(stopped),
                integer(state.is.decisions),
                Cell::Date(state.is.decided_on),
                integer(state.version),
                Cell::Date(Some(state.last_on)),
                integer(state.first_position),
                integer(state.last_position),
            ],
        );
        let label = opening.label();
        let mut tell = |project: Uuid, code: &str, standing: &str, amount: Dong| {
            let ranked = place_of(batch, project);
            let precedence = ranked.and_then(|ranked| ranked.before_next.as_ref());
            let word = |of: fn(&dean_aggregates::batch::ranking::Precedence) -> &String| {
                Cell::Text(precedence.map(|precedence| of(precedence).clone()))
            };
            rows.push(
                batch_projects,
                vec![
                    Cell::Uuid(Some(state.id)),
                    Cell::Uuid(Some(project)),
                    text(&label),
                    text(code),
                    text(standing),
                    ranked.map_or(Cell::Integer(None), |ranked| integer(ranked.rank)),
                    dong(amount),
                    ranked.map_or(Cell::Integer(None), |ranked| dong(ranked.running)),
                    ranked.map_or(Cell::Integer(None), |ranked| dong(ranked.above)),
                    Cell::Text(precedence.map(|precedence| criterion_word(precedence.criterion).to_owned())),
                    word(|precedence| &precedence.ahead),
                    word(|precedence| &precedence.behind),
                    word(|precedence| &precedence.article),
                    Cell::Text(precedence.and_then(|precedence| precedence.reason.clone())),
                ],
            );
        };
        for (project, candidate) in batch.candidates() {
            tell(*project, &candidate.code, "candidate", candidate.amount());
        }
        for (project, approved) in batch.approved() {
            let standing = if approved.stopped { "stopped" } else { "approved" };
            // Refused by `decide`; here it would break the table's key.
            if !batch.candidates().contains_key(project) {
                tell(*project, &approved.code, standing, approved.committed);
            }
        }
    }
}

/// `opened`, `listing`, `ranked` or `decided`.
fn standing(state: &BatchState) -> &'static str {
    let batch = &state.batch;
    if !batch.candidates().is_empty() {
        return if is_ranked(batch) { "ranked" } else { "listing" };
    }
    if state.decisions > 0 { "decided" } else { "opened" }
}

/// Whether the last order holds: somebody stands in it, and nobody has come since.
fn is_ranked(batch: &Batch) -> bool {
    batch.ranking().is_some() && !batch.candidates().is_empty()
}

/// Its place in the last order, as it was made.
fn place_of(batch: &Batch, project: Uuid) -> Option<&RankedCandidate> {
    let mut ranked = batch.ranking()?.candidates.iter();
    ranked.find(|ranked| ranked.project == project)
}

/// The word used in data.
const fn criterion_word(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::KeyProject => "key-project",
        Criterion::Place => "place",
        Criterion::Trade => "trade",
        Criterion::Capability => "capability",
        Criterion::CleanProduction => "clean-production",
        Criterion::EffectAndUrgency => "effect-and-urgency",
    }
}
