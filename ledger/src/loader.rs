//! Streams that are asked for at the same moment are read together: one statement for all of them, where the stock repositories take a
//! connection, test it, and ask, once per stream (docs/adr/0008).

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection, PgPool, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::database::Database;
use crate::database::postgres::key_lookup_options;
use crate::header::StreamKey;

/// Streams per statement: many enough to share its cost, few enough that nobody waits long for the others'.
const STREAMS_MAX: usize = 64;
/// A server that neither answers nor refuses: whoever waits is told, instead of waiting for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longer than any stream takes to read; reached when the network swallows the answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests that may wait; more of them wait in their callers.
const QUEUE_MAX: usize = 1_024;

/// The `LATERAL` part is not pulled up because of its `ORDER BY`: so each stream is one walk along the primary key, whatever the
/// planner believes about the table.
const POSTGRES: &str = "SELECT k.n - 1 AS request, e.sequence, e.event_type, e.event_version, e.payload, e.metadata, p.content
FROM unnest($2::text[], $3::text[], $4::int8[]) WITH ORDINALITY AS k (aggregate_type, aggregate_id, after, n)
CROSS JOIN LATERAL (SELECT s.sequence, s.position, s.event_type, s.event_version, CAST(s.payload AS text) AS payload,
        CAST(s.metadata AS text) AS metadata
    FROM events s WHERE s.aggregate_type = k.aggregate_type AND s.aggregate_id = k.aggregate_id AND s.ledger = $1 AND s.sequence > k.after
    ORDER BY s.sequence) AS e
LEFT JOIN personal_data p ON p.ledger = $1 AND p.position = e.position
ORDER BY k.n, e.sequence";

const SQLITE: &str = "SELECT k.key AS request, e.sequence, e.event_type, e.event_version, e.payload, e.metadata, p.content
FROM json_each($2) AS k CROSS JOIN events e LEFT JOIN personal_data p ON p.ledger = e.ledger AND p.position = e.position
WHERE e.aggregate_type = k.value ->> 0 AND e.aggregate_id = k.value ->> 1 AND e.ledger = $1 AND e.sequence > k.value ->> 2
ORDER BY k.key, e.sequence";

/// An event of a stream as it is stored, with its personal part.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct StoredEvent {
    request: i64,
    pub(crate) sequence: i64,
    pub(crate) event_type: String,
    pub(crate) event_version: String,
    pub(crate) payload: String,
    pub(crate) metadata: String,
    pub(crate) content: Option<String>,
}

type Answer = Result<Vec<StoredEvent>, Arc<sqlx::Error>>;

struct Request {
    key: StreamKey,
    after: u64,
    answer: oneshot::Sender<Answer>,
}

/// Reads streams for this process. Ends when it is dropped.
pub(crate) struct Loader(mpsc::Sender<Request>);

impl Loader {
    pub(crate) fn start(database: Database, ledger: Uuid) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(Source::new(database), ledger, receiver));
        Self(sender)
    }

    /// A stream's events after a sequence, in order, whole or not at all.
    pub(crate) async fn events_after(&self, key: StreamKey, after: u64) -> Answer {
        let (answer, answered) = oneshot::channel();
        let ended = || Arc::new(sqlx::Error::WorkerCrashed);
        let request = Request { key, after, answer };
        self.0.send(request).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

async fn run(mut source: Source, ledger: Uuid, mut queue: mpsc::Receiver<Request>) {
    let mut waiting = Vec::with_capacity(STREAMS_MAX);
    while queue.recv_many(&mut waiting, STREAMS_MAX).await > 0 {
        // A caller that has gone away needs no answer.
        waiting.retain(|request| !request.answer.is_closed());
        match source.read(ledger, &waiting).await {
            Ok(events) => answer(waiting.drain(..), events),
            Err(error) => {
                let error = Arc::new(error);
                for request in waiting.drain(..) {
                    drop(request.answer.send(Err(Arc::clone(&error))));
                }
            }
        }
    }
}

/// The rows come in the order of the requests.
fn answer(requests: impl Iterator<Item = Request>, events: Vec<StoredEvent>) {
    let mut events = VecDeque::from(events);
    for (index, request) in (0_i64..).zip(requests) {
        let own = events.iter().take_while(|event| event.request == index).count();
        drop(request.answer.send(Ok(events.drain(..own).collect())));
    }
}

enum Source {
    /// A connection of its own: one from the pool is tested each time it is taken and given back.
    Postgres(PgPool, Option<PgConnection>),
    Sqlite(SqlitePool),
}

impl Source {
    fn new(database: Database) -> Self {
        match database {
            Database::Postgres(pool) => Self::Postgres(pool, None),
            Database::Sqlite(pool) => Self::Sqlite(pool),
        }
    }

    async fn read(&mut self, ledger: Uuid, requests: &[Request]) -> Result<Vec<StoredEvent>, sqlx::Error> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Postgres(pool, connection) => {
                let fresh = connection.is_none();
                match read_postgres(pool, connection, ledger, requests).await {
                    // What was idle may have been cut meanwhile; a fresh connection tells whether the server is there.
                    Err(error)
                        if !fresh
                            && !matches!(&error, sqlx::Error::Io(error) if error.kind() == ErrorKind::TimedOut) =>
                    {
                        read_postgres(pool, connection, ledger, requests).await
                    }
                    other => other,
                }
            }
            Self::Sqlite(pool) => {
                let keys: Vec<_> = requests
                    .iter()
                    .map(|request| (&*request.key.aggregate_type, request.key.aggregate_id, request.after))
                    .collect();
                let keys = serde_json::to_string(&keys).expect("texts, ids and numbers always have a JSON form");
                sqlx::query_as(SQLITE).bind(ledger).bind(keys).fetch_all(&*pool).await
            }
        }
    }
}

async fn read_postgres(
    pool: &PgPool,
    connection: &mut Option<PgConnection>,
    ledger: Uuid,
    requests: &[Request],
) -> Result<Vec<StoredEvent>, sqlx::Error> {
    if pool.is_closed() {
        return Err(sqlx::Error::PoolClosed);
    }
    // Taken out while it works: whatever goes wrong, a connection in an unknown state is not used again.
    let mut working = match connection.take() {
        Some(connection) => connection,
        None => in_time(CONNECT_TIMEOUT, PgConnection::connect_with(&key_lookup_options(pool))).await?,
    };
    let types: Vec<&str> = requests.iter().map(|request| &*request.key.aggregate_type).collect();
    let ids: Vec<String> = requests
        .iter()
        .map(|request| request.key.aggregate_id.to_string())
        .collect();
    let after: Vec<i64> = requests.iter().map(|request| request.after.cast_signed()).collect();
    let read = sqlx::query_as(POSTGRES)
        .bind(ledger)
        .bind(types)
        .bind(ids)
        .bind(after)
        .fetch_all(&mut working);
    let events = in_time(READ_TIMEOUT, read).await?;
    *connection = Some(working);
    Ok(events)
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let silent = std::io::Error::new(ErrorKind::TimedOut, "no answer from the database");
        Err(sqlx::Error::Io(silent))
    })
}
