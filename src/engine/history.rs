//! Reading a project back: as it stands, as it stood, and every event of its life.

use std::sync::Arc;

use chrono::NaiveDate;
use cqrs_es::{Aggregate, DomainEvent};
use dean_aggregates::batch::Batch;
use dean_aggregates::contract::Contract;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::plan::Plan;
use dean_aggregates::project::Project;
use dean_aggregates::project::event::ProjectEvent;
use dean_aggregates::published::Pinned;
use dean_aggregates::stored::{self, Upcast};
use dean_ledger::RecordedEvent;
use uuid::Uuid;

use super::{Engine, ReadError};

/// Which past an auditor asks for. Both are a prefix of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// All that is recorded.
    Now,
    /// Up to and including this position.
    Position(u64),
    /// Up to the end of this day in Vietnam, by the time of recording.
    Day(NaiveDate),
}

impl std::str::FromStr for AsOf {
    type Err = UnknownPast;

    /// A position (`1234`) or a day (`2019-06-30`).
    fn from_str(text: &str) -> Result<Self, UnknownPast> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        text.parse().map(Self::Day).map_err(|_| UnknownPast(text.to_owned()))
    }
}

/// Neither a position nor a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a position (like 1234) nor a day (like 2019-06-30)")]
pub struct UnknownPast(pub String);

/// A project at some point of the ledger.
pub struct ProjectView {
    /// Its id.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// The ledger position up to which it was read.
    pub position: u64,
    /// The aggregate.
    pub project: Project,
    /// The lifecycle it is pinned to.
    pub lifecycle: Arc<Pinned<Lifecycle>>,
    /// Its events, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// One event, of a project unless it says otherwise, with everything the ledger knows of it.
pub struct HistoryEntry<E = ProjectEvent> {
    /// As recorded.
    pub recorded: RecordedEvent,
    /// As understood.
    pub event: E,
}

/// A plan, a batch, a screening, a contract or an inspection at some point of the ledger.
pub struct View<A: Aggregate> {
    /// Its id.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// The ledger position up to which it was read.
    pub position: u64,
    /// The aggregate.
    pub aggregate: A,
    /// Its events, oldest first.
    pub history: Vec<HistoryEntry<A::Event>>,
}

/// An aggregate that pages show with its history.
pub trait Shown: Aggregate {
    /// How its older events are brought up to date.
    const UPCASTS: &'static [Upcast];
}

impl Shown for Plan {
    const UPCASTS: &'static [Upcast] = stored::PLAN;
}

impl Shown for Batch {
    const UPCASTS: &'static [Upcast] = stored::BATCH;
}

impl Shown for Contract {
    const UPCASTS: &'static [Upcast] = stored::CONTRACT;
}

impl Shown for Inspection {
    const UPCASTS: &'static [Upcast] = stored::INSPECTION;
}

impl Engine {
    /// A plan, a batch, a contract or an inspection as of some point; `None` if it did not exist then.
    pub async fn shown<A: Shown>(&self, id: Uuid, as_of: AsOf) -> Result<Option<View<A>>, ReadError> {
        self.view(A::UPCASTS, id, as_of).await
    }

    /// A plan as of some point; `None` if it did not exist then.
    pub async fn plan(&self, id: Uuid, as_of: AsOf) -> Result<Option<View<Plan>>, ReadError> {
        self.shown(id, as_of).await
    }

    /// A batch as of some point; `None` if it did not exist then.
    pub async fn batch(&self, id: Uuid, as_of: AsOf) -> Result<Option<View<Batch>>, ReadError> {
        self.shown(id, as_of).await
    }

    /// A contract as of some point; `None` if it did not exist then.
    pub async fn contract(&self, id: Uuid, as_of: AsOf) -> Result<Option<View<Contract>>, ReadError> {
        self.shown(id, as_of).await
    }

    /// An inspection as of some point; `None` if it did not exist then.
    pub async fn inspection(&self, id: Uuid, as_of: AsOf) -> Result<Option<View<Inspection>>, ReadError> {
        self.shown(id, as_of).await
    }

    pub(super) async fn view<A: Aggregate>(
        &self,
        upcasts: &[Upcast],
        id: Uuid,
        as_of: AsOf,
    ) -> Result<Option<View<A>>, ReadError> {
        let mut aggregate = A::default();
        let recorded = self.recorded(A::TYPE, id, as_of).await?;
        let mut history = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            let event: A::Event = typed(upcasts, &recorded)?;
            aggregate.apply(event.clone());
            history.push(HistoryEntry { recorded, event });
        }
        let last = history
            .last()
            .map(|last| (last.recorded.sequence, last.recorded.position));
        Ok(last.map(|(version, position)| View {
            id,
            version,
            position,
            aggregate,
            history,
        }))
    }

    pub(super) async fn recorded(
        &self,
        aggregate_type: &str,
        id: Uuid,
        as_of: AsOf,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let up_to = match as_of {
            AsOf::Now => None,
            AsOf::Position(position) => Some(position),
            AsOf::Day(day) => Some(self.ledger.position_at_end_of(day).await?),
        };
        Ok(self.ledger.read_stream(aggregate_type, id, up_to).await?)
    }

    /// A project as of some point, with its history; `None` if it did not exist then.
    pub async fn project(&self, id: Uuid, as_of: AsOf) -> Result<Option<ProjectView>, ReadError> {
        let recorded = self.recorded(Project::TYPE, id, as_of).await?;
        let mut project = Project::default();
        let mut history = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            let event: ProjectEvent = typed(stored::PROJECT, &recorded)?;
            project.apply(event.clone());
            history.push(HistoryEntry { recorded, event });
        }
        let Some(last) = history.last() else { return Ok(None) };
        let (version, position) = (last.recorded.sequence, last.recorded.position);
        let lifecycle = self.rulebook().await?.lifecycle(project.lifecycle_pin())?;
        Ok(Some(ProjectView {
            id,
            version,
            position,
            project,
            lifecycle,
            history,
        }))
    }
}

pub(super) fn typed<E: DomainEvent>(upcasts: &[Upcast], recorded: &RecordedEvent) -> Result<E, ReadError> {
    let payload = recorded.payload.clone();
    stored::read(upcasts, &recorded.event_type, &recorded.event_version, payload).map_err(|cause| {
        ReadError::UnknownEvent {
            position: recorded.position,
            cause,
        }
    })
}
