//! `/bao-cao`: *Báo cáo định kỳ*, what is missing first, of months and of periods; and `/de-an/{id}/bao-cao`: the months of one đề án, each
//! report against what is approved.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use dean_aggregates::form::{self, milli};
use dean_aggregates::money::Dong;
use dean_aggregates::places::PlaceMap;
use dean_aggregates::project::Project;
use dean_aggregates::project::month::{Compared, LineDone, MonthReported, due_before, rate_of};
use dean_aggregates::report::Period;
use dean_projections::{Cursor, DutyFilter};
use serde::Deserialize;

use super::{due, provinces, query, years};
use crate::engine::{AsOf, Engine, MonthStatus, OwedMonth, OwedPeriod, PeriodStatus, RecordedMonth, Rulebook, Silent};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::{Query, day_asked, project_id};
use crate::web::views::{
    Choice, Chrome, CorrectedMonth, DoneView, Fact, MonthRow, MonthView, MonthsPage, PeriodRow, ReportsPage, SilentRow,
};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;
/// The quarters, half-years and years of some ten years of a unit.
const PERIOD_ROWS: u32 = 60;

/// Whose, as of when.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    unit: Option<String>,
    province: Option<String>,
    plan_year: Option<u16>,
    on: Option<String>,
    after: Option<String>,
    /// Where the periods go on.
    periods: Option<String>,
}

impl Which {
    /// The day that was typed, if any.
    fn day(&self, p: &Chrome) -> Result<Option<chrono::NaiveDate>, Problem> {
        let read = |typed: &str| {
            form::date(typed).ok_or_else(|| {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field-date")
                    .param("label", p.t("reports-on"))
                    .field("on")
            })
        };
        self.on.as_deref().map(read).transpose()
    }
}

/// A period in words: `Quý 1/2026`.
pub fn period_name(p: &Chrome, period: &Period) -> String {
    let (number, year) = (period.number.to_string(), period.year.to_string());
    p.with(
        &format!("period-{}", period.kind.as_str()),
        &[("number", &number), ("year", &year)],
    )
}

/// The address of a unit's report.
pub fn period_href(unit: &str, period: &Period) -> String {
    let (kind, year, number) = (period.kind.as_str(), period.year, period.number);
    format!("/bao-cao/{unit}/{kind}/{year}/{number}")
}

/// Shows what is missing.
pub async fn list(page: Page, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let on = day_asked(&app, which.day(&p)?)?;
    let filter = DutyFilter {
        unit: which.unit.clone(),
        province: which.province.clone(),
        plan_year: which.plan_year,
        ..DutyFilter::default()
    };
    let after = which.after.clone().map(Cursor::new);
    let silent = app.engine.silent(&filter, on, after, PAGE_ROWS).await?;
    let later = which.periods.clone().map(Cursor::new);
    let unit = which.unit.as_deref();
    let periods = app.engine.owed_periods(unit, on, later.as_ref(), PERIOD_ROWS).await?;
    let (missing, others): (Vec<OwedPeriod>, Vec<OwedPeriod>) = periods
        .rows
        .into_iter()
        .partition(|owed| owed.status == PeriodStatus::Missing);
    let here = |after: &str, periods: &str| {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let year = which.plan_year.map(|year| year.to_string()).unwrap_or_default();
        let pairs = [
            ("unit", &*text(&which.unit)),
            ("province", &*text(&which.province)),
            ("plan_year", &*year),
            ("on", &*text(&which.on)),
            ("after", after),
            ("periods", periods),
        ];
        format!("/bao-cao{}", query(&pairs))
    };
    let (after, later) = (which.after.as_deref(), which.periods.as_deref());
    let months_at = |after: &str| here(after, later.unwrap_or_default());
    let periods_at = |periods: &str| here(after.unwrap_or_default(), periods);
    let own = page
        .actor
        .iter()
        .map(|actor| (actor.unit.clone(), words::unit(&rulebook, &actor.unit, today)));
    let any = Choice::new("", p.t("unit-any"), Some(which.unit.as_deref().unwrap_or_default()));
    let units = own.map(|(id, name)| Choice::new(id, name, which.unit.as_deref()));
    let silent_row = |one: Silent| SilentRow {
        due: due(lang, &rulebook, one.missing.first().map(|month| month.due_on), on),
        months: one.missing.iter().map(|month| month_name(month.month)).collect(),
        id: one.row.project.to_string(),
        code: one.row.code,
        name: one.row.name,
        implementer: one.row.implementer_name,
    };
    let period_row = |owed: &OwedPeriod| period_row(&p, &rulebook, owed, on);
    Ok(rendered(&ReportsPage {
        on: format::date(on),
        units: std::iter::once(any).chain(units).collect(),
        provinces: provinces(lang, which.province.as_deref(), &rulebook, (PlaceMap::EventDay, today)),
        years: years(lang, which.plan_year, today),
        first: after.map(|_| months_at("")),
        next: silent.next.as_ref().map(|cursor| months_at(cursor.as_str())),
        first_periods: later.map(|_| periods_at("")),
        next_periods: periods.next.as_ref().map(|cursor| periods_at(cursor.as_str())),
        silent: silent.rows.into_iter().map(silent_row).collect(),
        missing: missing.iter().map(period_row).collect(),
        others: others.iter().map(period_row).collect(),
        p,
    }))
}

