//! `/ke-hoach`: the list of plans, and one of them with its batches.

use axum::extract::{Path, State};
use axum::response::Response;
use dean_aggregates::money::Dong;
use dean_aggregates::places::PlaceMap;
use dean_aggregates::plan::event::PlanWhat;
use dean_aggregates::plan::{Plan, PlanEvent};
use dean_aggregates::project::content::Level;
use dean_projections::{BatchRow, Cursor, PlanFilter, PlanRow};
use serde::Deserialize;

use super::moment::{Asked, Said, acts, asked, bars, change, decision, fact, money};
use super::project::At;
use super::{levels, provinces, query, years};
use crate::engine::Rulebook;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::web::views::{BatchLine, Chrome, Fact, Filter, Link, PlanLine, PlanPage, PlansPage};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;

/// Which plans.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    level: Option<String>,
    province: Option<String>,
    year: Option<u16>,
    after: Option<String>,
}

/// Shows the list.
pub async fn list(page: Page, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let filter = PlanFilter {
        level: which.level.clone(),
        province: which.province.clone(),
        year: which.year,
    };
    let list = models
        .plans(&filter, which.after.clone().map(Cursor::new), PAGE_ROWS)
        .await?;
    let count = models.count_plans(&filter).await?;
    let here = |after: &str| {
        let year = which.year.map(|year| year.to_string()).unwrap_or_default();
        let pairs = [
            ("level", which.level.as_deref().unwrap_or_default()),
            ("province", which.province.as_deref().unwrap_or_default()),
            ("year", &*year),
            ("after", after),
        ];
        format!("/ke-hoach{}", query(&pairs))
    };
    let line = |row: PlanRow| {
        let million = |amount: Dong| format::million(amount.get());
        let title = title(&p, &rulebook, row.province.as_deref(), row.year, today);
        PlanLine {
            plan: Link::new(title, format!("/ke-hoach/{}", row.id)),
            authority: row.authority_name,
            batches: row.batches.to_string(),
            estimate: million(row.estimate),
            reserved: million(row.reserved),
            listed: million(row.listed),
            approved: million(row.approved),
            share: format::share(row.approved.get(), row.estimate.get()),
            freed: million(row.freed),
            is_above: row.approved > row.estimate,
        }
    };
    Ok(rendered(&PlansPage {
        first: which.after.is_some().then(|| here("")),
        next: list.next.as_ref().map(|cursor| here(cursor.as_str())),
        filter: Filter {
            years: years(lang, which.year, today),
            levels: levels(lang, which.level.as_deref()),
            // A plan is of the province that there was: there is one map to choose from.
            maps: Vec::new(),
            provinces: provinces(lang, which.province.as_deref(), &rulebook, (PlaceMap::EventDay, today)),
        },
        count: format::grouped(count),
        rows: list.rows.into_iter().map(line).collect(),
        p,
    }))
}

/// «Kế hoạch khuyến công tỉnh Lai Châu năm 2026».
pub fn title(p: &Chrome, rulebook: &Rulebook, province: Option<&str>, year: u16, today: chrono::NaiveDate) -> String {
    let year = year.to_string();
    match province {
        None => p.with("plan-title-national", &[("year", &year)]),
        Some(code) => {
            let province = words::province(rulebook, code, today);
            p.with("plan-title-local", &[("province", &province), ("year", &year)])
        }
    }
}

