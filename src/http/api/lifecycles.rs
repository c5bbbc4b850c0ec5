//! The published lifecycles.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;

use crate::http::App;
use crate::http::problem::Problem;

/// A published lifecycle.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LifecycleDocument {
    /// Code, e.g. `kcqg`.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of the text, hex: what projects are pinned to.
    pub sha256: String,
    /// Programme.
    pub level: String,
    /// Code of the province whose own procedure it is.
    pub province: Option<String>,
    /// Whether only projects that name the code take it; the others hold for their programme.
    pub by_name: bool,
    /// First day in force.
    pub valid_from: chrono::NaiveDate,
    /// Title in Vietnamese.
    pub title_vi: String,
    /// Title in English.
    pub title_en: String,
    /// State ids.
    pub states: Vec<String>,
    /// Step ids.
    pub steps: Vec<String>,
}

fn document(
    lifecycle: &dean_aggregates::published::Pinned<dean_aggregates::lifecycle::Lifecycle>,
) -> LifecycleDocument {
    LifecycleDocument {
        code: lifecycle.pin.code.clone(),
        version: lifecycle.pin.version.clone(),
        sha256: lifecycle.pin.sha256.clone(),
        level: lifecycle.value.level.as_str().to_owned(),
        province: lifecycle.value.province.clone(),
        by_name: lifecycle.value.by_name,
        valid_from: lifecycle.value.valid_from,
        title_vi: lifecycle.value.title.vi.clone(),
        title_en: lifecycle.value.title.en.clone(),
        states: lifecycle.value.states.iter().map(|state| state.id.clone()).collect(),
        steps: lifecycle.value.steps.iter().map(|step| step.id.clone()).collect(),
    }
}

/// Every published lifecycle.
#[utoipa::path(get, path = "/api/v1/lifecycles", tag = "lifecycles", responses((status = 200, body = Vec<LifecycleDocument>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<LifecycleDocument>>, Problem> {
    Ok(Json(
        app.engine
            .rulebook()
            .await?
            .lifecycles()
            .iter()
            .map(|lifecycle| document(lifecycle))
            .collect(),
    ))
}

/// One version of a lifecycle.
#[utoipa::path(get, path = "/api/v1/lifecycles/{code}/{version}", tag = "lifecycles", params(("code" = String, Path), ("version" = String, Path)),
    responses((status = 200, body = LifecycleDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path((code, version)): Path<(String, String)>,
) -> Result<Json<LifecycleDocument>, Problem> {
    let rulebook = app.engine.rulebook().await?;
    let lifecycle = rulebook.lifecycle_version(&code, &version);
    lifecycle.map(|lifecycle| Json(document(&lifecycle))).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "unknown-lifecycle")
            .param("code", code)
            .param("version", version)
    })
}
