//! The cqrs-es side: an [`EventStore`] that `CqrsFramework` can use.

use std::collections::HashMap;

use cqrs_es::{Aggregate, AggregateContext, AggregateError, EventEnvelope, EventStore};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::canonical;
use crate::error::{AppendError, LedgerError};
use crate::model::Actor;

use super::{AggregateStore, Envelope};

/// An aggregate between its loading and its commit.
#[derive(Debug, Clone)]
pub struct StoreContext<A> {
    id: Uuid,
    aggregate: A,
    version: u64,
}

impl<A: Aggregate> AggregateContext<A> for StoreContext<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

/// The metadata keys `actor_id`, `actor_role`, `actor_unit`, `command_id` and `occurred_on` (`YYYY-MM-DD`) fill the event's envelope and
/// are taken out of its metadata. Without them the actor is `system`, the command id new and the date today.
impl<A: Aggregate + Clone> EventStore<A> for AggregateStore<A> {
    type AC = StoreContext<A>;

    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let id = parse_id(aggregate_id)?;
        let events = self.events_after(id, 0).await.map_err(reading)?;
        events
            .into_iter()
            .map(|event| {
                let metadata = serde_json::from_str(&event.metadata)
                    .map_err(|error| AggregateError::DeserializationError(Box::new(error)))?;
                Ok(EventEnvelope {
                    aggregate_id: aggregate_id.to_owned(),
                    sequence: usize::try_from(event.sequence).unwrap_or_default(),
                    payload: self.typed(id, event).map_err(reading)?,
                    metadata,
                })
            })
            .collect()
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<Self::AC, AggregateError<A::Error>> {
        let id = parse_id(aggregate_id)?;
        let (aggregate, version) = self.load(id).await.map_err(reading)?;
        Ok(StoreContext {
            id,
            aggregate: A::clone(&aggregate),
            version,
        })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: Self::AC,
        mut metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let environment = self.ledger().environment();
        let mut taken = |key: &str| metadata.remove(key);
        let command_id = match taken("command_id") {
            Some(text) => parse_id(&text)?,
            None => environment.uuid_v7(),
        };
        let occurred_on = match taken("occurred_on") {
            Some(text) => text
                .parse()
                .map_err(|error| AggregateError::UnexpectedError(Box::new(error)))?,
            None => environment.today(),
        };
        let actor = Actor {
            id: taken("actor_id").unwrap_or_else(|| "system".to_owned()),
            role: taken("actor_role").unwrap_or_else(|| "system".to_owned()),
            unit: taken("actor_unit").unwrap_or_default(),
        };
        let request = serde_json::to_value((context.id, &events))
            .map_err(|error| AggregateError::UnexpectedError(Box::new(error)))?;
        let request_sha256 = Sha256::digest(canonical::to_text(&request)).into();
        let envelope = Envelope {
            command_id,
            actor,
            occurred_on,
            request_sha256,
            metadata: metadata.clone().into_iter().collect(),
        };
        let receipt = self
            .append(context.id, context.version, &events, envelope)
            .await
            .map_err(appending)?;
        let first = receipt
            .streams
            .first()
            .map_or(0, |stream| stream.version - events.len() as u64);
        let aggregate_id = context.id.to_string();
        Ok((first as usize + 1..)
            .zip(events)
            .map(|(sequence, payload)| EventEnvelope {
                aggregate_id: aggregate_id.clone(),
                sequence,
                payload,
                metadata: metadata.clone(),
            })
            .collect())
    }
}

fn parse_id<E: std::error::Error>(text: &str) -> Result<Uuid, AggregateError<E>> {
    text.parse()
        .map_err(|error: uuid::Error| AggregateError::UnexpectedError(Box::new(error)))
}

fn reading<E: std::error::Error>(error: LedgerError) -> AggregateError<E> {
    match error {
        LedgerError::Event { .. } | LedgerError::Damaged { .. } => {
            AggregateError::DeserializationError(Box::new(error))
        }
        _ => AggregateError::DatabaseConnectionError(Box::new(error)),
    }
}

fn appending<E: std::error::Error>(error: AppendError) -> AggregateError<E> {
    match error {
        AppendError::Conflict { .. } => AggregateError::AggregateConflict,
        AppendError::Database(_) | AppendError::Busy { .. } | AppendError::Closed => {
            AggregateError::DatabaseConnectionError(Box::new(error))
        }
        AppendError::DifferentRequest { .. } | AppendError::Refused(_) => {
            AggregateError::UnexpectedError(Box::new(error))
        }
    }
}
