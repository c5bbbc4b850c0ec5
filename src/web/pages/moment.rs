//! What the pages of plans, batches, contracts and inspections have in common: the asked moment, events in words, sums as bars.

use axum::http::StatusCode;
use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::money::Dong;
use dean_aggregates::project::papers::{Decision, Paper};
use uuid::Uuid;

use super::event_facts::paper_line;
use crate::engine::{AsOf, HistoryEntry, Rulebook, Shown, View};
use crate::http::App;
use crate::http::problem::Problem;
use crate::web::charts::{self, Bar, Caption};
use crate::web::views::{ActView, Chrome, Fact, Moment, Past};
use crate::web::{format, words};

/// Something at the asked moment.
pub struct Asked<A: Aggregate> {
    /// As it stood then, with its events up to then.
    pub view: View<A>,
    /// For the page.
    pub moment: Moment,
}

/// What an event says.
pub struct Said<'e> {
    /// Details.
    pub facts: Vec<Fact>,
    /// Note.
    pub note: &'e str,
    /// Papers.
    pub papers: &'e [Paper],
}

/// Which past is asked for: a position, a day as people type it, or as machines do.
pub fn as_of(asked: Option<&str>) -> Result<AsOf, Problem> {
    match asked.map(str::trim) {
        None | Some("") => Ok(AsOf::Now),
        Some(text) => match dean_aggregates::form::date(text) {
            Some(day) => Ok(AsOf::Day(day)),
            None => Ok(text.parse()?),
        },
    }
}

/// Loads the aggregate of a page whose path is `base/id`; `missing` says that there is none.
pub async fn asked<A: Shown>(
    app: &App,
    p: &Chrome,
    (base, id): (&str, &str),
    at: Option<String>,
    missing: &'static str,
) -> Result<Asked<A>, Problem> {
    let none = || Problem::new(StatusCode::NOT_FOUND, missing);
    let id = Uuid::parse_str(id).map_err(|_| none())?;
    let as_of = as_of(at.as_deref())?;
    let Some(view) = app.engine.shown::<A>(id, as_of).await? else {
        let exists = as_of != AsOf::Now && app.engine.shown::<A>(id, AsOf::Now).await?.is_some();
        return Err(if exists {
            Problem::new(StatusCode::NOT_FOUND, "not-yet").field("at")
        } else {
            none()
        });
    };
    let next = match as_of {
        AsOf::Now => None,
        AsOf::Position(_) | AsOf::Day(_) => {
            let now = app.engine.shown::<A>(id, AsOf::Now).await?;
            let events = now.into_iter().flat_map(|now| now.history);
            let mut positions = events.map(|entry| entry.recorded.position);
            positions.find(|position| *position > view.position)
        }
    };
    let past = match as_of {
        AsOf::Now => None,
        AsOf::Position(position) => Some(p.t1("past-position-thing", "position", position)),
        AsOf::Day(day) => Some(p.t1("past-day-thing", "day", format::date(day))),
    };
    let before = view.history.iter().rev().nth(1);
    let moment = Moment {
        path: format!("{base}/{id}"),
        past: past.map(|text| Past { text }),
        at: at.unwrap_or_default(),
        previous: before.map(|entry| entry.recorded.position),
        next,
    };
    Ok(Asked { view, moment })
}

/// The events, the latest first.
pub fn acts<E>(
    p: &Chrome,
    rulebook: &Rulebook,
    history: &[HistoryEntry<E>],
    say: impl Fn(&E) -> Said<'_>,
) -> Vec<ActView> {
    let act = |entry: &HistoryEntry<E>| {
        let recorded = &entry.recorded;
        let said = say(&entry.event);
        let unit = words::unit(rulebook, &recorded.actor.unit, recorded.occurred_on);
        ActView {
            sequence: recorded.sequence,
            position: recorded.position,
            title: words::event(p.lang, &recorded.event_type),
            who: format!("{}, {unit}", words::role(p.lang, &recorded.actor.role)),
            actor_id: recorded.actor.id.clone(),
            occurred_on: format::date(recorded.occurred_on),
            recorded_at: format::moment(recorded.recorded_at),
            facts: said.facts,
            note: said.note.to_owned(),
            papers: said
                .papers
                .iter()
                .map(|paper| paper_of_any(p, rulebook, paper))
                .collect(),
        }
    };
    history.iter().rev().map(act).collect()
}

/// A paper in one line, named by the newest lifecycle that asks for its kind.
fn paper_of_any(p: &Chrome, rulebook: &Rulebook, paper: &Paper) -> String {
    let mut lifecycles = rulebook.lifecycles().iter().rev();
    let knows = lifecycles.find(|lifecycle| {
        let mut asked = lifecycle.value.steps.iter().flat_map(|step| &step.papers);
        asked.any(|asked| asked.kind == paper.kind)
    });
    match knows.or(rulebook.lifecycles().last()) {
        Some(lifecycle) => paper_line(p.lang, &lifecycle.value, paper),
        None => paper.number.clone(),
    }
}

/// A fact labelled by a text of the pages.
pub fn fact(p: &Chrome, key: &str, value: impl Into<String>) -> Fact {
    Fact::new(p.t(key), value)
}

/// An amount with its unit.
pub fn money(p: &Chrome, key: &str, amount: Dong) -> Fact {
    fact(p, key, format::dong(amount))
}

/// An amount before and after.
pub fn change(p: &Chrome, key: &str, before: Dong, after: Dong) -> Fact {
    fact(p, key, format!("{before} → {}", format::dong(after)))
}

/// A decision in one line.
pub fn decision(p: &Chrome, decision: &Decision) -> String {
    let date = format::date(decision.date);
    let line = p.with(
        "decision-line",
        &[
            ("number", &decision.number),
            ("date", &date),
            ("issuer", &decision.issuer),
        ],
    );
    match decision.signer.as_ref() {
        None => line,
        Some(signer) => {
            let signer = signer.get().map_or_else(|| p.t("erased"), str::to_owned);
            format!("{line}; {}", p.t1("paper-signer", "signer", signer))
        }
    }
}

/// Amounts under each other as bars, in million đồng.
pub fn bars(p: &Chrome, title: &str, description: &str, amounts: &[(&str, Dong)]) -> String {
    let bars: Vec<Bar> = amounts
        .iter()
        .map(|(key, amount)| Bar {
            label: p.t(key),
            value: amount.get(),
            text: format::million(amount.get()),
        })
        .collect();
    let (title, description, unit, empty) = (p.t(title), p.t(description), p.t("unit-million"), p.t("chart-empty"));
    let caption = Caption {
        id: "c-money",
        title: &title,
        description: &description,
        unit: &unit,
        empty: &empty,
    };
    charts::bars(caption, &bars)
}

/// `01/02/2026 – 28/02/2026`.
pub fn days(p: &Chrome, from: NaiveDate, to: NaiveDate) -> String {
    let (from, to) = (format::date(from), format::date(to));
    p.with("days-range", &[("from", &from), ("to", &to)])
}

/// The page of a project.
pub fn project_href(id: Uuid) -> String {
    format!("/de-an/{id}")
}
