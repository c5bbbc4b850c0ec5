//! Contracts over one or several đề án: signing, appendices, reconciliation, liquidation.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use dean_aggregates::contract::Contract;
use dean_aggregates::contract::command::{
    AppendixPaper, DetailedEstimate, Item, LiquidationPaper, NewValue, ReconciliationPaper, Stated, Terms,
};
use dean_aggregates::project::action::{ContractForm, SignedFor};
use dean_aggregates::project::contracted::ClockSettings;
use dean_aggregates::project::papers::Decision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filed::{Filed, below_details};
use super::plans::{ActAnswer, answer};
use super::projects::AsOfQuery;
use crate::engine::{ActError, Acted, AsOf};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::receipt::{IfMatch, etag};

/// A new contract.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractDetails {
    /// Số hợp đồng, unique among those that the actor's unit has signed.
    number: String,
    /// Ngày ký.
    signed_on: NaiveDate,
    /// `contract` or `assignment`.
    #[serde(default)]
    #[schema(value_type = String)]
    form: ContractForm,
    /// Dự toán chi tiết được phê duyệt: `decision` and `amount`, đồng.
    #[schema(value_type = Object)]
    estimate: DetailedEstimate,
    /// Số quyết định phê duyệt kết quả đấu thầu.
    #[serde(default)]
    tender_result: Option<String>,
    /// For whom it was signed, if not by the head.
    #[serde(default)]
    #[schema(value_type = Object)]
    signed_for: Option<SignedFor>,
    /// How the days of the settlement are counted: `days` (1 to 15), `counting` (`calendar`, `working`), `days_off`, `from` (`last-active`,
    /// `last-acceptance`), `filing` (`after-last`, `any-time`).
    #[serde(default)]
    #[schema(value_type = Object)]
    settlement: ClockSettings,
    /// Its đề án: `project`, `value` (đồng), `step` (found where absent).
    #[schema(value_type = Vec<Object>)]
    projects: Vec<Item>,
}

/// An appendix.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppendixDetails {
    /// Số phụ lục.
    number: String,
    /// Quyết định: number, date, issuer, signer.
    #[schema(value_type = Object)]
    decision: Decision,
    /// Lý do.
    reason: String,
    /// Đề án with another value: `project`, `value` (đồng).
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    values: Vec<NewValue>,
    /// The detailed estimate as it was changed.
    #[serde(default)]
    #[schema(value_type = Object)]
    estimate: Option<DetailedEstimate>,
    /// How the days of the settlement are counted from now on.
    #[serde(default)]
    #[schema(value_type = Object)]
    settlement: Option<ClockSettings>,
}

/// A reconciliation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconciliationDetails {
    /// Số.
    number: String,
    /// What the implementer's books say of every đề án: `project`, `received`, `returned`, `settled` (đồng).
    #[schema(value_type = Vec<Object>)]
    stated: Vec<Stated>,
}

/// A liquidation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiquidationDetails {
    /// Số biên bản thanh lý.
    number: String,
    /// Whether it is the implementer's last contract of the year.
    #[serde(default)]
    last_of_year: bool,
}

/// A contract as of some point, with its đề án.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContractDocument {
    /// Id: made from the signing unit and the number.
    pub id: Uuid,
    /// Number of its events up to that point.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// The whole aggregate.
    #[schema(value_type = Object)]
    pub contract: Contract,
    /// Its đề án as of that point.
    pub projects: Vec<PartDocument>,
}

/// A đề án of a contract or an inspection.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PartDocument {
    /// Its id.
    pub id: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Tên.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// State of its lifecycle.
    pub state: String,
    /// Phase.
    pub phase: String,
    /// Day by which its next step is due.
    pub due_on: Option<NaiveDate>,
}

/// The id in an address; anything else is a contract that does not exist.
fn thing_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| no_such_contract())
}

fn no_such_contract() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-contract")
}

fn answered(acted: Result<Acted, ActError>) -> Result<Response, Problem> {
    let acted = acted.map_err(below_details)?;
    Ok(answer(&acted, StatusCode::OK, &format!("contracts/{}", acted.id)))
}