/// Shows one.
pub async fn show(
    page: Page,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(at): Query<At>,
) -> Result<Response, Problem> {
    let (today, p) = (page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let Asked { view, moment } = asked::<Plan>(&app, &p, ("/ke-hoach", &id), at.at, "no-such-plan").await?;
    let is_now = moment.past.is_none();
    let models = app.engine.read_models();
    let (row, rows) = if is_now {
        (models.plan(view.id).await?, models.batches_of(view.id).await?)
    } else {
        (None, Vec::new())
    };
    let plan = &view.aggregate;
    let figures = *plan.figures();
    let title = title(&p, &rulebook, plan.province(), plan.year(), today);
    let mut in_figures = vec![
        money(&p, "plan-estimate", figures.estimate),
        money(&p, "plan-reserved", figures.reserved),
        money(&p, "plan-unreserved", figures.estimate.saturating_sub(figures.reserved)),
        money(&p, "plan-approved", figures.approved),
        fact(
            &p,
            "plan-share",
            format::share(figures.approved.get(), figures.estimate.get()),
        ),
        money(&p, "plan-left", figures.estimate.saturating_sub(figures.approved)),
    ];
    let mut drawn = vec![
        ("plan-estimate", figures.estimate),
        ("plan-reserved", figures.reserved),
        ("plan-approved", figures.approved),
    ];
    if let Some(row) = &row {
        in_figures.push(money(&p, "plan-listed", row.listed));
        in_figures.push(money(&p, "plan-freed", row.freed));
        drawn.push(("plan-listed", row.listed));
    }
    let batches: Vec<BatchLine> = plan
        .batches()
        .iter()
        .map(|(number, batch)| {
            let known = rows.iter().find(|row| row.id == batch.batch);
            line(&p, *number, batch, known)
        })
        .collect();
    let total = (rows.len() > 1).then(|| total(&rows));
    let events = acts(&p, &rulebook, &view.history, |event| Said {
        facts: facts(&p, event),
        note: &event.note,
        papers: &event.papers,
    });
    Ok(rendered(&PlanPage {
        warnings: warnings(&p, plan),
        facts: identity(&p, plan),
        money_svg: bars(&p, "plan-chart-title", "plan-chart-desc", &drawn),
        figures: in_figures,
        batches,
        total,
        events,
        title,
        moment,
        p,
    }))
}

fn identity(p: &Chrome, plan: &Plan) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(level) = plan.level() {
        facts.push(fact(p, "head-level", words::level(p.lang, level)));
    }
    facts.push(fact(p, "head-year", plan.year().to_string()));
    if let Some(authority) = plan.authority() {
        facts.push(fact(p, "plan-authority", &*authority.name));
    }
    for (party, unit) in plan.units().into_iter().flatten() {
        if plan.authority().is_none_or(|authority| authority.id != unit.id) {
            let label = words::choice(p.lang, "party", party.as_str());
            facts.push(Fact::new(label, &*unit.name));
        }
    }
    facts
}

