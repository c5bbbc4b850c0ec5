//! Reading a ledger out of a database for checking: events in order from PostgreSQL's binary `COPY` or from SQLite page by page, joined
//! with their commits. Up to a head that stands fixed, so others may go on writing meanwhile.

use futures_util::TryStreamExt;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row, SqlitePool};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::batch::{
    BATCH_BYTES, Batch, EVENT_FIELDS, Form, TupleWriter, date_field, tuple_length, tuple_position, write_commit,
};
use super::header_view::parse_date;
use super::pipeline::{Gone, Outlet};
use crate::database::Database;
use crate::database::postgres::stream_options;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::on_database;

/// Positions that one `COPY` covers: long enough that its start costs nothing, short enough that no snapshot is held for long.
const COPY_POSITIONS: i64 = 200_000;
/// Events per page on SQLite: a page is one read transaction, and while one lasts the write-ahead log can't be reset.
const PAGE: i64 = 2_000;
/// Commits per page.
const COMMITS_PAGE: i64 = 5_000;
/// Commits that wait for their events.
const COMMITS_WAITING_MAX: usize = 10_000;

const COMMITS: &str = r#"SELECT start, "end", recorded_at, root, frontier FROM commits
WHERE ledger = $1 AND start > $2 AND start <= $3 ORDER BY start LIMIT $4"#;

/// Every column as it stands, as bytes: what can't be read as its type is a fault to be named, not an error to end with.
const EVENTS_SQLITE: &str = "SELECT e.position, CAST(e.aggregate_type AS BLOB), CAST(e.aggregate_id AS BLOB), e.sequence,
    CAST(e.event_type AS BLOB), CAST(e.event_version AS BLOB), e.recorded_at, CAST(e.occurred_on AS BLOB), CAST(e.actor AS BLOB),
    CAST(e.actor_role AS BLOB), CAST(e.actor_unit AS BLOB), e.command_id, e.command_index, CAST(e.metadata AS BLOB),
    CAST(e.payload AS BLOB), CAST(e.header AS BLOB), p.salt, CAST(p.content AS BLOB)
FROM events e LEFT JOIN personal_data p ON p.ledger = e.ledger AND p.position = e.position
WHERE e.ledger = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position LIMIT $4";

/// The columns in the order of the tuple. `COPY` takes no parameters: what stands in it are a UUID and two numbers.
fn copy_sql(ledger: Uuid, after: i64, until: i64) -> String {
    format!(
        "COPY (SELECT e.position, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version, e.recorded_at, e.occurred_on,
    e.actor, e.actor_role, e.actor_unit, e.command_id, e.command_index, e.metadata, e.payload, e.header, p.salt, p.content
FROM events e LEFT JOIN personal_data p ON p.ledger = '{ledger}' AND p.position = e.position AND p.position > {after} AND p.position <= {until}
WHERE e.ledger = '{ledger}' AND e.position > {after} AND e.position <= {until} ORDER BY e.position) TO STDOUT (FORMAT binary)"
    )
}

#[derive(Debug, sqlx::FromRow)]
struct CommitRow {
    start: i64,
    end: i64,
    recorded_at: i64,
    root: Vec<u8>,
    frontier: Vec<u8>,
}

/// Why reading ended early.
enum End {
    Gone,
    Failed(LedgerError),
}

impl From<Gone> for End {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl From<sqlx::Error> for End {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Reads everything up to `until` in a task of its own.
pub(crate) fn start(ledger: &Ledger, until: u64, outlet: Outlet<LedgerError>) {
    let (database, id) = (ledger.database().clone(), ledger.id());
    let until = i64::try_from(until).unwrap_or(i64::MAX);
    tokio::spawn(async move {
        let (sender, commits) = mpsc::channel(COMMITS_WAITING_MAX);
        let reading = tokio::spawn(read_commits(database.clone(), id, until, sender));
        let mut joiner = Joiner {
            commits,
            next: None,
            bytes: Vec::with_capacity(BATCH_BYTES + BATCH_BYTES / 4),
            outlet,
        };
        let read = match &database {
            Database::Postgres(pool) => copy_events(pool, id, until, &mut joiner).await,
            Database::Sqlite(pool) => page_events(pool, id, until, &mut joiner).await,
        };
        let read = match read {
            Ok(()) => joiner.finish().await,
            Err(end) => Err(end),
        };
        match read {
            Ok(()) => joiner.outlet.end().await,
            Err(End::Failed(error)) => joiner.outlet.fail(error).await,
            Err(End::Gone) => {}
        }
        // It ends by itself when its receiver goes.
        drop(joiner);
        drop(reading.await);
    });
}

async fn read_commits(
    database: Database,
    ledger: Uuid,
    until: i64,
    commits: mpsc::Sender<Result<CommitRow, LedgerError>>,
) {
    let mut after = 0;
    loop {
        let page: Result<Vec<CommitRow>, sqlx::Error> = on_database!(&database, pool => sqlx::query_as(COMMITS)
            .bind(ledger).bind(after).bind(until).bind(COMMITS_PAGE).fetch_all(pool).await);
        match page {
            Ok(page) => {
                let Some(last) = page.last() else {
                    return;
                };
                after = last.start;
                for commit in page {
                    if commits.send(Ok(commit)).await.is_err() {
                        return;
                    }
                }
            }
            Err(error) => {
                // Nobody to tell: then nobody waits for it either.
                drop(commits.send(Err(error.into())).await);
                return;
            }
        }
    }
}

/// Puts each commit behind its events and fills batches.
struct Joiner {
    commits: mpsc::Receiver<Result<CommitRow, LedgerError>>,
    next: Option<CommitRow>,
    bytes: Vec<u8>,
    outlet: Outlet<LedgerError>,
}

impl Joiner {
    /// The commits that end before a position.
    async fn commits_before(&mut self, position: i64) -> Result<(), End> {
        loop {
            if self.next.is_none() {
                self.next = self.commits.recv().await.transpose().map_err(End::Failed)?;
            }
            let Some(commit) = self.next.take_if(|commit| commit.end < position) else {
                return Ok(());
            };
            let CommitRow {
                start,
                end,
                recorded_at,
                root,
                frontier,
            } = commit;
            write_commit(&mut self.bytes, start, end, recorded_at, &root, &frontier);
        }
    }

