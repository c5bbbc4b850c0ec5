//! One batch from decision to answer. Usually: it was drafted while the one before it was on its way, and is sent. When something isn't
//! known, another process was first, a constraint objects or the connection breaks: find out what is true and decide again.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use tokio::sync::watch;
use uuid::Uuid;

use crate::database::Database;
use crate::environment::Environment;
use crate::error::AppendError;
use crate::header::{Prepared, StreamKey};
use crate::model::{Receipt, StoredReceipt};
use crate::stats::{Counters, count};

use super::Answer;
use super::draft::{CommandKey, Draft, Tip, Verdict, command_key};
use super::failure::is_passing_error;
use super::flight::{Flight, Landed, in_time};
use super::sql::{Connection, DELTA_EVENTS_MAX, News};

/// Streams whose version the writer remembers.
const VERSIONS_MAX: usize = 100_000;
/// How often a batch may lose against other processes before its askers are told to try again.
const LOST_MAX: u32 = 20;
/// After losing a race, so many batches take their turn with the lock before the writer runs free again.
const TURNS_AFTER_LOSS: u32 = 32;
/// How many races a turn lasts at most.
const RACES_PER_TURN: u32 = 50;
/// Pauses before trying a broken connection again; then the askers are told.
const RETRY_PAUSES: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(200),
    Duration::from_millis(800),
];

/// Commits batches, one after the other.
pub(crate) struct Committer {
    database: Database,
    ledger: Uuid,
    environment: Environment,
    counters: Arc<Counters>,
    known: Arc<watch::Sender<u64>>,
    connection: Option<Connection>,
    /// The ledger's end, a batch that is on its way included. `None`: not known, to be read.
    tip: Option<Tip>,
    /// Versions as of `tip`.
    versions: LruCache<StreamKey, u64>,
    /// Whether another process has certainly committed since `tip`.
    behind: bool,
    turns: u32,
    /// Whether the last batch failed at the database: then the next one isn't made to wait for several attempts.
    down: bool,
}

/// What was judged and, if anything was accepted, inserted. `None`: another process committed first.
type Outcome = Option<Draft>;

/// Why a batch was not committed.
pub(super) enum Failure {
    /// Another process committed first.
    Lost,
    Database(sqlx::Error),
}

impl Committer {
    pub(crate) fn new(
        database: Database,
        ledger: Uuid,
        environment: Environment,
        counters: Arc<Counters>,
        known: Arc<watch::Sender<u64>>,
    ) -> Self {
        let versions = LruCache::new(NonZeroUsize::new(VERSIONS_MAX).expect("the limit is not zero"));
        Self {
            database,
            ledger,
            environment,
            counters,
            known,
            connection: None,
            tip: None,
            versions,
            behind: false,
            turns: 0,
            down: false,
        }
    }

    pub(crate) async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// Whether everything is known and nobody else is in the way.
    fn runs_free(&self) -> Option<&Tip> {
        self.tip.as_ref().filter(|_| !self.behind && self.turns == 0)
    }

    /// Carries the draft of the next batch on as far as its appends go and everything about them is known.
    pub(super) fn carry_on(&self, batch: &[Prepared], draft: &mut Option<Draft>) {
        let Some(tip) = self.runs_free() else { return };
        let draft = draft.get_or_insert_with(|| Draft::after(tip, self.environment.clock.now_micros()));
        let nothing = HashMap::new();
        while let Some(append) = batch.get(draft.len()) {
            let is_known = |key| draft.version(key).is_some() || self.versions.contains(key);
            // A stream that isn't remembered is taken for new if the append says so: the primary key is there to object.
            if append
                .streams
                .iter()
                .any(|stream| stream.expected > 0 && !is_known(&stream.key))
            {
                return;
            }
            draft.push(batch, |key| self.versions.peek(key).copied(), &nothing);
        }
    }

