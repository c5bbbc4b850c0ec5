//! The writer's statements. The one place where the two databases differ in SQL: PostgreSQL takes the whole batch as arrays in one
//! statement, SQLite in one transaction of few multi-row inserts.

use std::fmt::Write as _;
use std::sync::LazyLock;

use chrono::NaiveDate;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Connection as _, Executor as _, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::database::Database;
use crate::database::postgres::writer_options;
use crate::header::{Prepared, PreparedEvent, StreamKey};
use crate::tree::Frontier;

use super::draft::{CommandKey, Draft, Tip};

/// The writer's own connection: readers that use up the pool must not keep it from committing.
pub(super) enum Connection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

macro_rules! on_connection {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            Connection::Postgres($inner) => $body,
            Connection::Sqlite($inner) => $body,
        }
    };
}

/// Commit row and events in one statement, and personal parts where there are any. Without the commit row (another writer was first, or has
/// the turn or waits for it, see [`Connection::take_turn`]) the others insert nothing.
macro_rules! insert_postgres {
    ($personal:literal) => {
        concat!(
            r#"
WITH c AS (
    INSERT INTO commits (ledger, start, "end", root, frontier, recorded_at)
    SELECT $1, $2, $3, $4, $5, $6 WHERE pg_try_advisory_xact_lock($21)
    ON CONFLICT (ledger, start) DO NOTHING RETURNING 1
), e AS (
    INSERT INTO events (aggregate_type, aggregate_id, sequence, ledger, position, event_type, event_version, payload, metadata,
        recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, command_index, header)
    SELECT t.aggregate_type, t.aggregate_id, t.sequence, $1, $2 + t.n - 1, t.event_type, t.event_version, t.payload::json,
        t.metadata::json, $6, t.occurred_on, t.actor, t.actor_role, t.actor_unit, t.command_id, t.command_index, t.header
    FROM c, unnest($7::text[], $8::text[], $9::int8[], $10::text[], $11::text[], $12::text[], $13::text[], $14::date[], $15::text[],
        $16::text[], $17::text[], $18::uuid[], $19::int4[], $20::text[]) WITH ORDINALITY
        AS t (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, occurred_on, actor, actor_role,
            actor_unit, command_id, command_index, header, n)
)"#,
            $personal,
            "
SELECT count(*) FROM c"
        )
    };
}

const INSERT_POSTGRES: &str = insert_postgres!("");
const INSERT_WITH_PERSONAL_POSTGRES: &str = insert_postgres!(
    ", p AS (
    INSERT INTO personal_data (ledger, position, salt, content)
    SELECT $1, t.position, t.salt, t.content FROM c, unnest($22::int8[], $23::bytea[], $24::text[]) AS t (position, salt, content)
)"
);

/// The same for a single event, which costs the server less as parameters than as arrays; with an error, which ends a transaction, when
/// another writer was first.
const INSERT_ONE_POSTGRES: &str = r#"
WITH c AS (
    INSERT INTO commits (ledger, start, "end", root, frontier, recorded_at)
    SELECT $1, $2, $3, $4, $5, $6 WHERE pg_try_advisory_xact_lock($21) RETURNING 1
)
INSERT INTO events (aggregate_type, aggregate_id, sequence, ledger, position, event_type, event_version, payload, metadata,
    recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, command_index, header)
SELECT $7, $8, $9, $1, $2, $10, $11, $12::text::json, $13::text::json, $6, $14, $15, $16, $17, $18, $19, $20 FROM c"#;
/// What PostgreSQL calls the key of `commits`.
const COMMITS_KEY: &str = "commits_pkey";

const INSERT_COMMIT_SQLITE: &str = r#"INSERT INTO commits (ledger, start, "end", root, frontier, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ledger, start) DO NOTHING"#;

const EVENT_COLUMNS: usize = 17;

