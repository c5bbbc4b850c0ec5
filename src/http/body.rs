//! Reading JSON bodies: every way in which one can be wrong has its own code and names the field.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use dean_ledger::personal::check_given;
use dean_ledger::{FormatError, FormatErrorKind, normalize};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::problem::Problem;

/// A JSON body, typed, together with the hash that its receipt will hold.
pub struct JsonBody<T> {
    /// The body.
    pub value: T,
    /// SHA-256 over method, path and normalised body: what "the same request" means for `Idempotency-Key`.
    pub request_sha256: [u8; 32],
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type").field("content-type"),
            );
        }
        let request_line = format!("{} {}\n", request.method(), request.uri().path());
        // The body is here already, and within the limit: see `limit`.
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::new(rejection.status(), "bad-request"))?;
        let value = parse(&bytes)?;
        let mut hash = Sha256::new();
        hash.update(request_line);
        hash.update(value.to_string());
        Ok(Self {
            value: typed(value)?,
            request_sha256: hash.finalize().into(),
        })
    }
}

/// UTF-8, JSON, NFC, no U+0000, no floats, no integers that other readers would round.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "invalid-utf8").param("offset", error.valid_up_to()))?;
    let value: Value = serde_json::from_str(text).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed-json")
            .param("line", error.line())
            .param("column", error.column())
    })?;
    let value = normalize(value)?;
    check_given(&value)?;
    Ok(value)
}

/// Gives a value its type; the refusal names the path of the field.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        // serde says `lines[0].cost`; every other part of the program says `lines.0.cost`.
        let path = error.path().to_string().replace('[', ".").replace(']', "");
        let reason = error.into_inner().to_string();
        let (code, field) = match (
            quoted_after(&reason, "missing field `"),
            quoted_after(&reason, "unknown field `"),
        ) {
            (Some(missing), _) => ("missing-field", join(&path, &missing)),
            (_, Some(unknown)) => ("unknown-field", join(&path, &unknown)),
            _ => ("invalid-value", path),
        };
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code)
            .param("field", &field)
            .param("reason", &reason)
            .field(field)
    })
}

fn quoted_after(reason: &str, opening: &str) -> Option<String> {
    let rest = &reason[reason.find(opening)? + opening.len()..];
    Some(rest[..rest.find('`')?].to_owned())
}

/// serde names the parent of a missing field, and the field itself for an unknown one.
fn join(path: &str, field: &str) -> String {
    if path == "." || path.is_empty() {
        field.to_owned()
    } else if path.rsplit('.').next() == Some(field) {
        path.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

impl From<FormatError> for Problem {
    fn from(error: FormatError) -> Self {
        let code = match error.kind {
            FormatErrorKind::NulCharacter => "nul-character",
            FormatErrorKind::Float => "not-integer",
            FormatErrorKind::IntegerTooLarge => "number-out-of-range",
            FormatErrorKind::TooLong { .. } | FormatErrorKind::TooDeep { .. } => "too-large-event",
            FormatErrorKind::NotNormalized
            | FormatErrorKind::Empty
            | FormatErrorKind::Repeated
            | FormatErrorKind::Personal
            | FormatErrorKind::DateOutOfRange => "invalid-value",
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code)
            .param("field", &error.field)
            .param("reason", &error.kind)
            .field(error.field.clone())
    }
}
