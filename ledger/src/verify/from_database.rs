//! Reading a ledger out of a database for checking: events in order from PostgreSQL's binary `COPY` or from SQLite page by page, joined
//! with their commits. Up to a head that stands fixed, so others may go on writing meanwhile.

use futures_util::TryStreamExt;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{PgConnection, PgPool, Row, SqlitePool};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::batch::{
    BATCH_BYTES, Batch, EVENT_FIELDS, Form, TupleWriter, date_field, tuple_length, tuple_position, write_commit,
    write_orphan,
};
use super::header_view::parse_date;
use super::pipeline::{Gone, Outlet};
use crate::database::Database;
use crate::database::postgres::stream_options;
use crate::error::LedgerError;
use crate::ledger::Ledger;

/// Positions that one `COPY` covers: long enough that its start costs nothing, short enough that no snapshot is held for long.
const COPY_POSITIONS: i64 = 200_000;
/// Events per page on SQLite: a page is one read transaction, and while one lasts the write-ahead log can't be reset.
const PAGE: i64 = 2_000;
/// Commits or personal parts per page.
const ROWS_PAGE: i64 = 5_000;
/// Commits or personal parts that wait for their events.
const ROWS_AHEAD_MAX: usize = 1_000;
/// Connections to PostgreSQL that read at a time: events, commits, personal parts.
const STREAMS: u32 = 3;

const COMMITS: &str = r#"SELECT start, "end", recorded_at, root, frontier FROM commits
WHERE ledger = $1 AND start > $2 AND start <= $3 ORDER BY start LIMIT $4"#;

const PERSONAL_POSTGRES: &str = "SELECT position, salt, convert_to(content, 'UTF8') AS content FROM personal_data
WHERE ledger = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4";
const PERSONAL_SQLITE: &str = "SELECT position, salt, CAST(content AS BLOB) AS content FROM personal_data
WHERE ledger = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4";

/// Every column as it stands, as bytes: what can't be read as its type is a fault to be named, not an error to end with.
const EVENTS_SQLITE: &str = "SELECT position, CAST(aggregate_type AS BLOB), CAST(aggregate_id AS BLOB), sequence,
    CAST(event_type AS BLOB), CAST(event_version AS BLOB), recorded_at, CAST(occurred_on AS BLOB), CAST(actor AS BLOB),
    CAST(actor_role AS BLOB), CAST(actor_unit AS BLOB), command_id, command_index, CAST(metadata AS BLOB),
    CAST(payload AS BLOB), CAST(header AS BLOB)
FROM events WHERE ledger = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4";

/// The columns in the order of the tuple. `COPY` takes no parameters: what stands in it are a UUID and two numbers. One table alone: a
/// join's plan depends on statistics, and where a table was just filled it took time in proportion to the square of its size.
fn copy_sql(ledger: Uuid, after: i64, until: i64) -> String {
    format!(
        "COPY (SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, recorded_at, occurred_on, actor,
    actor_role, actor_unit, command_id, command_index, metadata, payload, header
FROM events WHERE ledger = '{ledger}' AND position > {after} AND position <= {until} ORDER BY position) TO STDOUT (FORMAT binary)"
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

#[derive(Debug, sqlx::FromRow)]
struct PersonalRow {
    position: i64,
    salt: Vec<u8>,
    content: Vec<u8>,
}

/// Rows that are read page by page, each after the last one's position.
trait Paged: for<'r> sqlx::FromRow<'r, PgRow> + for<'r> sqlx::FromRow<'r, SqliteRow> + Send + Unpin + 'static {
    const POSTGRES: &str;
    const SQLITE: &str;

    fn position(&self) -> i64;
}

impl Paged for CommitRow {
    const POSTGRES: &str = COMMITS;
    const SQLITE: &str = COMMITS;

    fn position(&self) -> i64 {
        self.start
    }
}

impl Paged for PersonalRow {
    const POSTGRES: &str = PERSONAL_POSTGRES;
    const SQLITE: &str = PERSONAL_SQLITE;

    fn position(&self) -> i64 {
        self.position
    }
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
        match read(database, id, until, &outlet).await {
            Ok(()) => outlet.end().await,
            Err(End::Failed(error)) => outlet.fail(error).await,
            Err(End::Gone) => {}
        }
    });
}

async fn read(database: Database, ledger: Uuid, until: i64, outlet: &Outlet<LedgerError>) -> Result<(), End> {
    let database = match database {
        Database::Postgres(pool) => Database::Postgres(
            PgPoolOptions::new()
                .max_connections(STREAMS)
                .connect_with(stream_options(&pool))
                .await?,
        ),
        sqlite @ Database::Sqlite(_) => sqlite,
    };
    let mut joiner = Joiner {
        commits: Ahead::start(&database, ledger, until),
        personal: Ahead::start(&database, ledger, until),
        bytes: Vec::with_capacity(BATCH_BYTES + BATCH_BYTES / 4),
        outlet,
    };
    match &database {
        Database::Postgres(pool) => copy_events(pool, ledger, until, &mut joiner).await?,
        Database::Sqlite(pool) => page_events(pool, ledger, until, &mut joiner).await?,
    }
    joiner.finish().await?;
    if let Database::Postgres(pool) = &database {
        pool.close().await;
    }
    Ok(())
}

