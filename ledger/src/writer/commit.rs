//! One batch from decision to answer: look up what isn't known, plan, seal, send; when another process was first, when a constraint
//! objects or the connection breaks, find out what is true and decide again.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;
use tokio::sync::watch;
use uuid::Uuid;

use crate::database::Database;
use crate::environment::Environment;
use crate::error::AppendError;
use crate::header::{Prepared, StreamKey};
use crate::model::{Receipt, StoredReceipt};
use crate::stats::{Counters, count};

use super::Answer;
use super::plan::{CommandKey, Verdict, command_key, plan};
use super::seal::{Sealed, Tip, seal};
use super::sql::Connection;

/// Streams whose version the writer remembers.
const VERSIONS_MAX: usize = 100_000;
/// A delta larger than this is not worth reading: the remembered versions are forgotten instead.
const DELTA_EVENTS_MAX: u64 = 20_000;
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
/// Longer than the server's own statement timeout: reached only when the network swallows the answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Commits batches, one after the other.
pub(crate) struct Committer {
    database: Database,
    ledger: Uuid,
    environment: Environment,
    counters: Arc<Counters>,
    known: Arc<watch::Sender<u64>>,
    connection: Option<Connection>,
    /// The ledger's end. `None`: not known, to be read.
    tip: Option<Tip>,
    /// Versions as of `tip`.
    versions: LruCache<StreamKey, u64>,
    /// Whether another process has certainly committed since `tip`.
    behind: bool,
    turns: u32,
    /// Whether the last batch failed at the database: then the next one isn't made to wait for several attempts.
    down: bool,
}

/// What was planned and, if anything was accepted, inserted. `None`: another process committed first.
type Outcome = Option<(Vec<Verdict>, Option<Sealed>)>;

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

    /// Commits what can be committed of a batch and answers each append, in order.
    pub(super) async fn commit(&mut self, batch: &[Prepared]) -> Vec<Answer> {
        let mut recheck = false;
        let (mut lost, mut violated, mut broken) = (0, 0, 0);
        loop {
            let attempt = match self.database {
                Database::Postgres(_) => tokio::time::timeout(ATTEMPT_TIMEOUT, self.attempt(batch, recheck)).await,
                Database::Sqlite(_) => Ok(self.attempt(batch, recheck).await),
            };
            let error = match attempt {
                Ok(Ok(Some(answers))) => {
                    self.turns = self.turns.saturating_sub(1);
                    self.down = false;
                    return answers;
                }
                Ok(Ok(None)) => {
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
                Ok(Err(error)) => error,
                Err(_) => sqlx::Error::Io(std::io::Error::new(
                    std::io::ErrorKind::TimedOut,
                    "no answer from the database",
                )),
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
        let tip = connection.tip(self.ledger).await?;
        let (before, now) = (self.tip.as_ref().map_or(0, |tip| tip.tree.size()), tip.tree.size());
        if self.tip.is_none() || now.saturating_sub(before) > DELTA_EVENTS_MAX {
            self.versions.clear();
        } else if now > before {
            for (key, version) in connection.delta(self.ledger, before, now).await? {
                if let Some(known) = self.versions.peek_mut(&key) {
                    *known = version;
                }
            }
        }
        self.tip = Some(tip);
        self.behind = false;
        Ok(())
    }

    /// The answers, or `None` when another process committed first.
    async fn attempt(&mut self, batch: &[Prepared], recheck: bool) -> Result<Option<Vec<Answer>>, sqlx::Error> {
        let started = Instant::now();
        let take_turn = self.turns > 0 && matches!(self.database, Database::Postgres(_));
        if take_turn {
            let connection = Self::connection(&mut self.connection, &self.database).await?;
            connection.begin().await?;
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
        // Only now is it committed, and may be spoken of.
        let Some((verdicts, sealed)) = outcome else {
            return Ok(None);
        };
        let Some(sealed) = sealed else {
            return Ok(Some(self.answer(verdicts, Vec::new())));
        };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters.committed(
            sealed.receipts.iter().flatten().count() as u64,
            sealed.headers.len() as u64,
            micros,
        );
        for (key, version) in sealed.versions {
            self.versions.put(key, version);
        }
        self.tip = Some(sealed.tip);
        let end = sealed.end;
        self.known
            .send_if_modified(|known| std::mem::replace(known, end.max(*known)) < end);
        Ok(Some(self.answer(verdicts, sealed.receipts)))
    }

    async fn attempt_inside(&mut self, batch: &[Prepared], recheck: bool) -> Result<Outcome, sqlx::Error> {
        if self.tip.is_none() {
            self.catch_up().await?;
        }
        let mut verdicts = Vec::new();
        if !recheck {
            let versions = self.look_up_versions(batch, false).await?;
            verdicts = plan(batch, &versions, &HashMap::new());
        }
        let conflict = |verdict: &Verdict| matches!(verdict, Verdict::Fail(AppendError::Conflict { .. }));
        if recheck || verdicts.iter().any(conflict) {
            // Before anybody is told of a conflict: it may be a retry, or made for a version that only another process knows yet.
            if !recheck {
                self.catch_up().await?;
            }
            let versions = self.look_up_versions(batch, true).await?;
            verdicts = plan(batch, &versions, &self.look_up_receipts(batch).await?);
        }
        let tip = self.tip.as_ref().expect("read above");
        let sealed = seal(batch, &verdicts, tip, self.environment.clock.now_micros());
        if let Some(sealed) = &sealed {
            let connection = Self::connection(&mut self.connection, &self.database).await?;
            if !connection.insert(self.ledger, batch, sealed).await? {
                return Ok(None);
            }
        }
        Ok(Some((verdicts, sealed)))
    }

    /// `receipts` has those of the accepted appends, by index.
    fn answer(&self, verdicts: Vec<Verdict>, mut receipts: Vec<Option<Receipt>>) -> Vec<Answer> {
        let repeats: Vec<(usize, Receipt)> = verdicts
            .iter()
            .enumerate()
            .filter_map(|(index, verdict)| match verdict {
                Verdict::SameAs(earlier) => receipts[*earlier].clone().map(|receipt| (index, receipt)),
                _ => None,
            })
            .collect();
        for (index, receipt) in repeats {
            receipts[index] = Some(Receipt {
                repeated: true,
                ..receipt
            });
        }
        let answers = verdicts.into_iter().enumerate().map(|(index, verdict)| match verdict {
            Verdict::Accept => Ok(receipts[index].take().expect("what is accepted was sealed")),
            Verdict::SameAs(_) => {
                count(&self.counters.repeats);
                Ok(receipts[index].take().expect("an equal append was sealed"))
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

/// Whether the connection or the server's condition failed (then what was sent may have been committed, and trying again makes sense),
/// rather than that the database refused what was sent.
fn is_passing_error(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<SqliteError>() {
            // Busy, locked, disk I/O, disk full (https://sqlite.org/rescode.html; the low byte is the primary code).
            Some(error) => error
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .is_some_and(|code| [5, 6, 10, 13].contains(&(code & 0xff))),
            // Connection exception; read-only or timed-out transaction; rolled back; resources; lock not available; ended by the server
            // or cancelled; system error (PostgreSQL, appendix A).
            None => error.code().is_some_and(|code| {
                ["08", "25", "40", "53", "55P03", "57", "58"]
                    .iter()
                    .any(|class| code.starts_with(class))
            }),
        },
        _ => false,
    }
}
