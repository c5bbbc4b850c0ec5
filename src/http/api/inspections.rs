//! Inspections over several đề án: the decision, visits, findings with their answers, recovery and end.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use dean_aggregates::actor::Party;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::inspection::command::{
    AnswerPaper, ClosurePaper, Conclusion, FindingKind, FindingPaper, HandingOn, OrderPaper, RecoveryPaper, Team,
    VisitPaper, Waiver,
};
use dean_aggregates::money::Dong;
use dean_aggregates::project::papers::Decision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contracts::{PartDocument, parts};
use super::filed::{Filed, below_details};
use super::plans::{ActAnswer, answer};
use super::projects::AsOfQuery;
use crate::engine::{ActError, Acted};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::receipt::{IfMatch, etag};

/// A new inspection by the actor's unit.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderDetails {
    /// Quyết định kiểm tra: number (unique within the unit), date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// Theo kế hoạch, or unannounced (đột xuất).
    planned: bool,
    /// Nội dung kiểm tra.
    content: String,
    /// Đoàn kiểm tra: `head` and `members`, each `name` (`{"$personal": "…"}`) and `post`.
    #[schema(value_type = Object)]
    team: Team,
    /// From this day.
    starts_on: NaiveDate,
    /// To this day, inclusive.
    ends_on: NaiveDate,
}

/// A visit.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitDetails {
    /// The project.
    project: Uuid,
    /// Ngày kiểm tra.
    visited_on: NaiveDate,
    /// Số biên bản.
    minutes: String,
    /// Kết quả.
    result: String,
}

/// A finding.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingDetails {
    /// The project.
    project: Uuid,
    /// `money`, `papers`, `progress`, `quality`, `other`.
    #[schema(value_type = String)]
    kind: FindingKind,
    /// Nội dung.
    text: String,
    /// Số tiền kiến nghị thu hồi, đồng; of kind `money` only.
    #[serde(default)]
    #[schema(value_type = i64)]
    amount: Dong,
    /// Which party of the đề án has to remedy it, e.g. `implementer`.
    #[schema(value_type = String)]
    owner: Party,
    /// Thời hạn.
    due_on: NaiveDate,
    /// Kiến nghị.
    recommendation: String,
}

/// An answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerDetails {
    /// Nội dung.
    text: String,
}

/// A recovery.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryDetails {
    /// Số tiền, đồng.
    #[schema(value_type = i64)]
    amount: Dong,
    /// Quyết định: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// Lý do.
    reason: String,
}

/// The end of a finding; the papers filed with it are its evidence.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosureDetails {
    /// How it was remedied.
    remedy: String,
    /// `decision` and `reason`, where money is not recovered.
    #[serde(default)]
    #[schema(value_type = Object)]
    waiver: Option<Waiver>,
}

/// To whom a finding is handed on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandingOnDetails {
    /// Cơ quan tiếp nhận.
    to: String,
    /// Văn bản chuyển: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// Lý do.
    reason: String,
}

/// The end of the inspection.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConclusionDetails {
    /// Văn bản kết luận: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// Nội dung.
    text: String,
}

/// An inspection as of some point, with its đề án.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InspectionDocument {
    /// Id: made from the inspecting unit and the number of the decision.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// The whole aggregate.
    #[schema(value_type = Object)]
    pub inspection: Inspection,
    /// The visited đề án as of that point.
    pub projects: Vec<PartDocument>,
}

/// The id in an address; anything else is an inspection that does not exist.
fn thing_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| no_such_inspection())
}

fn finding_number(text: &str) -> Result<u16, Problem> {
    let missing = |_| Problem::new(StatusCode::NOT_FOUND, "no-such-finding").param("number", text);
    text.parse().map_err(missing)
}

fn no_such_inspection() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-inspection")
}

fn answered(acted: Result<Acted, ActError>) -> Result<Response, Problem> {
    let acted = acted.map_err(below_details)?;
    Ok(answer(&acted, StatusCode::OK, &format!("inspections/{}", acted.id)))
}

/// Records the decision on an inspection (`InspectionOrdered`).
#[utoipa::path(post, path = "/api/v1/inspections", tag = "inspections", request_body = Filed<OrderDetails>,
    params(("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters")),
    responses((status = 201, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn order(
    State(app): State<App>,
    RequiredActor(actor): RequiredActor,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<OrderDetails>>,
) -> Result<Response, Problem> {
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, None).await?;
    let order = OrderPaper {
        decision: details.decision,
        planned: details.planned,
        content: details.content,
        team: details.team,
        starts_on: details.starts_on,
        ends_on: details.ends_on,
    };
    let ordered = app.engine.order_inspection(order, submission).await;
    let ordered = ordered.map_err(below_details)?;
    Ok(answer(
        &ordered,
        StatusCode::CREATED,
        &format!("inspections/{}", ordered.id),
    ))
}

/// Records a visit with its minutes (`ProjectVisited`, and `Inspected` of the đề án).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/visits", tag = "inspections", request_body = Filed<VisitDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn visit(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<VisitDetails>>,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = VisitPaper {
        project: details.project,
        visited_on: details.visited_on,
        minutes: details.minutes,
        result: details.result,
    };
    answered(app.engine.visit(id, paper, submission).await)
}

