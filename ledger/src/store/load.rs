//! Loading an aggregate: its stream is read, personal parts are joined, upcasters and `apply` do the rest.

use std::sync::Arc;

use cqrs_es::persist::SerializedEvent;
use cqrs_es::{Aggregate, DomainEvent};
use serde_json::Value;
use uuid::Uuid;

use crate::error::LedgerError;
use crate::header::StreamKey;
use crate::loader::StoredEvent;
use crate::model::Receipt;
use crate::personal;

use super::cache::Cached;
use super::{AggregateStore, Executed};

impl<A: Aggregate> AggregateStore<A> {
    /// Brings a remembered aggregate up to date, or loads it from its first event.
    pub(super) async fn refresh(&self, id: Uuid, cached: Option<Cached<A>>) -> Result<Cached<A>, LedgerError>
    where
        A: Clone,
    {
        let (aggregate, version) = cached.unwrap_or_else(|| (Arc::new(A::default()), 0));
        let events = self.events_after(id, version).await?;
        if events.is_empty() {
            return Ok((aggregate, version));
        }
        let mut newest = Arc::unwrap_or_clone(aggregate);
        let mut reached = version;
        for event in events {
            reached = event.sequence.unsigned_abs();
            newest.apply(self.typed(id, event)?);
        }
        let newest = Arc::new(newest);
        self.0.cache.put(id, Arc::clone(&newest), reached);
        Ok((newest, reached))
    }

    /// The stream's events after a sequence, without a gap.
    pub(super) async fn events_after(&self, id: Uuid, version: u64) -> Result<Vec<StoredEvent>, LedgerError> {
        let key = StreamKey {
            aggregate_type: A::TYPE.into(),
            aggregate_id: id,
        };
        let events = self.0.ledger.stored_events(key, version).await?;
        if let Some((event, expected)) = events
            .iter()
            .zip(version + 1..)
            .find(|(event, expected)| event.sequence.unsigned_abs() != *expected)
        {
            return Err(damaged::<A>(
                id,
                event.sequence,
                &format!("event {expected} is missing"),
            ));
        }
        Ok(events)
    }

    /// Types a stored event, brought up to date first if it is of an older version.
    pub(super) fn typed(&self, id: Uuid, event: StoredEvent) -> Result<A::Event, LedgerError> {
        let (sequence, mut stored) = (event.sequence, (event.event_type.clone(), event.event_version.clone()));
        let unreadable = |error: serde_json::Error| damaged::<A>(id, sequence, &error.to_string());
        let mut upcasters = self.0.upcasters.iter();
        let typed: A::Event = if upcasters.any(|one| one.can_upcast(&event.event_type, &event.event_version)) {
            let mut event = serialized::<A>(id, event)?;
            for upcaster in &self.0.upcasters {
                if upcaster.can_upcast(&event.event_type, &event.event_version) {
                    event = upcaster.upcast(event);
                }
            }
            stored = (event.event_type, event.event_version);
            serde_json::from_value(event.payload).map_err(unreadable)?
        } else {
            let payload = personal::join(&event.payload, event.content.as_deref()).map_err(unreadable)?;
            serde_json::from_str(&payload).map_err(unreadable)?
        };
        // A form that a newer program wrote may well fit into the older type, and mean something else.
        let read = (typed.event_type(), typed.event_version());
        if read != stored {
            let reason = format!(
                "it is a `{}` version {}, of which this program reads `{}` version {}; run the version of the program that recorded it, \
                 or a newer one",
                stored.0, stored.1, read.0, read.1
            );
            return Err(damaged::<A>(id, sequence, &reason));
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
                events.push(self.typed(id, event)?);
            }
        }
        Ok(Executed { receipt, events })
    }
}

/// The form that cqrs-es's upcasters take, personal part joined.
fn serialized<A: Aggregate>(id: Uuid, event: StoredEvent) -> Result<SerializedEvent, LedgerError> {
    let wrong = |what: &str, error: serde_json::Error| damaged::<A>(id, event.sequence, &format!("{what}: {error}"));
    let payload = personal::join(&event.payload, event.content.as_deref());
    let payload: Value = payload
        .and_then(|payload| serde_json::from_str(&payload))
        .map_err(|error| wrong("payload", error))?;
    let metadata: Value = serde_json::from_str(&event.metadata).map_err(|error| wrong("metadata", error))?;
    Ok(SerializedEvent {
        aggregate_id: id.to_string(),
        sequence: usize::try_from(event.sequence).unwrap_or_default(),
        aggregate_type: A::TYPE.to_owned(),
        event_type: event.event_type,
        event_version: event.event_version,
        payload,
        metadata,
    })
}

fn damaged<A: Aggregate>(id: Uuid, sequence: i64, reason: &str) -> LedgerError {
    LedgerError::Event {
        aggregate_type: A::TYPE.to_owned(),
        aggregate_id: id.to_string(),
        sequence: sequence.unsigned_abs(),
        reason: reason.to_owned(),
    }
}
