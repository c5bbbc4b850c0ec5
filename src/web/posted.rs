//! A posted form: its pairs in order, after its token was checked and its text brought to NFC.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use serde_json::Value;

use super::csrf::CSRF_FIELD;
use super::visit::Page;
use crate::http::App;
use crate::http::problem::Problem;

/// A form of one of our pages, with the page that answers it.
pub struct Posted {
    /// The page to answer with.
    pub page: Page,
    /// Names and values in the order of the form, without the token.
    pub pairs: Vec<(String, String)>,
}

impl FromRequest<App> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let page = Page::from_request_parts(&mut parts, app).await?;
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), app)
            .await
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
                status => Problem::new(status, "bad-request"),
            })?;
        let token = pairs
            .iter()
            .find(|(name, _)| name == CSRF_FIELD)
            .map_or("", |(_, value)| value.as_str());
        if !app.csrf.accepts(page.csrf_cookie(), token) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "csrf"));
        }
        let pairs = pairs
            .into_iter()
            .filter(|(name, _)| name != CSRF_FIELD)
            .map(|(name, value)| Ok((name, normal(value)?)));
        Ok(Self {
            page,
            pairs: pairs.collect::<Result<_, Problem>>()?,
        })
    }
}

/// NFC, as the ledger wants it; browsers end lines with CR LF.
fn normal(text: String) -> Result<String, Problem> {
    match dean_ledger::normalize(Value::String(text.replace("\r\n", "\n")))? {
        Value::String(text) => Ok(text),
        _ => Err(Problem::new(StatusCode::BAD_REQUEST, "bad-request")),
    }
}
