//! `/de-an/moi` and `/de-an/{id}/buoc/{step}`: a step's form, its confirmation, and taking it.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use dean_aggregates::form;
use dean_aggregates::project::action::Action;
use dean_aggregates::project::papers::Paper;
use uuid::Uuid;

use super::step_form::{self as forms, Work};
use crate::engine::{AsOf, Ask, StepError, Taken};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::project_id;
use crate::web::fields::{Fault, Pairs, add_row, drop_row, value};
use crate::web::posted::{Posted, fingerprint};
use crate::web::visit::{POSITION_COOKIE, Page, rendered};

/// Fields of the form that are not the action's: which button, and what the form carries along.
const CONTROLS: [&str; 5] = ["do", "add", "drop", "command", "version"];

/// An empty form for a new project.
pub async fn draft_form(page: Page, State(app): State<App>) -> Result<Response, Problem> {
    let work = Work::draft(page, &app, Pairs::new()).await?;
    Ok(fresh(work, &app))
}

/// An empty form for a step of a project.
pub async fn form(
    page: Page,
    State(app): State<App>,
    Path((id, step)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let work = open(page, &app, &id, &step, Pairs::new()).await?;
    Ok(fresh(work, &app))
}

fn fresh(mut work: Work, app: &App) -> Response {
    work.seed();
    work.command = app.engine.ledger().environment().uuid_v7().to_string();
    rendered(&work.form_page(Vec::new(), None))
}

/// What came back for a new project.
pub async fn draft(State(app): State<App>, posted: Posted) -> Result<Response, Problem> {
    let work = Work::draft(posted.page, &app, posted.pairs).await?;
    answer(work, &app).await
}

/// What came back for a step.
pub async fn take(
    State(app): State<App>,
    Path((id, step)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Problem> {
    let work = open(posted.page, &app, &id, &step, posted.pairs).await?;
    answer(work, &app).await
}

async fn open(page: Page, app: &App, id: &str, step: &str, pairs: Pairs) -> Result<Work, Problem> {
    let id = project_id(id)?;
    let view = app
        .engine
        .project(id, AsOf::Now)
        .await?
        .ok_or_else(|| Problem::no_such_project(id))?;
    Work::step(page, app, view, step, pairs).await
}

async fn answer(mut work: Work, app: &App) -> Result<Response, Problem> {
    let control = |name: &str| value(&work.pairs, name).unwrap_or_default().to_owned();
    let (todo, add, drop) = (control("do"), control("add"), control("drop"));
    work.command = control("command");
    if let Ok(version) = control("version").parse() {
        work.version = Some(version);
    }
    work.pairs.retain(|(name, _)| !CONTROLS.contains(&name.as_str()));
    let command_id = match Uuid::parse_str(&work.command) {
        Ok(id) if id.get_version_num() == 7 => id,
        // Without its receipt key a form can't be told from a double click; it gets a new one and is shown again.
        _ => {
            work.command = app.engine.ledger().environment().uuid_v7().to_string();
            return Ok(rendered(&work.form_page(Vec::new(), None)));
        }
    };
    if !add.is_empty() {
        add_row(&work.fields, &mut work.pairs, &add);
    } else if !drop.is_empty() {
        drop_row(&mut work.pairs, &drop);
    }
    if !add.is_empty() || !drop.is_empty() || matches!(todo.as_str(), "edit" | "refresh") {
        return Ok(rendered(&work.form_page(Vec::new(), None)));
    }
    let entered = match read(&work) {
        Ok(entered) => entered,
        Err(faults) => return Ok(refused(work, faults, None)),
    };
    let Some(actor) = work.page.actor.clone() else {
        return Ok(refused(
            work,
            Vec::new(),
            Some(Problem::new(StatusCode::UNAUTHORIZED, "no-actor")),
        ));
    };
    let ask = Ask {
        step: work.step.id.clone(),
        occurred_on: entered.occurred_on,
        note: value(&work.pairs, "note").unwrap_or_default().trim().to_owned(),
        papers: entered.papers,
        actor,
        command_id,
        request_sha256: fingerprint(&work.action_url, &work.pairs),
        expected_version: work.version,
        channel: "web",
        action: entered.action,
    };
    let outcome = if todo == "record" {
        record(&work, app, ask).await.map(|taken| recorded(&taken))
    } else {
        let project = work.view.as_ref().map(|view| view.id);
        let preview = app.engine.preview(project, &ask).await;
        preview.map(|events| rendered(&work.confirm_page(&ask.papers, &events)))
    };
    Ok(outcome.unwrap_or_else(|error| refused(work, Vec::new(), Some(error.into()))))
}

struct Entered {
    action: Action,
    papers: Vec<Paper>,
    occurred_on: chrono::NaiveDate,
}

/// Reads the form; all faults at once.
fn read(work: &Work) -> Result<Entered, Vec<Fault>> {
    let is_own = |name: &str| !name.starts_with("papers.") && name != "note" && name != "occurred_on";
    let own: Pairs = work.pairs.iter().filter(|(name, _)| is_own(name)).cloned().collect();
    let action = form::action_from_pairs(work.step.action, &own);
    let papers = form::papers_from_pairs(&work.pairs);
    let typed = value(&work.pairs, "occurred_on").unwrap_or_default();
    let day = form::date(typed);
    match (action, papers, day) {
        (Ok(action), Ok(papers), Some(occurred_on)) => Ok(Entered {
            action,
            papers,
            occurred_on,
        }),
        (action, papers, day) => {
            let errors = action.err().into_iter().chain(papers.err()).flatten();
            let mut faults: Vec<Fault> = errors
                .map(|error| work.fault(&error.field, error.code, &error.params))
                .collect();
            if day.is_none() {
                let code = if typed.trim().is_empty() {
                    "field-missing"
                } else {
                    "field-date"
                };
                faults.push(work.fault("occurred_on", code, &Default::default()));
            }
            Err(faults)
        }
    }
}

async fn record(work: &Work, app: &App, ask: Ask) -> Result<Taken, StepError> {
    match (&work.view, &ask.action) {
        (Some(view), _) => app.engine.take_step(view.id, ask).await,
        (None, Action::Draft(draft)) => {
            let (level, province) = (draft.level, draft.province.clone());
            app.engine.draft(level, &province, ask).await
        }
        // The step that starts a life is a draft: the lifecycle's parser sees to it.
        (None, _) => Err(StepError::NoSuchProject(ask.command_id)),
    }
}

/// The same form again, with what is wrong; nothing that was typed is lost.
fn refused(work: Work, faults: Vec<Fault>, problem: Option<Problem>) -> Response {
    let status = problem
        .as_ref()
        .map_or(StatusCode::UNPROCESSABLE_ENTITY, |problem| problem.status);
    let (refusal, faults) = forms::refusal(&work, faults, problem.as_ref());
    (status, rendered(&work.form_page(faults, Some(refusal)))).into_response()
}

fn recorded(taken: &Taken) -> Response {
    let mut response = Redirect::to(&format!("/de-an/{}", taken.project)).into_response();
    let cookie = format!(
        "{POSITION_COOKIE}={}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
        taken.receipt.position
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
