//! Commands: drafting a project and taking its steps.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use dean_aggregates::project::action::Action;
use dean_aggregates::project::papers::Paper;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::filed::below_details;
use crate::engine::{AsOf, Ask, Taken};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::{JsonBody, typed};
use crate::http::problem::Problem;
use crate::http::query::project_id;
use crate::http::receipt::{IfMatch, command_id, etag};

/// A request to take a step.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// Business date: the date on the paper, not in the future.
    pub occurred_on: NaiveDate,
    /// What the step needs; which fields those are, `GET /projects/{id}/steps` tells.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// Papers filed with the step.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default)]
    pub note: String,
}

/// The answer to an accepted command. A retry with the same `Idempotency-Key` gets the same answer, with `repeated` set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StepAnswer {
    /// The project.
    pub project: Uuid,
    /// Its version after the step; also the `ETag`.
    pub version: u64,
    /// Ledger position of the last event; read models that have reached it show the step.
    pub position: u64,
    /// Time of recording, microseconds UTC.
    pub recorded_at: i64,
    /// The receipt's id.
    pub command: Uuid,
    /// Whether this is the stored answer to an earlier, equal request.
    pub repeated: bool,
    /// Where the project stands now.
    #[schema(value_type = Option<Object>)]
    pub standing: Option<dean_aggregates::project::standing::Standing>,
}

/// Drafts a project (`Drafted`). The lifecycle is the newest in force on `occurred_on` for the level.
#[utoipa::path(post, path = "/api/v1/projects", tag = "commands", request_body = StepRequest,
    params(("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters")),
    responses((status = 201, body = StepAnswer), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 403, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn draft(
    State(app): State<App>,
    RequiredActor(actor): RequiredActor,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<StepRequest>,
) -> Result<Response, Problem> {
    let action = action_of("draft", &value)?;
    let Action::Draft(draft) = &action else {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-step"));
    };
    let (level, province) = (draft.level, draft.province.clone());
    let ask = ask(&app, "draft", action, value, actor, request_sha256, &headers, None).await?;
    let taken = app.engine.draft(level, &province, ask).await.map_err(below_details)?;
    answer(&app, taken, StatusCode::CREATED).await
}

/// Takes a step of a project. Which steps its lifecycle allows now, `GET /projects/{id}/steps` tells.
#[utoipa::path(post, path = "/api/v1/projects/{id}/steps/{step}", tag = "commands", request_body = StepRequest,
    params(("id" = Uuid, Path), ("step" = String, Path, description = "step id of the project's lifecycle"),
           ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = StepAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn take(
    State(app): State<App>,
    Path((id, step)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected_version): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<StepRequest>,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let kind = app.engine.step_kind(project, &step).await?;
    let action = action_of(kind.as_str(), &value)?;
    let ask = ask(
        &app,
        &step,
        action,
        value,
        actor,
        request_sha256,
        &headers,
        expected_version,
    )
    .await?;
    let taken = app.engine.take_step(project, ask).await.map_err(below_details)?;
    answer(&app, taken, StatusCode::OK).await
}

/// The details become the action of the step's kind; a refusal names the field below `details`.
fn action_of(kind: &str, request: &StepRequest) -> Result<Action, Problem> {
    typed(json!({ kind: request.details })).map_err(|problem| {
        let field = problem
            .field
            .as_deref()
            .and_then(|field| field.strip_prefix(kind))
            .unwrap_or_default();
        let field = format!("details{field}");
        problem.param("field", &field).field(field)
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is a different part of one request; bundling them would only rename it"
)]
async fn ask(
    app: &App,
    step: &str,
    action: Action,
    request: StepRequest,
    actor: dean_aggregates::actor::Actor,
    request_sha256: [u8; 32],
    headers: &HeaderMap,
    expected_version: Option<u64>,
) -> Result<Ask, Problem> {
    Ok(Ask {
        command_id: command_id(headers, &actor.id, app.engine.ledger()).await?,
        step: step.to_owned(),
        action,
        papers: request.papers,
        note: request.note,
        occurred_on: request.occurred_on,
        actor,
        request_sha256,
        expected_version,
        channel: "api",
    })
}

/// What a step has come to.
pub async fn answer(app: &App, taken: Taken, status: StatusCode) -> Result<Response, Problem> {
    let view = app
        .engine
        .project(taken.project, AsOf::Position(taken.receipt.position))
        .await?;
    let body = StepAnswer {
        project: taken.project,
        version: taken.version,
        position: taken.receipt.position,
        recorded_at: taken.receipt.recorded_at,
        command: taken.receipt.command_id,
        repeated: taken.receipt.repeated,
        standing: view.map(|view| view.project.standing().clone()),
    };
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::ETAG, etag(taken.version));
    if let Ok(location) = format!("/api/v1/projects/{}", taken.project).parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
