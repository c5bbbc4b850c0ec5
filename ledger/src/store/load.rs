//! Loading an aggregate: the stock repositories read its stream, personal parts are joined, upcasters and `apply` do the rest.

use std::collections::HashMap;
use std::sync::Arc;

use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::PostgresEventRepository;
use sqlite_es::SqliteEventRepository;
use uuid::Uuid;

use crate::database::Database;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::Receipt;
use crate::{on_database, personal};

use super::cache::Cached;
use super::{AggregateStore, Executed};

const PERSONAL: &str =
    "SELECT e.sequence, p.content FROM events e JOIN personal_data p ON p.ledger = e.ledger AND p.position = e.position
WHERE e.aggregate_type = $2 AND e.aggregate_id = $3 AND e.ledger = $1 AND e.sequence > $4";

impl<A: Aggregate> AggregateStore<A> {
    /// Brings a remembered aggregate up to date, or loads it from its first event.
    pub(super) async fn refresh(&self, id: Uuid, cached: Option<Cached<A>>) -> Result<Cached<A>, LedgerError>
    where
        A: Clone,
    {
        let (aggregate, version) = cached.unwrap_or_else(|| (Arc::new(A::default()), 0));
        let events = self.events_after(id, version).await?;
        if events.is_empty() && version > 0 {
            return Ok((aggregate, version));
        }
        let mut newest = A::clone(&aggregate);
        let mut reached = version;
        for event in events {
            reached = event.sequence as u64;
            newest.apply(self.typed(event)?);
        }
        let newest = Arc::new(newest);
        if reached > 0 {
            self.0.cache.put(id, Arc::clone(&newest), reached);
        }
        Ok((newest, reached))
    }

    /// The stream's events after a sequence, as the stock repository reads them, personal parts joined.
    pub(super) async fn events_after(&self, id: Uuid, version: u64) -> Result<Vec<SerializedEvent>, LedgerError> {
        let aggregate_id = id.to_string();
        let after = usize::try_from(version).unwrap_or(usize::MAX);
        let mut events = self
            .0
            .repository
            .events::<A>(&aggregate_id, after)
            .await
            .map_err(|error| reading::<A>(&aggregate_id, version, error))?;
        if let Some((event, expected)) = events
            .iter()
            .zip(version + 1..)
            .find(|(event, expected)| event.sequence as u64 != *expected)
        {
            return Err(damaged::<A>(
                &aggregate_id,
                event.sequence as u64,
                format!("event {expected} is missing"),
            ));
        }
        if events.iter().any(|event| has_mark(&event.payload)) {
            self.join_personal(&aggregate_id, version, &mut events).await?;
        }
        Ok(events)
    }

    async fn join_personal(
        &self,
        aggregate_id: &str,
        version: u64,
        events: &mut [SerializedEvent],
    ) -> Result<(), LedgerError> {
        let rows: Vec<(i64, String)> = on_database!(self.0.ledger.database(), pool => sqlx::query_as(PERSONAL)
            .bind(self.0.ledger.id()).bind(A::TYPE).bind(aggregate_id).bind(version.cast_signed()).fetch_all(pool).await)?;
        let contents: HashMap<i64, String> = rows.into_iter().collect();
        for event in events {
            let texts: Option<Vec<String>> = match contents.get(&(event.sequence as i64)) {
                Some(content) => Some(serde_json::from_str(content).map_err(|error| {
                    damaged::<A>(aggregate_id, event.sequence as u64, format!("personal part: {error}"))
                })?),
                None => None,
            };
            personal::join(&mut event.payload, texts.as_deref());
        }
        Ok(())
    }

