//! Plans: the estimate of a programme, authority and year, and the batches opened in it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Plan;
use dean_aggregates::plan::command::{EstimateChange, PlanKey};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::papers::Decision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filed::{Filed, below_details};
use super::projects::AsOfQuery;
use crate::engine::Acted;
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::receipt::{IfMatch, etag};

/// A new plan.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDetails {
    /// Programme: `national` or `local`.
    #[schema(value_type = String)]
    level: Level,
    /// Province of a local programme.
    #[serde(default)]
    province: Option<String>,
    /// Năm kế hoạch.
    year: u16,
    /// Dự toán được giao, đồng.
    #[schema(value_type = i64)]
    amount: Dong,
    /// Quyết định giao dự toán: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
}

/// Another estimate.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateDetails {
    /// Dự toán from now on, đồng.
    #[schema(value_type = i64)]
    amount: Dong,
    /// Quyết định: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// Lý do.
    reason: String,
}

/// A new batch.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchDetails {
    /// Đợt số, from 1.
    number: u16,
    /// Hạn mức, đồng.
    #[schema(value_type = i64)]
    ceiling: Dong,
}

/// A plan as of some point.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlanDocument {
    /// Id: made from programme, authority and year.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// The whole aggregate.
    #[schema(value_type = Object)]
    pub plan: Plan,
}

/// The answer to an accepted command on a plan or a batch. A retry with the same `Idempotency-Key` gets the same answer, with `repeated`
/// set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActAnswer {
    /// The plan or the batch that the command was for.
    pub id: Uuid,
    /// Its version after it; also the `ETag`.
    pub version: u64,
    /// The batch that a command on a plan opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Uuid>,
    /// All that the command changed.
    pub changed: Vec<ChangedDocument>,
    /// Ledger position of the last event.
    pub position: u64,
    /// Time of recording, microseconds UTC.
    pub recorded_at: i64,
    /// The receipt's id.
    pub command: Uuid,
    /// Whether this is the stored answer to an earlier, equal request.
    pub repeated: bool,
}

/// An aggregate that a command changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangedDocument {
    /// Its kind, such as `Plan`, `Contract`, `Project` or `Claim`.
    pub aggregate: String,
    /// Its id.
    pub id: Uuid,
    /// Its version after the command.
    pub version: u64,
}

/// The plan's id in an address; anything else is a plan that does not exist.
fn plan_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| no_such_plan())
}

fn no_such_plan() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-plan")
}

/// Opens the plan of a programme, authority and year with its estimate (`EstimateAssigned`).
#[utoipa::path(post, path = "/api/v1/plans", tag = "plans", request_body = Filed<PlanDetails>,
    params(("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters")),
    responses((status = 201, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 409, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn open(
    State(app): State<App>,
    RequiredActor(actor): RequiredActor,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<PlanDetails>>,
) -> Result<Response, Problem> {
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, None).await?;
    let key = PlanKey {
        level: details.level,
        province: details.province,
        year: details.year,
    };
    let estimate = (details.amount, details.decision);
    let acted = app
        .engine
        .open_plan(key, estimate, submission)
        .await
        .map_err(below_details)?;
    Ok(answer(&acted, StatusCode::CREATED, &format!("plans/{}", acted.id)))
}

/// Raises or cuts the estimate (`EstimateChanged`). A cut below what is approved is recorded with a flag.
#[utoipa::path(post, path = "/api/v1/plans/{id}/estimate", tag = "plans", request_body = Filed<EstimateDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn estimate(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<EstimateDetails>>,
) -> Result<Response, Problem> {
    let id = plan_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let change = EstimateChange {
        amount: details.amount,
        decision: details.decision,
        reason: details.reason,
    };
    let acted = app
        .engine
        .change_estimate(id, change, submission)
        .await
        .map_err(below_details)?;
    Ok(answer(&acted, StatusCode::OK, &format!("plans/{id}")))
}

/// Opens a batch in the plan (`BatchOpened`, and `BatchReserved` in the plan).
#[utoipa::path(post, path = "/api/v1/plans/{id}/batches", tag = "plans", request_body = Filed<BatchDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the plan's version that the caller saw, as an entity tag")),
    responses((status = 201, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn open_batch(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<BatchDetails>>,
) -> Result<Response, Problem> {
    let id = plan_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let batch = (details.number, details.ceiling);
    let acted = app
        .engine
        .open_batch(id, batch, submission)
        .await
        .map_err(below_details)?;
    let location = acted
        .batch()
        .map_or_else(|| format!("plans/{id}"), |batch| format!("batches/{batch}"));
    Ok(answer(&acted, StatusCode::CREATED, &location))
}

/// One plan, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/plans/{id}", tag = "plans",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = PlanDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let view = app.engine.plan(plan_id(&id)?, query.as_of()?).await?;
    let view = view.ok_or_else(no_such_plan)?;
    let version = view.version;
    let body = PlanDocument {
        id: view.id,
        version,
        position: view.position,
        plan: view.aggregate,
    };
    Ok(([(header::ETAG, etag(version))], Json(body)).into_response())
}

/// The answer to an accepted command; `location` is below `/api/v1/`.
pub fn answer(acted: &Acted, status: StatusCode, location: &str) -> Response {
    let receipt = &acted.receipt;
    let body = ActAnswer {
        id: acted.id,
        version: acted.version,
        batch: acted.batch().filter(|batch| *batch != acted.id),
        changed: receipt
            .streams
            .iter()
            .map(|stream| ChangedDocument {
                aggregate: stream.aggregate_type.clone(),
                id: stream.aggregate_id,
                version: stream.version,
            })
            .collect(),
        position: receipt.position,
        recorded_at: receipt.recorded_at,
        command: receipt.command_id,
        repeated: receipt.repeated,
    };
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::ETAG, etag(acted.version));
    if let Ok(location) = format!("/api/v1/{location}").parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