    /// Sends a batch whose draft is whole and undoubted; gives any other back, to be committed with all care.
    pub(super) async fn send(&mut self, batch: Vec<Prepared>, draft: Option<Draft>) -> Result<Flight, Vec<Prepared>> {
        let is_ready = |draft: &Draft| draft.len() == batch.len() && !draft.has_conflicts() && !draft.is_empty();
        let Some(draft) = draft.filter(is_ready) else {
            return Err(batch);
        };
        if self.runs_free().is_none() {
            return Err(batch);
        }
        let Some(tip) = self.tip.as_mut().filter(|tip| tip.tree.size() + 1 == draft.start()) else {
            return Err(batch);
        };
        let Some(connection) = self.connection.take() else {
            return Err(batch);
        };
        let before = std::mem::replace(tip, draft.tip().clone());
        for (key, version) in draft.moved() {
            self.versions.put(key.clone(), *version);
        }
        Ok(Flight::start(before, connection, self.ledger, batch, draft).await)
    }

    /// What to answer each append of a batch that was sent, in order. If it failed, nothing that was drafted after it holds any more; the
    /// batch comes back, to be committed by [`Self::commit_after`].
    pub(super) fn receive(&mut self, flight: Flight, landed: Landed) -> Result<Vec<Answer>, (Vec<Prepared>, Failure)> {
        let Landed {
            connection,
            batch,
            draft,
            inserted,
        } = landed;
        self.connection = Some(connection);
        let failure = match inserted {
            Ok(true) => {
                self.record(flight.started, &draft);
                return Ok(self.answers(draft));
            }
            Ok(false) => Failure::Lost,
            Err(error) => Failure::Database(error),
        };
        self.tip = Some(flight.before);
        for key in draft.moved().keys() {
            self.versions.pop(key);
        }
        Err((batch, failure))
    }

    /// Commits what can be committed of a batch and answers each append, in order.
    pub(super) async fn commit(&mut self, batch: &[Prepared]) -> Vec<Answer> {
        self.commit_after(batch, None).await
    }

    /// The same for a batch that failed once.
    pub(super) async fn commit_after(&mut self, batch: &[Prepared], mut failed: Option<Failure>) -> Vec<Answer> {
        let mut recheck = false;
        let (mut lost, mut violated, mut broken) = (0, 0, 0);
        loop {
            let failure = match failed.take() {
                Some(failure) => failure,
                None => match self.attempt(batch, recheck).await {
                    Ok(Some(answers)) => {
                        self.turns = self.turns.saturating_sub(1);
                        self.down = false;
                        return answers;
                    }
                    Ok(None) => Failure::Lost,
                    Err(error) => Failure::Database(error),
                },
            };
            let error = match failure {
                Failure::Lost => {
                    count(&self.counters.lost_races);
                    lost += 1;
                    self.turns = TURNS_AFTER_LOSS;
                    self.behind = true;
                    if lost < LOST_MAX {
                        continue;
                    }
                    return batch
                        .iter()
                        .map(|_| Err(AppendError::Busy { retry_after_s: 1 }))
                        .collect();
                }
                Failure::Database(error) => error,
            };
            recheck = true;
            if violated == 0
                && error
                    .as_database_error()
                    .is_some_and(|error| error.is_unique_violation())
            {
                // The commit row went in and an event didn't: the tip was right, a receipt or a stream taken for new was not.
                count(&self.counters.rechecks);
                violated += 1;
                if self.turns > 0 {
                    self.forget();
                }
                continue;
            }
            let not_connected = self.connection.is_none();
            // Nothing remembered is certain any more: what was sent may or may not have been committed.
            self.forget();
            count(&self.counters.database_errors);
            tracing::warn!(%error, appends = batch.len(), "a commit failed");
            if not_connected || is_passing_error(&error) {
                if let (Some(pause), false) = (RETRY_PAUSES.get(broken), self.down) {
                    broken += 1;
                    tokio::time::sleep(*pause).await;
                    continue;
                }
                self.down = true;
            } else if batch.len() > 1 {
                // The database objects to something in here: each alone, so that only the culprit fails.
                let mut answers = Vec::with_capacity(batch.len());
                for append in batch {
                    answers.extend(Box::pin(self.commit(std::slice::from_ref(append))).await);
                }
                return answers;
            }
            let error = Arc::new(error);
            return batch
                .iter()
                .map(|_| Err(AppendError::Database(Arc::clone(&error))))
                .collect();
        }
    }

