//! Calendars of working days, texts on deadlines, and reminders.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use dean_aggregates::calendar::{CalendarKind, DayOff, MissingYear, WorkedDay};
use dean_aggregates::published::Pinned;
use dean_aggregates::reminder::{Delivery, Raised};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::engine::Publishing;
use crate::http::App;
use crate::http::actor::RequiredActor;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::receipt::command_id;

/// Counting further than this is no question that a deadline asks.
const SPAN_DAYS_MAX: i64 = 3_660;

/// What is published.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CalendarList {
    /// Calendars of working days, by year.
    pub years: Vec<TextDocument>,
    /// Texts on deadlines, in order of publication.
    pub deadlines: Vec<TextDocument>,
}

/// A published text.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TextDocument {
    /// The year, for a calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Code.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// Title in Vietnamese.
    pub title_vi: String,
    /// Title in English.
    pub title_en: String,
}

/// The working days of a year.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct YearDocument {
    /// The year.
    pub year: i32,
    /// Version.
    pub version: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// Weekly days off.
    pub weekend: Vec<String>,
    /// Days off beside the weekly ones, each with the text that says so.
    #[schema(value_type = Object)]
    pub off: BTreeMap<NaiveDate, DayOff>,
    /// Weekly days off that are worked.
    #[schema(value_type = Object)]
    pub worked: BTreeMap<NaiveDate, WorkedDay>,
}

/// A span of days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    from: NaiveDate,
    to: NaiveDate,
}

/// How many days of a span are worked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SpanDocument {
    /// Working days after `from` up to `to`; negative when `to` comes first.
    pub working_days: i64,
}

/// A text to publish.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarToPublish {
    /// The whole text (TOML): a calendar of working days if it has `year`, else a text on deadlines.
    pub text: String,
}

/// The answer to a publication.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublishedAnswer {
    /// Code.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// Where it stands in the ledger.
    pub position: u64,
    /// Whether this is the stored answer to an earlier, equal request.
    pub repeated: bool,
}

/// A reminder.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReminderDocument {
    /// Its id.
    pub id: Uuid,
    /// What it reminds of.
    #[schema(value_type = Object)]
    pub raised: Raised,
    /// The deliveries that were made.
    #[schema(value_type = Vec<Object>)]
    pub delivered: Vec<Delivery>,
    /// Whether what it reminds of was done before everybody had it.
    pub withdrawn: bool,
}

/// There is no calendar for a year.
pub fn no_calendar(status: StatusCode, MissingYear(year): MissingYear) -> Problem {
    Problem::new(status, "no-calendar").param("year", year)
}

/// Every calendar of working days and text on deadlines.
#[utoipa::path(get, path = "/api/v1/calendars", tag = "calendars", responses((status = 200, body = CalendarList)))]
pub async fn list(State(app): State<App>) -> Result<Json<CalendarList>, Problem> {
    let timetable = app.engine.rulebook().await?.timetable();
    let years = timetable.years().map(|calendar| {
        let title = &calendar.value.title;
        text_document(calendar, Some(calendar.value.year), (&title.vi, &title.en))
    });
    let deadlines = timetable.deadlines().iter().map(|text| {
        let title = &text.value.title;
        text_document(text, None, (&title.vi, &title.en))
    });
    Ok(Json(CalendarList {
        years: years.collect(),
        deadlines: deadlines.collect(),
    }))
}

fn text_document<T>(text: &Pinned<T>, year: Option<i32>, (vi, en): (&str, &str)) -> TextDocument {
    TextDocument {
        year,
        code: text.pin.code.clone(),
        version: text.pin.version.clone(),
        sha256: text.pin.sha256.clone(),
        title_vi: vi.to_owned(),
        title_en: en.to_owned(),
    }
}

