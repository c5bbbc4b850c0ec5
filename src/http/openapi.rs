//! The API's description, made from the handlers.

use axum::Json;
use utoipa::OpenApi;

use super::api;
use super::problem::{FieldFaultDocument, ProblemDocument};

/// The document's root.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "dean",
        description = "Event-sourced life of publicly funded projects (đề án). Money is whole đồng; times are microseconds UTC; dates are ISO 8601."
    ),
    paths(
        api::projects::list,
        api::projects::show,
        api::projects::history,
        api::projects::steps,
        api::screenings::show,
        api::screenings::file,
        api::screenings::rule,
        api::steps::draft,
        api::steps::take,
        api::moves::move_to,
        api::plans::open,
        api::plans::show,
        api::plans::estimate,
        api::plans::open_batch,
        api::batches::show,
        api::batches::ceiling,
        api::batches::nominate,
        api::batches::remove,
        api::batches::rank,
        api::batches::decide,
        api::calendars::list,
        api::calendars::show,
        api::calendars::count,
        api::calendars::publish,
        api::calendars::reminder,
        api::contracts::sign,
        api::contracts::show,
        api::contracts::amend,
        api::contracts::reconcile,
        api::contracts::liquidate,
        api::inspections::order,
        api::inspections::show,
        api::inspections::visit,
        api::inspections::find,
        api::inspections::answer_finding,
        api::inspections::recover,
        api::inspections::close,
        api::inspections::hand_on,
        api::inspections::conclude,
        api::reports::months,
        api::reports::report_month,
        api::reports::silent,
        api::reports::periods,
        api::reports::report_period,
        api::reports::period,
        api::reports::correct_period,
        api::reports::figures,
        api::read_models::inbox,
        api::read_models::budget,
        api::read_models::budget_by_place,
        api::read_models::timeline,
        api::read_models::funnel,
        api::lists::plans,
        api::lists::batches,
        api::lists::contracts,
        api::lists::inspections,
        api::lists::findings,
        api::lists::reminders,
        api::lifecycles::list,
        api::lifecycles::show,
        api::events::feed,
        api::proofs::inclusion,
        api::proofs::consistency,
    ),
    components(schemas(ProblemDocument, FieldFaultDocument))
)]
pub struct Document;

/// `/api/v1/openapi.json`.
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
