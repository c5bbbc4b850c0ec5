//! What surrounds every page: language, actor, token, security headers; refusals become pages.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use chrono::NaiveDate;
use dean_aggregates::actor::Actor;

use super::views::{ActorLine, Chrome};
use super::{csrf, explain, words};
use crate::engine::READ_YOUR_WRITES_WAIT_MAX;
use crate::http::App;
use crate::http::actor::{MaybeActor, cookie};
use crate::http::problem::{Problem, code_of_status};
use crate::i18n::Lang;

/// Cookie with the chosen language.
const LANG_COOKIE: &str = "dean_lang";
/// Cookie with the position of the visitor's own last step.
pub const POSITION_COOKIE: &str = "dean_position";

/// No script, no foreign file, no framing; forms go nowhere else.
const HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// What the request says about its visitor.
#[derive(Debug, Clone)]
struct Visit {
    lang: Lang,
    actor: Option<Actor>,
    csrf_cookie: String,
    csrf_token: String,
    path: String,
    query: String,
    position: Option<u64>,
}

/// A page being made: chrome, actor, today.
pub struct Page {
    /// What surrounds the content.
    pub chrome: Chrome,
    /// Who acts.
    pub actor: Option<Actor>,
    /// Today in Vietnam.
    pub today: NaiveDate,
    csrf_cookie: String,
}

impl Page {
    /// Language of the page.
    pub fn lang(&self) -> Lang {
        self.chrome.lang
    }

    /// The visitor's cookie that tokens are checked against.
    pub fn csrf_cookie(&self) -> &str {
        &self.csrf_cookie
    }
}

impl FromRequestParts<App> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let visit = parts
            .extensions
            .get::<Visit>()
            .cloned()
            .ok_or_else(|| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
        let behind = match visit.position {
            Some(position) => {
                !app.engine
                    .read_models()
                    .wait_for(position, READ_YOUR_WRITES_WAIT_MAX)
                    .await?
            }
            None => false,
        };
        let today = app.engine.ledger().environment().today();
        let actor = match &visit.actor {
            Some(actor) => {
                let rulebook = app.engine.rulebook().await?;
                Some(ActorLine {
                    id: actor.id.clone(),
                    role: words::role(visit.lang, actor.role.as_str()),
                    unit: words::unit(&rulebook, &actor.unit, today),
                })
            }
            None => None,
        };
        let chrome = Chrome {
            actor,
            behind,
            ..visit.chrome(app)
        };
        Ok(Self {
            chrome,
            actor: visit.actor,
            today,
            csrf_cookie: visit.csrf_cookie,
        })
    }
}

impl Visit {
    fn of(request: &Request, app: &App, actor: Option<Actor>) -> (Self, Vec<String>) {
        let headers = request.headers();
        let mut cookies = Vec::new();
        let query = request.uri().query().unwrap_or_default();
        let asked = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(Lang::from_tag);
        if let Some(lang) = asked {
            cookies.push(format!(
                "{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
                lang.tag()
            ));
        }
        let kept = cookie(headers, LANG_COOKIE).and_then(|tag| Lang::from_tag(&tag));
        let csrf_cookie = cookie(headers, csrf::CSRF_COOKIE)
            .filter(|value| csrf::is_cookie(value))
            .unwrap_or_else(|| {
                let value = app.csrf.cookie();
                cookies.push(format!(
                    "{}={value}; Path=/; HttpOnly; SameSite=Strict",
                    csrf::CSRF_COOKIE
                ));
                value
            });
        let others: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
            .collect();
        let visit = Self {
            // Vietnamese first whatever the browser says: an English one is what many offices were given.
            lang: asked.or(kept).unwrap_or_default(),
            actor,
            csrf_token: app.csrf.token(&csrf_cookie),
            csrf_cookie,
            path: request.uri().path().to_owned(),
            query: others.join("&"),
            position: cookie(headers, POSITION_COOKIE).and_then(|position| position.parse().ok()),
        };
        (visit, cookies)
    }

    fn chrome(&self, app: &App) -> Chrome {
        Chrome {
            lang: self.lang,
            ledger_name: app.notice.ledger_name.clone(),
            demo: app.notice.demo,
            actor: self.actor.as_ref().map(|actor| ActorLine {
                id: actor.id.clone(),
                role: words::role(self.lang, actor.role.as_str()),
                unit: actor.unit.clone(),
            }),
            csrf: self.csrf_token.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            behind: false,
        }
    }
}

/// Wraps every page.
pub async fn surround(
    State(app): State<App>,
    MaybeActor(actor): MaybeActor,
    mut request: Request,
    next: Next,
) -> Response {
    let (visit, cookies) = Visit::of(&request, &app, actor);
    let foreign = !matches!(*request.method(), Method::GET | Method::HEAD) && csrf::is_foreign(request.headers());
    request.extensions_mut().insert(visit.clone());
    let mut response = if foreign {
        Problem::new(StatusCode::FORBIDDEN, "csrf").into_response()
    } else {
        next.run(request).await
    };
    if let Some(problem) = refusal_of(&response) {
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        response = refused(&visit, &app, &problem);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
    }
    finish(response.headers_mut(), visit.lang, &cookies);
    response
}

fn refusal_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let status = response.status();
    let has_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if has_page || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(Problem::new(status, code_of_status(status)))
}

fn refused(visit: &Visit, app: &App, problem: &Problem) -> Response {
    let page = explain::error_page(visit.chrome(app), problem);
    (problem.status, rendered(&page)).into_response()
}

fn finish(headers: &mut HeaderMap, lang: Lang, cookies: &[String]) {
    for (name, value) in HEADERS {
        // The style sheet brings its own caching.
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// A template as a response.
pub fn rendered(page: &impl askama::Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
        }
    }
}
