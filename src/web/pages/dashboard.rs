//! `/`: *Bảng điều hành*.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use dean_aggregates::places::PlaceMap;
use dean_projections::{BudgetFilter, ProjectFilter};
use serde::Deserialize;

use super::{due, levels, map_parameter, maps, provinces, query, state_of, until, waiting, years};
use crate::engine::place_sums::{self, By, PlaceSum};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::i18n::Lang;
use crate::web::charts::{self, Bar, Caption, Group};
use crate::web::views::{ActivityRow, DashboardPage, Filter, Headline, OverdueRow, PhaseRow, PlaceRow, YearRow};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const OVERDUE_ROWS: usize = 10;
/// Overdue projects read to find the longest overdue ones.
const OVERDUE_READ_MAX: u32 = 1_000;

/// What the dashboard can be narrowed to.
#[derive(Debug, Default, Deserialize)]
pub struct Narrowed {
    year: Option<u16>,
    level: Option<String>,
    province: Option<String>,
    #[serde(default)]
    map: PlaceMap,
}

/// Shows it.
pub async fn show(page: Page, State(app): State<App>, Query(narrowed): Query<Narrowed>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let (places, map) = (rulebook.places(), narrowed.map);
    let mut filter = ProjectFilter {
        level: narrowed.level.clone(),
        province: narrowed.province.clone(),
        plan_year: narrowed.year,
        ..ProjectFilter::default()
    };
    place_sums::widen_projects(&mut filter, &places, map, today);
    let late = ProjectFilter {
        overdue_on: Some(today),
        ..filter.clone()
    };
    let year_text = narrowed.year.map(|year| year.to_string()).unwrap_or_default();
    let (level, province) = (
        narrowed.level.as_deref().unwrap_or_default(),
        narrowed.province.as_deref().unwrap_or_default(),
    );
    let link = |extra: (&str, &str)| {
        format!(
            "/de-an{}",
            query(&[
                ("year", &year_text),
                ("level", level),
                ("province", province),
                ("map", map_parameter(map)),
                extra,
            ])
        )
    };

    let by_phase = models.funnel(&filter).await?;
    let bars: Vec<Bar> = by_phase
        .iter()
        .map(|row| Bar {
            label: words::phase(lang, &row.phase),
            value: row.projects,
            text: format::grouped(row.projects),
        })
        .collect();
    let funnel = by_phase
        .iter()
        .map(|row| PhaseRow {
            label: words::phase(lang, &row.phase),
            count: format::grouped(row.projects),
            href: link(("phase", &row.phase)),
        })
        .collect();

    let by_year = models.money_by_year(&filter).await?;
    let sum = |pick: &dyn Fn(&dean_projections::MoneyRow) -> u64| by_year.iter().map(pick).sum::<u64>();
    let (approved, disbursed) = (sum(&|row| row.approved.get()), sum(&|row| row.disbursed.get()));
    let overdue_count = models.count(&late).await?;
    let headline = Headline {
        rate: format::share(disbursed, approved),
        projects: format::grouped(sum(&|row| row.projects)),
        approved: format::million(approved),
        disbursed: format::million(disbursed),
        settled: format::million(sum(&|row| row.settled.get())),
        overdue: format::grouped(overdue_count),
        any_overdue: overdue_count > 0,
    };
    let value = |amount: u64| (amount, format::million(amount));
    let groups: Vec<Group> = by_year
        .iter()
        .map(|row| Group {
            label: row.plan_year.to_string(),
            values: vec![
                value(row.approved.get()),
                value(row.disbursed.get()),
                value(row.settled.get()),
            ],
        })
        .collect();
    let series = [p.t("money-approved"), p.t("money-disbursed"), p.t("money-settled")];
    let empty = p.t("chart-empty");
    let draw = |id, title: &str, description: &str, unit: &str, drawing: &dyn Fn(Caption<'_>) -> String| {
        drawing(Caption {
            id,
            title,
            description,
            unit,
            empty: &empty,
        })
    };

    let mut late_rows = models.projects(&late, None, OVERDUE_READ_MAX).await?.rows;
    late_rows.sort_by_key(|row| (row.due_on, row.first_position));
    let overdue = late_rows
        .into_iter()
        .take(OVERDUE_ROWS)
        .map(|row| OverdueRow {
            who: waiting(lang, &rulebook, &row, today),
            state: state_of(lang, &rulebook, &row.lifecycle_code, &row.lifecycle_version, &row.state),
            due: due(lang, &rulebook, row.due_on, today),
            id: row.id.to_string(),
            code: row.code,
            name: row.name,
        })
        .collect();

    let mut budget = BudgetFilter {
        level: narrowed.level.clone(),
        year: narrowed.year,
        province: narrowed.province.clone(),
        ..BudgetFilter::default()
    };
    place_sums::widen_budget(&mut budget, &places, map, today);
    let by_place = models.budget_by_place(&budget, &places.changes()).await?;
    let place_rows = |by| -> Vec<PlaceRow> {
        let sums = place_sums::by_place(&by_place, &places, (map, by), today);
        sums.iter().map(|sum| place_row(lang, by, sum, today)).collect()
    };
    let mut sums: BTreeMap<(String, String), [u64; 3]> = BTreeMap::new();
    for row in models.budget(&budget).await? {
        let entry = sums.entry((row.activity, row.source)).or_default();
        for (total, amount) in entry.iter_mut().zip([row.approved, row.disbursed, row.settled]) {
            *total += amount.get();
        }
    }
    let activities = sums
        .into_iter()
        .map(|((activity, source), [approved, disbursed, settled])| ActivityRow {
            activity: words::support_kind(lang, &rulebook, &activity),
            source: words::choice(lang, "source", &source),
            approved: format::million(approved),
            disbursed: format::million(disbursed),
            settled: format::million(settled),
            rate: format::share(disbursed, approved),
        })
        .collect();

    Ok(rendered(&DashboardPage {
        filter: Filter {
            years: years(lang, narrowed.year, today),
            levels: levels(lang, narrowed.level.as_deref()),
            maps: maps(lang, map),
            provinces: provinces(lang, narrowed.province.as_deref(), &rulebook, (map, today)),
        },
        today: format::date(today),
        headline,
        funnel_svg: draw(
            "c-funnel",
            &p.t("funnel-title"),
            &p.t("funnel-desc"),
            &p.t("unit-projects"),
            &|caption| charts::bars(caption, &bars),
        ),
        funnel,
        years_svg: draw(
            "c-years",
            &p.t("money-by-year-title"),
            &p.t("money-by-year-desc"),
            &p.t("unit-million"),
            &|caption| charts::columns(caption, &[&series[0], &series[1], &series[2]], &groups),
        ),
        years: by_year
            .iter()
            .map(|row| YearRow {
                label: row.plan_year.to_string(),
                approved: format::million(row.approved.get()),
                disbursed: format::million(row.disbursed.get()),
                settled: format::million(row.settled.get()),
                rate: format::share(row.disbursed.get(), row.approved.get()),
            })
            .collect(),
        overdue,
        overdue_href: link(("overdue", "1")),
        activities,
        regions: place_rows(By::Region),
        places: place_rows(By::Province),
        p,
    }))
}

fn place_row(lang: Lang, by: By, sum: &PlaceSum, today: NaiveDate) -> PlaceRow {
    let label = match (by, sum.region) {
        (By::Region, Some(region)) => words::region(lang, region.as_str()),
        (By::Province, Some(_)) => match sum.until.filter(|end| *end < today) {
            Some(end) => until(lang, &sum.name, end),
            None => sum.name.clone(),
        },
        (_, None) => sum.code.clone(),
    };
    PlaceRow {
        label,
        approved: format::million(sum.approved),
        disbursed: format::million(sum.disbursed),
        settled: format::million(sum.settled),
        rate: format::share(sum.disbursed, sum.approved),
    }
}
