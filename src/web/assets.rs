//! The style sheet: one file, served from memory, named by its hash so that browsers may keep it for good.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("assets/style.css");
/// Hex digits of the hash in the address; enough to tell two releases apart.
const HASH_DIGITS: usize = 16;

static HASH: LazyLock<String> = LazyLock::new(|| hex::encode(Sha256::digest(STYLE))[..HASH_DIGITS].to_owned());
static URL: LazyLock<String> = LazyLock::new(|| format!("/style.css?v={}", *HASH));

/// Where the style sheet is.
pub fn style_url() -> &'static str {
    &URL
}

/// `GET /style.css`.
pub async fn style(headers: HeaderMap) -> Response {
    let etag = format!("\"{}\"", *HASH);
    let unchanged = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        STYLE.into_response()
    };
    let answer = response.headers_mut();
    answer.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/css; charset=utf-8"),
    );
    answer.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    response
}
