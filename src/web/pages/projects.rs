//! `/de-an`: the list of projects.

use axum::extract::State;
use axum::response::Response;
use dean_aggregates::places::PlaceMap;
use dean_aggregates::project::standing::Phase;
use dean_projections::{Cursor, ProjectFilter};
use serde::Deserialize;

use super::{due, levels, map_parameter, maps, provinces, query, state_of, with_all, years};
use crate::engine::place_sums;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::web::views::{Filter, ProjectRow, ProjectsPage};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;

/// Which projects.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    text: Option<String>,
    level: Option<String>,
    province: Option<String>,
    #[serde(default)]
    map: PlaceMap,
    year: Option<u16>,
    phase: Option<String>,
    overdue: Option<String>,
    after: Option<String>,
}

/// Shows them.
pub async fn list(page: Page, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let overdue = which.overdue.is_some();
    let mut filter = ProjectFilter {
        text: which.text.clone(),
        level: which.level.clone(),
        province: which.province.clone(),
        plan_year: which.year,
        phase: which.phase.clone(),
        overdue_on: overdue.then_some(today),
        ..ProjectFilter::default()
    };
    place_sums::widen_projects(&mut filter, &rulebook.places(), which.map, today);
    let list = models
        .projects(&filter, which.after.clone().map(Cursor::new), PAGE_ROWS)
        .await?;
    let count = models.count(&filter).await?;
    let year = which.year.map(|year| year.to_string()).unwrap_or_default();
    let here = |after: &str| {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let overdue = if overdue { "1" } else { "" };
        let pairs = [
            ("text", &*text(&which.text)),
            ("level", &*text(&which.level)),
            ("province", &*text(&which.province)),
            ("map", map_parameter(which.map)),
            ("year", &*year),
            ("phase", &*text(&which.phase)),
            ("overdue", overdue),
            ("after", after),
        ];
        format!("/de-an{}", query(&pairs))
    };
    let rows = list
        .rows
        .into_iter()
        .map(|row| ProjectRow {
            level: words::choice(lang, "level", &row.level),
            province: words::province_then_and_now(lang, &rulebook, &row.province, today, today),
            state: state_of(lang, &rulebook, &row.lifecycle_code, &row.lifecycle_version, &row.state),
            phase: words::phase(lang, &row.phase),
            due: due(lang, &rulebook, row.due_on, today),
            approved: format::million(row.approved.get()),
            disbursed: format::million(row.disbursed.get()),
            settled: format::million(row.settled.get()),
            plan_year: row.plan_year,
            id: row.id.to_string(),
            code: row.code,
            name: row.name,
        })
        .collect();
    let phases = Phase::ALL.map(|phase| (phase.as_str().to_owned(), words::phase(lang, phase.as_str())));
    Ok(rendered(&ProjectsPage {
        first: which.after.is_some().then(|| here("")),
        next: list.next.as_ref().map(|cursor| here(cursor.as_str())),
        filter: Filter {
            years: years(lang, which.year, today),
            levels: levels(lang, which.level.as_deref()),
            maps: maps(lang, which.map),
            provinces: provinces(lang, which.province.as_deref(), &rulebook, (which.map, today)),
        },
        phases: with_all(lang, which.phase.as_deref(), phases),
        text: which.text.unwrap_or_default(),
        overdue,
        count: format::grouped(count),
        rows,
        p,
    }))
}
