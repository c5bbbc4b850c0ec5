//! Every refusal of the HTTP side: RFC 9457 problem documents with a documented code, the field and the fix, in the caller's language.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dean_aggregates::project::event::Judgement;
use serde::Serialize;

use crate::i18n::{self, Lang};

/// A refusal, before it has a language.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Documented code, e.g. `wrong-state`; the texts are `problem-<code>` and `problem-<code>.fix`.
    pub code: &'static str,
    /// The field at fault, e.g. `details.amount`.
    pub field: Option<String>,
    /// The rule, e.g. `TT 36/2013/TT-BCT Đ13.2`.
    pub rule: Option<String>,
    /// Values that the texts name.
    pub params: BTreeMap<String, String>,
    /// The sum that led to a refusal by a money rule.
    pub judgement: Option<Box<Judgement>>,
    /// Several fields at fault.
    pub errors: Vec<FieldFault>,
    /// Seconds after which a retry makes sense.
    pub retry_after_s: Option<u32>,
}

/// One field at fault.
#[derive(Debug, Clone)]
pub struct FieldFault {
    /// Its path.
    pub field: String,
    /// Documented code.
    pub code: &'static str,
    /// Values that the text names.
    pub params: BTreeMap<String, String>,
}

/// The document as sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    /// Where the code is explained: `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What was refused and why, one sentence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Documented code.
    pub code: String,
    /// What to do.
    pub fix: String,
    /// The field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rule that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The sum behind a money rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub judgement: Option<Judgement>,
    /// Several fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFaultDocument>,
}

/// One field at fault, as sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FieldFaultDocument {
    /// Path of the field.
    pub field: String,
    /// Documented code.
    pub code: String,
    /// What is wrong with it.
    pub title: String,
}

impl Problem {
    /// A refusal with a code.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            status,
            code,
            ..Self::default()
        }
    }

    /// There is no such project.
    pub fn no_such_project(id: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-project").param("project", id)
    }

    /// Names the field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Gives the texts a value.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// What was refused and why, one sentence.
    pub fn title(&self, lang: Lang) -> String {
        localised(lang, self.code, &self.params, "")
    }

    /// What to do.
    pub fn fix(&self, lang: Lang) -> String {
        localised(lang, self.code, &self.params, ".fix")
    }

    /// The document in a language.
    pub fn document(&self, lang: Lang) -> ProblemDocument {
        ProblemDocument {
            kind: format!("/problems/{}", self.code),
            title: self.title(lang),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            fix: self.fix(lang),
            field: self.field.clone(),
            rule: self.rule.clone(),
            judgement: self.judgement.as_deref().cloned(),
            errors: self.errors.iter().map(|fault| fault.document(lang)).collect(),
        }
    }
}

impl FieldFault {
    /// What is wrong with the field.
    pub fn title(&self, lang: Lang) -> String {
        localised(lang, self.code, &self.params, "")
    }

    fn document(&self, lang: Lang) -> FieldFaultDocument {
        FieldFaultDocument {
            field: self.field.clone(),
            code: self.code.to_owned(),
            title: self.title(lang),
        }
    }
}

fn localised(lang: Lang, code: &str, params: &BTreeMap<String, String>, attribute: &str) -> String {
    let args: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    i18n::text(lang, &format!("problem-{code}{attribute}"), &args)
}

/// A handler only says what is wrong; [`in_callers_language`] writes it down, because only it knows the language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes problems as documents in the language of `Accept-Language`, and gives router-made refusals (404, 405, 413) a body too.
pub async fn in_callers_language(request: Request, next: Next) -> Response {
    let lang = language_of(request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if is_bare_refusal(&response) => Problem::new(status, code_of_status(status)),
        None => return response,
    };
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&problem.document(lang)).unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    parts
        .headers
        .insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    Response::from_parts(parts, Body::from(body))
}

fn is_bare_refusal(response: &Response) -> bool {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    refused
        && !response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/"))
}

/// The code of a refusal that the router makes by itself.
pub fn code_of_status(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "no-such-page",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "body-too-large",
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "timed-out",
        status if status.is_client_error() => "bad-request",
        _ => "internal",
    }
}

/// The language that a request asks for.
fn language_of(headers: &axum::http::HeaderMap) -> Lang {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or(Lang::default(), Lang::accepted)
}
