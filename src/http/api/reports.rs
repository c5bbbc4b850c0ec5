//! Periodic reports: the months of a đề án, the quarters, half-years and years of a unit, and what is missing of both.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use dean_aggregates::project::month::{Duty, LineDone, MonthReport, ReportForm, due_before};
use dean_aggregates::report::{Drawn, Period, PeriodFiling, PeriodKind, ReportAction, ReportEvent, Stated};
use dean_projections::{Cursor, DutyFilter, Page};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filed::{Filed, below_details};
use super::plans::{ActAnswer, answer};
use super::projects::AsOfQuery;
use super::steps::{self, StepAnswer};
use crate::engine::{AsOf, Engine, FigureError, OwedMonth, OwedPeriod, RecordedMonth, ReportError, Silent};
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::{Paging, Query, day_asked, freshness, project_id};
use crate::http::receipt::{IfMatch, etag};

/// A month's report.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthDetails {
    /// First day of the reported month.
    month: NaiveDate,
    /// `mau-3a` or `mau-3b`: the law names both.
    #[schema(value_type = String)]
    form: ReportForm,
    /// Every approved line, cumulative: `line`, `unit` (đơn vị tính), `planned_milli` and `done_milli` (thousandths of the unit), `value_done`,
    /// `support_spent`, `counterpart_spent`, `other_spent` (đồng).
    #[schema(value_type = Vec<Object>)]
    lines: Vec<LineDone>,
    /// Khó khăn, vướng mắc.
    #[serde(default)]
    difficulties: String,
    /// Đề xuất, kiến nghị.
    #[serde(default)]
    proposals: String,
    /// Why a month is reported again, or a figure falls.
    #[serde(default)]
    correction_reason: Option<String>,
}

/// A unit's report.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodDetails {
    /// Unit id; the actor's.
    unit: String,
    /// `kind` (`quarter`, `half-year`, `year`), `year`, `number`.
    #[schema(value_type = Object)]
    period: Period,
    /// Per programme: `level`, `projects`, `approved`, `disbursed`, `settled`, `counterpart` (đồng).
    #[schema(value_type = Vec<Object>)]
    stated: Vec<Stated>,
    /// Why they differ from the ledger's, if they do.
    #[serde(default)]
    explanation: String,
    /// Kết quả thực hiện.
    results: String,
    /// Khó khăn, vướng mắc.
    #[serde(default)]
    difficulties: String,
    /// Đề xuất, kiến nghị.
    #[serde(default)]
    proposals: String,
}

/// A correction of a unit's report: the whole report as it is right.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionDetails {
    /// Lý do.
    reason: String,
    /// Per programme, as in the report.
    #[schema(value_type = Vec<Object>)]
    stated: Vec<Stated>,
    /// Why they differ from the ledger's, if they do.
    #[serde(default)]
    explanation: String,
    /// Kết quả thực hiện.
    results: String,
    /// Khó khăn, vướng mắc.
    #[serde(default)]
    difficulties: String,
    /// Đề xuất, kiến nghị.
    #[serde(default)]
    proposals: String,
}

/// As of which day.
#[derive(Debug, Default, Deserialize)]
pub struct OnQuery {
    /// A day, by the dates on the papers, not after today; today where absent.
    on: Option<NaiveDate>,
}

/// Of which unit.
#[derive(Debug, Default, Deserialize)]
pub struct UnitQuery {
    unit: Option<String>,
}

/// Which unit's figures of which period.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiguresQuery {
    unit: String,
    kind: PeriodKind,
    year: u16,
    number: u8,
    /// The day of the filing: nothing dated after it is counted. Not after today; today where absent.
    on: Option<NaiveDate>,
}

/// The months of a đề án.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MonthsDocument {
    /// The project.
    pub project: Uuid,
    /// Its version.
    pub version: u64,
    /// Ledger position up to which it was read.
    pub position: u64,
    /// From the signing to the settlement file; absent before the contract.
    #[schema(value_type = Option<Object>)]
    pub duty: Option<Duty>,
    /// The months owed by the day asked for: `month`, `due_on`, `status` (`missing`, `figures-only`, `open`, `late`, `reported`), `filed_on`.
    #[schema(value_type = Vec<Object>)]
    pub months: Vec<OwedMonth>,
    /// Every report in the order of filing, corrections too: `position`, `sequence` (which a correction names), `filed_on`, `reported`.
    #[schema(value_type = Vec<Object>)]
    pub reports: Vec<RecordedMonth>,
}

/// What units owe.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeriodsDocument {
    /// As of this day.
    pub on: NaiveDate,
    /// The latest due; of these what is missing first: `id`, `unit`, `period`, `due_on`, `article`, `status` (`missing`, `open`, `late`, `filed`), `filed_on`,
    /// `corrections`.
    #[schema(value_type = Vec<Object>)]
    pub periods: Vec<OwedPeriod>,
    /// Where the next page starts, with what was due earlier; absent on the last.
    #[schema(value_type = Option<String>)]
    pub next: Option<Cursor>,
}