    fn forget(&mut self) {
        self.connection = None;
        self.tip = None;
        self.versions.clear();
    }

    async fn connection<'a>(
        connection: &'a mut Option<Connection>,
        database: &Database,
    ) -> Result<&'a mut Connection, sqlx::Error> {
        match connection {
            Some(connection) => Ok(connection),
            None => Ok(connection.insert(Connection::open(database).await?)),
        }
    }

    /// Reads how far others have come and corrects the remembered versions by it.
    async fn catch_up(&mut self) -> Result<(), sqlx::Error> {
        let connection = Self::connection(&mut self.connection, &self.database).await?;
        let before = self.tip.as_ref().map(|tip| tip.tree.size());
        let News { tip, versions } = connection.news(self.ledger, before).await?;
        if before.is_none_or(|before| tip.tree.size().saturating_sub(before) > DELTA_EVENTS_MAX) {
            self.versions.clear();
        }
        for (key, version) in versions {
            if let Some(known) = self.versions.peek_mut(&key) {
                *known = version;
            }
        }
        self.tip = Some(tip);
        self.behind = false;
        Ok(())
    }

    /// The answers, or `None` when another process committed first.
    async fn attempt(&mut self, batch: &[Prepared], recheck: bool) -> Result<Option<Vec<Answer>>, sqlx::Error> {
        let started = Instant::now();
        let limited = matches!(self.database, Database::Postgres(_));
        let tried = async {
            let take_turn = self.turns > 0 && limited;
            if take_turn {
                let connection = Self::connection(&mut self.connection, &self.database).await?;
                connection.take_turn(self.ledger).await?;
            }
            if take_turn || self.behind {
                self.catch_up().await?;
            }
            let mut outcome = self.attempt_inside(batch, recheck).await?;
            // Those who haven't lost yet don't queue up. The turn is kept until one of these races is won: then they have lost.
            for _ in 0..RACES_PER_TURN {
                if !take_turn || outcome.is_some() {
                    break;
                }
                count(&self.counters.lost_races);
                self.catch_up().await?;
                outcome = self.attempt_inside(batch, recheck).await?;
            }
            if take_turn {
                let keep = outcome.is_some();
                Self::connection(&mut self.connection, &self.database)
                    .await?
                    .end(keep)
                    .await?;
            }
            Ok(outcome)
        };
        // Only after it is anything committed, and may be spoken of.
        let Some(draft) = in_time(limited, tried).await? else {
            return Ok(None);
        };
        if !draft.is_empty() {
            self.record(started, &draft);
            for (key, version) in draft.moved() {
                self.versions.put(key.clone(), *version);
            }
            self.tip = Some(draft.tip().clone());
        }
        Ok(Some(self.answers(draft)))
    }

    async fn attempt_inside(&mut self, batch: &[Prepared], recheck: bool) -> Result<Outcome, sqlx::Error> {
        if self.tip.is_none() {
            self.catch_up().await?;
        }
        let mut drafted = None;
        if !recheck {
            let versions = self.look_up_versions(batch, false).await?;
            drafted = self.judge(batch, &versions, &HashMap::new());
        }
        if recheck || drafted.as_ref().is_some_and(Draft::has_conflicts) {
            // Before anybody is told of a conflict: it may be a retry, or made for a version that only another process knows yet.
            if !recheck {
                self.catch_up().await?;
            }
            let versions = self.look_up_versions(batch, true).await?;
            let receipts = self.look_up_receipts(batch).await?;
            drafted = self.judge(batch, &versions, &receipts);
        }
        if let Some(draft) = &drafted
            && !draft.is_empty()
        {
            let connection = Self::connection(&mut self.connection, &self.database).await?;
            if !connection.insert(self.ledger, batch, draft).await? {
                return Ok(None);
            }
        }
        Ok(drafted)
    }

    /// The whole batch judged; `None` only without a tip.
    fn judge(
        &self,
        batch: &[Prepared],
        versions: &HashMap<StreamKey, u64>,
        receipts: &HashMap<CommandKey, StoredReceipt>,
    ) -> Option<Draft> {
        let mut draft = Draft::after(self.tip.as_ref()?, self.environment.clock.now_micros());
        for _ in batch {
            draft.push(batch, |key| versions.get(key).copied(), receipts);
        }
        Some(draft)
    }

    /// Counts a commit and tells readers of it.
    fn record(&self, started: Instant, draft: &Draft) {
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters
            .committed(draft.accepted_count() as u64, draft.headers().len() as u64, micros);
        let end = draft.end();
        self.known
            .send_if_modified(|known| std::mem::replace(known, end.max(*known)) < end);
    }

    fn answers(&self, draft: Draft) -> Vec<Answer> {
        let verdicts = draft.into_verdicts();
        let same_as = |verdict: &Verdict| match verdict {
            Verdict::SameAs(earlier) => match &verdicts[*earlier] {
                Verdict::Accept(receipt) => Some(receipt.clone()),
                _ => None,
            },
            _ => None,
        };
        let repeats: Vec<Receipt> = verdicts.iter().filter_map(same_as).collect();
        let mut repeats = repeats.into_iter();
        let answers = verdicts.into_iter().map(|verdict| match verdict {
            Verdict::Accept(receipt) => Ok(receipt),
            Verdict::SameAs(_) => {
                count(&self.counters.repeats);
                let receipt = repeats.next().expect("an equal append was accepted");
                Ok(Receipt {
                    repeated: true,
                    ..receipt
                })
            }
            Verdict::Repeat(stored) => {
                count(&self.counters.repeats);
                Ok(stored.receipt)
            }
            Verdict::Fail(error) => {
                if matches!(error, AppendError::Conflict { .. }) {
                    count(&self.counters.conflicts);
                }
                Err(error)
            }
        });
        answers.collect()
    }

    /// The versions of the batch's streams. A stream that isn't remembered is looked up, unless the append takes it for new: then the
    /// primary key is there to object, and the usual case costs nothing.
    async fn look_up_versions(
        &mut self,
        batch: &[Prepared],
        recheck: bool,
    ) -> Result<HashMap<StreamKey, u64>, sqlx::Error> {
        let mut versions = HashMap::new();
        let mut unknown: HashMap<&StreamKey, bool> = HashMap::new();
        for stream in batch.iter().flat_map(|append| &append.streams) {
            match self.versions.get(&stream.key) {
                Some(version) if !recheck => drop(versions.insert(stream.key.clone(), *version)),
                _ => *unknown.entry(&stream.key).or_default() |= recheck || stream.expected > 0,
            }
        }
        // Looked up when any append expects it to exist; one that was created earlier in this very batch just costs a look-up.
        let wanted: Vec<&StreamKey> = unknown
            .into_iter()
            .filter(|(_, look_up)| *look_up)
            .map(|(key, _)| key)
            .collect();
        if !wanted.is_empty() {
            let connection = Self::connection(&mut self.connection, &self.database).await?;
            for (key, version) in connection.versions(self.ledger, &wanted).await? {
                versions.insert(key, version);
            }
        }
        Ok(versions)
    }

    async fn look_up_receipts(
        &mut self,
        batch: &[Prepared],
    ) -> Result<HashMap<CommandKey, StoredReceipt>, sqlx::Error> {
        let keys: Vec<CommandKey> = batch.iter().map(command_key).collect();
        let connection = Self::connection(&mut self.connection, &self.database).await?;
        let rows = connection.receipt_rows(self.ledger, &keys).await?;
        crate::receipts::collect(rows).map_err(|error| sqlx::Error::Decode(error.into()))
    }
}
