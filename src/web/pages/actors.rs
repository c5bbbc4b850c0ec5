//! `/nguoi-dung`: who acts, chosen on the page until there is sign-in.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use dean_aggregates::actor::{Actor, Role};

use crate::http::App;
use crate::http::actor::{ACTOR_COOKIE, parse, to_cookie};
use crate::http::problem::Problem;
use crate::web::fields::value;
use crate::web::posted::Posted;
use crate::web::views::{ActorsPage, Choice, KnownActor, Refusal};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

/// Ten years: the choice is kept until another is made.
const COOKIE_SECONDS: u64 = 315_360_000;

/// What was typed.
struct Typed {
    role: String,
    unit: String,
    id: String,
}

/// Shows the choice.
pub async fn show(page: Page, State(app): State<App>) -> Result<Response, Problem> {
    let typed = match &page.actor {
        Some(actor) => Typed {
            role: actor.role.to_string(),
            unit: actor.unit.clone(),
            id: actor.id.clone(),
        },
        None => Typed {
            role: String::new(),
            unit: String::new(),
            id: String::new(),
        },
    };
    shown(page, &app, typed, None).await
}

/// Takes it.
pub async fn choose(State(app): State<App>, posted: Posted) -> Result<Response, Problem> {
    let text = |name| value(&posted.pairs, name).unwrap_or_default().trim().to_owned();
    let typed = Typed {
        role: text("role"),
        unit: text("unit"),
        id: text("id"),
    };
    match parse(&format!("{}; role={}; unit={}", typed.id, typed.role, typed.unit)) {
        Ok(actor) => Ok(chosen(&actor)),
        Err(problem) => {
            let response = shown(posted.page, &app, typed, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response())
        }
    }
}

fn chosen(actor: &Actor) -> Response {
    let cookie = format!(
        "{ACTOR_COOKIE}={}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax",
        to_cookie(actor)
    );
    let mut response = Redirect::to("/viec-can-xu-ly").into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn shown(page: Page, app: &App, typed: Typed, refused: Option<Problem>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let waiting = app.engine.read_models().inbox_units().await?;
    let mut units: Vec<(String, String)> = waiting
        .iter()
        .map(|row| (row.unit.clone(), row.unit_name.clone()))
        .collect();
    for pattern in rulebook
        .lifecycles()
        .iter()
        .flat_map(|lifecycle| &lifecycle.value.units)
        .filter(|pattern| !pattern.id.contains('{'))
    {
        units.push((pattern.id.clone(), pattern.name_on(today, "")));
    }
    units.sort();
    units.dedup_by(|one, other| one.0 == other.0);
    let known = waiting.into_iter().map(|row| KnownActor {
        role_name: words::role(lang, &row.role),
        id: format!("{}.{}", row.unit, row.role),
        count: format::grouped(row.count),
        role: row.role,
        unit: row.unit,
        unit_name: row.unit_name,
    });
    let refusal = refused.map(|problem| Refusal {
        title: problem.title(lang),
        fix: problem.fix(lang),
        rule: None,
        formula: None,
        fields: Vec::new(),
        code: problem.code.to_owned(),
    });
    Ok(rendered(&ActorsPage {
        refusal,
        known: known.collect(),
        roles: Role::ALL
            .iter()
            .map(|role| Choice::new(role.as_str(), words::role(lang, role.as_str()), Some(&typed.role)))
            .collect(),
        units: units
            .into_iter()
            .map(|(id, name)| Choice::new(id, name, None))
            .collect(),
        unit: typed.unit,
        id: typed.id,
        p,
    }))
}