/// Records a finding (`FindingRecorded`, and `FindingRaised` of the đề án).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/findings", tag = "inspections", request_body = Filed<FindingDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn find(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<FindingDetails>>,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = FindingPaper {
        project: details.project,
        kind: details.kind,
        text: details.text,
        amount: details.amount,
        owner: details.owner,
        due_on: details.due_on,
        recommendation: details.recommendation,
    };
    answered(app.engine.record_finding(id, paper, submission).await)
}

/// Records an answer to a finding (`FindingAnswered`).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/findings/{finding}/answers", tag = "inspections", request_body = Filed<AnswerDetails>,
    params(("id" = Uuid, Path), ("finding" = u16, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn answer_finding(
    State(app): State<App>,
    Path((id, finding)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<AnswerDetails>>,
) -> Result<Response, Problem> {
    let (id, finding) = (thing_id(&id)?, finding_number(&finding)?);
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = AnswerPaper {
        finding,
        text: details.text,
    };
    answered(app.engine.answer_finding(id, paper, submission).await)
}

/// Orders the recovery of a finding's money (`RecoveryOrdered`, and `ReceivableRaised` of the đề án).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/findings/{finding}/recoveries", tag = "inspections", request_body = Filed<RecoveryDetails>,
    params(("id" = Uuid, Path), ("finding" = u16, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn recover(
    State(app): State<App>,
    Path((id, finding)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<RecoveryDetails>>,
) -> Result<Response, Problem> {
    let (id, finding) = (thing_id(&id)?, finding_number(&finding)?);
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = RecoveryPaper {
        finding,
        amount: details.amount,
        decision: details.decision,
        reason: details.reason,
    };
    answered(app.engine.order_recovery(id, paper, submission).await)
}

/// Closes a finding with evidence (`FindingRemedied`, and `FindingClosed` of the đề án).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/findings/{finding}/closure", tag = "inspections", request_body = Filed<ClosureDetails>,
    params(("id" = Uuid, Path), ("finding" = u16, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn close(
    State(app): State<App>,
    Path((id, finding)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<ClosureDetails>>,
) -> Result<Response, Problem> {
    let (id, finding) = (thing_id(&id)?, finding_number(&finding)?);
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = ClosurePaper {
        finding,
        remedy: details.remedy,
        waiver: details.waiver,
    };
    answered(app.engine.close_finding(id, paper, submission).await)
}

/// Hands a finding on to another authority (`FindingHandedOn`).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/findings/{finding}/handing-on", tag = "inspections", request_body = Filed<HandingOnDetails>,
    params(("id" = Uuid, Path), ("finding" = u16, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn hand_on(
    State(app): State<App>,
    Path((id, finding)): Path<(String, String)>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<HandingOnDetails>>,
) -> Result<Response, Problem> {
    let (id, finding) = (thing_id(&id)?, finding_number(&finding)?);
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = HandingOn {
        finding,
        to: details.to,
        decision: details.decision,
        reason: details.reason,
    };
    answered(app.engine.hand_finding_on(id, paper, submission).await)
}

/// Concludes the inspection, once every finding has its end (`InspectionConcluded`).
#[utoipa::path(post, path = "/api/v1/inspections/{id}/conclusion", tag = "inspections", request_body = Filed<ConclusionDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn conclude(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<ConclusionDetails>>,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = Conclusion {
        decision: details.decision,
        text: details.text,
    };
    answered(app.engine.conclude_inspection(id, paper, submission).await)
}

/// One inspection with its đề án, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/inspections/{id}", tag = "inspections",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = InspectionDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let as_of = query.as_of()?;
    let view = app.engine.inspection(thing_id(&id)?, as_of).await?;
    let view = view.ok_or_else(no_such_inspection)?;
    let body = InspectionDocument {
        id: view.id,
        version: view.version,
        position: view.position,
        projects: parts(&app, view.aggregate.projects(), as_of).await?,
        inspection: view.aggregate,
    };
    Ok(([(header::ETAG, etag(view.version))], Json(body)).into_response())
}