/// A unit's report with all that became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeriodDocument {
    /// Id: made from unit and period.
    pub id: Uuid,
    /// Number of its events.
    pub version: u64,
    /// Its filing and every correction, each with the report before and after it.
    pub events: Vec<PeriodEventDocument>,
}

/// An event of a unit's report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeriodEventDocument {
    /// Ledger position.
    pub position: u64,
    /// The event.
    #[schema(value_type = Object)]
    pub event: ReportEvent,
}

impl From<FigureError> for Problem {
    fn from(error: FigureError) -> Self {
        match error {
            FigureError::Projections(error) => error.into(),
            FigureError::Read(error) => error.into(),
            FigureError::Behind { position } => Self {
                retry_after_s: Some(1),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "projections-behind").param("position", position)
            },
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Act(error) => error.into(),
            ReportError::Figures(error) => error.into(),
        }
    }
}

/// Reports a month (`MonthReported`), or corrects it: the same month again needs `correction_reason`, and the event shows both.
#[utoipa::path(post, path = "/api/v1/projects/{id}/reports", tag = "reports", request_body = Filed<MonthDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the project's version that the caller saw, as an entity tag")),
    responses((status = 201, body = StepAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn report_month(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<MonthDetails>>,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let report = MonthReport {
        month: details.month,
        form: details.form,
        lines: details.lines,
        difficulties: details.difficulties,
        proposals: details.proposals,
        correction_reason: details.correction_reason,
    };
    let taken = app.engine.report_month(project, report, submission).await;
    steps::answer(&app, taken.map_err(below_details)?, StatusCode::CREATED).await
}

/// The months that a project owes as of a day, and its reports.
#[utoipa::path(get, path = "/api/v1/projects/{id}/reports", tag = "reports",
    params(("id" = Uuid, Path), ("on" = Option<NaiveDate>, Query, description = "a day, by the dates on the papers, not after today")),
    responses((status = 200, body = MonthsDocument), (status = 404, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument)))]
pub async fn months(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<OnQuery>,
) -> Result<Response, Problem> {
    let id = project_id(&id)?;
    let on = day_asked(&app, query.on)?;
    let view = app.engine.project(id, AsOf::Now).await?;
    let view = view.ok_or_else(|| Problem::no_such_project(id))?;
    let before = due_before(&view.lifecycle.value);
    let body = MonthsDocument {
        project: view.id,
        version: view.version,
        position: view.position,
        duty: view.project.duty(),
        months: Engine::owed_months(&view.project, before, &view.history, on),
        reports: Engine::recorded_months(view.history),
    };
    Ok(([(header::ETAG, etag(body.version))], Json(body)).into_response())
}

/// Projects with months that are due and not reported as of a day: as of today the longest silent first.
#[utoipa::path(get, path = "/api/v1/reports/months", tag = "reports",
    params(("on" = Option<NaiveDate>, Query, description = "not after today"), ("unit" = Option<String>, Query, description = "a unit with any part in the project"),
           ("level" = Option<String>, Query), ("province" = Option<String>, Query), ("plan_year" = Option<u16>, Query),
           ("after" = Option<String>, Query, description = "cursor: `next` of the page before; a page may be short and still have one"),
           ("limit" = Option<u32>, Query), ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = Object), (status = 422, body = crate::http::problem::ProblemDocument)))]
pub async fn silent(
    State(app): State<App>,
    Query(filter): Query<DutyFilter>,
    Query(query): Query<OnQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Silent>>, Problem> {
    let on = day_asked(&app, query.on)?;
    freshness(&app, paging.at_least).await?;
    let after = super::read_models::cursor(&paging);
    let page = app.engine.silent(&filter, on, after, paging.limit()).await?;
    Ok(Json(page))
}

/// The periods that units owe as of a day: the latest due come first, and on each page what is missing.
#[utoipa::path(get, path = "/api/v1/reports/periods", tag = "reports",
    params(("on" = Option<NaiveDate>, Query, description = "not after today"), ("unit" = Option<String>, Query),
           ("after" = Option<String>, Query, description = "cursor: `next` of the page before"), ("limit" = Option<u32>, Query),
           ("at_least" = Option<u64>, Query)),
    responses((status = 200, body = PeriodsDocument), (status = 422, body = crate::http::problem::ProblemDocument)))]