    async fn event(&mut self, tuple: &[u8]) -> Result<(), End> {
        let position = tuple_position(tuple).unwrap_or_default();
        // Most events are followed by another one of their commit: only the first look at each commit waits for it.
        if self.next.as_ref().is_none_or(|commit| commit.end < position) {
            self.commits_before(position).await?;
        }
        if self.bytes.len() >= BATCH_BYTES {
            self.pass_on().await?;
        }
        self.bytes.extend_from_slice(tuple);
        Ok(())
    }

    async fn pass_on(&mut self) -> Result<(), End> {
        let bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(BATCH_BYTES + BATCH_BYTES / 4));
        self.outlet
            .send(Batch {
                bytes,
                form: Form::Tuples,
            })
            .await?;
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), End> {
        self.commits_before(i64::MAX).await?;
        self.pass_on().await
    }
}

async fn copy_events(pool: &PgPool, ledger: Uuid, until: i64, joiner: &mut Joiner) -> Result<(), End> {
    if until == 0 {
        return Ok(());
    }
    let mut connection = stream_options(pool).connect().await?;
    let mut after = 0;
    while after < until {
        let end = after.saturating_add(COPY_POSITIONS).min(until);
        copy_range(&mut connection, &copy_sql(ledger, after, end), joiner).await?;
        after = end;
    }
    // Everything has been read: a failure to say goodbye loses nothing.
    drop(connection.close().await);
    Ok(())
}

async fn copy_range(connection: &mut PgConnection, sql: &str, joiner: &mut Joiner) -> Result<(), End> {
    /// Signature, flags, length of the extension: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
    const FILE_HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
    const FILE_TRAILER: &[u8; 2] = &(-1_i16).to_be_bytes();
    let mut messages = connection.copy_out_raw(sql).await?;
    let mut begun = false;
    // What a message left over; the server sends whole rows, but nothing obliges it to.
    let mut rest: Vec<u8> = Vec::new();
    while let Some(message) = messages.try_next().await? {
        let mut bytes: &[u8] = &message;
        if !rest.is_empty() {
            rest.extend_from_slice(&message);
            bytes = &rest;
        }
        if !begun && bytes.len() >= FILE_HEADER.len() {
            bytes = bytes
                .strip_prefix(FILE_HEADER)
                .ok_or_else(|| protocol("does not begin as it should"))?;
            begun = true;
        }
        if begun {
            while let Some(length) = tuple_length(bytes).filter(|length| *length > FILE_TRAILER.len()) {
                let (tuple, behind) = bytes.split_at(length);
                joiner.event(tuple).await?;
                bytes = behind;
            }
        }
        rest = bytes.to_vec();
    }
    if rest == FILE_TRAILER {
        Ok(())
    } else {
        Err(protocol("ended without its trailer").into())
    }
}

fn protocol(what: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("the stream of events {what}"))
}

async fn page_events(pool: &SqlitePool, ledger: Uuid, until: i64, joiner: &mut Joiner) -> Result<(), End> {
    let mut after = 0;
    let mut tuple = Vec::new();
    loop {
        let page = sqlx::query(EVENTS_SQLITE)
            .bind(ledger)
            .bind(after)
            .bind(until)
            .bind(PAGE)
            .fetch_all(pool)
            .await?;
        if page.is_empty() {
            return Ok(());
        }
        for row in page {
            after = row.try_get(0)?;
            tuple.clear();
            encode(&row, &mut tuple)?;
            joiner.event(&tuple).await?;
        }
    }
}

fn encode(row: &sqlx::sqlite::SqliteRow, tuple: &mut Vec<u8>) -> Result<(), sqlx::Error> {
    let mut writer = TupleWriter::start(tuple, EVENT_FIELDS);
    for column in 0..usize::from(EVENT_FIELDS.unsigned_abs()) {
        match column {
            0 | 3 | 6 => writer.i64(row.try_get(column)?),
            7 => {
                let text: &[u8] = row.try_get(column)?;
                writer.i32(date_field(parse_date(text)))
            }
            // Beyond 32 bits it can't be equal to a header's.
            12 => writer.i32(i32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(i32::MIN)),
            _ => match row.try_get::<Option<&[u8]>, _>(column)? {
                Some(bytes) => writer.bytes(bytes),
                None => writer.null(),
            },
        };
    }
    Ok(())
}