/// Multi-row inserts of these sizes, so that few statements stay prepared and any number of rows takes few of them.
static INSERT_EVENTS_SQLITE: LazyLock<[(usize, String); 4]> = LazyLock::new(|| {
    [64, 16, 4, 1].map(|rows| {
        let mut sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, ledger, position, event_type, event_version, payload, \
             metadata, recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, command_index, header) VALUES "
            .to_owned();
        for row in 0..rows {
            let marks = vec!["?"; EVENT_COLUMNS].join(",");
            let separator = if row == 0 { "" } else { "," };
            write!(sql, "{separator}({marks})").expect("writing to a String never fails");
        }
        (rows, sql)
    })
});

/// The ledger's end, and the streams written to between two positions: in one statement, because others may be waiting.
const NEWS: &str = r#"SELECT "end", frontier, recorded_at, NULL, NULL
FROM (SELECT "end", frontier, recorded_at FROM commits WHERE ledger = $1 ORDER BY start DESC LIMIT 1) AS tip
UNION ALL
SELECT max(sequence), NULL, NULL, aggregate_type, aggregate_id FROM events WHERE ledger = $1 AND position > $2 AND position <= $3
GROUP BY aggregate_type, aggregate_id"#;

const VERSIONS_POSTGRES: &str = "SELECT k.aggregate_type, k.aggregate_id, (SELECT max(e.sequence) FROM events e
    WHERE e.aggregate_type = k.aggregate_type AND e.aggregate_id = k.aggregate_id AND e.ledger = $1)
FROM unnest($2::text[], $3::text[]) AS k (aggregate_type, aggregate_id)";

const VERSIONS_SQLITE: &str = "SELECT k.value ->> 0, k.value ->> 1, (SELECT max(e.sequence) FROM events e
    WHERE e.aggregate_type = k.value ->> 0 AND e.aggregate_id = k.value ->> 1 AND e.ledger = $1)
FROM json_each($2) AS k";

/// A delta larger than this is not worth reading: the remembered versions are forgotten instead.
pub(super) const DELTA_EVENTS_MAX: u64 = 20_000;

/// What others have done.
#[derive(Default)]
pub(super) struct News {
    /// Where the ledger ends now.
    pub(super) tip: Tip,
    /// Streams with their versions.
    pub(super) versions: Vec<(StreamKey, u64)>,
}

impl Connection {
    pub(super) async fn open(database: &Database) -> Result<Self, sqlx::Error> {
        Ok(match database {
            Database::Postgres(pool) => Self::Postgres(PgConnection::connect_with(&writer_options(pool)).await?),
            Database::Sqlite(pool) => Self::Sqlite(SqliteConnection::connect_with(&pool.connect_options()).await?),
        })
    }

    pub(super) async fn close(self) {
        // Nothing is under way on it: a failure to say goodbye loses nothing.
        drop(on_connection!(self, connection => connection.close().await));
    }

