//! Which recorded events the projections fold: typed, or refused with a clear error, never skipped.

use chrono::NaiveDate;
use cqrs_es::DomainEvent;
use dean_aggregates::batch::BatchEvent;
use dean_aggregates::contract::ContractEvent;
use dean_aggregates::inspection::InspectionEvent;
use dean_aggregates::plan::PlanEvent;
use dean_aggregates::project::event::ProjectEvent;
use dean_aggregates::reminder::ReminderEvent;
use dean_aggregates::stored::{self, Upcast};
use dean_ledger::{Ledger, RecordedEvent, ScannedEvent};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{ProjectionError, Result};

/// The aggregates whose events are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Đề án.
    Project,
    /// Kế hoạch.
    Plan,
    /// Đợt.
    Batch,
    /// Hợp đồng.
    Contract,
    /// Cuộc kiểm tra.
    Inspection,
    /// Nhắc việc.
    Reminder,
}

/// Aggregates whose events say nothing that a read model shows: published texts are read from the ledger itself. An aggregate that is
/// neither here nor a [`Subject`] stops the runner.
const IGNORED: [&str; 6] = [
    "Publication",
    "Claim",
    "Screening",
    "Calendar",
    "PlaceList",
    "PeriodicReport",
];

impl Subject {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Project,
        Self::Plan,
        Self::Batch,
        Self::Contract,
        Self::Inspection,
        Self::Reminder,
    ];

    /// The aggregate type as recorded.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Plan => "Plan",
            Self::Batch => "Batch",
            Self::Contract => "Contract",
            Self::Inspection => "Inspection",
            Self::Reminder => "Reminder",
        }
    }

    /// The one with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.as_str() == name)
    }
}

/// An event of one aggregate; of a project unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Entry<E = ProjectEvent> {
    /// The ledger's position.
    pub position: u64,
    /// The aggregate's id.
    pub id: Uuid,
    /// Its number within the aggregate.
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
    pub event: E,
}

/// A folded event of any aggregate.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Project(Box<Entry>),
    Plan(Box<Entry<PlanEvent>>),
    Batch(Box<Entry<BatchEvent>>),
    Contract(Box<Entry<ContractEvent>>),
    Inspection(Box<Entry<InspectionEvent>>),
    Reminder(Box<Entry<ReminderEvent>>),
}

/// An event as the ledger gives it, its payload as a value or as text.
struct Raw<P> {
    event_type: String,
    event_version: String,
    entry: Entry<P>,
}

/// How a payload is typed.
trait Payload: Sized {
    fn typed<E: DomainEvent>(
        self,
        upcasts: &[Upcast],
        event_type: &str,
        event_version: &str,
    ) -> std::result::Result<E, stored::Unreadable>;
}

impl Payload for Value {
    fn typed<E: DomainEvent>(
        self,
        upcasts: &[Upcast],
        event_type: &str,
        event_version: &str,
    ) -> std::result::Result<E, stored::Unreadable> {
        stored::read(upcasts, event_type, event_version, self)
    }
}

impl Payload for String {
    fn typed<E: DomainEvent>(
        self,
        upcasts: &[Upcast],
        event_type: &str,
        event_version: &str,
    ) -> std::result::Result<E, stored::Unreadable> {
        stored::read_text(upcasts, event_type, event_version, &self)
    }
}

impl<P: Payload> Raw<P> {
    fn told(self, subject: Subject) -> Result<Told> {
        Ok(match subject {
            Subject::Project => Told::Project(self.typed(subject, stored::PROJECT)?),
            Subject::Plan => Told::Plan(self.typed(subject, stored::PLAN)?),
            Subject::Batch => Told::Batch(self.typed(subject, stored::BATCH)?),
            Subject::Contract => Told::Contract(self.typed(subject, stored::CONTRACT)?),
            Subject::Inspection => Told::Inspection(self.typed(subject, stored::INSPECTION)?),
            Subject::Reminder => Told::Reminder(self.typed(subject, stored::REMINDER)?),
        })
    }

