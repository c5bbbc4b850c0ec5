//! The HTTP side: one router over API, pages, health and metrics. Handlers hold the engine, never a pool.

pub mod act_refusals;
pub mod actor;
mod api;
mod body;
mod health;
pub mod limit;
mod log;
mod metrics;
pub mod openapi;
pub mod problem;
pub mod query;
mod receipt;
mod refusals;
mod server;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use dean_ledger::proof::CheckpointSigner;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::engine::Engine;
use crate::web;

pub use refusals::chain;
pub use server::{ServeError, Server, StopSignals};

/// No answer takes longer; the feed, which never ends, stands outside.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// What handlers share.
#[derive(Clone)]
pub struct App {
    /// Ledger, aggregates, read models.
    pub engine: Arc<Engine>,
    /// Signs checkpoints of the ledger.
    pub signer: Arc<CheckpointSigner>,
    /// Makes and checks the tokens of forms.
    pub csrf: web::Csrf,
    /// What every page says about this installation.
    pub notice: Arc<Notice>,
    /// Becomes true when the server drains: endless streams end then.
    pub shutdown: watch::Receiver<bool>,
    /// How much is being worked on.
    pub load: Arc<limit::Load>,
    /// Lag and failures of the projection runner.
    pub runner: Arc<dean_projections::RunnerHandle>,
}

/// What every page says about this installation.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The ledger's name.
    pub ledger_name: String,
    /// Whether its data are invented.
    pub demo: bool,
}

/// All routes.
pub fn router(app: App) -> Router {
    let api = api::router()
        .fallback(no_such_page)
        .layer(from_fn_with_state(app.load.clone(), limit::whole_body))
        .layer(from_fn(problem::in_callers_language));
    let log = log::router().layer(from_fn(problem::in_callers_language));
    let pages = web::router(app.clone());
    Router::new()
        .nest("/api/v1", api)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::text))
        .merge(log)
        .merge(pages)
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::GATEWAY_TIMEOUT,
            REQUEST_TIME_MAX,
        ))
        .layer(from_fn(server::log_request))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

async fn no_such_page() -> problem::Problem {
    problem::Problem::new(axum::http::StatusCode::NOT_FOUND, "no-such-page")
}
