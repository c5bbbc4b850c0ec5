//! Projects: the list (read model), one project now or as of any past, its history, the steps open to it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use dean_aggregates::form::{self, Field};
use dean_aggregates::lifecycle::Taker;
use dean_aggregates::project::Project;
use dean_aggregates::project::contracted::{ContractReference, InspectionReference};
use dean_aggregates::project::event::{BatchReference, Judgement, Pin, What};
use dean_aggregates::project::papers::Paper;
use dean_aggregates::project::standing::Standing;
use dean_projections::{Page, ProgressRow, ProjectFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::engine::{AsOf, ProjectView};
use crate::http::App;
use crate::http::actor::MaybeActor;
use crate::http::problem::Problem;
use crate::http::query::{Paging, Query, freshness, project_id};
use crate::http::receipt::etag;

/// A project as of some point.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProjectDocument {
    /// Id.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// The lifecycle it is pinned to.
    #[schema(value_type = Object)]
    pub lifecycle: Pin,
    /// Where it stands.
    #[schema(value_type = Object)]
    pub standing: Standing,
    /// The whole aggregate.
    #[schema(value_type = Object)]
    pub project: Project,
}

/// One event of a project's history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HistoryDocument {
    /// Ledger position.
    pub position: u64,
    /// Number within the project.
    pub sequence: u64,
    /// Event type.
    pub event: String,
    /// Lifecycle step.
    pub step: String,
    /// Who: id, role, unit.
    #[schema(value_type = Object)]
    pub actor: ActorDocument,
    /// Business date.
    pub occurred_on: chrono::NaiveDate,
    /// Time of recording, microseconds UTC.
    pub recorded_at: i64,
    /// What happened.
    #[schema(value_type = Object)]
    pub what: What,
    /// Papers.
    #[schema(value_type = Vec<Object>)]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    pub note: String,
    /// Money rules applied.
    #[schema(value_type = Vec<Object>)]
    pub judgements: Vec<Judgement>,
    /// The decision of a batch that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub batch: Option<BatchReference>,
    /// The contract over several đề án that took the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub contract: Option<ContractReference>,
    /// The inspection that took the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inspection: Option<InspectionReference>,
    /// Where the project stood after it.
    #[schema(value_type = Object)]
    pub after: Standing,
}

/// Who acted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActorDocument {
    /// Person's id.
    pub id: String,
    /// Role.
    pub role: String,
    /// Unit.
    pub unit: String,
}

/// A step that the lifecycle allows from the present state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StepDocument {
    /// Step id.
    pub step: String,
    /// Kind of action.
    pub kind: String,
    /// Title in Vietnamese.
    pub title_vi: String,
    /// Title in English.
    pub title_en: String,
    /// Source in the law.
    pub article: String,
    /// Who may take it.
    pub takers: Vec<TakerDocument>,
    /// Who may sign for a taker, saying for whom and by which paper.
    pub delegates: Vec<TakerDocument>,
    /// A step that has to be taken first; absent when nothing is missing.
    pub waits_for: Option<String>,
    /// Whether the asking actor may take it here, for this project alone; absent when nobody asked.
    pub allowed: Option<bool>,
    /// Whether only the decision of a batch takes it (`POST /batches/{id}/decisions`).
    pub by_batch: bool,
    /// Codes of the papers it requires.
    pub required_papers: Vec<String>,
    /// Fields of `details`.
    #[schema(value_type = Vec<Object>)]
    pub fields: Vec<Field>,
}

/// A role at a unit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TakerDocument {
    /// Role.
    pub role: String,
    /// Unit id; absent where any unit may hold the role.
    pub unit: Option<String>,
}

/// Which past.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOfQuery {
    /// A ledger position or a day (its end in Vietnam, by time of recording).
    at: Option<String>,
}

impl AsOfQuery {
    /// The past that is meant.
    pub(super) fn as_of(&self) -> Result<AsOf, Problem> {
        Ok(self.at.as_deref().map(str::parse).transpose()?.unwrap_or(AsOf::Now))
    }
}

async fn view(app: &App, id: &str, as_of: AsOf) -> Result<ProjectView, Problem> {
    let id = project_id(id)?;
    app.engine
        .project(id, as_of)
        .await?
        .ok_or_else(|| Problem::no_such_project(id))
}