    /// Upcasts and types a stored event.
    pub(super) fn typed(&self, mut event: SerializedEvent) -> Result<A::Event, LedgerError> {
        for upcaster in &self.0.upcasters {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                event = upcaster.upcast(event);
            }
        }
        let (aggregate_id, sequence) = (event.aggregate_id, event.sequence as u64);
        let typed: A::Event = serde_json::from_value(event.payload)
            .map_err(|error| damaged::<A>(&aggregate_id, sequence, error.to_string()))?;
        // A form that a newer program wrote may well fit into the older type, and mean something else.
        if typed.event_type() != event.event_type || typed.event_version() != event.event_version {
            let reason = format!(
                "it is a `{}` version {}, of which this program reads `{}` version {}; run the version of the program that recorded it, \
                 or a newer one",
                event.event_type,
                event.event_version,
                typed.event_type(),
                typed.event_version()
            );
            return Err(damaged::<A>(&aggregate_id, sequence, reason));
        }
        Ok(typed)
    }

    /// The events behind a receipt.
    pub(super) async fn recorded(&self, id: Uuid, receipt: Receipt) -> Result<Executed<A>, LedgerError> {
        let mut events = Vec::new();
        if let Some(stream) = receipt
            .streams
            .iter()
            .find(|stream| stream.aggregate_id == id && stream.aggregate_type == A::TYPE)
        {
            let count = stream.last - stream.first + 1;
            let first = stream.version - count;
            for event in self
                .events_after(id, first)
                .await?
                .into_iter()
                .take(usize::try_from(count).unwrap_or(usize::MAX))
            {
                events.push(self.typed(event)?);
            }
        }
        Ok(Executed { receipt, events })
    }
}

/// The stock repository of either database, confined to one ledger.
pub(super) enum Repository {
    Postgres(PostgresEventRepository),
    Sqlite(SqliteEventRepository),
}

impl Repository {
    /// The stock repositories don't know of ledgers, but take any table: this one holds our ledger's rows only. Both planners see through
    /// it to the primary key.
    pub(super) fn new(ledger: &Ledger) -> Self {
        let id = ledger.id();
        match ledger.database() {
            Database::Postgres(pool) => {
                let table = format!("(SELECT * FROM events WHERE ledger = '{id}') AS own");
                Self::Postgres(PostgresEventRepository::new(pool.clone()).with_tables(&table, "snapshots"))
            }
            Database::Sqlite(pool) => {
                let table = format!("(SELECT * FROM events WHERE ledger = x'{}') AS own", id.simple());
                Self::Sqlite(SqliteEventRepository::new(pool.clone()).with_tables(&table, "snapshots"))
            }
        }
    }

    async fn events<A: Aggregate>(
        &self,
        aggregate_id: &str,
        after: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        match (self, after) {
            (Self::Postgres(repository), 0) => repository.get_events::<A>(aggregate_id).await,
            (Self::Postgres(repository), _) => repository.get_last_events::<A>(aggregate_id, after).await,
            (Self::Sqlite(repository), 0) => repository.get_events::<A>(aggregate_id).await,
            (Self::Sqlite(repository), _) => repository.get_last_events::<A>(aggregate_id, after).await,
        }
    }
}

fn has_mark(payload: &serde_json::Value) -> bool {
    match payload {
        serde_json::Value::Array(items) => items.iter().any(has_mark),
        serde_json::Value::Object(entries) => entries.contains_key(personal::MARK) || entries.values().any(has_mark),
        _ => false,
    }
}

/// A stream whose reading broke off is a failure of the database, which may pass, and not an event that can't be read.
fn reading<A: Aggregate>(aggregate_id: &str, sequence: u64, error: PersistenceError) -> LedgerError {
    let cause = match error {
        PersistenceError::ConnectionError(cause)
        | PersistenceError::DeserializationError(cause)
        | PersistenceError::UnknownError(cause) => cause,
        PersistenceError::OptimisticLockError => return damaged::<A>(aggregate_id, sequence, error.to_string()),
    };
    match cause.downcast::<sqlx::Error>() {
        Ok(error) => LedgerError::Database(*error),
        Err(cause) => damaged::<A>(aggregate_id, sequence, cause.to_string()),
    }
}

fn damaged<A: Aggregate>(aggregate_id: &str, sequence: u64, reason: String) -> LedgerError {
    LedgerError::Event {
        aggregate_type: A::TYPE.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        sequence,
        reason,
    }
}
