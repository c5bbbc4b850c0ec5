//! `/bao-cao/{unit}/{kind}/{year}/{number}`: a unit's report of a period: what was filed, and the form that files or corrects it beside what
//! the ledger says.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use dean_aggregates::form;
use dean_aggregates::money::Dong;
use dean_aggregates::project::content::Level;
use dean_aggregates::report::{
    Drawn, FiledPeriod, Period, PeriodFiling, PeriodKind, ProgrammeFigures, ReportAction, ReportEvent, ReportWhat,
    Stated, id_of,
};
use uuid::Uuid;

use super::reports::{period_href, period_name};
use crate::engine::{Acted, AsOf, FigureError, Submission};
use crate::http::App;
use crate::http::problem::Problem;
use crate::web::fields::{Pairs, value};
use crate::web::posted::{Posted, fingerprint};
use crate::web::views::{Chrome, Fact, FigureInput, FigureView, FiledView, PeriodForm, PeriodPage, Refusal, TextInput};
use crate::web::visit::{POSITION_COOKIE, Page, rendered};
use crate::web::{format, words};

/// The texts of a report, and whether they must say something; the reason only in a correction.
const TEXTS: [(&str, bool); 4] = [
    ("explanation", false),
    ("results", true),
    ("difficulties", false),
    ("proposals", false),
];

/// What is said while the read models are behind the ledger.
const BEHIND: &str = "projections-behind";

type Address = (String, String, String, String);

fn period_of((unit, kind, year, number): Address) -> Result<(String, Period), Problem> {
    let kind = PeriodKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let period = kind.zip(year.parse().ok()).zip(number.parse().ok());
    period
        .map(|((kind, year), number)| Period { kind, year, number })
        .filter(Period::is_real)
        .map(|period| (unit, period))
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no-such-page"))
}

/// Shows it.
pub async fn show(page: Page, State(app): State<App>, Path(address): Path<Address>) -> Result<Response, Problem> {
    let (unit, period) = period_of(address)?;
    shown(page, &app, (&unit, &period), None).await
}

/// Files or corrects it.
pub async fn file(State(app): State<App>, Path(address): Path<Address>, posted: Posted) -> Result<Response, Problem> {
    let (unit, period) = period_of(address)?;
    let Posted { page, pairs } = posted;
    let outcome = recorded(&page, &app, (&unit, &period), &pairs).await;
    let problem = match outcome {
        Ok(acted) => return Ok(redirected(&period_href(&unit, &period), &acted)),
        Err(problem) => problem,
    };
    let (status, retry_after) = (problem.status, problem.retry_after_s);
    let mut response = shown(page, &app, (&unit, &period), Some((pairs, problem))).await?;
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

async fn recorded(page: &Page, app: &App, (unit, period): (&str, &Period), pairs: &Pairs) -> Result<Acted, Problem> {
    let actor = page.actor.clone();
    let actor = actor.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "no-actor"))?;
    let text = |name: &str| value(pairs, name).unwrap_or_default().trim().to_owned();
    let command = Uuid::parse_str(&text("command")).ok();
    let command = command.filter(|id| id.get_version_num() == 7);
    let version = text("version").parse().ok();
    let action = match version {
        Some(_) => ReportAction::Correct { reason: text("reason") },
        None => ReportAction::File,
    };
    let occurred_on = form::date(&text("occurred_on"));
    let submission = Submission {
        actor,
        occurred_on: occurred_on.ok_or_else(|| faulty("field-date", "occurred_on"))?,
        papers: Vec::new(),
        note: String::new(),
        // Without its receipt key a form can't be told from a double click.
        command_id: command.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "bad-request"))?,
        request_sha256: fingerprint(&period_href(unit, period), pairs),
        expected_version: version,
        channel: "web",
    };
    let filing = PeriodFiling {
        stated: stated(pairs)?,
        explanation: text("explanation"),
        results: text("results"),
        difficulties: text("difficulties"),
        proposals: text("proposals"),
    };
    let of = (unit.to_owned(), *period);
    Ok(app.engine.report_period(of, (action, filing), submission).await?)
}

fn faulty(code: &'static str, field: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code)
        .param("label", field)
        .field(field)
}