    /// Begins a transaction and waits for the first-come-first-served lock of writers that have lost a race; it ends with the transaction.
    /// Every commit tries for it: nobody passes whoever has it or waits for it, so that a wait is as long as the queue, not as long as
    /// others are lucky. SQLite has one writer.
    pub(super) async fn take_turn(&mut self, ledger: Uuid) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(connection) => {
                let sql = format!("BEGIN; SELECT pg_advisory_xact_lock({})", turn_key(ledger));
                connection.execute(sql.as_str()).await.map(drop)
            }
            Self::Sqlite(connection) => sqlx::query("BEGIN").execute(connection).await.map(drop),
        }
    }

    pub(super) async fn end(&mut self, keep: bool) -> Result<(), sqlx::Error> {
        let sql = if keep { "COMMIT" } else { "ROLLBACK" };
        on_connection!(self, connection => sqlx::query(sql).execute(connection).await.map(drop))
    }

    /// Where the ledger ends, and what others have written in the first [`DELTA_EVENTS_MAX`] positions after `known`, if that is given.
    pub(super) async fn news(&mut self, ledger: Uuid, known: Option<u64>) -> Result<News, sqlx::Error> {
        type Row = (i64, Option<Vec<u8>>, Option<i64>, Option<String>, Option<String>);
        let after = known.unwrap_or(0);
        let until = known.map_or(0, |known| known + DELTA_EVENTS_MAX);
        let rows: Vec<Row> = on_connection!(self, connection => sqlx::query_as(NEWS)
            .bind(ledger).bind(after.cast_signed()).bind(until.cast_signed()).fetch_all(connection).await)?;
        let mut news = News::default();
        for (number, frontier, recorded_at, aggregate_type, aggregate_id) in rows {
            if let (Some(aggregate_type), Some(id)) = (aggregate_type, aggregate_id) {
                let key = stream_key(aggregate_type, &id)?;
                news.versions.push((key, number.unsigned_abs()));
            } else if let (Some(frontier), Some(recorded_at)) = (frontier, recorded_at) {
                let tree = Frontier::from_bytes(number.unsigned_abs(), &frontier).ok_or_else(|| {
                    sqlx::Error::Decode(format!("the commit that ends at {number} has a damaged frontier").into())
                })?;
                news.tip = Tip { tree, recorded_at };
            }
        }
        Ok(news)
    }

    pub(super) async fn versions(
        &mut self,
        ledger: Uuid,
        keys: &[&StreamKey],
    ) -> Result<Vec<(StreamKey, u64)>, sqlx::Error> {
        let rows: Vec<(String, String, Option<i64>)> = match self {
            Self::Postgres(connection) => {
                let types: Vec<&str> = keys.iter().map(|key| &*key.aggregate_type).collect();
                let ids: Vec<String> = keys.iter().map(|key| key.aggregate_id.to_string()).collect();
                sqlx::query_as(VERSIONS_POSTGRES)
                    .bind(ledger)
                    .bind(types)
                    .bind(ids)
                    .fetch_all(connection)
                    .await?
            }
            Self::Sqlite(connection) => {
                let keys: Vec<_> = keys
                    .iter()
                    .map(|key| (&*key.aggregate_type, key.aggregate_id))
                    .collect();
                let keys = serde_json::to_string(&keys).expect("texts and ids always have a JSON form");
                sqlx::query_as(VERSIONS_SQLITE)
                    .bind(ledger)
                    .bind(keys)
                    .fetch_all(connection)
                    .await?
            }
        };
        rows.into_iter()
            .map(|(aggregate_type, id, version)| {
                Ok((stream_key(aggregate_type, &id)?, version.unwrap_or(0).unsigned_abs()))
            })
            .collect()
    }

    pub(super) async fn receipt_rows(
        &mut self,
        ledger: Uuid,
        keys: &[CommandKey],
    ) -> Result<Vec<crate::receipts::ReceiptRow>, sqlx::Error> {
        match self {
            Self::Postgres(connection) => crate::receipts::rows_postgres(connection, ledger, keys).await,
            Self::Sqlite(connection) => crate::receipts::rows_sqlite(connection, ledger, keys).await,
        }
    }

    /// Inserts the batch in a transaction of its own; false when another writer's commit already starts at this place.
    pub(super) async fn insert_alone(
        &mut self,
        ledger: Uuid,
        batch: &[Prepared],
        draft: &Draft,
    ) -> Result<bool, sqlx::Error> {
        if let Self::Postgres(connection) = self
            && let [row] = rows(batch, draft).as_slice()
            && row.event.personal.is_none()
        {
            return insert_one_postgres(connection, ledger, row, draft).await;
        }
        self.insert(ledger, batch, draft).await
    }

    /// Inserts the batch; false when another writer's commit already starts at this place.
    pub(super) async fn insert(
        &mut self,
        ledger: Uuid,
        batch: &[Prepared],
        draft: &Draft,
    ) -> Result<bool, sqlx::Error> {
        match self {
            Self::Postgres(connection) => insert_postgres(connection, ledger, &rows(batch, draft), draft).await,
            Self::Sqlite(connection) => {
                sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
                let inserted = insert_sqlite(connection, ledger, batch, draft).await;
                let end = if matches!(inserted, Ok(true)) {
                    "COMMIT"
                } else {
                    "ROLLBACK"
                };
                let ended = sqlx::query(end).execute(&mut *connection).await;
                // After an error SQLite may have rolled back by itself: then the first error is the one to tell.
                inserted.and_then(|inserted| ended.map(|_| inserted))
            }
        }
    }
}

