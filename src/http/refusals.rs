//! How each error below HTTP becomes a problem. Exhaustive on purpose: a new error variant does not compile until it has a code.

use axum::http::StatusCode;
use dean_aggregates::calendar::CalendarError;
use dean_aggregates::plan::Refusal;
use dean_aggregates::project::ProjectError;
use dean_ledger::proof::{ProofError, SignError};
use dean_ledger::{AppendError, LedgerError};
use dean_projections::ProjectionError;

use super::problem::{FieldFault, Problem};
use crate::engine::{
    CalendarPublishError, PlanError, PublishError, ReadError, ReminderStoreError, StepError, UnknownPast,
};

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::NoSuchProject(id) => Self::no_such_project(id),
            StepError::UnknownStep {
                step,
                lifecycle,
                possible,
            } => Self::new(StatusCode::NOT_FOUND, "unknown-step")
                .field("step")
                .param("step", step)
                .param("lifecycle", lifecycle)
                .param("possible", possible),
            StepError::Refused(refusal) => (*refusal).into(),
            StepError::Batch(refusal) => (*refusal).into(),
            StepError::Claim(refusal) => (*refusal).into(),
            StepError::Stale { expected, actual } => stale(expected, actual),
            StepError::Append(error) => error.into(),
            StepError::Publish(error) => error.into(),
            StepError::Ledger(error) => error.into(),
        }
    }
}

impl From<ProjectError> for Problem {
    fn from(refusal: ProjectError) -> Self {
        let status = match refusal.code {
            "read-only-role" | "not-your-role" | "not-your-unit" | "separation-of-duties" | "not-delegable" => {
                StatusCode::FORBIDDEN
            }
            "wrong-state" | "requirement-missing" | "already-exists" | "contract-not-at-hand" => StatusCode::CONFLICT,
            "unknown-step" | "no-such-project" => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self {
            status,
            code: refusal.code,
            field: refusal.field,
            rule: refusal.rule,
            params: refusal.params,
            judgement: refusal.judgement,
            ..Self::default()
        }
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::NoSuchPlan(_) => Self::new(StatusCode::NOT_FOUND, "no-such-plan"),
            PlanError::NoSuchBatch(_) => Self::new(StatusCode::NOT_FOUND, "no-such-batch"),
            PlanError::NoSuchProject { project, field } => {
                // The address is right; what the request names isn't there.
                let mut problem = Self::no_such_project(project).field(field);
                problem.status = StatusCode::UNPROCESSABLE_ENTITY;
                problem
            }
            PlanError::Refused(refusal) => (*refusal).into(),
            PlanError::Project {
                index,
                what,
                code,
                error,
            } => item_refused((index, what), &code, (*error).into()),
            PlanError::Stale { expected, actual } => stale(expected, actual),
            PlanError::Append(error) => error.into(),
            PlanError::Publish(error) => error.into(),
            PlanError::Ledger(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code {
            "read-only-role" | "act-not-your-role" | "act-not-your-unit" | "not-delegable" | "separation-of-duties" => {
                StatusCode::FORBIDDEN
            }
            "plan-exists"
            | "batch-exists"
            | "code-taken"
            | "decision-number-taken"
            | "double-support"
            | "double-support-open"
            | "double-support-found"
            | "contract-exists"
            | "contract-liquidated"
            | "inspection-exists"
            | "report-exists"
            | "inspection-concluded" => StatusCode::CONFLICT,
            "no-such-plan" | "no-such-batch" | "no-such-flag" | "no-such-contract" | "no-such-inspection"
            | "no-such-finding" | "no-such-report" => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self {
            status,
            code: refusal.code,
            field: refusal.field,
            rule: refusal.rule,
            params: refusal.params,
            ..Self::default()
        }
    }
}

/// A whole decision fails by one đề án: it is named, and so is its own refusal, at its place in the request.
fn item_refused((index, what): (usize, &str), project: &str, refused: Problem) -> Problem {
    let field = match refused.field.as_deref() {
        None => format!("items.{index}.project"),
        Some("step") => format!("items.{index}.step"),
        Some(field) => match field.split('.').next().unwrap_or_default() {
            "occurred_on" | "papers" | "note" | "decision" => field.to_owned(),
            _ => {
                let field = field.strip_prefix("change.").unwrap_or(field);
                format!("items.{index}.what.{what}.{field}")
            }
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

pub(super) fn stale(expected: u64, actual: u64) -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "stale-version")
        .field("if-match")
        .param("expected", expected)
        .param("actual", actual)
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict { expected, actual, .. } => stale(expected, actual),
            AppendError::DifferentRequest { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "different-request").field(super::receipt::IDEMPOTENCY_KEY)
            }
            AppendError::Busy { retry_after_s } => Self {
                retry_after_s: Some(retry_after_s),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy").param("seconds", retry_after_s)
            },
            AppendError::Refused(error) => error.into(),
            AppendError::Closed => Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting-down"),
            AppendError::Database(error) => unavailable(&error),
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        unavailable(&error)
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Ledger(error) => error.into(),
            ProofError::Outside(error) => internal(&error),
            ProofError::Damaged { .. } => {
                tracing::error!(%error, "a proof was not given");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "tree-damaged")
            }
            ProofError::Behind { .. } => Self {
                retry_after_s: Some(5),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "tiles-behind")
            },
        }
    }
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Proof(error) => error.into(),
            SignError::Folder(_) | SignError::Aborted => internal(&error),
            SignError::RolledBack { .. } | SignError::Rewritten { .. } => {
                tracing::error!(%error, "a checkpoint was not signed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "history-contradicts")
            }
        }
    }
}

