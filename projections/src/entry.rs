//! Which recorded events the projections fold: typed, or refused with a clear error, never skipped.

use chrono::NaiveDate;
use dean_aggregates::project::event::ProjectEvent;
use dean_aggregates::stored;
use dean_ledger::{Ledger, RecordedEvent, ScannedEvent};
use uuid::Uuid;

use crate::error::{ProjectionError, Result};

/// The aggregate whose events are folded.
pub(crate) const PROJECT: &str = "Project";
/// Aggregates whose events say nothing that a read model shows: published texts are read from the ledger itself. An aggregate that is
/// neither here nor above stops the runner.
const IGNORED: [&str; 11] = [
    "Publication",
    "Plan",
    "Batch",
    "Claim",
    "Screening",
    "Calendar",
    "PlaceList",
    "Reminder",
    "Contract",
    "Inspection",
    "PeriodicReport",
];

/// An event of a project.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The ledger's position.
    pub position: u64,
    /// The project.
    pub project: Uuid,
    /// Its number within the project.
    pub sequence: u64,
    /// Microseconds UTC.
    pub recorded_at: i64,
    /// The business date on the paper.
    pub occurred_on: NaiveDate,
    /// Account id of who acted.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// For which unit.
    pub unit: String,
    /// What happened.
    pub event: ProjectEvent,
}

impl Entry {
    /// `None` for events that are ignored on purpose.
    pub(crate) fn of(mut recorded: RecordedEvent) -> Result<Option<Self>> {
        if IGNORED.contains(&recorded.aggregate_type.as_str()) {
            return Ok(None);
        }
        if recorded.aggregate_type != PROJECT {
            return Err(ProjectionError::UnknownAggregate {
                position: recorded.position,
                aggregate_type: recorded.aggregate_type,
                event_type: recorded.event_type,
            });
        }
        let payload = recorded.payload.take();
        let event = stored::read(stored::PROJECT, &recorded.event_type, &recorded.event_version, payload);
        let event = event.map_err(|unreadable| ProjectionError::UnknownEvent {
            position: recorded.position,
            aggregate_type: recorded.aggregate_type,
            aggregate_id: recorded.aggregate_id,
            event_type: recorded.event_type,
            event_version: recorded.event_version,
            reason: unreadable.to_string(),
        })?;
        Ok(Some(Self {
            position: recorded.position,
            project: recorded.aggregate_id,
            sequence: recorded.sequence,
            recorded_at: recorded.recorded_at,
            occurred_on: recorded.occurred_on,
            actor: recorded.actor.id,
            role: recorded.actor.role,
            unit: recorded.actor.unit,
            event,
        }))
    }

    /// An event that a scan of all projects found.
    pub(crate) fn scanned(event: ScannedEvent) -> Result<Self> {
        let typed = stored::read_text(stored::PROJECT, &event.event_type, &event.event_version, &event.payload);
        let typed = typed.map_err(|unreadable| ProjectionError::UnknownEvent {
            position: event.position,
            aggregate_type: PROJECT.to_owned(),
            aggregate_id: event.aggregate_id,
            event_type: event.event_type,
            event_version: event.event_version,
            reason: unreadable.to_string(),
        })?;
        Ok(Self {
            position: event.position,
            project: event.aggregate_id,
            sequence: event.sequence,
            recorded_at: event.recorded_at,
            occurred_on: event.occurred_on,
            actor: event.actor,
            role: event.role,
            unit: event.unit,
            event: typed,
        })
    }
}

/// A scan reads one kind of aggregate; this looks whether there are, up to a position, others than those that are folded or ignored.
pub(crate) async fn refuse_unknown_aggregates(ledger: &Ledger, until: u64) -> Result<()> {
    for name in ledger.aggregate_types().await? {
        if name == PROJECT || IGNORED.contains(&name.as_str()) {
            continue;
        }
        let first = ledger.read_type(&name, 0).await?.into_iter().next();
        if let Some(first) = first.filter(|first| first.position <= until) {
            return Err(ProjectionError::UnknownAggregate {
                position: first.position,
                aggregate_type: first.aggregate_type,
                event_type: first.event_type,
            });
        }
    }
    Ok(())
}
