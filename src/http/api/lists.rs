//! Plans, batches, contracts, inspections, findings and reminders as the read models list them.

use axum::Json;
use axum::extract::{Path, State};
use dean_projections::{
    BatchRow, ContractFilter, ContractRow, FindingFilter, FindingRow, InspectionFilter, InspectionRow, Page,
    PlanFilter, PlanRow, ReminderFilter, ReminderRow,
};
use uuid::Uuid;

use super::read_models::cursor;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::{Paging, Query, freshness};

/// Plans: estimate, ceilings, what is listed, approved and given back; the latest year first.
#[utoipa::path(get, path = "/api/v1/plans", tag = "read models",
    params(("level" = Option<String>, Query), ("province" = Option<String>, Query), ("year" = Option<u16>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn plans(
    State(app): State<App>,
    Query(filter): Query<PlanFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PlanRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let models = app.engine.read_models();
    Ok(Json(models.plans(&filter, cursor(&paging), paging.limit()).await?))
}

/// The batches of a plan: state, ceiling, what is listed and approved, what its đề án were paid.
#[utoipa::path(get, path = "/api/v1/plans/{id}/batches", tag = "read models", params(("id" = Uuid, Path), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn batches(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Vec<BatchRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let none = |_| Problem::new(axum::http::StatusCode::NOT_FOUND, "no-such-plan");
    let plan = Uuid::parse_str(&id).map_err(none)?;
    Ok(Json(app.engine.read_models().batches_of(plan).await?))
}

/// Contracts over several đề án: parties, money, settlement clock; the latest first.
#[utoipa::path(get, path = "/api/v1/contracts", tag = "read models",
    params(("text" = Option<String>, Query), ("level" = Option<String>, Query), ("state" = Option<String>, Query, description = "`running`, `settling`, `concluded` or `liquidated`"), ("overdue_on" = Option<chrono::NaiveDate>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn contracts(
    State(app): State<App>,
    Query(filter): Query<ContractFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ContractRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let models = app.engine.read_models();
    Ok(Json(models.contracts(&filter, cursor(&paging), paging.limit()).await?))
}

/// Inspections, those with open findings first.
#[utoipa::path(get, path = "/api/v1/inspections", tag = "read models",
    params(("state" = Option<String>, Query, description = "`running` or `concluded`"), ("authority" = Option<String>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn inspections(
    State(app): State<App>,
    Query(filter): Query<InspectionFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<InspectionRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let models = app.engine.read_models();
    Ok(Json(
        models.inspections(&filter, cursor(&paging), paging.limit()).await?,
    ))
}

/// Findings of all inspections: owner, due day, money; the soonest due first.
#[utoipa::path(get, path = "/api/v1/findings", tag = "read models",
    params(("status" = Option<String>, Query, description = "`open`, `remedied` or `handed-on`"), ("project" = Option<Uuid>, Query), ("owner" = Option<String>, Query), ("overdue_on" = Option<chrono::NaiveDate>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn findings(
    State(app): State<App>,
    Query(filter): Query<FindingFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<FindingRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let models = app.engine.read_models();
    Ok(Json(models.findings(&filter, cursor(&paging), paging.limit()).await?))
}

/// Reminders with whom they have reached; the latest first.
#[utoipa::path(get, path = "/api/v1/reminders", tag = "read models",
    params(("state" = Option<String>, Query, description = "`waiting`, `partly`, `delivered` or `withdrawn`"), ("level" = Option<String>, Query), ("project" = Option<Uuid>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object)))]
pub async fn reminders(
    State(app): State<App>,
    Query(filter): Query<ReminderFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ReminderRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let models = app.engine.read_models();
    Ok(Json(models.reminders(&filter, cursor(&paging), paging.limit()).await?))
}
