//! Proofs over the ledger's Merkle tree (RFC 9162 §2.1), together with the signed checkpoint that they lead to. Public, as the hash tiles
//! are from which anybody can make them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use dean_ledger::proof::SealedTree;
use serde::{Deserialize, Serialize};

use crate::http::App;
use crate::http::log::LEAVES_MAX;
use crate::http::problem::Problem;
use crate::http::query::Query;

/// In which tree.
#[derive(Debug, Deserialize)]
pub struct InclusionQuery {
    size: Option<u64>,
}

/// Between which trees.
#[derive(Debug, Deserialize)]
pub struct ConsistencyQuery {
    from: u64,
    to: Option<u64>,
}

/// That an event is in the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InclusionProof {
    /// The event's position, from 1.
    pub position: u64,
    /// Its leaf's index: the position − 1.
    pub index: u64,
    /// `SHA-256(0x00 || header)`, lower-case hex.
    pub leaf_hash: String,
    /// The tree's size: its last position.
    pub size: u64,
    /// The tree's root, lower-case hex.
    pub root: String,
    /// The proof, from the leaf's sibling up, lower-case hex.
    pub hashes: Vec<String>,
    /// The signed checkpoint of that tree; only when it is the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// That the ledger at one size is the beginning of the ledger at another.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsistencyProof {
    /// The earlier size.
    pub from: u64,
    /// Its root, lower-case hex.
    pub from_root: String,
    /// The later size.
    pub to: u64,
    /// Its root, lower-case hex.
    pub to_root: String,
    /// The proof, lower-case hex.
    pub hashes: Vec<String>,
    /// The signed checkpoint of the later tree; only when it is the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// Proves that the event at a position is in the ledger of a size (the present one unless told otherwise).
#[utoipa::path(get, path = "/api/v1/events/{position}/inclusion-proof", tag = "proofs",
    params(("position" = u64, Path, description = "from 1"), ("size" = Option<u64>, Query, description = "of the tree; the present one if left out")),
    responses((status = 200, body = InclusionProof), (status = 404, description = "no such position or size")))]
pub async fn inclusion(
    State(app): State<App>,
    Path(position): Path<String>,
    Query(query): Query<InclusionQuery>,
) -> Result<Json<InclusionProof>, Problem> {
    let asked = position;
    let no_such_position = |size: u64| {
        Problem::new(StatusCode::NOT_FOUND, "no-such-position")
            .field("position")
            .param("position", &asked)
            .param("head", size)
    };
    let Tree {
        mut tree,
        size,
        checkpoint,
    } = tree(&app, query.size, "size").await?;
    let position: u64 = asked.parse().map_err(|_| no_such_position(size))?;
    let index = match position.checked_sub(1) {
        Some(index) if position <= size => index,
        _ => return Err(no_such_position(size)),
    };
    Ok(Json(InclusionProof {
        position,
        index,
        leaf_hash: hex::encode(tree.leaf(index).await?),
        size,
        root: hex::encode(tree.root_at(size).await?),
        hashes: tree.inclusion(index, size).await?.iter().map(hex::encode).collect(),
        checkpoint,
    }))
}

/// Proves that the ledger of size `from` is the beginning of that of size `to` (the present one unless told otherwise).
#[utoipa::path(get, path = "/api/v1/consistency-proof", tag = "proofs",
    params(("from" = u64, Query), ("to" = Option<u64>, Query, description = "the present size if left out")),
    responses((status = 200, body = ConsistencyProof), (status = 404, description = "no such size")))]
pub async fn consistency(
    State(app): State<App>,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Json<ConsistencyProof>, Problem> {
    let Tree {
        mut tree,
        size,
        checkpoint,
    } = tree(&app, query.to, "to").await?;
    if query.from > size {
        return Err(no_such_size("from", query.from, size));
    }
    Ok(Json(ConsistencyProof {
        from: query.from,
        from_root: hex::encode(tree.root_at(query.from).await?),
        to: size,
        to_root: hex::encode(tree.root_at(size).await?),
        hashes: tree
            .consistency(query.from, size)
            .await?
            .iter()
            .map(hex::encode)
            .collect(),
        checkpoint,
    }))
}

struct Tree {
    tree: SealedTree,
    size: u64,
    checkpoint: Option<String>,
}

/// The tree to prove in. The checkpoint is signed first, so that the tree read after it holds it.
async fn tree(app: &App, size: Option<u64>, field: &'static str) -> Result<Tree, Problem> {
    let signed = app.signer.sign_head().await?;
    let tree = app.engine.ledger().sealed_tree(LEAVES_MAX).await?;
    let size = size.unwrap_or(signed.checkpoint.size);
    if size > tree.size() {
        return Err(no_such_size(field, size, tree.size()));
    }
    let checkpoint = (size == signed.checkpoint.size).then(|| signed.note.to_string());
    Ok(Tree { tree, size, checkpoint })
}

fn no_such_size(field: &'static str, size: u64, head: u64) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-size")
        .field(field)
        .param("size", size)
        .param("head", head)
}