/// The list of projects, filtered, by cursor.
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects",
    params(("text" = Option<String>, Query), ("level" = Option<String>, Query), ("province" = Option<String>, Query),
           ("plan_year" = Option<u16>, Query), ("phase" = Option<String>, Query), ("after" = Option<String>, Query, description = "cursor: `next` of the page before"),
           ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query, description = "wait (at most 2 s) until the read models have reached this position")),
    responses((status = 200, body = Object)))]
pub async fn list(
    State(app): State<App>,
    Query(filter): Query<ProjectFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ProgressRow>>, Problem> {
    freshness(&app, paging.at_least).await?;
    let after = super::read_models::cursor(&paging);
    Ok(Json(
        app.engine
            .read_models()
            .projects(&filter, after, paging.limit())
            .await?,
    ))
}

/// One project, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/projects/{id}", tag = "projects",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = ProjectDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let view = view(&app, &id, query.as_of()?).await?;
    let version = view.version;
    let body = ProjectDocument {
        id: view.id,
        version,
        position: view.position,
        lifecycle: view.project.lifecycle_pin().clone(),
        standing: view.project.standing().clone(),
        project: view.project,
    };
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::ETAG, etag(version));
    Ok(response)
}

/// Every event of a project, oldest first.
#[utoipa::path(get, path = "/api/v1/projects/{id}/history", tag = "projects",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query)),
    responses((status = 200, body = Vec<HistoryDocument>), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn history(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Json<Vec<HistoryDocument>>, Problem> {
    let view = view(&app, &id, query.as_of()?).await?;
    Ok(Json(view.history.into_iter().map(HistoryDocument::from).collect()))
}

impl From<crate::engine::HistoryEntry> for HistoryDocument {
    fn from(entry: crate::engine::HistoryEntry) -> Self {
        let (recorded, event) = (entry.recorded, entry.event);
        Self {
            position: recorded.position,
            sequence: recorded.sequence,
            event: recorded.event_type,
            step: event.step,
            actor: ActorDocument {
                id: recorded.actor.id,
                role: recorded.actor.role,
                unit: recorded.actor.unit,
            },
            occurred_on: recorded.occurred_on,
            recorded_at: recorded.recorded_at,
            what: event.what,
            papers: event.papers,
            note: event.note,
            judgements: event.judgements,
            batch: event.batch,
            contract: event.contract,
            inspection: event.inspection,
            after: event.after,
        }
    }
}

fn takers(project: &Project, takers: &[Taker]) -> Vec<TakerDocument> {
    let unit_of = |party| {
        project
            .units()
            .and_then(|units| units.get(party))
            .map(|unit| unit.id.clone())
    };
    takers
        .iter()
        .map(|taker| TakerDocument {
            role: taker.role.to_string(),
            unit: unit_of(&taker.party),
        })
        .collect()
}

/// The steps that the lifecycle allows from the present state, with their fields and papers.
#[utoipa::path(get, path = "/api/v1/projects/{id}/steps", tag = "projects", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<StepDocument>), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn steps(
    State(app): State<App>,
    Path(id): Path<String>,
    MaybeActor(actor): MaybeActor,
) -> Result<Json<Vec<StepDocument>>, Problem> {
    let view = view(&app, &id, AsOf::Now).await?;
    let rules = app.engine.rules_now(&view.project).await?;
    let steps = view
        .project
        .steps_for(&view.lifecycle.value)
        .into_iter()
        .map(|step| StepDocument {
            step: step.id.clone(),
            kind: step.action.as_str().to_owned(),
            title_vi: step.title.vi.clone(),
            title_en: step.title.en.clone(),
            article: step.article.clone(),
            takers: takers(&view.project, &step.takers),
            delegates: takers(&view.project, &step.delegates),
            waits_for: view.project.unmet(&view.lifecycle.value, step).map(str::to_owned),
            allowed: actor
                .as_ref()
                .map(|actor| view.project.takes_alone(step) && view.project.may_take(step, actor).is_ok()),
            by_batch: step.by_batch,
            required_papers: view
                .project
                .required_papers(step, &rules.value)
                .into_iter()
                .filter(|paper| paper.required)
                .map(|paper| paper.kind.clone())
                .collect(),
            fields: form::fields(step.action),
        });
    Ok(Json(steps.collect()))
}
