//! Building read models anew beside the live ones, and swapping them in.

use std::sync::Arc;

use dean_ledger::Ledger;
use uuid::Uuid;

use crate::checkpoint;
use crate::error::Result;
use crate::generation::Catalog;
use crate::holder;
use crate::projector::Projector;

/// Builds all read models anew from the ledger and swaps them in; the old ones serve until then. Events may be appended meanwhile.
/// `progress` gets (position, head) after every batch. Gives the position up to which they were built.
///
/// Needed after personal data was erased from the ledger, whose texts the old rows still show.
///
/// # Errors
/// What stops folding; then the old read models stay live.
pub async fn rebuild(ledger: &Ledger, progress: impl FnMut(u64, u64)) -> Result<u64> {
    build(ledger, &Catalog::of(ledger), progress).await
}

pub(crate) async fn build(ledger: &Ledger, catalog: &Catalog, progress: impl FnMut(u64, u64)) -> Result<u64> {
    catalog.sweep().await?;
    let holder = holder();
    let generation = Arc::new(catalog.create(holder).await?);
    let mut projector = Projector::new(Arc::clone(&generation), ledger.id(), holder, 0);
    let built = complete(ledger, catalog, &mut projector, holder, progress).await;
    if let Err(error) = built {
        generation.store.close().await;
        catalog.remove(generation.number).await?;
        return Err(error);
    }
    Ok(projector.position)
}

async fn complete(
    ledger: &Ledger,
    catalog: &Catalog,
    projector: &mut Projector,
    holder: Uuid,
    mut progress: impl FnMut(u64, u64),
) -> Result<()> {
    projector.catch_up(ledger, None, &mut progress).await?;
    // The live read models stand still for the moment of the swap, so that nobody who has seen a position is shown an earlier one.
    // Where they are damaged beyond reading, nobody has seen anything.
    let live = catalog.live().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the live read models can't be read; replacing them");
        None
    });
    let seized = match &live {
        Some(live) => checkpoint::seize(&live.store, ledger.id(), holder).await?,
        None => None,
    };
    let swapped = async {
        if seized > Some(projector.position) {
            projector.catch_up(ledger, seized, progress).await?;
        }
        // A runner takes over from here as soon as it sees the swap.
        checkpoint::release(&projector.generation.store, ledger.id(), holder, None).await?;
        catalog.swap(&projector.generation).await
    }
    .await;
    if let (Err(_), Some(live)) = (&swapped, &live) {
        checkpoint::release(&live.store, ledger.id(), holder, None).await?;
    }
    swapped
}
