//! Bringing an exported ledger into a database, bit for bit: one transaction, so that it is there wholly or not at all, and whatever a
//! killed import left behind goes by itself.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, ConnectOptions, Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::error::ArchiveError;
use super::lines::{ClientKey, KEY, Manifest, SIGNER, SigningKeyLine};
use super::read::{ArchiveFile, FileReport};
use super::rows::Columns;
use crate::database::Database;
use crate::database::postgres::stream_options;
use crate::tree::Hash;
use crate::verify::KeptRoot;
use crate::verify::batch::{CommitItem, EventItem, Item, Root, TupleWriter};
use crate::verify::event_check::Checked;
use crate::verify::header_view::days_since_2000;
use crate::verify::order_check::OrderCheck;
use crate::verify::pipeline::{RunError, Sink};

/// PostgreSQL gets this many bytes of events with one `COPY`.
const COPY_BYTES: usize = 8 * 1024 * 1024;
/// Signature, flags, length of the extension: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
const COPY_HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_TRAILER: &[u8; 2] = &(-1_i16).to_be_bytes();

const COPY_EVENTS: &str = "COPY events (aggregate_type, aggregate_id, sequence, ledger, position, event_type, event_version, payload, metadata,
    recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, command_index, header) FROM STDIN (FORMAT binary)";
const COPY_PERSONAL: &str = "COPY personal_data (ledger, position, salt, content) FROM STDIN (FORMAT binary)";
const COPY_COMMITS: &str =
    r#"COPY commits (ledger, start, "end", root, frontier, recorded_at) FROM STDIN (FORMAT binary)"#;
const COPY_KEYS: &str = "COPY client_keys (ledger, actor, key, command_id, created_at) FROM STDIN (FORMAT binary)";

const INSERT_LEDGER: &str =
    "INSERT INTO ledgers (id, name, demo, search_key, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const TAKEN: &str =
    "SELECT id, name FROM ledgers WHERE id = $1 OR name = $2 ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1";
const INSERT_EVENTS: &str =
    "INSERT INTO events (aggregate_type, aggregate_id, sequence, ledger, position, event_type, event_version, payload,
    metadata, recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, command_index, header) VALUES ";
const INSERT_PERSONAL: &str = "INSERT INTO personal_data (ledger, position, salt, content) VALUES ($1, $2, $3, $4)";
const INSERT_COMMIT: &str =
    r#"INSERT INTO commits (ledger, start, "end", root, frontier, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)"#;
const INSERT_KEY: &str =
    "INSERT INTO client_keys (ledger, actor, key, command_id, created_at) VALUES ($1, $2, $3, $4, $5)";
const INSERT_SIGNER: &str =
    "INSERT INTO signing_keys (ledger, number, public_key, recorded_at) VALUES ($1, $2, $3, $4)";
/// Rows of one insert on SQLite.
const INSERT_ROWS: usize = 64;

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The ledger's id.
    pub ledger: Uuid,
    /// Its name.
    pub name: String,
    /// Events.
    pub events: u64,
    /// The Merkle root over them.
    pub root: Hash,
    /// The signed checkpoint in the file, if there is one. Its signature has not been checked.
    pub checkpoint: Option<String>,
}

/// Imports a ledger into a database that doesn't have it yet. The file is verified as it is read, against kept roots too; nothing of one
/// that does not verify, or is cut off, gets visible. `progress` gets (events done, events in all).
///
/// # Errors
/// When the file or the database is refused or fails; the database is as it was.
pub async fn import(
    database: &Database,
    file: ArchiveFile,
    kept: &[KeptRoot],
    progress: impl FnMut(u64, u64),
) -> Result<Imported, ArchiveError> {
    let Some(search_key) = file.manifest().search_key.as_deref() else {
        return Err(ArchiveError::Public {
            file: file.name().to_owned(),
        });
    };
    let Some(search_key) = hex::decode(search_key).ok().filter(|key| key.len() == 32) else {
        return Err(ArchiveError::Format {
            file: file.name().to_owned(),
            what: "its search key has not 32 bytes".to_owned(),
        });
    };
    let manifest = file.manifest().clone();
    let mut rows = Rows::begin(database, manifest.id).await?;
    rows.ledger(&manifest, &search_key).await?;
    let file_report = file
        .check_into(kept, &mut rows, progress)
        .await
        .map_err(|error| match error {
            RunError::Source(error) | RunError::Sink(error) => error,
        })?;
    let FileReport { report, checkpoint, .. } = file_report;
    if let Some(fault) = report.faults.into_iter().next() {
        // The transaction goes with its connection.
        return Err(ArchiveError::DoesNotVerify {
            kept: "imported",
            fault,
        });
    }
    rows.commit().await?;
    Ok(Imported {
        ledger: manifest.id,
        name: manifest.name,
        events: report.events,
        root: report.root,
        checkpoint,
    })
}

