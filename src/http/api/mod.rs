//! The JSON API under `/api/v1`: one file per resource.

pub mod batches;
pub mod calendars;
pub mod contracts;
pub mod events;
mod filed;
pub mod inspections;
pub mod lifecycles;
pub mod lists;
pub mod moves;
pub mod plans;
pub mod projects;
pub mod proofs;
pub mod read_models;
pub mod reports;
pub mod screenings;
pub mod steps;

use axum::Router;
use axum::routing::{get, post};

use super::App;

/// Routes of the API.
pub fn router() -> Router<App> {
    Router::new()
        .route("/projects", get(projects::list).post(steps::draft))
        .route("/projects/{id}", get(projects::show))
        .route("/projects/{id}/history", get(projects::history))
        .route("/projects/{id}/timeline", get(read_models::timeline))
        .route("/projects/{id}/steps", get(projects::steps))
        .route("/projects/{id}/steps/{step}", post(steps::take))
        .route("/projects/{id}/lifecycle", post(moves::move_to))
        .route("/projects/{id}/screening", get(screenings::show))
        .route("/projects/{id}/screening/items", post(screenings::file))
        .route("/projects/{id}/screening/flags/{flag}/ruling", post(screenings::rule))
        .route("/plans", get(lists::plans).post(plans::open))
        .route("/plans/{id}", get(plans::show))
        .route("/plans/{id}/estimate", post(plans::estimate))
        .route("/plans/{id}/batches", get(lists::batches).post(plans::open_batch))
        .route("/batches/{id}", get(batches::show))
        .route("/batches/{id}/ceiling", post(batches::ceiling))
        .route("/batches/{id}/candidates", post(batches::nominate))
        .route("/batches/{id}/candidates/{project}/removal", post(batches::remove))
        .route("/batches/{id}/ranking", post(batches::rank))
        .route("/batches/{id}/decisions", post(batches::decide))
        .route("/calendars", get(calendars::list).post(calendars::publish))
        .route("/calendars/{year}", get(calendars::show))
        .route("/working-days", get(calendars::count))
        .route("/reminders", get(lists::reminders))
        .route("/reminders/{id}", get(calendars::reminder))
        .route("/contracts", get(lists::contracts).post(contracts::sign))
        .route("/contracts/{id}", get(contracts::show))
        .route("/contracts/{id}/appendices", post(contracts::amend))
        .route("/contracts/{id}/reconciliations", post(contracts::reconcile))
        .route("/contracts/{id}/liquidation", post(contracts::liquidate))
        .route("/inspections", get(lists::inspections).post(inspections::order))
        .route("/findings", get(lists::findings))
        .route("/inspections/{id}", get(inspections::show))
        .route("/inspections/{id}/visits", post(inspections::visit))
        .route("/inspections/{id}/findings", post(inspections::find))
        .route(
            "/inspections/{id}/findings/{finding}/answers",
            post(inspections::answer_finding),
        )
        .route(
            "/inspections/{id}/findings/{finding}/recoveries",
            post(inspections::recover),
        )
        .route("/inspections/{id}/findings/{finding}/closure", post(inspections::close))
        .route(
            "/inspections/{id}/findings/{finding}/handing-on",
            post(inspections::hand_on),
        )
        .route("/inspections/{id}/conclusion", post(inspections::conclude))
        .route(
            "/projects/{id}/reports",
            get(reports::months).post(reports::report_month),
        )
        .route("/reports/months", get(reports::silent))
        .route("/reports/periods", get(reports::periods).post(reports::report_period))
        .route("/reports/periods/{id}", get(reports::period))
        .route("/reports/periods/{id}/corrections", post(reports::correct_period))
        .route("/reports/figures", get(reports::figures))
        .route("/inbox", get(read_models::inbox))
        .route("/budget", get(read_models::budget))
        .route("/budget/places", get(read_models::budget_by_place))
        .route("/funnel", get(read_models::funnel))
        .route("/lifecycles", get(lifecycles::list))
        .route("/lifecycles/{code}/{version}", get(lifecycles::show))
        .route("/events", get(events::feed))
        .route("/events/{position}/inclusion-proof", get(proofs::inclusion))
        .route("/consistency-proof", get(proofs::consistency))
        .route("/openapi.json", get(super::openapi::document))
}