/// Rows that are read ahead in a task of their own, which ends when this goes.
struct Ahead<T> {
    rows: mpsc::Receiver<Result<T, LedgerError>>,
    next: Option<T>,
    ended: bool,
}

impl<T: Paged> Ahead<T> {
    fn start(database: &Database, ledger: Uuid, until: i64) -> Self {
        let (sender, rows) = mpsc::channel(ROWS_AHEAD_MAX);
        let database = database.clone();
        tokio::spawn(async move {
            if let Err(End::Failed(error)) = read_pages(&database, ledger, until, &sender).await {
                // Nobody to tell: then nobody waits for it either.
                drop(sender.send(Err(error)).await);
            }
        });
        Self {
            rows,
            next: None,
            ended: false,
        }
    }

    /// The next row if the condition holds for it.
    async fn next_if(&mut self, condition: impl Fn(&T) -> bool) -> Result<Option<T>, End> {
        if self.next.is_none() && !self.ended {
            self.next = self.rows.recv().await.transpose().map_err(End::Failed)?;
            self.ended = self.next.is_none();
        }
        Ok(self.next.take_if(|row| condition(row)))
    }
}

async fn read_pages<T: Paged>(
    database: &Database,
    ledger: Uuid,
    until: i64,
    rows: &mpsc::Sender<Result<T, LedgerError>>,
) -> Result<(), End> {
    let mut after = 0;
    loop {
        let page: Vec<T> = match database {
            Database::Postgres(pool) => {
                let query = sqlx::query_as(T::POSTGRES).bind(ledger).bind(after).bind(until);
                query.bind(ROWS_PAGE).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                let query = sqlx::query_as(T::SQLITE).bind(ledger).bind(after).bind(until);
                query.bind(ROWS_PAGE).fetch_all(pool).await?
            }
        };
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.position();
        for row in page {
            rows.send(Ok(row)).await.map_err(|_| Gone)?;
        }
    }
}

/// Puts personal parts into their events and each commit behind its own, and fills batches.
struct Joiner<'a> {
    commits: Ahead<CommitRow>,
    personal: Ahead<PersonalRow>,
    bytes: Vec<u8>,
    outlet: &'a Outlet<LedgerError>,
}

impl Joiner<'_> {
    /// The commits that end before a position.
    async fn commits_before(&mut self, position: i64) -> Result<(), End> {
        while let Some(commit) = self.commits.next_if(|commit| commit.end < position).await? {
            let CommitRow {
                start,
                end,
                recorded_at,
                root,
                frontier,
            } = commit;
            write_commit(&mut self.bytes, start, end, recorded_at, &root, &frontier);
        }
        Ok(())
    }

    /// The personal parts before a position, which have no event.
    async fn orphans_before(&mut self, position: i64) -> Result<(), End> {
        while let Some(orphan) = self.personal.next_if(|part| part.position < position).await? {
            write_orphan(&mut self.bytes, orphan.position);
        }
        Ok(())
    }

    async fn event(&mut self, tuple: &[u8]) -> Result<(), End> {
        let position = tuple_position(tuple).unwrap_or_default();
        self.commits_before(position).await?;
        self.orphans_before(position).await?;
        if self.bytes.len() >= BATCH_BYTES {
            self.pass_on().await?;
        }
        let part = self.personal.next_if(|part| part.position == position).await?;
        let mut writer = TupleWriter::start(&mut self.bytes, EVENT_FIELDS);
        writer.fields_of(tuple);
        match part {
            Some(part) => writer.bytes(&part.salt).bytes(&part.content),
            None => writer.null().null(),
        };
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
        self.orphans_before(i64::MAX).await?;
        self.pass_on().await
    }
}

async fn copy_events(pool: &PgPool, ledger: Uuid, until: i64, joiner: &mut Joiner<'_>) -> Result<(), End> {
    if until == 0 {
        return Ok(());
    }
    let mut connection = pool.acquire().await?;
    let mut after = 0;
    while after < until {
        let end = after.saturating_add(COPY_POSITIONS).min(until);
        copy_range(&mut connection, &copy_sql(ledger, after, end), joiner).await?;
        after = end;
    }
    Ok(())
}

async fn copy_range(connection: &mut PgConnection, sql: &str, joiner: &mut Joiner<'_>) -> Result<(), End> {
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

async fn page_events(pool: &SqlitePool, ledger: Uuid, until: i64, joiner: &mut Joiner<'_>) -> Result<(), End> {
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

fn encode(row: &SqliteRow, tuple: &mut Vec<u8>) -> Result<(), sqlx::Error> {
    let mut writer = TupleWriter::start(tuple, EVENT_FIELDS - 2);
    for column in 0..usize::from(EVENT_FIELDS.unsigned_abs()) - 2 {
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