    fn typed<E: DomainEvent>(self, subject: Subject, upcasts: &[Upcast]) -> Result<Box<Entry<E>>> {
        let Self {
            event_type,
            event_version,
            entry,
        } = self;
        let event = entry.event.typed(upcasts, &event_type, &event_version);
        let event = event.map_err(|unreadable| ProjectionError::UnknownEvent {
            position: entry.position,
            aggregate_type: subject.as_str().to_owned(),
            aggregate_id: entry.id,
            event_type,
            event_version,
            reason: unreadable.to_string(),
        })?;
        Ok(Box::new(Entry {
            position: entry.position,
            id: entry.id,
            sequence: entry.sequence,
            recorded_at: entry.recorded_at,
            occurred_on: entry.occurred_on,
            actor: entry.actor,
            role: entry.role,
            unit: entry.unit,
            event,
        }))
    }
}

impl Told {
    /// `None` for events that are ignored on purpose.
    pub(crate) fn of(recorded: RecordedEvent) -> Result<Option<Self>> {
        if IGNORED.contains(&recorded.aggregate_type.as_str()) {
            return Ok(None);
        }
        let Some(subject) = Subject::named(&recorded.aggregate_type) else {
            return Err(ProjectionError::UnknownAggregate {
                position: recorded.position,
                aggregate_type: recorded.aggregate_type,
                event_type: recorded.event_type,
            });
        };
        let raw = Raw {
            event_type: recorded.event_type,
            event_version: recorded.event_version,
            entry: Entry {
                position: recorded.position,
                id: recorded.aggregate_id,
                sequence: recorded.sequence,
                recorded_at: recorded.recorded_at,
                occurred_on: recorded.occurred_on,
                actor: recorded.actor.id,
                role: recorded.actor.role,
                unit: recorded.actor.unit,
                event: recorded.payload,
            },
        };
        raw.told(subject).map(Some)
    }

    /// An event that a scan of all aggregates of a kind found.
    pub(crate) fn scanned(subject: Subject, event: ScannedEvent) -> Result<Self> {
        let raw = Raw {
            event_type: event.event_type,
            event_version: event.event_version,
            entry: Entry {
                position: event.position,
                id: event.aggregate_id,
                sequence: event.sequence,
                recorded_at: event.recorded_at,
                occurred_on: event.occurred_on,
                actor: event.actor,
                role: event.role,
                unit: event.unit,
                event: event.payload,
            },
        };
        raw.told(subject)
    }

    /// Whose event it is.
    pub(crate) fn key(&self) -> (Subject, Uuid) {
        match self {
            Self::Project(entry) => (Subject::Project, entry.id),
            Self::Plan(entry) => (Subject::Plan, entry.id),
            Self::Batch(entry) => (Subject::Batch, entry.id),
            Self::Contract(entry) => (Subject::Contract, entry.id),
            Self::Inspection(entry) => (Subject::Inspection, entry.id),
            Self::Reminder(entry) => (Subject::Reminder, entry.id),
        }
    }

    /// Its number within the aggregate.
    pub(crate) fn sequence(&self) -> u64 {
        match self {
            Self::Project(entry) => entry.sequence,
            Self::Plan(entry) => entry.sequence,
            Self::Batch(entry) => entry.sequence,
            Self::Contract(entry) => entry.sequence,
            Self::Inspection(entry) => entry.sequence,
            Self::Reminder(entry) => entry.sequence,
        }
    }
}

/// A scan reads one kind of aggregate; this looks whether there are, up to a position, others than those that are folded or ignored.
pub(crate) async fn refuse_unknown_aggregates(ledger: &Ledger, until: u64) -> Result<()> {
    for name in ledger.aggregate_types().await? {
        if Subject::named(&name).is_some() || IGNORED.contains(&name.as_str()) {
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