/// The one transaction.
struct Rows {
    ledger: Uuid,
    target: Target,
}

enum Target {
    Postgres {
        connection: PgConnection,
        events: Vec<u8>,
        personal: Vec<u8>,
        commits: Vec<u8>,
        keys: Vec<u8>,
    },
    Sqlite(SqliteConnection),
}

impl Rows {
    async fn begin(database: &Database, ledger: Uuid) -> Result<Self, ArchiveError> {
        let target = match database {
            Database::Postgres(pool) => {
                let mut connection = stream_options(pool).connect().await?;
                sqlx::query("BEGIN").execute(&mut connection).await?;
                Target::Postgres {
                    connection,
                    events: COPY_HEADER.to_vec(),
                    personal: COPY_HEADER.to_vec(),
                    commits: COPY_HEADER.to_vec(),
                    keys: COPY_HEADER.to_vec(),
                }
            }
            Database::Sqlite(pool) => {
                let mut connection = SqliteConnection::connect_with(&pool.connect_options()).await?;
                sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
                Target::Sqlite(connection)
            }
        };
        Ok(Self { ledger, target })
    }

    /// The first row: whoever imports the same ledger at the same time waits here, and is refused then.
    async fn ledger(&mut self, manifest: &Manifest, search_key: &[u8]) -> Result<(), ArchiveError> {
        macro_rules! insert {
            ($connection:expr) => {{
                let inserted = sqlx::query(INSERT_LEDGER)
                    .bind(manifest.id)
                    .bind(&manifest.name)
                    .bind(manifest.demo)
                    .bind(search_key)
                    .bind(manifest.created_at)
                    .execute(&mut *$connection)
                    .await?;
                if inserted.rows_affected() == 1 {
                    return Ok(());
                }
                sqlx::query_as::<_, (Uuid, String)>(TAKEN)
                    .bind(manifest.id)
                    .bind(&manifest.name)
                    .fetch_one(&mut *$connection)
                    .await?
            }};
        }
        let (id, name) = match &mut self.target {
            Target::Postgres { connection, .. } => insert!(connection),
            Target::Sqlite(connection) => insert!(connection),
        };
        let same = if id == manifest.id {
            ""
        } else {
            ", another one of the same name"
        };
        Err(ArchiveError::Taken { name, id, same })
    }

    async fn signer(&mut self, signer: &SigningKeyLine) -> Result<(), ArchiveError> {
        // Not hexadecimal, not 32 bytes: the tables refuse it.
        let public_key = hex::decode(&signer.public_key).unwrap_or_default();
        macro_rules! insert {
            ($connection:expr) => {
                sqlx::query(INSERT_SIGNER)
                    .bind(self.ledger)
                    .bind(signer.number)
                    .bind(public_key)
                    .bind(signer.recorded_at)
                    .execute($connection)
                    .await
                    .map(drop)
            };
        }
        match &mut self.target {
            Target::Postgres { connection, .. } => insert!(connection),
            Target::Sqlite(connection) => insert!(connection),
        }?;
        Ok(())
    }

    async fn commit(mut self) -> Result<(), ArchiveError> {
        self.flush(0).await?;
        match self.target {
            Target::Postgres { mut connection, .. } => {
                sqlx::query("COMMIT").execute(&mut connection).await?;
                // The planner would think the tables empty until autovacuum comes by. That it fails does not undo the import.
                if let Err(error) = sqlx::raw_sql("ANALYZE events; ANALYZE commits; ANALYZE personal_data")
                    .execute(&mut connection)
                    .await
                {
                    tracing::warn!(%error, "the imported tables could not be analysed");
                }
                connection.close().await?;
            }
            Target::Sqlite(mut connection) => {
                sqlx::query("COMMIT").execute(&mut connection).await?;
                // The whole import stands in the write-ahead log now.
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                    .execute(&mut connection)
                    .await?;
                connection.close().await?;
            }
        }
        Ok(())
    }