/// The key of the advisory lock by which writers take turns.
fn turn_key(ledger: Uuid) -> i64 {
    i64::from_be_bytes(ledger.as_bytes()[8..].try_into().expect("half of 16 bytes"))
}

fn stream_key(aggregate_type: String, id: &str) -> Result<StreamKey, sqlx::Error> {
    let aggregate_id = id
        .parse()
        .map_err(|_| sqlx::Error::Decode(format!("the aggregate id `{id}` is no UUID").into()))?;
    Ok(StreamKey {
        aggregate_type: aggregate_type.into(),
        aggregate_id,
    })
}

/// One row of `events`, borrowed.
struct Row<'a> {
    append: &'a Prepared,
    event: &'a PreparedEvent,
    command_index: i32,
    position: i64,
    header: &'a str,
}

impl Row<'_> {
    fn stream(&self) -> &StreamKey {
        &self.append.streams[self.event.stream].key
    }
}

fn rows<'a>(batch: &'a [Prepared], draft: &'a Draft) -> Vec<Row<'a>> {
    let events = draft.accepted(batch).flat_map(|append| {
        (0_i32..)
            .zip(&append.events)
            .map(move |(index, event)| (append, index, event))
    });
    let places = (draft.start().cast_signed()..).zip(draft.headers());
    events
        .zip(places)
        .map(|((append, command_index, event), (position, header))| Row {
            append,
            event,
            command_index,
            position,
            header,
        })
        .collect()
}

async fn insert_one_postgres(
    connection: &mut PgConnection,
    ledger: Uuid,
    row: &Row<'_>,
    draft: &Draft,
) -> Result<bool, sqlx::Error> {
    let (append, event) = (row.append, row.event);
    let inserted = sqlx::query(INSERT_ONE_POSTGRES)
        .bind(ledger)
        .bind(draft.start().cast_signed())
        .bind(draft.end().cast_signed())
        .bind(draft.root().to_vec())
        .bind(draft.tip().tree.to_bytes())
        .bind(draft.tip().recorded_at)
        .bind(&*row.stream().aggregate_type)
        .bind(row.stream().aggregate_id.to_string())
        .bind(event.sequence.cast_signed())
        .bind(event.event_type.as_str())
        .bind(event.event_version.as_str())
        .bind(event.payload.as_str())
        .bind(append.metadata.as_str())
        .bind(append.occurred_on)
        .bind(append.actor.id.as_str())
        .bind(append.actor.role.as_str())
        .bind(append.actor.unit.as_str())
        .bind(append.command_id)
        .bind(row.command_index)
        .bind(row.header)
        .bind(turn_key(ledger))
        .execute(connection)
        .await;
    match inserted {
        Err(sqlx::Error::Database(error)) if error.constraint() == Some(COMMITS_KEY) => Ok(false),
        inserted => inserted.map(|done| done.rows_affected() == 1),
    }
}

