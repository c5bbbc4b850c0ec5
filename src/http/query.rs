//! Addresses and query strings: unknown parameters are refused where a whole query has one type, and every list is paged.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::App;
use super::problem::Problem;
use crate::engine::READ_YOUR_WRITES_WAIT_MAX;

const PAGE_ROWS: u32 = 50;
const PAGE_ROWS_MAX: u32 = 500;

/// A typed query string; a refusal is a problem that names the parameter's fault.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // An empty field of a form (`?province=`) asks for nothing.
        let query = parts.uri.query().unwrap_or_default();
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.ends_with('='))
            .collect();
        // No text that is stored has it, and PostgreSQL takes no parameter with it.
        if let Some(pair) = kept.iter().find(|pair| pair.contains("%00")) {
            let field = pair.split('=').next().unwrap_or_default();
            return Err(Problem::new(StatusCode::BAD_REQUEST, "nul-character")
                .param("field", field)
                .field(field));
        }
        let uri = format!("/?{}", kept.join("&"))
            .parse()
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "invalid-filter"))?;
        axum::extract::Query::try_from_uri(&uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| {
                Problem::new(StatusCode::BAD_REQUEST, "invalid-filter").param("reason", rejection.body_text())
            })
    }
}

/// The project's id in an address; anything else is a project that does not exist.
pub fn project_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| Problem::no_such_project(text))
}

/// The day as of which something is asked, by the dates on the papers; today where none is named.
///
/// # Errors
/// `future-date` for a day that has not come: what will be owed then nobody knows, and there is no end of it.
pub fn day_asked(app: &App, on: Option<NaiveDate>) -> Result<NaiveDate, Problem> {
    let today = app.engine.ledger().environment().today();
    match on {
        Some(on) if on > today => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "future-date")
            .field("on")
            .param("date", on)
            .param("today", today)),
        on => Ok(on.unwrap_or(today)),
    }
}

/// Paging and freshness, common to all lists.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    /// Cursor: `next` of the page before.
    pub after: Option<String>,
    limit: Option<u32>,
    /// Wait until the read models have reached this position.
    pub at_least: Option<u64>,
}

impl Paging {
    /// Rows per page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX)
    }
}

/// Waits, bounded, until the read models have reached a position that the caller asked for.
pub async fn freshness(app: &App, at_least: Option<u64>) -> Result<(), Problem> {
    let Some(position) = at_least else { return Ok(()) };
    if app
        .engine
        .read_models()
        .wait_for(position, READ_YOUR_WRITES_WAIT_MAX)
        .await?
    {
        return Ok(());
    }
    Err(Problem {
        retry_after_s: Some(1),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "projections-behind")
            .field("at_least")
            .param("position", position)
    })
}
