//! Batches: candidates, their legal order, and decisions on many đề án at once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dean_aggregates::batch::Batch;
use dean_aggregates::batch::candidate::TradeGround;
use dean_aggregates::batch::command::Item;
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::money::Dong;
use dean_aggregates::project::papers::Decision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filed::{Filed, below_details};
use super::plans::{ActAnswer, answer};
use super::projects::AsOfQuery;
use crate::engine::{Acted, Nomination, PlanError};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::{Query, project_id};
use crate::http::receipt::{IfMatch, etag};

/// Another ceiling.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CeilingDetails {
    /// Hạn mức from now on, đồng.
    #[schema(value_type = i64)]
    ceiling: Dong,
    /// Lý do.
    reason: String,
}

/// A new candidate.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateDetails {
    /// The project.
    project: Uuid,
    /// The grounds on which its trade has priority (NĐ 45/2012 Đ6.2): `representative-product`, `key-industry`, `export-market`,
    /// `local-materials`, `many-workers`, `mechanics`, `agricultural-chemicals`, `food-processing`, `supporting-industry`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    grounds: Vec<TradeGround>,
}

/// Why a candidate is taken out.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemovalDetails {
    /// Lý do.
    reason: String,
}

/// How to rank.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RankingDetails {
    /// Where the law leaves a choice: `several_places` (`highest`, `most-support`), `clean_production` (`after`, `before`).
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: RankingSettings,
    /// Judgements on candidates that are equal by every criterion: `order` (project ids, best first) and `reason`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    ties: Vec<TieJudgement>,
}

/// A decision.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionDetails {
    /// Quyết định: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// What it does to each đề án: `project`, `step` (found by what is done where absent) and `what`: `{"approve": {"lines": []}}`,
    /// `{"add": {"lines": [], "reason": "…"}}`, `{"stop": {"on_request": true, "reason": "…"}}`,
    /// `{"adjust": {"lines": [{"line": 1, "support": 200000000}], "reason": "…"}}`.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Item>,
}

/// A batch as of some point.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BatchDocument {
    /// Id: made from plan and number.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// The whole aggregate.
    #[schema(value_type = Object)]
    pub batch: Batch,
}

/// The batch's id in an address; anything else is a batch that does not exist.
fn batch_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| no_such_batch())
}

fn no_such_batch() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-batch")
}

fn answered(acted: Result<Acted, PlanError>) -> Result<Response, Problem> {
    let acted = acted.map_err(below_details)?;
    Ok(answer(&acted, StatusCode::OK, &format!("batches/{}", acted.id)))
}

/// One batch, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/batches/{id}", tag = "batches",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = BatchDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let view = app.engine.batch(batch_id(&id)?, query.as_of()?).await?;
    let view = view.ok_or_else(no_such_batch)?;
    let version = view.version;
    let body = BatchDocument {
        id: view.id,
        version,
        position: view.position,
        batch: view.aggregate,
    };
    Ok(([(header::ETAG, etag(version))], Json(body)).into_response())
}

/// Changes the ceiling (`CeilingChanged`, and `BatchCeilingChanged` in the plan).
#[utoipa::path(post, path = "/api/v1/batches/{id}/ceiling", tag = "batches", request_body = Filed<CeilingDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn ceiling(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<CeilingDetails>>,
) -> Result<Response, Problem> {
    let id = batch_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let to = (details.ceiling, details.reason);
    answered(app.engine.change_ceiling(id, to, submission).await)
}

/// Adds a candidate (`CandidateAdded`): a project of the same programme, authority and year that waits for its approval.
#[utoipa::path(post, path = "/api/v1/batches/{id}/candidates", tag = "batches", request_body = Filed<CandidateDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn nominate(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<CandidateDetails>>,
) -> Result<Response, Problem> {
    let id = batch_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let nomination = Nomination {
        project: details.project,
        grounds: details.grounds,
    };
    answered(app.engine.nominate(id, nomination, submission).await)
}

/// Takes a candidate out (`CandidateRemoved`).
#[utoipa::path(post, path = "/api/v1/batches/{id}/candidates/{project}/removal", tag = "batches", request_body = Filed<RemovalDetails>,
    params(("id" = Uuid, Path), ("project" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn remove(
    State(app): State<App>,
    Path((id, project)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<RemovalDetails>>,
) -> Result<Response, Problem> {
    let (id, project) = (batch_id(&id)?, project_id(&project)?);
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let removed = (project, details.reason);
    answered(app.engine.remove_candidate(id, removed, submission).await)
}

/// Ranks the candidates by the legal order (`CandidatesRanked`); what put each before the next is recorded.
#[utoipa::path(post, path = "/api/v1/batches/{id}/ranking", tag = "batches", request_body = Filed<RankingDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn rank(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<RankingDetails>>,
) -> Result<Response, Problem> {
    let id = batch_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let how = (details.settings, details.ties);
    answered(app.engine.rank(id, how, submission).await)
}

/// Records a decision paper (`BatchDecided`, `DecisionBooked` in the plan, one event of each đề án): all of it or nothing.
#[utoipa::path(post, path = "/api/v1/batches/{id}/decisions", tag = "batches", request_body = Filed<DecisionDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn decide(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<DecisionDetails>>,
) -> Result<Response, Problem> {
    let id = batch_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let decided = (details.decision, details.items);
    answered(app.engine.decide_batch(id, decided, submission).await)
}
