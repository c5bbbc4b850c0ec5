//! Takes in requests, up to limits: how many are worked on at once, how much their bodies hold together, how large each may be. What comes
//! beyond is refused at once, so that a database that hangs makes callers wait, never the process grow.
//!
//! Every body is read before anything judges the request: a server that answers while the caller is still sending resets the connection,
//! and the caller sees a broken pipe instead of the refusal. So the body of a request that will be refused is read on and thrown away, up
//! to a limit of its own.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::problem::Problem;

/// The largest body that is kept, bytes. An event's payload may take 1 MiB; nothing larger could be recorded.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How much of a larger body is read for the sake of a clear answer, bytes.
const DISCARDED_BYTES_MAX: usize = 32 << 20;
/// How much the bodies of all requests that are worked on may hold together, KiB.
const BODIES_KIB_MAX: usize = 64 << 10;
/// When a caller that was refused because of the load should try again, seconds.
const RETRY_AFTER_S: u32 = 1;

/// What is being worked on, in shares of what may be.
#[derive(Debug)]
pub struct Load {
    requests: Semaphore,
    bodies_kib: Semaphore,
}

impl Load {
    /// None yet, and at most `requests_max` at once.
    pub fn new(requests_max: usize) -> Self {
        Self {
            requests: Semaphore::new(requests_max),
            bodies_kib: Semaphore::new(BODIES_KIB_MAX),
        }
    }
}

/// Gives handlers a body that is wholly here, or refuses it.
pub async fn whole_body(State(load): State<Arc<Load>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // Both are held until the answer is made.
    let place = load.requests.try_acquire().ok();
    match read(body, place.is_some().then_some(&load.bodies_kib)).await {
        Ok((bytes, _room)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(problem) => problem.into_response(),
    }
}

/// Reads a body into the room that there is; without any, for the sake of the answer only.
async fn read(body: Body, room: Option<&Semaphore>) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Problem> {
    let mut frames = body.into_data_stream();
    let (mut kept, mut size) = (Vec::new(), 0_usize);
    let mut taken: Option<SemaphorePermit<'_>> = None;
    let mut full = room.is_none();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "bad-request"))?;
        size = size.saturating_add(frame.len());
        if size > DISCARDED_BYTES_MAX {
            break;
        }
        let share_kib = u32::try_from(frame.len().div_ceil(1_024)).unwrap_or(u32::MAX);
        match room
            .filter(|_| !full && size <= BODY_BYTES_MAX)
            .map(|room| room.try_acquire_many(share_kib))
        {
            Some(Ok(share)) => {
                kept.extend_from_slice(&frame);
                match &mut taken {
                    Some(taken) => taken.merge(share),
                    None => taken = Some(share),
                }
            }
            refused => {
                full |= refused.is_some();
                (kept, taken) = (Vec::new(), None);
            }
        }
    }
    if size > BODY_BYTES_MAX {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large").param("max", BODY_BYTES_MAX));
    }
    if full {
        return Err(Problem {
            retry_after_s: Some(RETRY_AFTER_S),
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy").param("seconds", RETRY_AFTER_S)
        });
    }
    Ok((kept.into(), taken))
}
