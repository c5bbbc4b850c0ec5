//! The ledger as a C2SP transparency log (`tlog-tiles`): `/checkpoint` and `/tile/…`, at the root, where other people's tools look.
//!
//! Hash tiles and checkpoints are public: they prove, and tell nothing else. The entries are the events' headers, with who did what and
//! when; those are for who may read everything.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dean_ledger::proof::TileName;
use dean_ledger::proof::tile::Content;

use super::App;
use super::actor::{MaybeActor, reader_of_everything};
use super::problem::Problem;

/// Headers that one request may read to make tiles that are not kept yet.
pub const LEAVES_MAX: u64 = 64 * 256;
/// A tile never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Neither do entries, but no shared cache may hand them on.
const IMMUTABLE_PRIVATE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// Routes at the root.
pub fn router() -> Router<App> {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*name}", get(tile))
}

async fn checkpoint(State(app): State<App>) -> Result<Response, Problem> {
    let signed = app.signer.sign_head().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, signed.note.to_string()).into_response())
}

async fn tile(
    State(app): State<App>,
    MaybeActor(actor): MaybeActor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let no_such_tile = || Problem::new(StatusCode::NOT_FOUND, "no-such-tile").param("tile", &name);
    let tile: TileName = name.parse().map_err(|_| no_such_tile())?;
    let caching = match tile.content {
        Content::Hashes(_) => IMMUTABLE,
        Content::Entries => {
            reader_of_everything(actor)?;
            IMMUTABLE_PRIVATE
        }
    };
    let mut tree = app.engine.ledger().sealed_tree(LEAVES_MAX).await?;
    let bytes = tree.tile(tile).await?.ok_or_else(no_such_tile)?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, caching)], bytes).into_response())
}
