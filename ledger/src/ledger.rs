//! The ledger's handle: opening, appending, watching, closing.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::database::Database;
use crate::environment::Environment;
use crate::error::{AppendError, LedgerError};
use crate::header::{Prepared, StreamKey, prepare};
use crate::loader::{Loader, StoredEvent};
use crate::model::{Append, Receipt};
use crate::on_database;
use crate::personal;
use crate::stats::{Counters, Stats, count};
use crate::writer::{self, Committer, Job, QUEUE_BYTES_MAX};

/// How often the database is asked whether another process has committed.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// What an append that found the queue full is told to wait, in seconds.
const RETRY_AFTER_S: u32 = 1;

/// How to open a ledger.
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// Its name within the database. Empty: the only one there is.
    pub name: String,
    /// Whether it is made for demonstration; only looked at when it is made.
    pub demo: bool,
    /// Its id: when it is made, the id it gets (a new UUIDv7 otherwise); later, the id it must have.
    pub id: Option<Uuid>,
    /// Clock and randomness.
    pub environment: Environment,
    /// How many appends may wait before others are told to come back.
    pub queue_max: usize,
    /// How many appends one commit takes at most.
    pub batch_max: usize,
}

/// An open ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

/// The search key is a secret: it must not get into any log.
impl fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { id, name, demo, .. } = &*self.0;
        formatter
            .debug_struct("Ledger")
            .field("id", id)
            .field("name", name)
            .field("demo", demo)
            .finish_non_exhaustive()
    }
}

struct Inner {
    database: Database,
    id: Uuid,
    name: String,
    demo: bool,
    search_key: [u8; 32],
    environment: Environment,
    loader: Loader,
    queue: Option<mpsc::Sender<Job>>,
    queue_max: usize,
    counters: Arc<Counters>,
    known: Arc<watch::Sender<u64>>,
    close: Arc<Notify>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(sqlx::FromRow)]
struct LedgerRow {
    id: Uuid,
    name: String,
    demo: bool,
    search_key: Vec<u8>,
}

impl Ledger {
    /// Opens a ledger; the first opening makes it (unless the database was opened for reading).
    ///
    /// # Errors
    /// [`LedgerError::NoLedger`] when there is none and none may be made, [`LedgerError::OtherId`] when the name belongs to another id.
    pub async fn open(database: Database, options: LedgerOptions) -> Result<Self, LedgerError> {
        let read_only = database.is_read_only().await?;
        let row = match find(&database, &options).await? {
            Some(row) => row,
            None if read_only || options.name.is_empty() => {
                return Err(no_ledger(&database, &options).await?);
            }
            None => {
                create(&database, &options).await?;
                match find(&database, &options).await? {
                    Some(row) => row,
                    None => return Err(no_ledger(&database, &options).await?),
                }
            }
        };
        if let Some(wanted) = options.id.filter(|wanted| *wanted != row.id) {
            return Err(LedgerError::OtherId {
                name: row.name,
                found: row.id,
                wanted,
            });
        }
        let search_key = row.search_key.try_into().map_err(|_| LedgerError::Damaged {
            position: 0,
            what: "the search key has not 32 bytes".to_owned(),
        })?;
        let counters = Arc::new(Counters::default());
        let known = Arc::new(watch::Sender::new(0));
        let close = Arc::new(Notify::new());
        let (queue, writer) = if read_only {
            (None, None)
        } else {
            let (sender, receiver) = mpsc::channel(options.queue_max.max(1));
            let committer = Committer::new(
                database.clone(),
                row.id,
                options.environment.clone(),
                Arc::clone(&counters),
                Arc::clone(&known),
            );
            let task = writer::run(
                committer,
                receiver,
                options.batch_max.max(1),
                Arc::clone(&counters),
                Arc::clone(&close),
            );
            (Some(sender), Some(tokio::spawn(task)))
        };
        let loader = Loader::start(database.clone(), row.id);
        let ledger = Self(Arc::new(Inner {
            database,
            loader,
            id: row.id,
            name: row.name,
            demo: row.demo,
            search_key,
            environment: options.environment,
            queue,
            queue_max: options.queue_max.max(1),
            counters,
            known,
            close,
            writer: Mutex::new(writer),
        }));
        ledger.poll().await?;
        tokio::spawn(keep_polling(Arc::downgrade(&ledger.0)));
        Ok(ledger)
    }

