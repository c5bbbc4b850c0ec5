//! Reads every request's body before anything judges the request, up to a limit.
//!
//! A server that answers while the caller is still sending resets the connection, and the caller sees a broken pipe instead of the
//! refusal. So a body that is too large is read on and thrown away, up to a second limit, before the refusal is sent.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use super::problem::Problem;

/// The largest body that is kept, bytes. An event's payload may take 1 MiB; nothing larger could be recorded.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How much of a larger body is read for the sake of a clear answer, bytes.
const DISCARDED_BYTES_MAX: usize = 32 << 20;

/// Gives handlers a body that is wholly here, or refuses it.
pub async fn whole_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read(body).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(problem) => problem.into_response(),
    }
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    let mut frames = body.into_data_stream();
    let (mut kept, mut size) = (Vec::new(), 0_usize);
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "bad-request"))?;
        size = size.saturating_add(frame.len());
        if size > DISCARDED_BYTES_MAX {
            break;
        }
        if size <= BODY_BYTES_MAX {
            kept.extend_from_slice(&frame);
        } else {
            kept = Vec::new();
        }
    }
    if size > BODY_BYTES_MAX {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large").param("max", BODY_BYTES_MAX));
    }
    Ok(kept.into())
}
