//! Receipts: what a command became is read from its own events, so it survives export and import.

use std::collections::HashMap;

use sqlx::{PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::error::LedgerError;
use crate::header::Header;
use crate::ledger::Ledger;
use crate::model::{Receipt, StoredReceipt, StreamReceipt};

/// One event of a command that was asked for, with the header of the command's first event.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ReceiptRow {
    actor: String,
    command_id: Uuid,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    position: i64,
    recorded_at: i64,
    first_header: String,
}

/// The command's first event is found by the receipts index; the others stand right behind it, up to the next command's first. `CROSS JOIN`
/// because SQLite, which has no statistics here, takes it as the order of the loops; otherwise it starts at the end and reads the whole
/// ledger once per event (31 s for 5,000 events). PostgreSQL orders the loops by itself.
macro_rules! receipts_sql {
    ($keys:literal, $command:literal, $actor:literal) => {
        concat!(
            "SELECT f.actor, f.command_id, e.aggregate_type, e.aggregate_id, e.sequence, e.position, e.recorded_at, f.header AS first_header
FROM ", $keys, " CROSS JOIN events f CROSS JOIN events e
WHERE f.command_id = ", $command, " AND f.actor = ", $actor, " AND f.ledger = $1 AND f.command_index = 0
AND e.ledger = $1 AND e.position >= f.position AND e.position < COALESCE((SELECT n.position FROM events n
    WHERE n.ledger = $1 AND n.position > f.position AND n.command_index = 0 ORDER BY n.position LIMIT 1), 9223372036854775807)
ORDER BY e.position"
        )
    };
}

const POSTGRES: &str = receipts_sql!(
    "unnest($2::uuid[], $3::text[]) AS k (command_id, actor)",
    "k.command_id",
    "k.actor"
);
const SQLITE: &str = receipts_sql!("json_each($2) AS k", "unhex(k.value ->> 0)", "k.value ->> 1");

pub(crate) async fn rows_postgres(
    connection: &mut PgConnection,
    ledger: Uuid,
    keys: &[(String, Uuid)],
) -> Result<Vec<ReceiptRow>, sqlx::Error> {
    let (actors, commands): (Vec<&str>, Vec<Uuid>) =
        keys.iter().map(|(actor, command)| (actor.as_str(), *command)).unzip();
    sqlx::query_as(POSTGRES)
        .bind(ledger)
        .bind(commands)
        .bind(actors)
        .fetch_all(connection)
        .await
}

pub(crate) async fn rows_sqlite(
    connection: &mut SqliteConnection,
    ledger: Uuid,
    keys: &[(String, Uuid)],
) -> Result<Vec<ReceiptRow>, sqlx::Error> {
    let keys: Vec<_> = keys
        .iter()
        .map(|(actor, command)| (command.simple().to_string(), actor.as_str()))
        .collect();
    let keys = serde_json::to_string(&keys).expect("texts always have a JSON form");
    sqlx::query_as(SQLITE)
        .bind(ledger)
        .bind(keys)
        .fetch_all(connection)
        .await
}

/// Groups the events back into receipts.
pub(crate) fn collect(rows: Vec<ReceiptRow>) -> Result<HashMap<(String, Uuid), StoredReceipt>, LedgerError> {
    let mut receipts: HashMap<(String, Uuid), StoredReceipt> = HashMap::new();
    for row in rows {
        let (position, version) = (row.position.unsigned_abs(), row.sequence.unsigned_abs());
        let damaged = |what: String| LedgerError::Damaged { position, what };
        let aggregate_id = row
            .aggregate_id
            .parse()
            .map_err(|_| damaged("the aggregate id is no UUID".to_owned()))?;
        let stored = match receipts.entry((row.actor, row.command_id)) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let header: Header =
                    serde_json::from_str(&row.first_header).map_err(|error| damaged(error.to_string()))?;
                let mut request_sha256 = [0; 32];
                hex::decode_to_slice(header.request_sha256.unwrap_or_default(), &mut request_sha256)
                    .map_err(|error| damaged(format!("request_sha256: {error}")))?;
                let receipt = Receipt {
                    command_id: row.command_id,
                    streams: Vec::new(),
                    position,
                    recorded_at: row.recorded_at,
                    repeated: true,
                };
                entry.insert(StoredReceipt {
                    request_sha256,
                    receipt,
                })
            }
        };
        stored.receipt.position = position;
        match stored.receipt.streams.last_mut() {
            Some(stream) if stream.aggregate_id == aggregate_id && stream.aggregate_type == row.aggregate_type => {
                stream.version = version;
                stream.last = position;
            }
            _ => stored.receipt.streams.push(StreamReceipt {
                aggregate_type: row.aggregate_type,
                aggregate_id,
                version,
                first: position,
                last: position,
            }),
        }
    }
    Ok(receipts)
}

impl Ledger {
    /// What a command became, if it was recorded: the answer to a retry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receipt(&self, actor_id: &str, command_id: Uuid) -> Result<Option<StoredReceipt>, LedgerError> {
        let key = (actor_id.to_owned(), command_id);
        let keys = std::slice::from_ref(&key);
        let rows = match self.database() {
            crate::Database::Postgres(pool) => rows_postgres(&mut *pool.acquire().await?, self.id(), keys).await?,
            crate::Database::Sqlite(pool) => rows_sqlite(&mut *pool.acquire().await?, self.id(), keys).await?,
        };
        Ok(collect(rows)?.remove(&key))
    }
}
