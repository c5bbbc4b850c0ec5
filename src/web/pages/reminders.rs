//! `/nhac-viec`: what was reminded of, whom, and whether it reached them.

use axum::extract::State;
use axum::response::Response;
use dean_projections::{Cursor, ReminderFilter, ReminderRow};
use serde::Deserialize;
use uuid::Uuid;

use super::moment::project_href;
use super::{query, with_all};
use crate::engine::Rulebook;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::{Query, project_id};
use crate::remind::left_in_words;
use crate::web::views::{Chrome, Link, ReminderLine, RemindersPage};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;
/// As the read models name them.
const STATES: [&str; 4] = ["waiting", "partly", "delivered", "withdrawn"];

/// Which reminders.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    state: Option<String>,
    project: Option<String>,
    after: Option<String>,
}

/// Shows them.
pub async fn list(page: Page, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let (lang, p) = (page.lang(), page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let project = which.project.as_deref().filter(|id| !id.is_empty());
    let project: Option<Uuid> = project.map(project_id).transpose()?;
    let filter = ReminderFilter {
        state: which.state.clone(),
        project,
        ..ReminderFilter::default()
    };
    let list = models
        .reminders(&filter, which.after.clone().map(Cursor::new), PAGE_ROWS)
        .await?;
    let count = models.count_reminders(&filter).await?;
    let names = models.names_of(list.rows.iter().map(|row| row.project)).await?;
    let here = |after: &str| {
        let pairs = [
            ("state", which.state.as_deref().unwrap_or_default()),
            ("project", which.project.as_deref().unwrap_or_default()),
            ("after", after),
        ];
        format!("/nhac-viec{}", query(&pairs))
    };
    let states = STATES.map(|state| (state.to_owned(), words::choice(lang, "reminder-state", state)));
    let (first, next) = (
        which.after.is_some().then(|| here("")),
        list.next.as_ref().map(|cursor| here(cursor.as_str())),
    );
    let project = match project {
        None => None,
        Some(id) => {
            let row = models.project(id).await?;
            row.map(|row| Link::new(row.code, project_href(id)))
        }
    };
    let line = |row: ReminderRow| {
        let name = names.get(&row.project).cloned().unwrap_or_default();
        line(&p, &rulebook, row, name)
    };
    Ok(rendered(&RemindersPage {
        states: with_all(lang, which.state.as_deref(), states),
        project,
        count: format::grouped(count),
        rows: list.rows.into_iter().map(line).collect(),
        first,
        next,
        p,
    }))
}

fn line(p: &Chrome, rulebook: &Rulebook, row: ReminderRow, name: String) -> ReminderLine {
    let lang = p.lang;
    // The version isn't in the reminder; the newest that knows the step names it.
    let mut lifecycles = rulebook.lifecycles().iter().rev();
    let lifecycle =
        lifecycles.find(|lifecycle| lifecycle.pin.code == row.lifecycle && lifecycle.value.step(&row.step).is_some());
    let party = |(role, unit, has): (&str, &str, bool)| {
        let (role, unit) = (words::role(lang, role), words::unit(rulebook, unit, row.raised_on));
        let key = if has { "reminder-has" } else { "reminder-has-not" };
        format!("{role}, {unit}: {}", p.t(key))
    };
    ReminderLine {
        raised_on: format::date(row.raised_on),
        project: Link::new(&*row.code, project_href(row.project)),
        name,
        step: lifecycle.map_or_else(
            || row.step.clone(),
            |lifecycle| words::step(lang, &lifecycle.value, &row.step),
        ),
        due_on: format::date(row.due_on),
        left: left_in_words(lang, row.raised_on, row.due_on, &row.left),
        late: row.due_on < row.raised_on,
        parties: row.parties().map(party).collect(),
        state: words::choice(lang, "reminder-state", &row.state),
        class: match row.state.as_str() {
            "delivered" => "good",
            "waiting" | "partly" => "warn",
            _ => "",
        },
    }
}