    /// Sends what has been gathered, if it is more than `bytes_min`.
    async fn flush(&mut self, bytes_min: usize) -> Result<(), ArchiveError> {
        let Target::Postgres {
            connection,
            events,
            personal,
            commits,
            keys,
        } = &mut self.target
        else {
            return Ok(());
        };
        if events.len() + personal.len() + commits.len() + keys.len() < bytes_min {
            return Ok(());
        }
        for (sql, rows) in [
            (COPY_EVENTS, events),
            (COPY_PERSONAL, personal),
            (COPY_COMMITS, commits),
            (COPY_KEYS, keys),
        ] {
            if rows.len() > COPY_HEADER.len() {
                rows.extend_from_slice(COPY_TRAILER);
                let mut copy = connection.copy_in_raw(sql).await?;
                copy.send(rows.as_slice()).await?;
                copy.finish().await?;
                rows.truncate(COPY_HEADER.len());
            }
        }
        Ok(())
    }
}

/// An event with its columns.
struct EventRow<'a> {
    columns: Columns<'a>,
    header: &'a str,
    payload: &'a str,
    personal: Option<(Vec<u8>, &'a str)>,
}

impl<'a> EventRow<'a> {
    fn of(event: &EventItem<'a>, position: u64) -> Result<Self, ArchiveError> {
        let not_canonical = || ArchiveError::NotCanonical { position };
        let utf8 = |bytes: &'a [u8]| std::str::from_utf8(bytes).map_err(|_| not_canonical());
        Ok(Self {
            columns: Columns::of(event.header).ok_or_else(not_canonical)?,
            header: utf8(event.header)?,
            payload: utf8(event.payload)?,
            personal: match (event.salt, event.content) {
                (Some(salt), Some(content)) => Some((salt.to_bytes(), utf8(content)?)),
                _ => None,
            },
        })
    }
}

impl Sink for Rows {
    type Error = ArchiveError;

    const WANTS_FRONTIERS: bool = true;

    async fn take(
        &mut self,
        checked: &Checked,
        frontiers: Vec<Vec<u8>>,
        order: &mut OrderCheck,
    ) -> Result<(), ArchiveError> {
        if let Some(fault) = order.faults.first() {
            return Err(ArchiveError::DoesNotVerify {
                kept: "imported",
                fault: fault.clone(),
            });
        }
        let mut frontiers = frontiers.into_iter();
        let mut events = Vec::new();
        let mut commits = Vec::new();
        let mut keys = Vec::new();
        for item in checked.batch.items() {
            match item {
                Item::Event(event) => events.push(EventRow::of(&event, order.position())?),
                Item::Commit(commit) => commits.push((commit, frontiers.next().unwrap_or_default())),
                // What can't be read is a fault, found above.
                Item::Other(line) => {
                    keys.extend(read_line::<ClientKey>(line, KEY));
                    if let Some(signer) = read_line(line, SIGNER) {
                        self.signer(&signer).await?;
                    }
                }
                Item::Orphan(_) | Item::Malformed(_) => {}
            }
        }
        let ledger = self.ledger;
        match &mut self.target {
            Target::Postgres {
                events: event_rows,
                personal,
                commits: commit_rows,
                keys: key_rows,
                ..
            } => {
                events
                    .iter()
                    .for_each(|event| copy_event(ledger, event, event_rows, personal));
                for (commit, frontier) in &commits {
                    TupleWriter::start(commit_rows, 6)
                        .bytes(ledger.as_bytes())
                        .i64(commit.start)
                        .i64(commit.end)
                        .bytes(&root_bytes(commit))
                        .bytes(frontier)
                        .i64(commit.recorded_at);
                }
                for key in &keys {
                    copy_key(ledger, key, key_rows);
                }
            }
            Target::Sqlite(connection) => {
                for chunk in events.chunks(INSERT_ROWS) {
                    insert_events(connection, ledger, chunk).await?;
                }
                for (commit, frontier) in &commits {
                    sqlx::query(INSERT_COMMIT)
                        .bind(ledger)
                        .bind(commit.start)
                        .bind(commit.end)
                        .bind(root_bytes(commit))
                        .bind(frontier)
                        .bind(commit.recorded_at)
                        .execute(&mut *connection)
                        .await?;
                }
                for key in &keys {
                    let ClientKey {
                        actor,
                        command_id,
                        created_at,
                        key,
                    } = key;
                    sqlx::query(INSERT_KEY)
                        .bind(ledger)
                        .bind(actor)
                        .bind(key)
                        .bind(command_id)
                        .bind(created_at)
                        .execute(&mut *connection)
                        .await?;
                }
            }
        }
        self.flush(COPY_BYTES).await
    }
}

