//! A posted form: its pairs in order, after its token was checked and its text brought to NFC.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::csrf::CSRF_FIELD;
use super::visit::Page;
use crate::http::App;
use crate::http::problem::Problem;

/// Rows that a repeated group can have, and the numbers that they can have. The domain takes far fewer.
const ROWS_MAX: usize = 500;

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
        if let Some((name, _)) = pairs.iter().find(|(name, _)| has_row_beyond(name, ROWS_MAX)) {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too-many")
                .param("max", ROWS_MAX)
                .field(name.clone()));
        }
        let pairs = pairs
            .into_iter()
            .filter(|(name, _)| name != CSRF_FIELD)
            .map(|(name, value)| {
                let value = normal(value).map_err(|problem| problem.param("field", &name).field(name.clone()))?;
                Ok((name, value))
            });
        Ok(Self {
            page,
            pairs: pairs.collect::<Result<_, Problem>>()?,
        })
    }
}

/// What "the same request" means for the receipt: address and fields, in any order.
pub fn fingerprint(url: &str, pairs: &[(String, String)]) -> [u8; 32] {
    let mut pairs: Vec<&(String, String)> = pairs.iter().collect();
    pairs.sort();
    let mut hash = Sha256::new();
    hash.update(url);
    for (name, value) in pairs {
        for part in [name, value] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

/// NFC, as the ledger wants it; browsers end lines with CR LF.
fn normal(text: String) -> Result<String, Problem> {
    match dean_ledger::normalize(Value::String(text.replace("\r\n", "\n")))? {
        Value::String(text) => Ok(text),
        _ => Err(Problem::new(StatusCode::BAD_REQUEST, "bad-request")),
    }
}

/// Whether a name such as `content.lines.3.cost` counts a row beyond the most that there may be.
fn has_row_beyond(name: &str, rows: usize) -> bool {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.')
        .filter(is_number)
        .any(|part| part.parse::<usize>().map_or(true, |row| row >= rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_bounded_whatever_their_numbers() {
        assert!(!has_row_beyond("content.lines.499.cost", ROWS_MAX));
        assert!(!has_row_beyond("note", ROWS_MAX));
        for name in [
            "papers.500.kind",
            "lines.18446744073709551615.x",
            "a.99999999999999999999999",
        ] {
            assert!(has_row_beyond(name, ROWS_MAX), "{name}");
        }
    }
}
