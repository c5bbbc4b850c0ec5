//! Aggregates over the ledger: loaded, cached, decided one command at a time, committed by the writer.

mod cache;
mod framework;
mod joint;
mod load;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::EventUpcaster;
use cqrs_es::{Aggregate, DomainEvent};
use uuid::Uuid;

use crate::error::{AppendError, LedgerError};
use crate::ledger::Ledger;
use crate::model::{Actor, Append, NewEvent, Receipt, StreamAppend};

use cache::{Cache, Cached};
pub use framework::StoreContext;
pub use joint::{JointCommand, Part, Parts};

/// How often a command is decided anew because another process changed the aggregate meanwhile.
const DECISIONS_MAX: u32 = 32;

/// The store of one kind of aggregate. Cheap to clone.
pub struct AggregateStore<A: Aggregate>(Arc<Inner<A>>);

struct Inner<A: Aggregate> {
    ledger: Ledger,
    services: A::Services,
    cache: Cache<A>,
    upcasters: Vec<Box<dyn EventUpcaster>>,
}

impl<A: Aggregate> Clone for AggregateStore<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Aggregate> fmt::Debug for AggregateStore<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AggregateStore")
            .field("aggregate", &A::TYPE)
            .field("ledger", &self.0.ledger.id())
            .finish_non_exhaustive()
    }
}

/// What comes with a command: who, when, which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The command's id.
    pub command_id: Uuid,
    /// Who.
    pub actor: Actor,
    /// The business date on the paper.
    pub occurred_on: NaiveDate,
    /// SHA-256 of the canonical request.
    pub request_sha256: [u8; 32],
    /// Anything else, as text.
    pub metadata: BTreeMap<String, String>,
}

/// What an accepted command became.
#[derive(Debug, Clone)]
pub struct Executed<A: Aggregate> {
    /// Where it stands.
    pub receipt: Receipt,
    /// The events; for a repeated command those that were recorded the first time.
    pub events: Vec<A::Event>,
}

/// Why a command was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E: std::error::Error> {
    /// The domain refuses it.
    #[error("{0}")]
    Refused(E),
    /// The ledger didn't take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The asker had seen another version (If-Match).
    #[error("the version is {actual}, not {expected}: somebody else changed it meanwhile")]
    StaleVersion {
        /// The version that the asker had seen.
        expected: u64,
        /// The version there is.
        actual: u64,
    },
    /// The aggregate couldn't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl<A: Aggregate> AggregateStore<A> {
    /// A store that keeps at most `cache_max` aggregates in memory.
    #[must_use]
    pub fn new(ledger: Ledger, services: A::Services, cache_max: usize) -> Self {
        Self::new_with_upcasters(ledger, services, cache_max, Vec::new())
    }

    /// A store that brings older events up to date while loading them, with the first upcaster that can, and so on.
    #[must_use]
    pub fn new_with_upcasters(
        ledger: Ledger,
        services: A::Services,
        cache_max: usize,
        upcasters: Vec<Box<dyn EventUpcaster>>,
    ) -> Self {
        Self(Arc::new(Inner {
            ledger,
            services,
            cache: Cache::new(cache_max),
            upcasters,
        }))
    }

    /// The ledger under it.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }
}

impl<A: Aggregate + Clone> AggregateStore<A> {
    /// The aggregate as the database has it now, with its version; version 0 is one that doesn't exist yet.
    ///
    /// # Errors
    /// When the database fails or an event can't be read.
    pub async fn load(&self, id: Uuid) -> Result<(Arc<A>, u64), LedgerError> {
        let cached = self.0.cache.get(id);
        self.refresh(id, cached).await
    }

