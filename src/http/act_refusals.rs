//! How what refuses a command on a contract or an inspection becomes a problem.

use axum::http::StatusCode;

use super::problem::{FieldFault, Problem};
use crate::engine::ActError;

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Missing(code) => Self::new(StatusCode::NOT_FOUND, code),
            ActError::NoSuchProject { project, field } => {
                // The address is right; what the request names isn't there.
                let mut problem = Self::no_such_project(project).field(field);
                problem.status = StatusCode::UNPROCESSABLE_ENTITY;
                problem
            }
            ActError::Refused(refusal) => (*refusal).into(),
            ActError::Project { at, code, error } => project_refused(at.as_deref(), &code, (*error).into()),
            ActError::Stale { expected, actual } => super::refusals::stale(expected, actual),
            ActError::Append(error) => error.into(),
            ActError::Publish(error) => error.into(),
            ActError::Ledger(error) => error.into(),
        }
    }
}

/// The whole act fails by one đề án: it is named, and so is its own refusal, at its place in the request.
fn project_refused(at: Option<&str>, project: &str, refused: Problem) -> Problem {
    let field = match (at, refused.field.as_deref()) {
        (None, None) => "project".to_owned(),
        (None, Some(field)) => field.to_owned(),
        (Some(at), None | Some("step")) => format!("{at}.project"),
        (Some(at), Some(field)) => match field.split('.').next().unwrap_or_default() {
            "occurred_on" | "papers" | "note" | "decision" | "number" | "signed_on" | "form" | "tender_result"
            | "signed_for" => field.to_owned(),
            "detailed_estimate" => "estimate.decision.number".to_owned(),
            _ => format!("{at}.{field}"),
        },
    };
    Problem {
        status: refused.status,
        rule: refused.rule,
        judgement: refused.judgement,
        errors: vec![FieldFault {
            field: field.clone(),
            code: refused.code,
            params: refused.params,
        }],
        ..Problem::new(refused.status, "item-refused")
            .param("project", project)
            .field(field)
    }
}
