//! `/nhat-ky`: the ledger's events by position.

use axum::extract::State;
use axum::response::Response;
use dean_ledger::RecordedEvent;
use serde::Deserialize;

use crate::engine::Rulebook;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::web::views::{LogPage, LogRow};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u64 = 50;

/// Where to start.
#[derive(Debug, Default, Deserialize)]
pub struct From {
    from: Option<u64>,
}

/// Shows a page of events; the last one when nothing is asked for.
pub async fn show(page: Page, State(app): State<App>, Query(asked): Query<From>) -> Result<Response, Problem> {
    let ledger = app.engine.ledger();
    let head = ledger.head().await?.position;
    let last_page = head.saturating_sub(PAGE_ROWS - 1).max(1);
    let from = asked.from.unwrap_or(last_page).max(1);
    let rulebook = app.engine.rulebook().await?;
    let events = ledger
        .read(from - 1, usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX))
        .await?;
    let link = |from: u64| format!("/nhat-ky?from={from}");
    let next = from.saturating_add(PAGE_ROWS);
    Ok(rendered(&LogPage {
        from,
        head,
        rows: events.iter().map(|event| row(&page, &rulebook, event)).collect(),
        earlier: (from > 1).then(|| link(from.saturating_sub(PAGE_ROWS).max(1))),
        later: (next <= head).then(|| link(next)),
        p: page.chrome,
    }))
}

fn row(page: &Page, rulebook: &Rulebook, event: &RecordedEvent) -> LogRow {
    let lang = page.lang();
    let is_project = event.aggregate_type == "Project";
    let text = |name: &str| {
        event
            .payload
            .get(name)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let about = if is_project {
        // The code stands in the first event only; the address finds the project from any.
        event
            .payload
            .pointer("/what/Drafted/code")
            .or_else(|| event.payload.pointer("/what/Imported/drafted/code"))
            .and_then(serde_json::Value::as_str)
            .map_or_else(|| page.chrome.t("project"), str::to_owned)
    } else {
        format!("{} {}", text("code"), text("version"))
    };
    LogRow {
        position: event.position,
        event: words::event(lang, &event.event_type),
        about: format!("{about} · {}", page.chrome.t1("event-number", "number", event.sequence)),
        href: is_project.then(|| format!("/de-an/{}?at={}", event.aggregate_id, event.position)),
        who: format!(
            "{}, {}",
            words::role(lang, &event.actor.role),
            words::unit(rulebook, &event.actor.unit, event.occurred_on)
        ),
        actor_id: event.actor.id.clone(),
        occurred_on: format::date(event.occurred_on),
        recorded_at: format::moment(event.recorded_at),
    }
}
