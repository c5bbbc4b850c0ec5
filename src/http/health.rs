//! Liveness: the process answers. Readiness: it can read its ledger, and its read models keep up.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dean_projections::RunnerState;
use serde::Serialize;

use super::App;

/// How far the read models may lie behind, events, before a load balancer should look elsewhere.
const LAG_EVENTS_MAX: u64 = 10_000;

/// The answer of `/health/ready`.
#[derive(Debug, Serialize)]
pub struct Readiness {
    ready: bool,
    ledger_position: Option<u64>,
    projection_lag_events: Option<u64>,
    projection_fault: Option<String>,
}

/// The process answers.
pub async fn live() -> &'static str {
    "alive\n"
}

/// It can do its work.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    // Together: each takes as long as it may when the database is down, and a load balancer waits only so long.
    let (head, folded) = tokio::join!(app.engine.ledger().head(), app.engine.read_models().position());
    let (head, folded) = (head.ok().map(|head| head.position), folded.ok());
    let lag = head.zip(folded).map(|(head, folded)| head.saturating_sub(folded));
    let fault = match app.runner.state() {
        RunnerState::Failed(fault) => Some(fault),
        _ => None,
    };
    let ready = fault.is_none() && lag.is_some_and(|lag| lag <= LAG_EVENTS_MAX);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(Readiness {
            ready,
            ledger_position: head,
            projection_lag_events: lag,
            projection_fault: fault,
        }),
    )
}