    /// Decides a command and records its events. A command that was recorded before (same actor and id) gets its receipt again.
    /// Commands on one aggregate are decided one after the other.
    ///
    /// # Errors
    /// See [`ExecuteError`]. A refusal leaves no trace and is decided anew the next time.
    pub async fn execute(
        &self,
        id: Uuid,
        expected_version: Option<u64>,
        command: A::Command,
        envelope: Envelope,
    ) -> Result<Executed<A>, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        let lock = self.0.cache.lock(id);
        let _turn = lock.lock().await;
        let known = self.0.cache.get(id);
        self.decide(id, known, expected_version, command, envelope).await
    }

    /// The same for an aggregate whose id was just made: nothing is read first. If it exists after all (a retry), the command is decided
    /// on what there is.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub async fn create(
        &self,
        id: Uuid,
        command: A::Command,
        envelope: Envelope,
    ) -> Result<Executed<A>, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        let lock = self.0.cache.lock(id);
        let _turn = lock.lock().await;
        let known = self.0.cache.get(id).unwrap_or_default();
        self.decide(id, Some(known), None, command, envelope).await
    }

    /// Decides on what is known of the aggregate, and anew on what there is whenever that turns out to be something else.
    async fn decide(
        &self,
        id: Uuid,
        mut current: Option<Cached<A>>,
        expected_version: Option<u64>,
        command: A::Command,
        envelope: Envelope,
    ) -> Result<Executed<A>, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        // No look for a receipt first: the writer finds a repeated command anyway, and before anything is refused here it is asked for.
        let mut fresh = false;
        for _ in 0..DECISIONS_MAX {
            let (aggregate, version) = match current.take() {
                Some(cached) => cached,
                None => {
                    fresh = true;
                    self.refresh(id, None).await?
                }
            };
            if let Some(expected) = expected_version.filter(|expected| *expected != version) {
                if fresh {
                    // A retry that waited for its first try sees that one's result: it must get the receipt, not a complaint.
                    return match self.repeated(id, &envelope).await? {
                        Some(executed) => Ok(executed),
                        None => Err(ExecuteError::StaleVersion {
                            expected,
                            actual: version,
                        }),
                    };
                }
                current = Some(self.refresh(id, Some((aggregate, version))).await?);
                fresh = true;
                continue;
            }
            let mut decided = A::clone(&aggregate);
            let sink = EventSink::default();
            if let Err(refusal) = decided.handle(command.clone(), &self.0.services, &sink).await {
                let known = version;
                if !fresh {
                    // Another process may have changed what the refusal is based on.
                    let refreshed = self.refresh(id, Some((aggregate, version))).await?;
                    fresh = true;
                    if refreshed.1 != known {
                        current = Some(refreshed);
                        continue;
                    }
                }
                return match self.repeated(id, &envelope).await? {
                    Some(executed) => Ok(executed),
                    None => Err(ExecuteError::Refused(refusal)),
                };
            }
            let events = sink.collect().await;
            match self.append(id, version, &events, envelope.clone()).await {
                Ok(receipt) if receipt.repeated => {
                    self.0.cache.remove(id);
                    return self.recorded(id, receipt).await.map_err(ExecuteError::Ledger);
                }
                Ok(receipt) => {
                    self.0.cache.put(id, Arc::new(decided), version + events.len() as u64);
                    return Ok(Executed { receipt, events });
                }
                Err(AppendError::Conflict { .. }) => {
                    // Only another process can have done this; `expected_version` is judged on what it left.
                    current = Some(self.refresh(id, Some((aggregate, version))).await?);
                    fresh = true;
                }
                Err(error) => {
                    self.0.cache.remove(id);
                    return Err(error.into());
                }
            }
        }
        Err(AppendError::Busy { retry_after_s: 1 }.into())
    }

    async fn append(
        &self,
        id: Uuid,
        version: u64,
        events: &[A::Event],
        envelope: Envelope,
    ) -> Result<Receipt, AppendError> {
        let events = events.iter().map(new_event).collect::<Result<Vec<_>, _>>()?;
        let stream = StreamAppend {
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: id,
            expected_version: version,
            events,
        };
        let append = Append {
            command_id: envelope.command_id,
            actor: envelope.actor,
            occurred_on: envelope.occurred_on,
            request_sha256: envelope.request_sha256,
            metadata: envelope.metadata,
            streams: vec![stream],
        };
        self.0.ledger.append(append).await
    }

    /// The answer to a command that was recorded before.
    async fn repeated(&self, id: Uuid, envelope: &Envelope) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        match stored_receipt(&self.0.ledger, envelope).await? {
            Some(receipt) => Ok(Some(self.recorded(id, receipt).await?)),
            None => Ok(None),
        }
    }
}

/// What a command became, if it was recorded before.
async fn stored_receipt<E: std::error::Error>(
    ledger: &Ledger,
    envelope: &Envelope,
) -> Result<Option<Receipt>, ExecuteError<E>> {
    let Some(stored) = ledger.receipt(&envelope.actor.id, envelope.command_id).await? else {
        return Ok(None);
    };
    if stored.request_sha256 != envelope.request_sha256 {
        return Err(AppendError::DifferentRequest {
            command_id: envelope.command_id,
        }
        .into());
    }
    Ok(Some(stored.receipt))
}

fn new_event<E: DomainEvent>(event: &E) -> Result<NewEvent, AppendError> {
    let payload = serde_json::to_value(event)
        .map_err(|error| AppendError::Database(Arc::new(sqlx::Error::Encode(error.into()))))?;
    Ok(NewEvent {
        event_type: event.event_type(),
        event_version: event.event_version(),
        payload,
    })
}
