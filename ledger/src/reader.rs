//! Reading: by position, by stream, by day. Every read fetches its page whole, so that a connection which breaks half-way is an error
//! and never an early end.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use crate::environment::end_of_vietnam_day;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::{Actor, Head, RecordedEvent};
use crate::tree::{Hash, empty_root};
use crate::{on_database, personal};

/// The most events that one read returns, whatever is asked for.
pub(crate) const PAGE_MAX: usize = 10_000;

/// The columns of an event with its personal part; shared by all reads. The part is looked up by a query of its own for each event: joined,
/// PostgreSQL hashes the whole ledger's personal data for a page of events as long as it believes the table small.
macro_rules! event_sql {
    ($rest:literal) => {
        concat!(
            "SELECT e.position, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version, e.recorded_at, e.occurred_on,
    e.actor, e.actor_role, e.actor_unit, e.command_id, CAST(e.metadata AS text) AS metadata,
    CAST(e.payload AS text) AS payload, e.header,
    (SELECT p.salt FROM personal_data p WHERE p.ledger = e.ledger AND p.position = e.position) AS salt,
    (SELECT p.content FROM personal_data p WHERE p.ledger = e.ledger AND p.position = e.position) AS content
FROM events e WHERE e.ledger = $1 AND ",
            $rest
        )
    };
}

/// With both bounds, no plan reads or sorts more than the page, whatever PostgreSQL believes about the table.
const BY_POSITION: &str = event_sql!("e.position > $2 AND e.position <= $3 ORDER BY e.position");
/// For the end of the ledger, and beyond a page of which every row was deleted.
const NEXT_BY_POSITION: &str = event_sql!("e.position > $2 ORDER BY e.position LIMIT $3");
const BY_STREAM: &str =
    event_sql!("e.aggregate_type = $2 AND e.aggregate_id = $3 AND e.position <= $4 ORDER BY e.sequence");
/// `+ 0` keeps both databases from walking the ledger's order: the primary key starts with the type.
const BY_TYPE: &str = event_sql!("e.aggregate_type = $2 AND e.position + 0 > $3 ORDER BY e.position + 0");
const BY_TYPES: &str = event_sql!("e.aggregate_type IN ($2, $4, $5) AND e.position + 0 > $3 ORDER BY e.position + 0");
const HEAD: &str = r#"SELECT "end", root, recorded_at FROM commits WHERE ledger = $1 ORDER BY start DESC LIMIT 1"#;
const COMMIT_OF: &str =
    r#"SELECT start, "end", recorded_at FROM commits WHERE ledger = $1 AND start <= $2 ORDER BY start DESC LIMIT 1"#;

/// A row of `events` as it stands, with its personal part.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) aggregate_type: String,
    pub(crate) aggregate_id: String,
    pub(crate) sequence: i64,
    pub(crate) event_type: String,
    pub(crate) event_version: String,
    pub(crate) recorded_at: i64,
    pub(crate) occurred_on: NaiveDate,
    pub(crate) actor: String,
    pub(crate) actor_role: String,
    pub(crate) actor_unit: String,
    pub(crate) command_id: Uuid,
    pub(crate) metadata: String,
    pub(crate) payload: String,
    pub(crate) header: String,
    pub(crate) salt: Option<Vec<u8>>,
    pub(crate) content: Option<String>,
}

impl TryFrom<EventRow> for RecordedEvent {
    type Error = LedgerError;

    fn try_from(row: EventRow) -> Result<Self, Self::Error> {
        let position = row.position.unsigned_abs();
        let damaged = |what: &str, error: String| LedgerError::Damaged {
            position,
            what: format!("{what}: {error}"),
        };
        let payload = personal::join(&row.payload, row.content.as_deref())
            .map_err(|error| damaged("personal part", error.to_string()))?;
        let payload: Value = serde_json::from_str(&payload).map_err(|error| damaged("payload", error.to_string()))?;
        let metadata: BTreeMap<String, String> =
            serde_json::from_str(&row.metadata).map_err(|error| damaged("metadata", error.to_string()))?;
        Ok(Self {
            position,
            aggregate_id: row
                .aggregate_id
                .parse()
                .map_err(|_| damaged("aggregate_id", "no UUID".to_owned()))?,
            aggregate_type: row.aggregate_type,
            sequence: row.sequence.unsigned_abs(),
            event_type: row.event_type,
            event_version: row.event_version,
            recorded_at: row.recorded_at,
            occurred_on: row.occurred_on,
            actor: Actor {
                id: row.actor,
                role: row.actor_role,
                unit: row.actor_unit,
            },
            command_id: row.command_id,
            metadata,
            payload,
            header: row.header,
            payload_text: row.payload,
        })
    }
}