fn read_line<T: serde::de::DeserializeOwned>(line: &[u8], kind: &[u8]) -> Option<T> {
    serde_json::from_slice(line.strip_prefix(kind)?).ok()
}

fn root_bytes(commit: &CommitItem<'_>) -> Vec<u8> {
    match commit.root {
        Root::Bytes(bytes) => bytes.to_vec(),
        // Compared with the tree's root before this.
        Root::Hex(text) => hex::decode(text).unwrap_or_default(),
    }
}

fn copy_event(ledger: Uuid, event: &EventRow<'_>, events: &mut Vec<u8>, personal: &mut Vec<u8>) {
    let columns = &event.columns;
    TupleWriter::start(events, 17)
        .bytes(columns.aggregate_type.as_bytes())
        .bytes(columns.aggregate_id.as_bytes())
        .i64(columns.sequence)
        .bytes(ledger.as_bytes())
        .i64(columns.position)
        .bytes(columns.event_type.as_bytes())
        .bytes(columns.event_version.as_bytes())
        .bytes(event.payload.as_bytes())
        .bytes(columns.metadata.as_bytes())
        .i64(columns.recorded_at)
        .i32(days_since_2000(columns.occurred_on))
        .bytes(columns.actor.as_bytes())
        .bytes(columns.actor_role.as_bytes())
        .bytes(columns.actor_unit.as_bytes())
        .bytes(columns.command_id.as_bytes())
        .i32(columns.command_index)
        .bytes(event.header.as_bytes());
    if let Some((salt, content)) = &event.personal {
        TupleWriter::start(personal, 4)
            .bytes(ledger.as_bytes())
            .i64(columns.position)
            .bytes(salt)
            .bytes(content.as_bytes());
    }
}

fn copy_key(ledger: Uuid, key: &ClientKey, keys: &mut Vec<u8>) {
    TupleWriter::start(keys, 5)
        .bytes(ledger.as_bytes())
        .bytes(key.actor.as_bytes())
        .bytes(key.key.as_bytes())
        .bytes(key.command_id.as_bytes())
        .i64(key.created_at);
}

async fn insert_events(
    connection: &mut SqliteConnection,
    ledger: Uuid,
    events: &[EventRow<'_>],
) -> Result<(), ArchiveError> {
    let marks = ["(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"; INSERT_ROWS];
    let sql = format!("{INSERT_EVENTS}{}", marks[..events.len()].join(","));
    let mut arguments = SqliteArguments::default();
    let encoding = |error| ArchiveError::from(sqlx::Error::Encode(error));
    for event in events {
        let columns = &event.columns;
        let mut add = || {
            arguments.add(columns.aggregate_type.as_ref())?;
            arguments.add(columns.aggregate_id.as_ref())?;
            arguments.add(columns.sequence)?;
            arguments.add(ledger)?;
            arguments.add(columns.position)?;
            arguments.add(columns.event_type.as_ref())?;
            arguments.add(columns.event_version.as_ref())?;
            arguments.add(event.payload)?;
            arguments.add(columns.metadata.as_ref())?;
            arguments.add(columns.recorded_at)?;
            arguments.add(columns.occurred_on)?;
            arguments.add(columns.actor.as_ref())?;
            arguments.add(columns.actor_role.as_ref())?;
            arguments.add(columns.actor_unit.as_ref())?;
            arguments.add(columns.command_id)?;
            arguments.add(columns.command_index)?;
            arguments.add(event.header)
        };
        add().map_err(encoding)?;
    }
    // Only the full size is worth keeping prepared.
    sqlx::query_with(&sql, arguments)
        .persistent(events.len() == INSERT_ROWS)
        .execute(&mut *connection)
        .await?;
    for event in events {
        if let Some((salt, content)) = &event.personal {
            sqlx::query(INSERT_PERSONAL)
                .bind(ledger)
                .bind(event.columns.position)
                .bind(salt)
                .bind(*content)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}
