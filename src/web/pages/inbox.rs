//! `/viec-can-xu-ly`: *Việc cần xử lý*, of the actor unless another role or unit is asked for.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use dean_aggregates::actor::Role;
use dean_projections::{Cursor, DutyFilter};
use serde::Deserialize;

use super::{due, query};
use crate::engine::{OwedPeriod, PeriodStatus};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::web::views::{Choice, Chrome, InboxPage, TaskRow};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;
/// Beyond so many projects with missing months the page says that there are more.
const REPORTS_COUNTED: u32 = 100;
/// The word for no restriction: an absent role means the actor's.
const ANY: &str = "any";

/// Whose inbox.
#[derive(Debug, Default, Deserialize)]
pub struct Whose {
    role: Option<String>,
    unit: Option<String>,
    after: Option<String>,
}

/// Shows it.
pub async fn show(page: Page, State(app): State<App>, Query(whose): Query<Whose>) -> Result<Response, Problem> {
    let (lang, today, actor, p) = (page.lang(), page.today, page.actor, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let role = whose
        .role
        .or_else(|| actor.as_ref().map(|actor| actor.role.to_string()))
        .filter(|role| role != ANY);
    let unit = whose
        .unit
        .or_else(|| actor.as_ref().map(|actor| actor.unit.clone()))
        .filter(|unit| unit != ANY);
    let after = whose.after.clone().map(Cursor::new);
    let list = models.inbox(role.as_deref(), unit.as_deref(), after, PAGE_ROWS).await?;
    let here = |after: &str| {
        let (role, unit) = (role.as_deref().unwrap_or(ANY), unit.as_deref().unwrap_or(ANY));
        format!(
            "/viec-can-xu-ly{}",
            query(&[("role", role), ("unit", unit), ("after", after)])
        )
    };
    let (first, next) = (
        whose.after.is_some().then(|| here("")),
        list.next.as_ref().map(|cursor| here(cursor.as_str())),
    );

    let mut units: Vec<(String, String)> = models
        .inbox_units()
        .await?
        .into_iter()
        .map(|row| (row.unit, row.unit_name))
        .collect();
    units.extend(
        actor
            .iter()
            .map(|actor| (actor.unit.clone(), words::unit(&rulebook, &actor.unit, today))),
    );
    units.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    units.dedup_by(|one, other| one.0 == other.0);

    let mut rows = Vec::with_capacity(list.rows.len());
    for row in list.rows {
        // The row does not name the version of the lifecycle; its state and step do in every version of the programme's.
        let lifecycle = rulebook.lifecycles().iter().rev().find(|lifecycle| {
            let own = lifecycle.value.province.as_deref();
            lifecycle.value.level.as_str() == row.level
                && own.is_none_or(|own| own == row.province)
                && lifecycle.value.state(&row.state).is_some()
                && lifecycle.value.step(&row.step).is_some()
        });
        rows.push(TaskRow {
            step: lifecycle.map_or_else(
                || row.step.clone(),
                |lifecycle| words::step(lang, &lifecycle.value, &row.step),
            ),
            state: lifecycle.map_or_else(
                || row.state.clone(),
                |lifecycle| words::state(lang, &lifecycle.value, &row.state),
            ),
            href: format!("/de-an/{}/buoc/{}", row.project, row.step),
            who: format!("{}, {}", words::role(lang, &row.role), row.unit_name),
            due: due(lang, &rulebook, row.due_on, today),
            id: row.project.to_string(),
            code: row.code,
            name: row.name,
        });
    }
    let chosen_role = role.as_deref().unwrap_or(ANY);
    let chosen_unit = unit.as_deref().unwrap_or(ANY);
    let roles = Role::ALL
        .iter()
        .map(|role| Choice::new(role.as_str(), words::role(lang, role.as_str()), Some(chosen_role)));
    let units = units
        .into_iter()
        .map(|(id, name)| Choice::new(id, name, Some(chosen_unit)));
    let reports = match &unit {
        Some(unit) => missing_reports(&app, &p, unit, today).await?,
        None => None,
    };
    Ok(rendered(&InboxPage {
        reports,
        roles: std::iter::once(Choice::new(ANY, p.t("role-any"), Some(chosen_role)))
            .chain(roles)
            .collect(),
        units: std::iter::once(Choice::new(ANY, p.t("unit-any"), Some(chosen_unit)))
            .chain(units)
            .collect(),
        today: format::date(today),
        rows,
        first,
        next,
        p,
    }))
}

/// How many reports a unit's đề án and the unit itself still owe, with the address that lists them; none where nothing is missing.
async fn missing_reports(
    app: &App,
    p: &Chrome,
    unit: &str,
    today: NaiveDate,
) -> Result<Option<(String, String)>, Problem> {
    let filter = DutyFilter {
        unit: Some(unit.to_owned()),
        ..DutyFilter::default()
    };
    let silent = app.engine.silent(&filter, today, None, REPORTS_COUNTED).await?;
    let periods = app
        .engine
        .owed_periods(Some(unit), today, None, REPORTS_COUNTED)
        .await?;
    let more = |next: &Option<Cursor>| if next.is_some() { "+" } else { "" };
    let (more_months, more_periods) = (more(&silent.next), more(&periods.next));
    let is_missing = |owed: &&OwedPeriod| owed.status == PeriodStatus::Missing;
    let periods = periods.rows.iter().filter(is_missing).count();
    let months = silent.rows.len();
    if months == 0 && periods == 0 {
        return Ok(None);
    }
    let (months, periods) = (format!("{months}{more_months}"), format!("{periods}{more_periods}"));
    let text = p.with("inbox-reports", &[("months", &months), ("periods", &periods)]);
    Ok(Some((text, format!("/bao-cao{}", query(&[("unit", unit)])))))
}
