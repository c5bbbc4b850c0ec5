//! Keeps the tiles up with the ledger, behind the appends and outside of them.
//!
//! What is done is what stands in the table, so it can stop anywhere and go on. Several processes may do it at once: they make the same
//! rows. On PostgreSQL they take turns all the same, to read every header once and not once each.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::tile::{LEVEL_MAX, WIDTH, perfect_root};
use super::tile_table::{FullTile, TileTable};
use crate::error::LedgerError;
use crate::ledger::Ledger;

/// Tiles of leaves that are made before they are committed.
const BATCH_TILES: u64 = 16;
/// How long to gather after a tile became complete: under load one round then makes many, with one commit of its own beside the appends'.
const GATHER: Duration = Duration::from_millis(200);
/// How long to wait after a failure, or for the turn of another process to end.
const PAUSE: Duration = Duration::from_secs(1);
/// Held, for the length of a batch, by the one process that makes tiles of a ledger.
const TURN: &str = "tiles";

/// A running follower. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct TileFollower {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl TileFollower {
    /// Starts following on the current tokio runtime.
    #[must_use]
    pub fn start(ledger: &Ledger) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(follow(ledger.clone(), stopped));
        Self { stop, task }
    }

    /// Lets the batch at hand be finished, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It only fails when the task panicked, which has been reported already.
        let _ = self.task.await;
    }
}

/// What a round came to.
enum Round {
    /// There may be more.
    Filled,
    /// All complete tiles are kept; the next one is complete at this size.
    UpToDate { until: u64 },
    /// Another process is at it.
    NotOurTurn,
}

impl Ledger {
    /// Makes and keeps all complete tiles up to the present head; what the follower does all the time, once.
    ///
    /// # Errors
    /// When the database fails or an event is missing.
    pub async fn fill_tiles(&self) -> Result<(), LedgerError> {
        loop {
            match round(self).await? {
                Round::Filled => {}
                Round::UpToDate { .. } => return Ok(()),
                Round::NotOurTurn => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

async fn follow(ledger: Ledger, mut stopped: watch::Receiver<bool>) {
    let mut head = ledger.watch();
    loop {
        if *stopped.borrow() {
            return;
        }
        let pause = match round(&ledger).await {
            Ok(Round::Filled) => continue,
            Ok(Round::UpToDate { until }) => {
                tokio::select! {
                    reached = head.wait_for(|position| *position >= until) => if reached.is_err() { return },
                    _ = stopped.wait_for(|stop| *stop) => return,
                }
                GATHER
            }
            Ok(Round::NotOurTurn) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "keeping the tiles up failed; trying again");
                PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

async fn round(ledger: &Ledger) -> Result<Round, LedgerError> {
    let head = ledger.head().await?.position;
    let table = TileTable {
        database: ledger.database().clone(),
        ledger: ledger.id(),
    };
    let until = (table.next(0).await? + 1) * WIDTH;
    if head < until {
        return Ok(Round::UpToDate { until });
    }
    let Some(_turn) = ledger.take_turn(TURN).await? else {
        return Ok(Round::NotOurTurn);
    };
    // Read again: until the turn was ours, somebody else may have gone on.
    let first = table.next(0).await?;
    let end = (head / WIDTH).min(first + BATCH_TILES);
    if end <= first {
        return Ok(Round::Filled);
    }
    let leaves = table.leaf_hashes(first * WIDTH, (end - first) * WIDTH).await?;
    let tiles = complete_tiles(&table, first, leaves).await?;
    table.keep(&tiles).await?;
    Ok(Round::Filled)
}

/// The tiles that these leaves complete, at every level.
async fn complete_tiles(table: &TileTable, first: u64, leaves: Vec<[u8; 32]>) -> Result<Vec<FullTile>, LedgerError> {
    let mut tiles = Vec::new();
    let (mut first, mut hashes) = (first, leaves);
    for level in 0..=LEVEL_MAX {
        let mut roots = Vec::new();
        for (number, hashes) in (first..).zip(hashes.as_chunks::<{ WIDTH as usize }>().0) {
            let root = perfect_root(hashes);
            roots.push(root);
            tiles.push(FullTile {
                level,
                number,
                root,
                hashes: hashes.to_vec(),
            });
        }
        // The tile above begins with roots that are kept already.
        let start = first / WIDTH * WIDTH;
        let kept = table.roots(level, start, first - start).await?;
        if kept.len() as u64 != first - start {
            return Err(LedgerError::Damaged {
                position: (start * WIDTH) << (8 * u32::from(level)),
                what: "a tile before it is missing; delete the rows of the table `tiles`, they are made again"
                    .to_owned(),
            });
        }
        hashes = kept.into_values().chain(roots).collect();
        first = start / WIDTH;
        if (hashes.len() as u64) < WIDTH {
            break;
        }
    }
    Ok(tiles)
}