impl From<ProjectionError> for Problem {
    fn from(error: ProjectionError) -> Self {
        match error {
            ProjectionError::Cursor(cursor) => Self::new(StatusCode::BAD_REQUEST, "invalid-filter")
                .field("after")
                .param("reason", cursor),
            other => unavailable(&other),
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::UnknownLifecycle { code, version } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-lifecycle")
                    .param("code", code)
                    .param("version", version)
            }
            PublishError::NothingInForce { what, date } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "nothing-in-force")
                    .field("occurred_on")
                    .param("what", what)
                    .param("date", date)
            }
            other => unavailable(&other),
        }
    }
}

impl From<CalendarPublishError> for Problem {
    fn from(error: CalendarPublishError) -> Self {
        match error {
            CalendarPublishError::Invalid(problems) => invalid_calendar(&problems),
            CalendarPublishError::Refused(refusal) => refusal.into(),
            CalendarPublishError::Append(error) => error.into(),
            CalendarPublishError::Ledger(error) => error.into(),
        }
    }
}

impl From<CalendarError> for Problem {
    fn from(refusal: CalendarError) -> Self {
        let code = refusal.code();
        match refusal {
            CalendarError::AlreadyPublished { code: text, version }
            | CalendarError::OtherText {
                code: text, version, ..
            } => Self::new(StatusCode::CONFLICT, code)
                .field("text")
                .param("code", text)
                .param("version", version),
            CalendarError::NotYourRole(role) => Self::new(StatusCode::FORBIDDEN, code).param("role", role),
            CalendarError::Invalid(problems) => invalid_calendar(&problems),
        }
    }
}

fn invalid_calendar(problems: &[dean_aggregates::published::Problem]) -> Problem {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "calendar-invalid")
        .field("text")
        .param("count", problems.len())
        .param("first", first)
}

impl From<ReminderStoreError> for Problem {
    fn from(error: ReminderStoreError) -> Self {
        match error {
            ReminderStoreError::Projections(error) => error.into(),
            ReminderStoreError::Publish(error) => error.into(),
            ReminderStoreError::Ledger(error) => error.into(),
            ReminderStoreError::Append(error) => error.into(),
            ReminderStoreError::Unreadable { .. } | ReminderStoreError::Refused(_) => internal(&error),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Ledger(error) => error.into(),
            ReadError::Publish(error) => error.into(),
            ReadError::UnknownEvent { .. } => internal(&error),
        }
    }
}

impl From<UnknownPast> for Problem {
    fn from(error: UnknownPast) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unknown-past")
            .field("at")
            .param("value", error.0)
    }
}

/// The store can't be reached or read: worth a retry, and the operator finds the cause in the log, never the caller.
fn unavailable(cause: &dyn std::error::Error) -> Problem {
    tracing::error!(cause = %chain(cause), "storage failed");
    Problem {
        retry_after_s: Some(1),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage-unavailable")
    }
}

fn internal(cause: &dyn std::error::Error) -> Problem {
    tracing::error!(cause = %chain(cause), "a request failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
}

/// An error with all its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
