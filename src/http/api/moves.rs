//! Moving a running project to a newer version of its lifecycle.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dean_aggregates::project::action::LifecycleMove;
use serde::Deserialize;

use super::filed::{Filed, below_details};
use super::steps::{StepAnswer, answer};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::project_id;
use crate::http::receipt::IfMatch;

/// Where to, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveDetails {
    /// A published version of the same lifecycle, newer than the one that holds: `GET /lifecycles` lists them.
    version: String,
    /// Căn cứ.
    reason: String,
}

/// Moves a running project to a newer version of its lifecycle (`LifecycleMoved`). Refused where the project could not go on there, and for
/// a version that was replaced by the present one or before it.
#[utoipa::path(post, path = "/api/v1/projects/{id}/lifecycle", tag = "commands", request_body = Filed<MoveDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = StepAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn move_to(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<MoveDetails>>,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let to = LifecycleMove {
        version: details.version,
        reason: details.reason,
    };
    let taken = app
        .engine
        .move_to(project, to, submission)
        .await
        .map_err(below_details)?;
    answer(&app, taken, StatusCode::OK).await
}