fn period_row(p: &Chrome, rulebook: &Rulebook, owed: &OwedPeriod, on: chrono::NaiveDate) -> PeriodRow {
    let (key, class) = match owed.status {
        PeriodStatus::Missing => ("report-missing", "bad"),
        PeriodStatus::Open => ("report-open", ""),
        PeriodStatus::Late => ("report-late", "warn"),
        PeriodStatus::Filed => ("report-filed", ""),
    };
    let corrected = (owed.corrections > 0).then(|| p.t1("report-corrected", "count", owed.corrections));
    let status = std::iter::once(p.t(key)).chain(corrected);
    PeriodRow {
        href: period_href(&owed.unit, &owed.period),
        unit: words::unit(rulebook, &owed.unit, on),
        period: period_name(p, &owed.period),
        due: due(p.lang, rulebook, Some(owed.due_on), on),
        due_on: format::date(owed.due_on),
        status: status.collect::<Vec<_>>().join(", "),
        class,
        filed_on: owed.filed_on.map(format::date).unwrap_or_default(),
    }
}

/// Shows the months of a project.
pub async fn months(page: Page, State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = project_id(&id)?;
    let view = app.engine.project(id, AsOf::Now).await?;
    let view = view.ok_or_else(|| Problem::no_such_project(id))?;
    let (today, p) = (page.today, page.chrome);
    let project = &view.project;
    let before = due_before(&view.lifecycle.value);
    let mut months = Engine::owed_months(project, before, &view.history, today);
    months.sort_by_key(|month| (month.status != MonthStatus::Missing, std::cmp::Reverse(month.month)));
    let duty = project.duty().map(|duty| {
        let since = format::date(duty.since);
        match duty.until {
            Some(until) => p.with(
                "months-duty-ended",
                &[("since", &since), ("until", &format::date(until))],
            ),
            None => p.t1("months-duty", "since", since),
        }
    });
    let reports = Engine::recorded_months(view.history);
    let reports = reports.iter().rev().map(|report| month_view(&p, project, report));
    Ok(rendered(&MonthsPage {
        id: view.id.to_string(),
        code: project.code().unwrap_or_default().to_owned(),
        name: project
            .content()
            .map(|content| content.name.clone())
            .unwrap_or_default(),
        duty,
        months: months.iter().map(|month| month_row(&p, month)).collect(),
        reports: reports.collect(),
        p,
    }))
}

/// mm/yyyy.
fn month_name(month: chrono::NaiveDate) -> String {
    month.format("%m/%Y").to_string()
}

