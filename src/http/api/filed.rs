//! What commands on projects, plans and batches have in common: what is filed with each, and where the domain's fields stand in a request.

use axum::http::HeaderMap;
use chrono::NaiveDate;
use dean_aggregates::actor::Actor;
use dean_aggregates::project::papers::Paper;
use serde::Deserialize;

use crate::engine::Submission;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::receipt::{IDEMPOTENCY_KEY, command_id};

/// A command with its details.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filed<T> {
    /// Business date: the date on the paper, not in the future.
    pub occurred_on: NaiveDate,
    /// What the command needs.
    pub details: T,
    /// Papers filed with it.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default)]
    pub note: String,
}

impl<T> Filed<T> {
    /// The details, and all that comes with them.
    pub async fn submitted(
        self,
        app: &App,
        actor: Actor,
        request_sha256: [u8; 32],
        headers: &HeaderMap,
        expected_version: Option<u64>,
    ) -> Result<(T, Submission), Problem> {
        let submission = Submission {
            command_id: command_id(headers, &actor.id, app.engine.ledger()).await?,
            actor,
            occurred_on: self.occurred_on,
            papers: self.papers,
            note: self.note,
            request_sha256,
            expected_version,
            channel: "api",
        };
        Ok((self.details, submission))
    }
}

/// The domain names fields of what is done; in a request these stand below `details`.
pub fn below_details(problem: impl Into<Problem>) -> Problem {
    let mut problem = problem.into();
    let moved = |field: &str| {
        let first = field.split('.').next().unwrap_or_default();
        let of_the_request = matches!(
            first,
            "occurred_on" | "papers" | "note" | "step" | "actor" | "if-match" | IDEMPOTENCY_KEY
        );
        (!of_the_request).then(|| format!("details.{field}"))
    };
    for fault in &mut problem.errors {
        if let Some(field) = moved(&fault.field) {
            fault.field = field;
        }
    }
    match problem.field.as_deref().and_then(moved) {
        Some(field) => problem.field(field),
        None => problem,
    }
}
