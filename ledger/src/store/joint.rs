//! One command over several aggregates of any kind: all are loaded, decided together, and recorded in one append, all or nothing.
//!
//! Only what gets an event is guarded by its version. A rule over several aggregates therefore needs one aggregate that holds it and gets
//! an event with every decision under that rule; two decisions at once then meet in its version (docs/adr/0010).

use std::any::Any;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use cqrs_es::Aggregate;
use futures_util::future::{BoxFuture, try_join_all};
use uuid::Uuid;

use crate::error::{AppendError, LedgerError};
use crate::ledger::Ledger;
use crate::model::{Append, Receipt, StreamAppend};

use super::cache::{Cached, Lock};
use super::{AggregateStore, DECISIONS_MAX, Envelope, ExecuteError, new_event, stored_receipt};

/// A command over several aggregates, before it is decided.
///
/// The streams of its append stand in the order in which the aggregates were named.
pub struct JointCommand {
    ledger: Ledger,
    parts: Parts,
}

/// Names one aggregate of a joint command.
pub struct Part<A> {
    index: usize,
    aggregate: PhantomData<fn() -> A>,
}

impl<A> Clone for Part<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Part<A> {}

/// The aggregates of a joint command, as a decision sees them.
pub struct Parts(Vec<Box<dyn Member>>);

impl JointCommand {
    /// A command that names no aggregate yet.
    #[must_use]
    pub const fn new(ledger: Ledger) -> Self {
        Self {
            ledger,
            parts: Parts(Vec::new()),
        }
    }

    /// Adds an aggregate, once however often it is named. With an expected version (If-Match) the command is refused at any other.
    pub fn with<A: Aggregate + Clone + 'static>(
        &mut self,
        store: &AggregateStore<A>,
        id: Uuid,
        expected_version: Option<u64>,
    ) -> Part<A> {
        let known = self.parts.0.iter().position(|member| member.key() == (A::TYPE, id));
        let index = known.unwrap_or(self.parts.0.len());
        if known.is_none() {
            self.parts.0.push(Box::new(Loaded {
                store: store.clone(),
                id,
                expected_version: None,
                current: None,
                decided: A::default(),
                events: Vec::new(),
            }));
        }
        let part = Part {
            index,
            aggregate: PhantomData,
        };
        if let Some(loaded) = self.parts.loaded_mut(part) {
            loaded.expected_version = expected_version.or(loaded.expected_version);
        }
        part
    }

    /// Adds an aggregate whose id was just made, or that very probably doesn't exist: it is not read first. If it does exist, the command
    /// is decided again on what there is.
    pub fn with_new<A: Aggregate + Clone + 'static>(&mut self, store: &AggregateStore<A>, id: Uuid) -> Part<A> {
        let part = self.with(store, id, None);
        if let Some(loaded) = self.parts.loaded_mut(part) {
            loaded.current = Some(store.0.cache.get(id).unwrap_or_default());
        }
        part
    }

    /// Decides and records. `decide` must be pure: it is asked again, on what there is then, whenever somebody else was faster. A
    /// command that was recorded before (same actor and id) gets its receipt again. Commands on any of the aggregates wait for this one.
    ///
    /// # Errors
    /// See [`ExecuteError`]. A refusal leaves no trace and is decided anew the next time.
    pub async fn execute<E: std::error::Error>(
        mut self,
        envelope: Envelope,
        mut decide: impl FnMut(&mut Parts) -> Result<(), E>,
    ) -> Result<Receipt, ExecuteError<E>> {
        let locks = self.parts.locks();
        let mut turns = Vec::with_capacity(locks.len());
        for lock in &locks {
            turns.push(lock.lock().await);
        }
        let mut fresh = self.parts.load(false).await?;
        for _ in 0..DECISIONS_MAX {
            if let Some((expected, actual)) = self.parts.stale() {
                if fresh {
                    return self
                        .repeated_or(&envelope, ExecuteError::StaleVersion { expected, actual })
                        .await;
                }
                fresh = self.parts.load(true).await?;
                continue;
            }
            self.parts.begin();
            if let Err(refusal) = decide(&mut self.parts) {
                if !fresh {
                    // Another process may have changed what the refusal is based on.
                    let known = self.parts.versions();
                    fresh = self.parts.load(true).await?;
                    if self.parts.versions() != known {
                        continue;
                    }
                }
                return self.repeated_or(&envelope, ExecuteError::Refused(refusal)).await;
            }
            match self.ledger.append(self.parts.append(&envelope)?).await {
                Ok(receipt) if receipt.repeated => {
                    self.parts.forget();
                    return Ok(receipt);
                }
                Ok(receipt) => {
                    self.parts.keep();
                    return Ok(receipt);
                }
                // Only another process can have done this; expected versions are judged on what it left.
                Err(AppendError::Conflict { .. }) => fresh = self.parts.load(true).await?,
                Err(error) => {
                    self.parts.forget();
                    return Err(error.into());
                }
            }
        }
        Err(AppendError::Busy { retry_after_s: 1 }.into())
    }

    async fn repeated_or<E: std::error::Error>(
        &self,
        envelope: &Envelope,
        otherwise: ExecuteError<E>,
    ) -> Result<Receipt, ExecuteError<E>> {
        stored_receipt(&self.ledger, envelope).await?.ok_or(otherwise)
    }
}

