//! How the read models are, for operators.

use dean_ledger::Ledger;
use uuid::Uuid;

use crate::checkpoint;
use crate::error::Result;
use crate::generation::Catalog;
use crate::projection::versions;

/// The state of the read models.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// The live generation; none before the first start.
    pub generation: Option<u32>,
    /// How far the ledger is folded.
    pub position: u64,
    /// The ledger's end.
    pub head: u64,
    /// The projections.
    pub projections: Vec<ProjectionStatus>,
    /// The runner that holds the lease.
    pub leader: Option<Uuid>,
    /// Why folding stopped, if it did.
    pub fault: Option<String>,
}

/// The versions of one projection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: String,
    /// By which version of its code the live rows were made; none where it is new.
    pub version: Option<u32>,
    /// The version of this program's code.
    pub code_version: u32,
}

/// Tells how the read models are, without changing anything.
///
/// # Errors
/// The database's.
pub async fn status(ledger: &Ledger) -> Result<Status> {
    let catalog = Catalog::of(ledger);
    let head = ledger.head().await?.position;
    let live = catalog.live().await?;
    let checkpoint = match &live {
        Some(generation) => checkpoint::read(&generation.store, ledger.id()).await?,
        None => None,
    };
    let generation = live.as_ref().map(|generation| generation.number);
    if let Some(live) = live {
        live.store.close().await;
    }
    let made_by = checkpoint
        .as_ref()
        .map(|checkpoint| checkpoint.versions.clone())
        .unwrap_or_default();
    let projections = versions()
        .into_iter()
        .map(|(name, code_version)| ProjectionStatus {
            version: made_by
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, version)| *version),
            name,
            code_version,
        })
        .collect();
    Ok(Status {
        generation,
        position: checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.position),
        head,
        projections,
        leader: checkpoint
            .as_ref()
            .filter(|checkpoint| checkpoint.lease_left_micros > 0)
            .map(|found| found.holder),
        fault: checkpoint.and_then(|checkpoint| checkpoint.fault),
    })
}