impl Ledger {
    /// The ledger's end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn head(&self) -> Result<Head, LedgerError> {
        let row: Option<(i64, Vec<u8>, i64)> =
            on_database!(self.database(), pool => sqlx::query_as(HEAD).bind(self.id()).fetch_optional(pool).await)?;
        let Some((end, root, recorded_at)) = row else {
            return Ok(Head {
                position: 0,
                root: empty_root(),
                recorded_at: 0,
            });
        };
        let position = end.unsigned_abs();
        let root: Hash = root.try_into().map_err(|_| LedgerError::Damaged {
            position,
            what: "the commit's root has not 32 bytes".to_owned(),
        })?;
        Ok(Head {
            position,
            root,
            recorded_at,
        })
    }

    /// All events of a kind of aggregate after a position, in order: for aggregates of which there are few, such as published texts.
    ///
    /// # Errors
    /// When the database fails or an event can't be read.
    pub async fn read_type(&self, aggregate_type: &str, after: u64) -> Result<Vec<RecordedEvent>, LedgerError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: Vec<EventRow> = on_database!(self.database(), pool => sqlx::query_as(BY_TYPE).bind(self.id()).bind(aggregate_type).bind(after).fetch_all(pool).await)?;
        rows.into_iter().map(RecordedEvent::try_from).collect()
    }

    /// The same of three kinds of aggregates, in one order.
    ///
    /// # Errors
    /// When the database fails or an event can't be read.
    pub async fn read_types(
        &self,
        [one, two, three]: [&str; 3],
        after: u64,
    ) -> Result<Vec<RecordedEvent>, LedgerError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: Vec<EventRow> = on_database!(self.database(), pool => sqlx::query_as(BY_TYPES).bind(self.id()).bind(one).bind(after).bind(two).bind(three).fetch_all(pool).await)?;
        rows.into_iter().map(RecordedEvent::try_from).collect()
    }

    /// The events after a position, in order, at most `limit` (and never more than 10,000). An empty answer means the end.
    ///
    /// # Errors
    /// When the database fails or an event can't be read.
    pub async fn read(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, LedgerError> {
        self.rows(after, limit)
            .await?
            .into_iter()
            .map(RecordedEvent::try_from)
            .collect()
    }

    pub(crate) async fn rows(&self, after: u64, limit: usize) -> Result<Vec<EventRow>, LedgerError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = limit.min(PAGE_MAX) as i64;
        let read = async |sql, bound: i64| -> Result<Vec<EventRow>, sqlx::Error> {
            on_database!(self.database(), pool => sqlx::query_as(sql).bind(self.id()).bind(after).bind(bound).fetch_all(pool).await)
        };
        let page = read(BY_POSITION, after.saturating_add(limit)).await?;
        if page.is_empty() {
            return Ok(read(NEXT_BY_POSITION, limit).await?);
        }
        Ok(page)
    }

    /// One stream's events in order, optionally only those of a prefix of the ledger.
    ///
    /// # Errors
    /// When the database fails or an event can't be read.
    pub async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
        up_to: Option<u64>,
    ) -> Result<Vec<RecordedEvent>, LedgerError> {
        let up_to = up_to
            .and_then(|position| i64::try_from(position).ok())
            .unwrap_or(i64::MAX);
        let rows: Vec<EventRow> = on_database!(self.database(), pool => sqlx::query_as(BY_STREAM)
            .bind(self.id()).bind(aggregate_type).bind(aggregate_id.to_string()).bind(up_to).fetch_all(pool).await)?;
        rows.into_iter().map(RecordedEvent::try_from).collect()
    }

    /// The last position recorded up to the end of a day in Asia/Ho_Chi_Minh; 0 before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn position_at_end_of(&self, day: NaiveDate) -> Result<u64, LedgerError> {
        let end_of_day = end_of_vietnam_day(day);
        // Time never goes back from commit to commit, so they are halved instead of being indexed by it: an index would cost each commit.
        let (mut before, mut until) = (0, self.head().await?.position.cast_signed());
        while before < until {
            let middle = before + (until - before + 1) / 2;
            let commit: Option<(i64, i64, i64)> = on_database!(self.database(), pool => sqlx::query_as(COMMIT_OF)
                .bind(self.id()).bind(middle).fetch_optional(pool).await)?;
            match commit {
                Some((_, end, recorded_at)) if recorded_at < end_of_day => before = end,
                Some((start, ..)) => until = start - 1,
                None => break,
            }
        }
        Ok(before.unsigned_abs())
    }
}
