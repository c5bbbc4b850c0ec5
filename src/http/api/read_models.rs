//! The read models as they are: inbox, budget, timeline, funnel.

use axum::Json;
use axum::extract::{Path, State};
use dean_aggregates::places::PlaceMap;
use dean_aggregates::reminder::Left;
use dean_projections::{BudgetFilter, BudgetRow, Cursor, FunnelRow, InboxRow, Page, ProjectFilter, TimelineRow};
use serde::{Deserialize, Serialize};

use crate::engine::place_sums::{self, By, PlaceSum};
use crate::engine::time_left;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::{Paging, Query, freshness, project_id};
use crate::web::words;

/// Whose inbox.
#[derive(Debug, Deserialize)]
pub struct InboxQuery {
    role: Option<String>,
    unit: Option<String>,
}

/// What waits, by role and unit, soonest due first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "read models",
    params(("role" = Option<String>, Query), ("unit" = Option<String>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn inbox(
    State(app): State<App>,
    Query(query): Query<InboxQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<InboxEntry>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let after = cursor(&paging);
    let page = app
        .engine
        .read_models()
        .inbox(query.role.as_deref(), query.unit.as_deref(), after, paging.limit())
        .await?;
    let timetable = app.engine.rulebook().await?.timetable();
    let today = app.engine.ledger().environment().today();
    let with_time_left = |row: InboxRow| InboxEntry {
        left: row.due_on.map(|due_on| time_left(&timetable, today, due_on)),
        row,
    };
    Ok(Json(Page {
        rows: page.rows.into_iter().map(with_time_left).collect(),
        next: page.next,
    }))
}

/// What waits, with the time left as of today: computed when asked, never stored.
#[derive(Debug, Serialize)]
pub struct InboxEntry {
    #[serde(flatten)]
    row: InboxRow,
    /// Working days, or calendar days and the year whose calendar is missing.
    left: Option<Left>,
}

/// Level × year × province × activity × source: approved, disbursed, settled, refunded (đồng), disbursement rate (basis points).
#[utoipa::path(get, path = "/api/v1/budget", tag = "read models",
    params(("level" = Option<String>, Query), ("year" = Option<u16>, Query), ("province" = Option<String>, Query), ("activity" = Option<String>, Query), ("source" = Option<String>, Query), ("map" = Option<String>, Query, description = "event-day: provinces as they were recorded; today: as they are now"), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn budget(
    State(app): State<App>,
    Query(mut filter): Query<BudgetFilter>,
    Query(map): Query<MapQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Vec<BudgetRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let (places, today) = (
        app.engine.rulebook().await?.places(),
        app.engine.ledger().environment().today(),
    );
    place_sums::widen_budget(&mut filter, &places, map.map, today);
    let rows = app.engine.read_models().budget(&filter).await?;
    Ok(Json(match map.map {
        PlaceMap::EventDay => rows,
        PlaceMap::Today => place_sums::on_todays_map(rows, &places, today),
    }))
}

/// Which map.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MapQuery {
    map: PlaceMap,
    by: By,
}

/// Money by province or region: on the map of the day on which the place was recorded, or on today's.
#[utoipa::path(get, path = "/api/v1/budget/places", tag = "read models",
    params(("map" = Option<String>, Query, description = "event-day or today"), ("by" = Option<String>, Query, description = "province or region"), ("level" = Option<String>, Query), ("year" = Option<u16>, Query), ("province" = Option<String>, Query), ("activity" = Option<String>, Query), ("source" = Option<String>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn budget_by_place(
    State(app): State<App>,
    Query(mut filter): Query<BudgetFilter>,
    Query(map): Query<MapQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Vec<PlaceSum>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let (places, today) = (
        app.engine.rulebook().await?.places(),
        app.engine.ledger().environment().today(),
    );
    place_sums::widen_budget(&mut filter, &places, map.map, today);
    let rows = app
        .engine
        .read_models()
        .budget_by_place(&filter, &places.changes())
        .await?;
    Ok(Json(place_sums::by_place(&rows, &places, (map.map, map.by), today)))
}

/// How many projects are in which phase.
#[utoipa::path(get, path = "/api/v1/funnel", tag = "read models", responses((status = 200, body = Object)))]
pub async fn funnel(
    State(app): State<App>,
    Query(filter): Query<ProjectFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Vec<FunnelRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    Ok(Json(app.engine.read_models().funnel(&filter).await?))
}

/// A step with what the unit was called on its day.
#[derive(Debug, Serialize)]
pub struct TimelineEntry {
    #[serde(flatten)]
    row: TimelineRow,
    /// Name of the unit on the day of the event; its id where no list names it.
    unit_name: String,
}

/// Each step of a project: who, when, how long against its deadline.
#[utoipa::path(get, path = "/api/v1/projects/{id}/timeline", tag = "read models", params(("id" = uuid::Uuid, Path), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn timeline(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Vec<TimelineEntry>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let rows = app.engine.read_models().timeline(project_id(&id)?).await?;
    let rulebook = app.engine.rulebook().await?;
    let named = |row: TimelineRow| TimelineEntry {
        unit_name: words::unit(&rulebook, &row.unit, row.occurred_on),
        row,
    };
    Ok(Json(rows.into_iter().map(named).collect()))
}

/// The cursor of a page; it is judged when it is used.
pub fn cursor(paging: &Paging) -> Option<Cursor> {
    paging.after.clone().map(Cursor::new)
}