impl Parts {
    /// The aggregate, with the events that this decision has given it so far.
    #[must_use]
    pub fn get<A: Aggregate + Clone + 'static>(&self, part: Part<A>) -> &A {
        let loaded = self.0.get(part.index).and_then(|member| member.as_any().downcast_ref());
        let loaded: &Loaded<A> = loaded.expect(OWN_PARTS);
        &loaded.decided
    }

    /// Gives the aggregate an event; it is recorded if the whole command is.
    pub fn record<A: Aggregate + Clone + 'static>(&mut self, part: Part<A>, event: A::Event)
    where
        A::Event: Clone,
    {
        let loaded = self.loaded_mut(part).expect(OWN_PARTS);
        loaded.decided.apply(event.clone());
        loaded.events.push(event);
    }

    /// The events that this decision has given the aggregate so far.
    #[must_use]
    pub fn events<A: Aggregate + Clone + 'static>(&self, part: Part<A>) -> &[A::Event] {
        let loaded = self.0.get(part.index).and_then(|member| member.as_any().downcast_ref());
        let loaded: &Loaded<A> = loaded.expect(OWN_PARTS);
        &loaded.events
    }

    fn loaded_mut<A: Aggregate + Clone + 'static>(&mut self, part: Part<A>) -> Option<&mut Loaded<A>> {
        self.0.get_mut(part.index)?.as_any_mut().downcast_mut()
    }

    /// In one order for all, so that two commands never wait for each other.
    fn locks(&self) -> Vec<Arc<Lock>> {
        let members: BTreeSet<_> = self.0.iter().map(|member| member.key()).zip(0..).collect();
        members
            .into_iter()
            .map(|(_, index): (_, usize)| self.0[index].lock())
            .collect()
    }

    /// Loads what is not in memory, and with `again` also what is; says whether all is as the database has it now.
    async fn load(&mut self, again: bool) -> Result<bool, LedgerError> {
        let loaded = try_join_all(self.0.iter_mut().map(|member| member.load(again))).await?;
        Ok(loaded.into_iter().all(|fresh| fresh))
    }

    fn stale(&self) -> Option<(u64, u64)> {
        self.0.iter().find_map(|member| member.stale())
    }

    fn versions(&self) -> Vec<u64> {
        self.0.iter().map(|member| member.version()).collect()
    }

    fn begin(&mut self) {
        for member in &mut self.0 {
            member.begin();
        }
    }

    fn append(&self, envelope: &Envelope) -> Result<Append, AppendError> {
        let streams: Result<Vec<_>, _> = self.0.iter().filter_map(|member| member.stream().transpose()).collect();
        Ok(Append {
            command_id: envelope.command_id,
            actor: envelope.actor.clone(),
            occurred_on: envelope.occurred_on,
            request_sha256: envelope.request_sha256,
            metadata: envelope.metadata.clone(),
            streams: streams?,
        })
    }

    fn keep(&mut self) {
        for member in &mut self.0 {
            member.keep();
        }
    }

    fn forget(&self) {
        for member in &self.0 {
            member.forget();
        }
    }
}

/// A part of another command has another type at its index, or none.
const OWN_PARTS: &str = "a part is asked for in the command that named it";

/// An aggregate of whatever kind.
trait Member: Send + Sync {
    fn key(&self) -> (&'static str, Uuid);
    fn lock(&self) -> Arc<Lock>;
    fn load(&mut self, again: bool) -> BoxFuture<'_, Result<bool, LedgerError>>;
    fn version(&self) -> u64;
    /// The expected version and the one there is, if they differ.
    fn stale(&self) -> Option<(u64, u64)>;
    /// Forgets what was decided before.
    fn begin(&mut self);
    /// Its new events, if it has any.
    fn stream(&self) -> Result<Option<StreamAppend>, AppendError>;
    /// The events were recorded.
    fn keep(&mut self);
    /// Nobody knows what was recorded.
    fn forget(&self);
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

struct Loaded<A: Aggregate> {
    store: AggregateStore<A>,
    id: Uuid,
    expected_version: Option<u64>,
    current: Option<Cached<A>>,
    decided: A,
    events: Vec<A::Event>,
}

impl<A: Aggregate + Clone + 'static> Member for Loaded<A> {
    fn key(&self) -> (&'static str, Uuid) {
        (A::TYPE, self.id)
    }

    fn lock(&self) -> Arc<Lock> {
        self.store.0.cache.lock(self.id)
    }

    fn load(&mut self, again: bool) -> BoxFuture<'_, Result<bool, LedgerError>> {
        Box::pin(async move {
            let known = self.current.take().or_else(|| self.store.0.cache.get(self.id));
            if let Some(known) = &known
                && !again
            {
                self.current = Some(known.clone());
                return Ok(false);
            }
            self.current = Some(self.store.refresh(self.id, known).await?);
            Ok(true)
        })
    }

    fn version(&self) -> u64 {
        self.current.as_ref().map_or(0, |(_, version)| *version)
    }

    fn stale(&self) -> Option<(u64, u64)> {
        let actual = self.version();
        self.expected_version
            .filter(|expected| *expected != actual)
            .map(|expected| (expected, actual))
    }

    fn begin(&mut self) {
        self.decided = self
            .current
            .as_ref()
            .map(|(aggregate, _)| A::clone(aggregate))
            .unwrap_or_default();
        self.events.clear();
    }

    fn stream(&self) -> Result<Option<StreamAppend>, AppendError> {
        if self.events.is_empty() {
            return Ok(None);
        }
        Ok(Some(StreamAppend {
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: self.id,
            expected_version: self.version(),
            events: self.events.iter().map(new_event).collect::<Result<_, _>>()?,
        }))
    }

    fn keep(&mut self) {
        let version = self.version() + self.events.len() as u64;
        self.store
            .0
            .cache
            .put(self.id, Arc::new(std::mem::take(&mut self.decided)), version);
    }

    fn forget(&self) {
        self.store.0.cache.remove(self.id);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