/// The working days of a year.
#[utoipa::path(get, path = "/api/v1/calendars/{year}", tag = "calendars", params(("year" = i32, Path)),
    responses((status = 200, body = YearDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn show(State(app): State<App>, Path(year): Path<String>) -> Result<Json<YearDocument>, Problem> {
    let timetable = app.engine.rulebook().await?.timetable();
    let number = year.parse().ok();
    let calendar = number
        .and_then(|year| timetable.year(year))
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no-calendar").param("year", &year))?;
    Ok(Json(YearDocument {
        year: calendar.value.year,
        version: calendar.pin.version.clone(),
        sha256: calendar.pin.sha256.clone(),
        weekend: calendar.value.weekend.iter().map(ToString::to_string).collect(),
        off: calendar.value.off.clone(),
        worked: calendar.value.worked.clone(),
    }))
}

/// How many days of a span are worked.
#[utoipa::path(get, path = "/api/v1/working-days", tag = "calendars",
    params(("from" = NaiveDate, Query, description = "not counted"), ("to" = NaiveDate, Query, description = "counted")),
    responses((status = 200, body = SpanDocument), (status = 422, body = crate::http::problem::ProblemDocument)))]
pub async fn count(State(app): State<App>, Query(span): Query<Span>) -> Result<Json<SpanDocument>, Problem> {
    let days = (span.to - span.from).num_days().abs();
    if days > SPAN_DAYS_MAX {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid-filter")
            .param("reason", format!("{days} days are more than {SPAN_DAYS_MAX}")));
    }
    let timetable = app.engine.rulebook().await?.timetable();
    let working_days = timetable
        .between(span.from, span.to)
        .map_err(|missing| no_calendar(StatusCode::UNPROCESSABLE_ENTITY, missing))?;
    Ok(Json(SpanDocument { working_days }))
}

/// Publishes a calendar of working days or a text on deadlines (`CalendarPublished`). For administrators.
#[utoipa::path(post, path = "/api/v1/calendars", tag = "calendars", request_body = CalendarToPublish,
    params(("dean-actor" = String, Header, description = "`id; role=administrator; unit=…`"),
           ("idempotency-key" = Option<String>, Header, description = "a UUIDv7, or any key of at most 200 characters")),
    responses((status = 201, body = PublishedAnswer), (status = 403, body = crate::http::problem::ProblemDocument),
              (status = 409, body = crate::http::problem::ProblemDocument), (status = 422, body = crate::http::problem::ProblemDocument)))]
pub async fn publish(
    State(app): State<App>,
    RequiredActor(actor): RequiredActor,
    headers: HeaderMap,
    JsonBody { value, request_sha256 }: JsonBody<CalendarToPublish>,
) -> Result<Response, Problem> {
    let ledger = app.engine.ledger();
    let publishing = Publishing {
        command_id: command_id(&headers, &actor.id, ledger).await?,
        actor,
        request_sha256,
        occurred_on: ledger.environment().today(),
        channel: "api",
    };
    let kind = CalendarKind::of(&value.text);
    let published = app
        .engine
        .publish_calendar(kind, "text", &value.text, publishing)
        .await?;
    let answer = PublishedAnswer {
        code: published.code,
        version: published.version,
        sha256: published.sha256,
        position: published.receipt.position,
        repeated: published.receipt.repeated,
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// One reminder with its deliveries.
#[utoipa::path(get, path = "/api/v1/reminders/{id}", tag = "calendars", params(("id" = Uuid, Path)),
    responses((status = 200, body = ReminderDocument), (status = 404, body = crate::http::problem::ProblemDocument)))]
pub async fn reminder(State(app): State<App>, Path(id): Path<String>) -> Result<Json<ReminderDocument>, Problem> {
    let no_such = || Problem::new(StatusCode::NOT_FOUND, "no-such-reminder");
    let id = Uuid::parse_str(&id).map_err(|_| no_such())?;
    let reminder = app.engine.reminder(id).await?;
    let raised = reminder.raised().ok_or_else(no_such)?.clone();
    Ok(Json(ReminderDocument {
        id,
        raised,
        delivered: reminder.delivered().iter().cloned().collect(),
        withdrawn: reminder.is_withdrawn(),
    }))
}
