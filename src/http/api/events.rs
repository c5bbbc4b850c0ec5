//! The event feed: CloudEvents 1.0 in ledger order, as JSON pages or as a resumable stream of server-sent events.
//!
//! Positions are gap-free and equal commit order, so a reader that keeps the last position it has handled misses nothing, ever. The
//! feed carries the sealed payload, in which personal data are references only.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use dean_ledger::{Ledger, RecordedEvent};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;

const PAGE_EVENTS: usize = 100;
const PAGE_EVENTS_MAX: usize = 1_000;
/// Streams that read at the same time: thousands of readers leave the database's connections to whoever acts.
const STREAM_READS_MAX: usize = 2;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

static STREAM_READS: Semaphore = Semaphore::const_new(STREAM_READS_MAX);

/// Where to start and how much to read.
#[derive(Debug, Deserialize)]
pub struct FeedQuery {
    /// The last position that the reader has handled; 0 for the beginning.
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// A page of the feed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EventPage {
    /// CloudEvents.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
    /// What to pass as `after` for the next page.
    pub next: u64,
    /// The ledger's last position.
    pub head: u64,
}

/// Events in ledger order. With `Accept: text/event-stream` it stays open and goes on; `Last-Event-ID` resumes.
#[utoipa::path(get, path = "/api/v1/events", tag = "feed",
    params(("after" = Option<u64>, Query, description = "last position handled"), ("limit" = Option<usize>, Query),
           ("last-event-id" = Option<u64>, Header)),
    responses((status = 200, body = EventPage)))]
pub async fn feed(
    State(app): State<App>,
    Query(query): Query<FeedQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ledger = app.engine.ledger();
    let wants_stream = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream"));
    if wants_stream {
        let after = match headers.get("last-event-id") {
            Some(id) => {
                let position = id.to_str().ok().and_then(|text| text.parse().ok());
                position.ok_or_else(|| {
                    Problem::new(StatusCode::BAD_REQUEST, "invalid-filter")
                        .field("last-event-id")
                        .param("reason", "last-event-id")
                })?
            }
            None => query.after,
        };
        return Ok(stream(ledger.clone(), after, app.shutdown.clone()).into_response());
    }
    let limit = query.limit.unwrap_or(PAGE_EVENTS).clamp(1, PAGE_EVENTS_MAX);
    let events = ledger.read(query.after, limit).await?;
    let next = events.last().map_or(query.after, |last| last.position);
    let events = events.iter().map(|event| cloud_event(ledger, event)).collect();
    Ok(Json(EventPage {
        events,
        next,
        head: ledger.head().await?.position,
    })
    .into_response())
}

/// One task per reader pages behind the ledger; a slow reader holds back only itself (a bounded channel), and a failed read ends the
/// stream, so that the reader reconnects with its last id instead of believing that nothing happened.
fn stream(
    ledger: Ledger,
    after: u64,
    mut shutdown: tokio::sync::watch::Receiver<bool>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (feed, events) = mpsc::channel::<Event>(PAGE_EVENTS);
    tokio::spawn(async move {
        let mut head = ledger.watch();
        let mut after = after;
        loop {
            let turn = STREAM_READS.acquire().await;
            let read = ledger.read(after, PAGE_EVENTS).await;
            drop(turn);
            let page = match read {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, after, "the event feed could not read on");
                    return;
                }
            };
            for recorded in &page {
                after = recorded.position;
                let event = Event::default()
                    .id(after.to_string())
                    .data(cloud_event(&ledger, recorded).to_string());
                if feed.send(event).await.is_err() {
                    return;
                }
            }
            if page.is_empty() {
                tokio::select! {
                    changed = head.wait_for(|position| *position > after) => if changed.is_err() { return },
                    () = feed.closed() => return,
                    _ = shutdown.wait_for(|stop| *stop) => return,
                }
            }
        }
    });
    let stream = futures_util::stream::unfold(events, |mut events| async {
        events.recv().await.map(|event| (Ok(event), events))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn cloud_event(ledger: &Ledger, event: &RecordedEvent) -> Value {
    let time = DateTime::from_timestamp_micros(event.recorded_at)
        .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
    json!({
        "specversion": "1.0",
        "id": event.position.to_string(),
        "source": format!("/ledgers/{}", ledger.id()),
        "type": format!("dean.{}.{}", event.aggregate_type.to_lowercase(), event.event_type),
        "subject": event.aggregate_id,
        "time": time,
        "datacontenttype": "application/json",
        "dataversion": event.event_version,
        "sequence": event.sequence,
        "occurredon": event.occurred_on,
        "data": serde_json::from_str::<Value>(&event.payload_text).unwrap_or(Value::Null),
    })
}