async fn insert_postgres(
    connection: &mut PgConnection,
    ledger: Uuid,
    rows: &[Row<'_>],
    draft: &Draft,
) -> Result<bool, sqlx::Error> {
    fn column<'a, T>(rows: &'a [Row<'_>], of: impl Fn(&'a Row<'_>) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let personal: Vec<_> = rows
        .iter()
        .filter_map(|row| row.event.personal.as_ref().map(|part| (row.position, part)))
        .collect();
    let sql = if personal.is_empty() {
        INSERT_POSTGRES
    } else {
        INSERT_WITH_PERSONAL_POSTGRES
    };
    let mut insert = sqlx::query_scalar(sql)
        .bind(ledger)
        .bind(draft.start().cast_signed())
        .bind(draft.end().cast_signed())
        .bind(draft.root().to_vec())
        .bind(draft.tip().tree.to_bytes())
        .bind(draft.tip().recorded_at)
        .bind(column(rows, |row| &*row.stream().aggregate_type))
        .bind(column(rows, |row| row.stream().aggregate_id.to_string()))
        .bind(column(rows, |row| row.event.sequence.cast_signed()))
        .bind(column(rows, |row| row.event.event_type.as_str()))
        .bind(column(rows, |row| row.event.event_version.as_str()))
        .bind(column(rows, |row| row.event.payload.as_str()))
        .bind(column(rows, |row| row.append.metadata.as_str()))
        .bind(column::<NaiveDate>(rows, |row| row.append.occurred_on))
        .bind(column(rows, |row| row.append.actor.id.as_str()))
        .bind(column(rows, |row| row.append.actor.role.as_str()))
        .bind(column(rows, |row| row.append.actor.unit.as_str()))
        .bind(column(rows, |row| row.append.command_id))
        .bind(column(rows, |row| row.command_index))
        .bind(column(rows, |row| row.header))
        .bind(turn_key(ledger));
    if !personal.is_empty() {
        insert = insert
            .bind(personal.iter().map(|(position, _)| *position).collect::<Vec<_>>())
            .bind(
                personal
                    .iter()
                    .map(|(_, part)| part.salt.as_slice())
                    .collect::<Vec<_>>(),
            )
            .bind(
                personal
                    .iter()
                    .map(|(_, part)| part.content.as_str())
                    .collect::<Vec<_>>(),
            );
    }
    let inserted: i64 = insert.fetch_one(connection).await?;
    Ok(inserted == 1)
}

async fn insert_sqlite(
    connection: &mut SqliteConnection,
    ledger: Uuid,
    batch: &[Prepared],
    draft: &Draft,
) -> Result<bool, sqlx::Error> {
    let committed = sqlx::query(INSERT_COMMIT_SQLITE)
        .bind(ledger)
        .bind(draft.start().cast_signed())
        .bind(draft.end().cast_signed())
        .bind(draft.root().to_vec())
        .bind(draft.tip().tree.to_bytes())
        .bind(draft.tip().recorded_at)
        .execute(&mut *connection)
        .await?;
    if committed.rows_affected() == 0 {
        return Ok(false);
    }
    let rows = rows(batch, draft);
    let mut rest = rows.as_slice();
    for (size, sql) in INSERT_EVENTS_SQLITE.iter() {
        while rest.len() >= *size {
            let (chunk, later) = rest.split_at(*size);
            let arguments = event_arguments(chunk, ledger, draft.tip().recorded_at).map_err(sqlx::Error::Encode)?;
            sqlx::query_with(sql, arguments).execute(&mut *connection).await?;
            rest = later;
        }
    }
    for (position, part) in rows
        .iter()
        .filter_map(|row| row.event.personal.as_ref().map(|part| (row.position, part)))
    {
        sqlx::query("INSERT INTO personal_data (ledger, position, salt, content) VALUES ($1, $2, $3, $4)")
            .bind(ledger)
            .bind(position)
            .bind(part.salt.as_slice())
            .bind(part.content.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(true)
}

fn event_arguments<'a>(
    rows: &[Row<'a>],
    ledger: Uuid,
    recorded_at: i64,
) -> Result<SqliteArguments<'a>, sqlx::error::BoxDynError> {
    let mut arguments = SqliteArguments::default();
    for row in rows {
        let (append, event) = (row.append, row.event);
        let stream = &append.streams[event.stream].key;
        arguments.add(&*stream.aggregate_type)?;
        arguments.add(stream.aggregate_id.to_string())?;
        arguments.add(event.sequence.cast_signed())?;
        arguments.add(ledger)?;
        arguments.add(row.position)?;
        arguments.add(event.event_type.as_str())?;
        arguments.add(event.event_version.as_str())?;
        arguments.add(event.payload.as_str())?;
        arguments.add(append.metadata.as_str())?;
        arguments.add(recorded_at)?;
        arguments.add(append.occurred_on)?;
        arguments.add(append.actor.id.as_str())?;
        arguments.add(append.actor.role.as_str())?;
        arguments.add(append.actor.unit.as_str())?;
        arguments.add(append.command_id)?;
        arguments.add(row.command_index)?;
        arguments.add(row.header)?;
    }
    Ok(arguments)
}