fn warnings(p: &Chrome, plan: &Plan) -> Vec<String> {
    let figures = plan.figures();
    let above = |key, amount: Dong| {
        let above = amount.saturating_sub(figures.estimate);
        (above > Dong::ZERO).then(|| p.t1(key, "amount", format::dong(above)))
    };
    [
        above("plan-approved-above", figures.approved),
        above("plan-reserved-above", figures.reserved),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn million(amount: Dong) -> String {
    format::million(amount.get())
}

fn line(
    p: &Chrome,
    number: u16,
    batch: &dean_aggregates::plan::state::PlannedBatch,
    known: Option<&BatchRow>,
) -> BatchLine {
    let none = || "–".to_owned();
    let of = |figure: fn(&BatchRow) -> Dong| known.map_or_else(none, |row| million(figure(row)));
    BatchLine {
        batch: Link::new(
            p.t1("related-batch-number", "number", number),
            format!("/ke-hoach/dot/{}", batch.batch),
        ),
        state: known.map_or_else(none, |row| words::choice(p.lang, "batch-state", &row.state)),
        ceiling: million(batch.ceiling),
        listed: known.map_or_else(none, |row| listed(row.listed, row.candidates)),
        approved: million(batch.approved),
        freed: of(|row| row.freed),
        left: million(batch.ceiling.saturating_sub(batch.approved)),
        projects: known.map_or_else(none, |row| projects(p, row.projects, row.stopped)),
        disbursed: of(|row| row.disbursed),
        settled: of(|row| row.settled),
    }
}

/// The sum, and of how many.
fn listed(amount: Dong, candidates: u32) -> String {
    match candidates {
        0 => "0".to_owned(),
        candidates => format!("{} ({candidates})", million(amount)),
    }
}

fn projects(p: &Chrome, all: u32, stopped: u32) -> String {
    match stopped {
        0 => all.to_string(),
        stopped => {
            let (all, stopped) = (all.to_string(), stopped.to_string());
            p.with("batch-projects-stopped", &[("all", &all), ("stopped", &stopped)])
        }
    }
}

fn total(rows: &[BatchRow]) -> BatchLine {
    let sum = |figure: fn(&BatchRow) -> Dong| {
        let amounts = rows.iter().map(figure);
        amounts.fold(Dong::ZERO, Dong::saturating_add)
    };
    let count = |figure: fn(&BatchRow) -> u32| rows.iter().map(figure).sum::<u32>();
    BatchLine {
        ceiling: million(sum(|row| row.ceiling)),
        listed: listed(sum(|row| row.listed), count(|row| row.candidates)),
        approved: million(sum(|row| row.approved)),
        freed: million(sum(|row| row.freed)),
        left: million(sum(|row| row.ceiling.saturating_sub(row.approved))),
        projects: count(|row| row.projects).to_string(),
        disbursed: million(sum(|row| row.disbursed)),
        settled: million(sum(|row| row.settled)),
        ..BatchLine::default()
    }
}

/// «Đợt 1 năm 2026».
pub fn batch_title(p: &Chrome, year: u16, number: u16) -> String {
    let (year, number) = (year.to_string(), number.to_string());
    p.with("batch-title", &[("number", &number), ("year", &year)])
}

fn facts(p: &Chrome, event: &PlanEvent) -> Vec<Fact> {
    let batch = |number: u16| fact(p, "batch", number.to_string());
    match &event.what {
        PlanWhat::EstimateAssigned(assigned) => vec![
            money(p, "plan-estimate", assigned.amount),
            fact(p, "decision", decision(p, &assigned.decision)),
        ],
        PlanWhat::EstimateChanged(changed) => {
            let mut facts = vec![
                change(p, "plan-estimate", changed.before, changed.change.amount),
                fact(p, "decision", decision(p, &changed.change.decision)),
                fact(p, "reason", &*changed.change.reason),
            ];
            for (key, above) in [
                ("plan-approved-above-label", changed.approved_above),
                ("plan-reserved-above-label", changed.reserved_above),
            ] {
                if above > Dong::ZERO {
                    facts.push(money(p, key, above));
                }
            }
            facts
        }
        PlanWhat::BatchReserved(reserved) => {
            vec![batch(reserved.number), money(p, "batch-ceiling", reserved.ceiling)]
        }
        PlanWhat::BatchCeilingChanged(changed) => vec![
            batch(changed.number),
            change(p, "batch-ceiling", changed.before, changed.ceiling),
            fact(p, "reason", &*changed.reason),
        ],
        PlanWhat::DecisionBooked(booked) => vec![
            batch(booked.number),
            fact(p, "decision", decision(p, &booked.decision)),
            change(p, "batch-approved-sum", booked.before, booked.after),
        ],
        PlanWhat::ChangeBooked(booked) => vec![
            batch(booked.number),
            fact(p, "head-code", &*booked.code),
            change(p, "batch-approved-sum", booked.before, booked.after),
        ],
    }
}

/// The plan of a project, by what its programme, authority and year make.
pub fn plan_of(project: &dean_aggregates::project::Project) -> Option<uuid::Uuid> {
    let level: Level = project.level()?;
    let approving = dean_aggregates::plan::authority::parties(level)[0];
    let authority = project.units()?.get(&approving)?;
    Some(dean_aggregates::plan::id_of(level, &authority.id, project.plan_year()?))
}