pub async fn periods(
    State(app): State<App>,
    Query(unit): Query<UnitQuery>,
    Query(query): Query<OnQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<PeriodsDocument>, Problem> {
    let on = day_asked(&app, query.on)?;
    freshness(&app, paging.at_least).await?;
    let after = super::read_models::cursor(&paging);
    let unit = unit.unit.as_deref();
    let page = app
        .engine
        .owed_periods(unit, on, after.as_ref(), paging.limit())
        .await?;
    Ok(Json(PeriodsDocument {
        on,
        periods: page.rows,
        next: page.next,
    }))
}

/// What the ledger says of a unit's period: the figures that a report which is filed on that day is compared with.
#[utoipa::path(get, path = "/api/v1/reports/figures", tag = "reports",
    params(("unit" = String, Query), ("kind" = String, Query, description = "`quarter`, `half-year`, `year`"), ("year" = u16, Query), ("number" = u8, Query),
           ("on" = Option<NaiveDate>, Query, description = "the day of the filing, not after today: nothing dated after it is counted")),
    responses((status = 200, body = Object), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn figures(State(app): State<App>, Query(query): Query<FiguresQuery>) -> Result<Json<Drawn>, Problem> {
    let period = Period {
        kind: query.kind,
        year: query.year,
        number: query.number,
    };
    if !period.is_real() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-such-period")
            .field("number")
            .param("period", period));
    }
    let on = day_asked(&app, query.on)?;
    Ok(Json(app.engine.draw_figures(&query.unit, &period, on).await?))
}

/// Files a unit's report of a period (`PeriodReported`), with the figures that the ledger has beside those stated.
#[utoipa::path(post, path = "/api/v1/reports/periods", tag = "reports", request_body = Filed<PeriodDetails>,
    params(("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters")),
    responses((status = 201, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 409, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument),
              (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn report_period(
    State(app): State<App>,
    RequiredActor(actor): RequiredActor,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<PeriodDetails>>,
) -> Result<Response, Problem> {
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, None).await?;
    let filing = PeriodFiling {
        stated: details.stated,
        explanation: details.explanation,
        results: details.results,
        difficulties: details.difficulties,
        proposals: details.proposals,
    };
    let of = (details.unit, details.period);
    let filed = app
        .engine
        .report_period(of, (ReportAction::File, filing), submission)
        .await;
    let filed = filed.map_err(below_details)?;
    Ok(answer(
        &filed,
        StatusCode::CREATED,
        &format!("reports/periods/{}", filed.id),
    ))
}

/// Corrects a unit's report (`PeriodReportCorrected`): the event shows both.
#[utoipa::path(post, path = "/api/v1/reports/periods/{id}/corrections", tag = "reports", request_body = Filed<CorrectionDetails>,
    params(("id" = Uuid, Path), ("dean-actor" = String, Header, description = "`id; role=…; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters"),
           ("if-match" = Option<String>, Header, description = "the version that the caller saw, as an entity tag")),
    responses((status = 200, body = ActAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 404, body = crate::http::problem::ProblemDocument), (status = 412, body = crate::http::problem::ProblemDocument),
              (status = 422, body = crate::http::problem::ProblemDocument), (status = 503, body = crate::http::problem::ProblemDocument)))]
pub async fn correct_period(
    State(app): State<App>,
    Path(id): Path<String>,
    RequiredActor(actor): RequiredActor,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<Filed<CorrectionDetails>>,
) -> Result<Response, Problem> {
    let id = report_id(&id)?;
    let view = app.engine.period_report(id, AsOf::Now).await?;
    let of = view.and_then(|view| {
        let filed = view.aggregate.filed()?;
        Some((filed.unit.id.clone(), filed.period))
    });
    let of = of.ok_or_else(no_such_report)?;
    let (details, submission) = value.submitted(&app, actor, request_sha256, &headers, expected).await?;
    let filing = PeriodFiling {
        stated: details.stated,
        explanation: details.explanation,
        results: details.results,
        difficulties: details.difficulties,
        proposals: details.proposals,
    };
    let action = ReportAction::Correct { reason: details.reason };
    let corrected = app.engine.report_period(of, (action, filing), submission).await;
    let corrected = corrected.map_err(below_details)?;
    Ok(answer(
        &corrected,
        StatusCode::OK,
        &format!("reports/periods/{}", corrected.id),
    ))
}

/// A unit's report with its corrections, now or (`?at=`) as of a past position or day.
#[utoipa::path(get, path = "/api/v1/reports/periods/{id}", tag = "reports",
    params(("id" = Uuid, Path), ("at" = Option<String>, Query, description = "a position (`1234`) or a day (`2019-06-30`)")),
    responses((status = 200, body = PeriodDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn period(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let id = report_id(&id)?;
    let events = app.engine.period_report_events(id, query.as_of()?).await?;
    if events.is_empty() {
        return Err(no_such_report());
    }
    let version = events.len() as u64;
    let events = events
        .into_iter()
        .map(|(position, event)| PeriodEventDocument { position, event })
        .collect();
    let body = PeriodDocument { id, version, events };
    Ok(([(header::ETAG, etag(version))], Json(body)).into_response())
}

fn report_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| no_such_report())
}

fn no_such_report() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-report")
}
