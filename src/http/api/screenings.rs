//! Screening of a project for double support: what it holds, which other projects it met, the rulings.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dean_aggregates::screening::{FiledInvoice, FiledMachine, ItemsToFile, Screening};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filed::{Filed, below_details};
use super::plans::{ActAnswer, answer};
use super::projects::AsOfQuery;
use crate::engine::{Acted, PlanError};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::{Query, project_id};
use crate::http::receipt::{IfMatch, etag};

/// A ruling.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulingDetails {
    /// Whether it is one and the same expense item (cùng một nội dung chi).
    same: bool,
    /// Lý do.
    reason: String,
}

/// Things to file.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemsDetails {
    /// Hóa đơn: `line`, `symbol`, `number`, `seller` (the seller's tax code).
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    invoices: Vec<FiledInvoice>,
    /// Máy: `line`, `serial`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    machines: Vec<FiledMachine>,
}

/// A screening as of some point.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ScreeningDocument {
    /// The project.
    pub project: Uuid,
    /// Number of the screening's events up to that point; 0: nothing was screened.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// Whether money may not be committed or paid: a flag is open, or was ruled to be the same expense item.
    pub blocked: bool,
    /// The whole aggregate.
    #[schema(value_type = Object)]
    pub screening: Screening,
}

fn answered(project: Uuid, acted: Result<Acted, PlanError>) -> Result<Response, Problem> {
    let acted = acted.map_err(|error| match error {
        // Here the address names the project.
        PlanError::NoSuchProject { project, .. } => Problem::no_such_project(project),
        error => below_details(error),
    })?;
    Ok(answer(&acted, StatusCode::OK, &format!("projects/{project}/screening")))
}

/// A project's screening, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/projects/{id}/screening", tag = "projects",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = ScreeningDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let as_of = query.as_of()?;
    let view = app.engine.screening(project, as_of).await?;
    let body = match view {
        Some(view) => ScreeningDocument {
            project,
            version: view.version,
            position: view.position,
            blocked: view.aggregate.check("").is_err(),
            screening: view.aggregate,
        },
        None => {
            let known = app.engine.project(project, as_of).await?;
            let known = known.ok_or_else(|| Problem::no_such_project(project))?;
            ScreeningDocument {
                project,
                version: 0,
                position: known.position,
                blocked: false,
                screening: Screening::default(),
            }
        }
    };
    Ok(([(header::ETAG, etag(body.version))], Json(body)).into_response())
}

/// Files invoices and machines of support lines (`ItemsFiled`) and screens the project (`SupportScreened`). Without any, it only screens.
#[utoipa::path(post, path = "/api/v1/projects/{id}/screening/items", tag = "commands", request_body = Filed<ItemsDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the screening's version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn file(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<ItemsDetails>>,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let items = ItemsToFile {
        invoices: details.invoices,
        machines: details.machines,
    };
    answered(project, app.engine.file_items(project, items, submission).await)
}

/// Rules on a flag (`DoubleSupportRuled`); the papers of the request are its evidence.
#[utoipa::path(post, path = "/api/v1/projects/{id}/screening/flags/{flag}/ruling", tag = "commands", request_body = Filed<RulingDetails>,
    params(("id" = Uuid, Path), ("flag" = u16, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the screening's version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn rule(
    State(app): State<App>,
    Path((id, flag)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<RulingDetails>>,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let flag = flag
        .parse()
        .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "no-such-flag").param("flag", flag))?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let ruling = (flag, details.same, details.reason);
    answered(
        project,
        app.engine.rule_on_double_support(project, ruling, submission).await,
    )
}
