//! Loading an aggregate: its stream is read, personal parts are joined, upcasters and `apply` do the rest.

use std::sync::Arc;

use cqrs_es::Aggregate;
use cqrs_es::persist::SerializedEvent;
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
        let sequence = event.sequence;
        let unreadable = |error: serde_json::Error| damaged::<A>(id, sequence, &error.to_string());
        let upcasts = |event: &StoredEvent| {
            let mut upcasters = self.0.upcasters.iter();
            upcasters.any(|upcaster| upcaster.can_upcast(&event.event_type, &event.event_version))
        };
        if !personal::may_have_marks(&event.payload) && !upcasts(&event) {
            return serde_json::from_str(&event.payload).map_err(unreadable);
        }
        let mut event = serialized::<A>(id, event)?;
        for upcaster in &self.0.upcasters {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                event = upcaster.upcast(event);
            }
        }
        serde_json::from_value(event.payload).map_err(unreadable)
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
    let mut payload: Value = serde_json::from_str(&event.payload).map_err(|error| wrong("payload", error))?;
    let metadata: Value = serde_json::from_str(&event.metadata).map_err(|error| wrong("metadata", error))?;
    if personal::may_have_marks(&event.payload) {
        let texts: Option<Vec<String>> = match &event.content {
            Some(content) => Some(serde_json::from_str(content).map_err(|error| wrong("personal part", error))?),
            None => None,
        };
        personal::join(&mut payload, texts.as_deref());
    }
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
