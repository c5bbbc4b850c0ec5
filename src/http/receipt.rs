//! `Idempotency-Key` and `If-Match`: how a caller makes a retry harmless and notices that somebody was faster.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use dean_ledger::Ledger;
use uuid::Uuid;

use super::problem::Problem;

/// The header of draft-ietf-httpapi-idempotency-key-header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 200;

/// The command's id: the caller's own UUIDv7, or the one that the ledger keeps for the key that the caller invented, or a new one.
pub async fn command_id(headers: &HeaderMap, actor_id: &str, ledger: &Ledger) -> Result<Uuid, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(ledger.environment().uuid_v7());
    };
    let malformed = || {
        Problem::new(StatusCode::BAD_REQUEST, "malformed-idempotency-key")
            .field(IDEMPOTENCY_KEY)
            .param("max", KEY_BYTES_MAX)
    };
    let key = value.to_str().map_err(|_| malformed())?.trim().trim_matches('"');
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(malformed());
    }
    match Uuid::parse_str(key) {
        Ok(id) if id.get_version_num() == 7 => Ok(id),
        _ => Ok(ledger.map_client_key(actor_id, key).await?),
    }
}

/// The version that the caller saw: `If-Match: "7"`. `*` and absence ask for nothing.
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .and_then(|text| text.parse().ok());
        version
            .map(|version| Self(Some(version)))
            .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "malformed-if-match").field("if-match"))
    }
}

/// The entity tag of an aggregate's version.
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}
