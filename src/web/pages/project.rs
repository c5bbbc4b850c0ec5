//! `/de-an/{id}`: a project, now or as of a past position or day.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use dean_aggregates::actor::Actor;
use dean_aggregates::lifecycle::Step;
use dean_aggregates::project::Project;
use dean_aggregates::project::event::Judgement;
use dean_projections::TimelineRow;
use serde::Deserialize;

use super::event_facts::{facts, paper_line, sum};
use super::project_parts as parts;
use crate::engine::{AsOf, ProjectView, Rulebook};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::{Query, project_id};
use crate::i18n::{self, Lang};
use crate::web::explain::Names;
use crate::web::views::{EventView, OtherStep, Past, ProjectPage, StepLink, Sum};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

/// Recording later than this after the business date is pointed out, days.
const RECORDED_LATE_DAYS: i64 = 3;

/// Which past.
#[derive(Debug, Default, Deserialize)]
pub struct At {
    at: Option<String>,
}

/// Shows it.
pub async fn show(
    page: Page,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<At>,
) -> Result<Response, Problem> {
    let (lang, today) = (page.lang(), page.today);
    let id = project_id(&id)?;
    let as_of = match asked.at.as_deref().map(str::trim) {
        None | Some("") => AsOf::Now,
        // People type days as dd/mm/yyyy.
        Some(text) => match dean_aggregates::form::date(text) {
            Some(day) => AsOf::Day(day),
            None => text.parse()?,
        },
    };
    let Some(view) = app.engine.project(id, as_of).await? else {
        let exists = as_of != AsOf::Now && app.engine.project(id, AsOf::Now).await?.is_some();
        return Err(if exists {
            Problem::new(StatusCode::NOT_FOUND, "not-yet").field("at")
        } else {
            Problem::no_such_project(id)
        });
    };
    let rulebook = app.engine.rulebook().await?;
    let screening = app.engine.screening(id, as_of).await?;
    let timeline = app.engine.read_models().timeline(id).await?;
    let actor = page.actor.as_ref();
    let p = page.chrome;
    let past = match as_of {
        AsOf::Now => None,
        AsOf::Position(position) => Some(p.t1("past-position", "position", position)),
        AsOf::Day(day) => Some(p.t1("past-day", "day", format::date(day))),
    };
    let (mine, others) = if past.is_none() {
        steps(lang, &view, actor, &rulebook, today)
    } else {
        (Vec::new(), Vec::new())
    };
    let events = events(lang, &view, &timeline, &rulebook);
    let judgements: Vec<Sum> = view
        .history
        .iter()
        .rev()
        .flat_map(|entry| {
            entry
                .event
                .judgements
                .iter()
                .map(|judgement| sum(lang, judgement, entry.recorded.sequence))
        })
        .collect();
    let next_event = timeline
        .iter()
        .map(|row| row.position)
        .find(|position| *position > view.position);
    Ok(rendered(&ProjectPage {
        past: past.map(|text| Past { text }),
        head: parts::head(&p, &view, &rulebook, today),
        steps_none: p.t(if actor.is_some() {
            "steps-none-yours"
        } else {
            "steps-none-no-actor"
        }),
        mine,
        others,
        screening: super::screening::summary(
            &p,
            &view,
            &rulebook,
            screening.as_ref().map(|screening| &screening.aggregate),
        ),
        money_svg: parts::money_chart(&p, &view.project),
        figures: parts::figures(&p, &view.project),
        judgements,
        lines: parts::lines(&p, &view.project, &rulebook, today),
        beneficiaries: parts::beneficiaries(&p, &view.project, &rulebook, today),
        body: parts::body(lang, &view.project),
        timeline: events,
        at: asked.at.unwrap_or_default(),
        previous_event: view.history.iter().rev().nth(1).map(|entry| entry.recorded.position),
        next_event,
        p,
    }))
}