/// The figures of each programme that the form asks for.
fn stated(pairs: &Pairs) -> Result<Vec<Stated>, Problem> {
    let mut all = Vec::new();
    for level in [Level::National, Level::Local] {
        let name = |figure: &str| format!("{}.{figure}", level.as_str());
        if value(pairs, &name("projects")).is_none() {
            continue;
        }
        let number = |figure: &str| {
            let typed = value(pairs, &name(figure)).unwrap_or_default();
            let digits: String = typed
                .chars()
                .filter(|letter| !matches!(letter, '.' | ' ' | '\u{a0}'))
                .collect();
            digits.parse::<u64>().ok()
        };
        let dong = |figure: &str| {
            let amount = number(figure).and_then(|amount| Dong::new(amount).ok());
            amount.ok_or_else(|| faulty("field-money", &name(figure)))
        };
        let projects = number("projects").and_then(|count| u32::try_from(count).ok());
        all.push(Stated {
            level,
            projects: projects.ok_or_else(|| faulty("field-integer", &name("projects")))?,
            approved: dong("approved")?,
            disbursed: dong("disbursed")?,
            settled: dong("settled")?,
            counterpart: dong("counterpart")?,
        });
    }
    Ok(all)
}

fn redirected(href: &str, acted: &Acted) -> Response {
    let mut response = Redirect::to(href).into_response();
    let position = acted.receipt.position;
    let cookie = format!("{POSITION_COOKIE}={position}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The page, after a refusal with what was typed: a form that comes back has all of it, whatever can't be read meanwhile.
async fn shown(
    page: Page,
    app: &App,
    (unit, period): (&str, &Period),
    refused: Option<(Pairs, Problem)>,
) -> Result<Response, Problem> {
    let (today, p) = (page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let timetable = rulebook.timetable();
    let duty = timetable.report_duty(today, |duty| duty.period == period.kind && duty.is_of(unit));
    let events = app.engine.period_report_events(id_of(unit, period), AsOf::Now).await?;
    let known = events.last().map(|(_, event)| after(event).clone());
    let (pairs, problem) = refused.unzip();
    let version = match &pairs {
        // Not the present one: what was filed meanwhile would be corrected unseen.
        Some(pairs) => value(pairs, "version").map(str::to_owned),
        None => (!events.is_empty()).then(|| events.len().to_string()),
    };
    let pairs = pairs.unwrap_or_default();
    let form = match duty {
        Some(_) if period.first_day() <= today => {
            let typed_on = value(&pairs, "occurred_on").and_then(form::date);
            let filed_on = typed_on.filter(|day| *day <= today).unwrap_or(today);
            let drawn = match &problem {
                // They were waited for already.
                Some(problem) if problem.code == BEHIND => None,
                _ => match app.engine.draw_figures(unit, period, filed_on).await {
                    Ok(drawn) => Some(drawn),
                    // What was typed, and what was filed, needs no figures.
                    Err(_) if problem.is_some() => None,
                    Err(FigureError::Behind { .. }) if known.is_some() => None,
                    Err(error) => return Err(error.into()),
                },
            };
            let drawn = drawn.as_ref();
            let command = app.engine.ledger().environment().uuid_v7().to_string();
            let typed = |name: &str| value(&pairs, name).map(str::to_owned);
            Some(PeriodForm {
                action: period_href(unit, period),
                command: typed("command").unwrap_or(command),
                drawn: drawn.map_or_else(|| p.t("period-unread"), |drawn| drawn_line(&p, drawn)),
                inputs: inputs(&p, drawn, known.as_ref(), &pairs),
                texts: texts(&p, known.as_ref(), version.is_some(), &pairs),
                version,
                occurred_on: typed("occurred_on").unwrap_or_else(|| format::date(today)),
            })
        }
        _ => None,
    };
    let due = duty.map(|(_, duty)| {
        let date = format::date(duty.due_on(period));
        p.with("period-due", &[("date", &date), ("article", &duty.article)])
    });
    Ok(rendered(&PeriodPage {
        unit: words::unit(&rulebook, unit, today),
        period: period_name(&p, period),
        due: due.unwrap_or_default(),
        refusal: problem.map(|problem| Refusal {
            title: problem.title(p.lang),
            fix: problem.fix(p.lang),
            rule: problem.rule.clone(),
            formula: None,
            fields: Vec::new(),
            code: problem.code.to_owned(),
        }),
        filed: events
            .iter()
            .rev()
            .map(|(position, event)| filed(&p, *position, event))
            .collect(),
        form,
        p,
    }))
}

const fn after(event: &ReportEvent) -> &FiledPeriod {
    match &event.what {
        ReportWhat::PeriodReported(filed) => filed,
        ReportWhat::PeriodReportCorrected(corrected) => &corrected.after,
    }
}

fn drawn_line(p: &Chrome, drawn: &Drawn) -> String {
    let (position, date) = (drawn.position.to_string(), format::date(drawn.as_of));
    let year = drawn.plan_year.to_string();
    p.with(
        "period-read",
        &[("position", &position), ("date", &date), ("year", &year)],
    )
}

fn figure_label(p: &Chrome, level: Level, figure: &str) -> String {
    let level = words::choice(p.lang, "level", level.as_str());
    format!("{level}: {}", p.t(&format!("report-figure-{figure}")))
}

/// Every programme that the ledger has or that was stated, with what is typed, was stated, or the ledger has.
fn inputs(p: &Chrome, drawn: Option<&Drawn>, known: Option<&FiledPeriod>, pairs: &Pairs) -> Vec<FigureInput> {
    let mut inputs = Vec::new();
    for level in [Level::National, Level::Local] {
        let of_ledger = drawn.and_then(|drawn| drawn.programmes.iter().find(|programme| programme.level == level));
        let stated = known.and_then(|known| known.stated.iter().find(|stated| stated.level == level));
        let is_typed = value(pairs, &format!("{}.projects", level.as_str())).is_some();
        if of_ledger.is_none() && stated.is_none() && !is_typed {
            continue;
        }
        let of_ledger = of_ledger.map_or_else(|| ProgrammeFigures::none(level).stated(), ProgrammeFigures::stated);
        let present = stated.unwrap_or(&of_ledger).figures();
        for ((figure, of_ledger), (_, present)) in of_ledger.figures().into_iter().zip(present) {
            let name = format!("{}.{figure}", level.as_str());
            inputs.push(FigureInput {
                label: figure_label(p, level, figure),
                drawn: drawn.map(|_| format::grouped(of_ledger)),
                value: value(pairs, &name).map_or_else(|| format::grouped(present), str::to_owned),
                name,
            });
        }
    }
    inputs
}

fn texts(p: &Chrome, known: Option<&FiledPeriod>, corrects: bool, pairs: &Pairs) -> Vec<TextInput> {
    let present = |name: &str| match (name, known) {
        ("explanation", Some(known)) => known.explanation.clone(),
        ("results", Some(known)) => known.results.clone(),
        ("difficulties", Some(known)) => known.difficulties.clone(),
        ("proposals", Some(known)) => known.proposals.clone(),
        _ => String::new(),
    };
    let reason = corrects.then_some(("reason", true));
    TEXTS
        .into_iter()
        .chain(reason)
        .map(|(name, required)| TextInput {
            name,
            label: p.t(&format!("period-text-{name}")),
            value: value(pairs, name).map_or_else(|| present(name), str::to_owned),
            required,
        })
        .collect()
}

fn filed(p: &Chrome, position: u64, event: &ReportEvent) -> FiledView {
    let (position, date) = (position.to_string(), format::date(event.occurred_on));
    let (key, reason) = match &event.what {
        ReportWhat::PeriodReported(_) => ("period-filed", String::new()),
        ReportWhat::PeriodReportCorrected(corrected) => ("period-corrected", corrected.reason.clone()),
    };
    let report = after(event);
    let figures = report.stated.iter().flat_map(|stated| {
        let drawn = report.drawn.programmes.iter().find(|drawn| drawn.level == stated.level);
        let drawn = drawn.map_or_else(
            || ProgrammeFigures::none(stated.level).stated(),
            ProgrammeFigures::stated,
        );
        let pairs = drawn.figures().into_iter().zip(stated.figures());
        let one = |((figure, drawn), (_, value)): ((&str, u64), (&str, u64))| FigureView {
            label: figure_label(p, stated.level, figure),
            drawn: format::grouped(drawn),
            stated: format::grouped(value),
            differs: drawn != value,
        };
        pairs.map(one).collect::<Vec<_>>()
    });
    let texts = [
        ("explanation", &report.explanation),
        ("results", &report.results),
        ("difficulties", &report.difficulties),
        ("proposals", &report.proposals),
    ];
    FiledView {
        title: p.with(
            key,
            &[("date", &date), ("position", &position), ("actor", &event.actor_id)],
        ),
        reason,
        drawn: drawn_line(p, &report.drawn),
        figures: figures.collect(),
        texts: texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| Fact::new(p.t(&format!("period-text-{name}")), text))
            .collect(),
    }
}