fn month_row(p: &Chrome, month: &OwedMonth) -> MonthRow {
    let (key, class) = match month.status {
        MonthStatus::Missing => ("report-missing", "bad"),
        MonthStatus::FiguresOnly => ("report-figures-only", "warn"),
        MonthStatus::Open => ("report-open", ""),
        MonthStatus::Late => ("report-late", "warn"),
        MonthStatus::Reported => ("report-filed", ""),
    };
    MonthRow {
        month: month_name(month.month),
        due_on: format::date(month.due_on),
        status: p.t(key),
        class,
        filed_on: month.filed_on.map(format::date).unwrap_or_default(),
    }
}

fn month_view(p: &Chrome, project: &Project, document: &RecordedMonth) -> MonthView {
    let reported = &document.reported;
    let report = &reported.report;
    let late = document.filed_on > reported.due_on;
    let due_on = format::date(reported.due_on);
    let filed_on = format::date(document.filed_on);
    let spent = report
        .lines
        .iter()
        .fold(Dong::ZERO, |sum, line| sum.saturating_add(line.support_spent));
    let rate = rate_of(spent.get(), reported.contracted.get());
    let rate = rate.map(|rate| rate.to_string()).unwrap_or_default();
    let (spent, contracted) = (format::dong(spent), format::dong(reported.contracted));
    let texts = [("difficulties", &report.difficulties), ("proposals", &report.proposals)];
    MonthView {
        month: month_name(report.month),
        sequence: document.sequence,
        filed_on: p.t1("months-filed", "date", &filed_on),
        form: words::choice(p.lang, "form", &form_word(reported)),
        note: p.t1(if late { "months-late" } else { "months-in-time" }, "date", &due_on),
        total: p.with(
            "months-total",
            &[("spent", &spent), ("contracted", &contracted), ("rate", &rate)],
        ),
        lines: done(project, &report.lines, &reported.compared),
        corrects: reported.corrects.as_ref().map(|earlier| {
            let reason = report.correction_reason.clone().unwrap_or_default();
            let date = format::date(earlier.filed_on);
            CorrectedMonth {
                title: p.with("months-corrects", &[("date", &date), ("reason", &reason)]),
                lines: done(project, &earlier.report.lines, &reported.compared),
            }
        }),
        texts: texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| Fact::new(words::label(p.lang, "report-month", name), text))
            .collect(),
    }
}

fn form_word(reported: &MonthReported) -> String {
    super::project_parts::word(&reported.report.form)
}

/// Reported lines against what was approved when they were reported.
fn done(project: &Project, lines: &[LineDone], compared: &[Compared]) -> Vec<DoneView> {
    let content = project.content().map_or(&[][..], |content| &content.lines);
    let percent = |part: u64, whole: u64| rate_of(part, whole).map_or_else(|| "–".to_owned(), |rate| rate.to_string());
    let one = |line: &LineDone| {
        let item = content.iter().find(|known| known.number == line.line);
        let limits = compared.iter().find(|compared| compared.line == line.line);
        let (support, counterpart) =
            limits.map_or((Dong::ZERO, Dong::ZERO), |known| (known.support, known.counterpart));
        let of = |part: Dong, whole: Dong| format!("{part} / {}", format::dong(whole));
        DoneView {
            line: format!("{} {}", line.line, item.map_or("", |item| item.item.as_str())),
            volume: format!(
                "{} / {} {}",
                milli(line.done_milli),
                milli(line.planned_milli),
                line.unit
            ),
            volume_rate: percent(line.done_milli, line.planned_milli),
            value: format::dong(line.value_done),
            support: of(line.support_spent, support),
            support_rate: percent(line.support_spent.get(), support.get()),
            counterpart: of(line.counterpart_spent, counterpart),
            counterpart_rate: percent(line.counterpart_spent.get(), counterpart.get()),
        }
    };
    lines.iter().map(one).collect()
}
