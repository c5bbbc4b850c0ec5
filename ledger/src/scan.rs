//! Reading a whole kind of aggregate, stream by stream: what builds read models anew. One stream after the other means that whoever folds
//! them keeps one aggregate in memory, however many there are.

use chrono::NaiveDate;
use sqlx::FromRow;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::{on_database, personal};

/// Events per page: a page is one statement, so no snapshot is held for long.
const PAGE: i64 = 5_000;
/// Pages read ahead of whoever folds them.
const PAGES_AHEAD: usize = 2;

/// The primary key is walked: `+ 0` keeps PostgreSQL from taking the positions' index instead. The personal part is looked up for each event,
/// or PostgreSQL might hash all of them for each page.
const AFTER: &str =
    "SELECT e.position, e.aggregate_id, e.sequence, e.event_type, e.event_version, e.recorded_at, e.occurred_on,
    e.actor, e.actor_role, e.actor_unit, CAST(e.payload AS text) AS payload,
    (SELECT p.content FROM personal_data p WHERE p.ledger = e.ledger AND p.position = e.position) AS content
FROM events e WHERE e.aggregate_type = $2 AND (e.aggregate_id, e.sequence) > ($3, $4) AND e.ledger = $1 AND e.position + 0 <= $5
ORDER BY e.aggregate_id, e.sequence LIMIT $6";

/// One step along the index for each type there is, instead of a walk over all events.
const TYPES: &str = "WITH RECURSIVE types (name) AS (
    SELECT min(aggregate_type) FROM events
    UNION ALL SELECT (SELECT min(e.aggregate_type) FROM events e WHERE e.aggregate_type > types.name) FROM types WHERE types.name IS NOT NULL)
SELECT name FROM types WHERE name IS NOT NULL";

/// An event as a scan finds it.
#[derive(Debug, Clone)]
pub struct ScannedEvent {
    /// Its place in the ledger's order.
    pub position: u64,
    /// The aggregate's id.
    pub aggregate_id: Uuid,
    /// Its number in its stream.
    pub sequence: u64,
    /// The event's kind.
    pub event_type: String,
    /// The version of the payload's form.
    pub event_version: String,
    /// When its commit was made, microseconds UTC.
    pub recorded_at: i64,
    /// The business date on the paper.
    pub occurred_on: NaiveDate,
    /// Account id of who acted.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// For which unit.
    pub unit: String,
    /// The content as JSON text, personal data joined back in.
    pub payload: String,
}

#[derive(FromRow)]
struct Row {
    position: i64,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    recorded_at: i64,
    occurred_on: NaiveDate,
    actor: String,
    actor_role: String,
    actor_unit: String,
    payload: String,
    content: Option<String>,
}

impl Row {
    fn event(self) -> Result<ScannedEvent, LedgerError> {
        let position = self.position.unsigned_abs();
        let damaged = |what: String| LedgerError::Damaged { position, what };
        let joined = personal::join(&self.payload, self.content.as_deref())
            .map_err(|error| damaged(format!("personal part: {error}")))?;
        let payload = match joined {
            std::borrow::Cow::Owned(joined) => joined,
            std::borrow::Cow::Borrowed(_) => self.payload,
        };
        Ok(ScannedEvent {
            position,
            aggregate_id: self
                .aggregate_id
                .parse()
                .map_err(|_| damaged("the aggregate id is no UUID".to_owned()))?,
            sequence: self.sequence.unsigned_abs(),
            event_type: self.event_type,
            event_version: self.event_version,
            recorded_at: self.recorded_at,
            occurred_on: self.occurred_on,
            actor: self.actor,
            role: self.actor_role,
            unit: self.actor_unit,
            payload,
        })
    }
}

/// A scan under way: a task reads ahead while its pages are taken.
#[derive(Debug)]
pub struct Scan(mpsc::Receiver<Result<Vec<ScannedEvent>, LedgerError>>);

impl Scan {
    /// The next page, never empty; `None` at the end.
    ///
    /// # Errors
    /// When the database fails or an event is damaged; the scan has ended then.
    pub async fn next(&mut self) -> Result<Option<Vec<ScannedEvent>>, LedgerError> {
        match self.0.recv().await {
            // An empty page is the reader's last word: without it, it died.
            Some(Ok(page)) if page.is_empty() => Ok(None),
            Some(page) => page.map(Some),
            None => Err(LedgerError::Closed),
        }
    }
}

impl Ledger {
    /// Reads all events of a kind of aggregate up to a position, ordered by stream and sequence.
    #[must_use]
    pub fn scan(&self, aggregate_type: &str, until: u64) -> Scan {
        let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
        let (ledger, aggregate_type) = (self.clone(), aggregate_type.to_owned());
        tokio::spawn(async move {
            let mut after = (String::new(), 0);
            loop {
                let page = ledger.scan_page(&aggregate_type, &mut after, until).await;
                let last = page.as_ref().is_ok_and(Vec::is_empty) || page.is_err();
                if sender.send(page).await.is_err() || last {
                    return;
                }
            }
        });
        Scan(receiver)
    }

    async fn scan_page(
        &self,
        aggregate_type: &str,
        after: &mut (String, i64),
        until: u64,
    ) -> Result<Vec<ScannedEvent>, LedgerError> {
        let until = i64::try_from(until).unwrap_or(i64::MAX);
        let rows: Vec<Row> = on_database!(self.database(), pool => sqlx::query_as(AFTER).bind(self.id()).bind(aggregate_type)
            .bind(&after.0).bind(after.1).bind(until).bind(PAGE).fetch_all(pool).await)?;
        if let Some(last) = rows.last() {
            *after = (last.aggregate_id.clone(), last.sequence);
        }
        rows.into_iter().map(Row::event).collect()
    }

    /// The kinds of aggregates in this database (of all its ledgers).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn aggregate_types(&self) -> Result<Vec<String>, LedgerError> {
        Ok(on_database!(self.database(), pool => sqlx::query_scalar(TYPES).fetch_all(pool).await)?)
    }
}