    /// The ledger's id, part of every key.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// Its name within the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it was made for demonstration.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0.demo
    }

    /// Clock and randomness.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// The database under it.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The keyed hash under which a searchable personal text is found in sealed payloads (`"search"`), lower-case hex.
    #[must_use]
    pub fn search_hash(&self, text: &str) -> String {
        personal::search_hash(&self.0.search_key, text)
    }

    /// Records one command's events, together with whatever else waits.
    ///
    /// # Errors
    /// See [`AppendError`]; after `Database`, try again with the same command id.
    pub async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        let prepared = self.prepare(append)?;
        let (answer, answered) = oneshot::channel();
        self.send(prepared.bytes, 1, Job::One(Box::new(prepared), answer))?;
        answered.await.map_err(|_| AppendError::Closed)?
    }

    /// Records many commands in exactly one commit (none, if all of them are refused or repeated), each all or not at all. Other appends
    /// wait for it: some thousands of events are a good size.
    ///
    /// # Errors
    /// Only when the ledger can't take a batch at all; each command has its own answer otherwise.
    pub async fn append_batch(&self, appends: Vec<Append>) -> Result<Vec<Result<Receipt, AppendError>>, LedgerError> {
        let mut answers: Vec<Result<Receipt, AppendError>> = Vec::with_capacity(appends.len());
        let mut batch = Vec::with_capacity(appends.len());
        let mut places = Vec::with_capacity(appends.len());
        for (index, append) in appends.into_iter().enumerate() {
            answers.push(Err(AppendError::Closed));
            match self.prepare(append) {
                Ok(prepared) => {
                    batch.push(prepared);
                    places.push(index);
                }
                Err(error) => answers[index] = Err(error),
            }
        }
        if batch.is_empty() {
            return Ok(answers);
        }
        let (count, bytes) = (batch.len(), batch.iter().map(|append| append.bytes).sum());
        let queue = self.0.queue.as_ref().ok_or(LedgerError::Closed)?;
        let (answer, answered) = oneshot::channel();
        // A batch is somebody's deliberate work: it waits for a place instead of being sent away.
        let place = queue.reserve().await.map_err(|_| LedgerError::Closed)?;
        self.0.counters.queue_len.fetch_add(count, Relaxed);
        self.0.counters.queue_bytes.fetch_add(bytes, Relaxed);
        place.send(Job::Batch(batch, answer));
        for (index, answer) in places.into_iter().zip(answered.await.map_err(|_| LedgerError::Closed)?) {
            answers[index] = answer;
        }
        Ok(answers)
    }

    /// A stream's events after a sequence as they are stored, read together with whatever else is asked for.
    pub(crate) async fn stored_events(&self, key: StreamKey, after: u64) -> Result<Vec<StoredEvent>, LedgerError> {
        self.0
            .loader
            .events_after(key, after)
            .await
            .map_err(LedgerError::Database)
    }

    fn prepare(&self, append: Append) -> Result<Prepared, AppendError> {
        Ok(prepare(
            append,
            self.0.id,
            &self.0.search_key,
            self.0.environment.entropy.as_ref(),
        )?)
    }

    fn send(&self, bytes: usize, appends: usize, job: Job) -> Result<(), AppendError> {
        let counters = &self.0.counters;
        let queue = self.0.queue.as_ref().ok_or(AppendError::Closed)?;
        let busy = || {
            count(&counters.busy);
            AppendError::Busy {
                retry_after_s: RETRY_AFTER_S,
            }
        };
        if counters.queue_bytes.load(Relaxed).saturating_add(bytes) > QUEUE_BYTES_MAX {
            return Err(busy());
        }
        let place = queue.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => busy(),
            mpsc::error::TrySendError::Closed(()) => AppendError::Closed,
        })?;
        counters.queue_len.fetch_add(appends, Relaxed);
        counters.queue_bytes.fetch_add(bytes, Relaxed);
        place.send(job);
        Ok(())
    }

    /// The last position that this process knows of: its own commits at once, those of other processes within 200 ms.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.known.subscribe()
    }

    /// The writer's counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.counters.snapshot(self.0.queue_max)
    }

    /// Takes no more appends, finishes those that wait, ends the writer. Reading goes on; closing the database is its owner's business.
    pub async fn close(&self) {
        self.0.close.notify_one();
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && let Err(error) = writer.await
        {
            tracing::error!(%error, "the writer ended abnormally");
        }
    }

    async fn poll(&self) -> Result<(), LedgerError> {
        let sql = r#"SELECT "end" FROM commits WHERE ledger = $1 ORDER BY start DESC LIMIT 1"#;
        let end: Option<i64> =
            on_database!(self.database(), pool => sqlx::query_scalar(sql).bind(self.id()).fetch_optional(pool).await)?;
        let end = end.unwrap_or(0).unsigned_abs();
        self.0
            .known
            .send_if_modified(|known| std::mem::replace(known, end.max(*known)) < end);
        Ok(())
    }
}

/// Ends when the last handle is gone or the database closed.
async fn keep_polling(ledger: Weak<Inner>) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let Some(inner) = ledger.upgrade() else {
            return;
        };
        if on_database!(&inner.database, pool => pool.is_closed()) {
            return;
        }
        if let Err(error) = Ledger(inner).poll().await {
            tracing::debug!(%error, "could not ask for other processes' commits");
        }
    }
}

async fn find(database: &Database, options: &LedgerOptions) -> Result<Option<LedgerRow>, sqlx::Error> {
    let sql = "SELECT id, name, demo, search_key FROM ledgers WHERE id = $1 OR name = $2 OR ($2 = '' AND (SELECT count(*) FROM ledgers) = 1)
        ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1";
    on_database!(database, pool => sqlx::query_as(sql).bind(options.id).bind(&options.name).fetch_optional(pool).await)
}

/// Two processes may do this at once: the second one's row gives way, and both read the first one's.
async fn create(database: &Database, options: &LedgerOptions) -> Result<(), sqlx::Error> {
    let mut search_key = [0; 32];
    options.environment.entropy.fill(&mut search_key);
    let id = options.id.unwrap_or_else(|| options.environment.uuid_v7());
    let sql = "INSERT INTO ledgers (id, name, demo, search_key, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    on_database!(database, pool => sqlx::query(sql)
        .bind(id).bind(&options.name).bind(options.demo).bind(search_key.as_slice()).bind(options.environment.clock.now_micros())
        .execute(pool).await.map(drop))
}

async fn no_ledger(database: &Database, options: &LedgerOptions) -> Result<LedgerError, sqlx::Error> {
    let sql = "SELECT name FROM ledgers ORDER BY name LIMIT 20";
    let names: Vec<String> = on_database!(database, pool => sqlx::query_scalar(sql).fetch_all(pool).await)?;
    let wanted = match options.id {
        Some(id) => format!("`{}` ({id})", options.name),
        None => format!("`{}`", options.name),
    };
    Ok(LedgerError::NoLedger { wanted, names })
}