/// The đề án of a contract or an inspection, as of the point at which that is shown.
pub async fn parts(app: &App, ids: impl IntoIterator<Item = Uuid>, as_of: AsOf) -> Result<Vec<PartDocument>, Problem> {
    let mut parts = Vec::new();
    for id in ids {
        let Some(view) = app.engine.project(id, as_of).await? else {
            continue;
        };
        let standing = view.project.standing();
        parts.push(PartDocument {
            id,
            code: view.project.code().unwrap_or_default().to_owned(),
            name: view
                .project
                .content()
                .map(|content| content.name.clone())
                .unwrap_or_default(),
            version: view.version,
            state: standing.state.clone(),
            phase: standing.phase.as_str().to_owned(),
            due_on: standing.due_on,
        });
    }
    Ok(parts)
}

/// Signs a contract over one or several đề án (`ContractConcluded`, and `ContractSigned` of each đề án).
#[utoipa::path(post, path = "/api/v1/contracts", tag = "contracts", request_body = Filed<ContractDetails>,
    params(("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters")),
    responses((status = 201, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn sign(
    State(app): State<App>,
    RequiredActor(actor): RequiredActor,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<ContractDetails>>,
) -> Result<Response, Problem> {
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, None).await?;
    let terms = Terms {
        number: details.number,
        signed_on: details.signed_on,
        form: details.form,
        estimate: details.estimate,
        tender_result: details.tender_result,
        signed_for: details.signed_for,
        settlement: details.settlement,
    };
    let signed = app.engine.sign_contract((terms, details.projects), submission).await;
    let signed = signed.map_err(below_details)?;
    Ok(answer(
        &signed,
        StatusCode::CREATED,
        &format!("contracts/{}", signed.id),
    ))
}

/// Amends it by a reasoned decision (`AppendixConcluded`, and `ContractAmended` of each đề án whose value changes).
#[utoipa::path(post, path = "/api/v1/contracts/{id}/appendices", tag = "contracts", request_body = Filed<AppendixDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn amend(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<AppendixDetails>>,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = AppendixPaper {
        number: details.number,
        decision: details.decision,
        reason: details.reason,
        values: details.values,
        estimate: details.estimate,
        settlement: details.settlement,
    };
    answered(app.engine.amend_contract(id, paper, submission).await)
}

/// Reconciles both sides' figures (`ContractReconciled`, Mẫu 10).
#[utoipa::path(post, path = "/api/v1/contracts/{id}/reconciliations", tag = "contracts", request_body = Filed<ReconciliationDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn reconcile(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<ReconciliationDetails>>,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = ReconciliationPaper {
        number: details.number,
        stated: details.stated,
    };
    answered(app.engine.reconcile_contract(id, paper, submission).await)
}

/// Liquidates it (`ContractWoundUp`, and `ContractLiquidated` of each đề án, Mẫu 6).
#[utoipa::path(post, path = "/api/v1/contracts/{id}/liquidation", tag = "contracts", request_body = Filed<LiquidationDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 409, body = crate::http::problem::ProblemDocument),
              (status = 412, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn liquidate(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<LiquidationDetails>>,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let paper = LiquidationPaper {
        number: details.number,
        last_of_year: details.last_of_year,
    };
    answered(app.engine.liquidate_contract(id, paper, submission).await)
}

/// One contract with its đề án, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/contracts/{id}", tag = "contracts",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = ContractDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let as_of = query.as_of()?;
    let view = app.engine.contract(thing_id(&id)?, as_of).await?;
    let view = view.ok_or_else(no_such_contract)?;
    let members: Vec<Uuid> = view.aggregate.projects().keys().copied().collect();
    let body = ContractDocument {
        id: view.id,
        version: view.version,
        position: view.position,
        projects: parts(&app, members, as_of).await?,
        contract: view.aggregate,
    };
    Ok(([(header::ETAG, etag(view.version))], Json(body)).into_response())
}