/// The steps of the present state: those that the actor may take, and the others with who may.
fn steps(
    lang: Lang,
    view: &ProjectView,
    actor: Option<&Actor>,
    rulebook: &Rulebook,
    today: chrono::NaiveDate,
) -> (Vec<StepLink>, Vec<OtherStep>) {
    let lifecycle = &view.lifecycle.value;
    let (mut mine, mut others) = (Vec::new(), Vec::new());
    for step in view.project.steps_for(lifecycle) {
        let title = words::pick(lang, &step.title).to_owned();
        let refusal = actor.map(|actor| view.project.may_take(step, actor));
        let missing = view.project.unmet(lifecycle, step);
        if matches!(refusal, Some(Ok(()))) && missing.is_none() && !step.by_batch {
            let awaited = step.is_main_from(&view.project.standing().state);
            mine.push(StepLink {
                id: step.id.clone(),
                title,
                awaited,
            });
            continue;
        }
        let names = Names {
            lang,
            rulebook,
            lifecycle,
            kind: step.action.as_str(),
            today,
        };
        let kept_apart = refusal
            .and_then(Result::err)
            .filter(|refusal| refusal.code == "separation-of-duties")
            .map(|refusal| names.sentences(refusal.code, None, &refusal.params).0);
        let why_not = kept_apart.or_else(|| {
            let mut params = BTreeMap::from([("step".to_owned(), step.id.clone())]);
            let code = match missing {
                Some(other) => {
                    params.insert("other".to_owned(), other.to_owned());
                    "requirement-missing"
                }
                None if step.by_batch => "only-by-batch",
                None => return None,
            };
            Some(names.sentences(code, None, &params).0)
        });
        others.push(OtherStep {
            title,
            who: takers(lang, &view.project, step),
            why_not,
            article: step.article.clone(),
        });
    }
    mine.sort_by_key(|step| !step.awaited);
    (mine, others)
}

/// Who may take a step: roles with the project's units.
pub fn takers(lang: Lang, project: &Project, step: &Step) -> String {
    let one = |taker: &dean_aggregates::lifecycle::Taker| {
        let role = words::role(lang, taker.role.as_str());
        match project.units().and_then(|units| units.get(&taker.party)) {
            Some(unit) => format!("{role}, {}", unit.name),
            None => role,
        }
    };
    step.takers.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The events, the latest first.
fn events(lang: Lang, view: &ProjectView, timeline: &[TimelineRow], rulebook: &Rulebook) -> Vec<EventView> {
    let lifecycle = &view.lifecycle.value;
    let mut latest = None;
    let mut events = Vec::with_capacity(view.history.len());
    for entry in &view.history {
        let (recorded, event) = (&entry.recorded, &entry.event);
        let title = words::event(lang, event.what.name());
        let step = words::step(lang, lifecycle, &event.step);
        let late = format::day_of(recorded.recorded_at).map_or(0, |day| (day - recorded.occurred_on).num_days());
        let row = timeline.iter().find(|row| row.sequence == recorded.sequence);
        let took = row.and_then(|row| {
            let days = row.days_taken?.to_string();
            Some(match row.due_on {
                Some(due) => i18n::text(lang, "took-days-due", &[("days", &days), ("due", &format::date(due))]),
                None => i18n::text(lang, "took-days", &[("days", &days)]),
            })
        });
        let unit = view
            .project
            .units()
            .into_iter()
            .flat_map(|units| units.values())
            .find(|unit| unit.id == recorded.actor.unit);
        // As it was called on the day of the event, whatever it was called when the project was drafted.
        let unit = words::named_unit(rulebook, &recorded.actor.unit, recorded.occurred_on)
            .or_else(|| unit.map(|unit| unit.name.clone()))
            .unwrap_or_else(|| recorded.actor.unit.clone());
        events.push(EventView {
            sequence: recorded.sequence,
            position: recorded.position,
            step: if step == title { String::new() } else { step },
            title,
            who: format!("{}, {unit}", words::role(lang, &recorded.actor.role)),
            actor_id: recorded.actor.id.clone(),
            occurred_on: format::date(recorded.occurred_on),
            recorded_at: format::moment(recorded.recorded_at),
            recorded_days_late: if late > RECORDED_LATE_DAYS { late } else { 0 },
            back_dated: latest.is_some_and(|latest| recorded.occurred_on < latest),
            state: words::state(lang, lifecycle, &event.after.state),
            took,
            days_late: row.and_then(|row| row.days_late).unwrap_or(0),
            facts: facts(lang, event.what.name(), &recorded.payload),
            note: event.note.clone(),
            sums: event
                .judgements
                .iter()
                .map(|judgement: &Judgement| sum(lang, judgement, recorded.sequence))
                .collect(),
            papers: event
                .papers
                .iter()
                .map(|paper| paper_line(lang, lifecycle, paper))
                .collect(),
        });
        latest = latest.max(Some(recorded.occurred_on));
    }
    events.reverse();
    events
}
