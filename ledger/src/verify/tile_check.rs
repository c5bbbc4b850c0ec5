//! The table of tiles, compared with the tree that the stored headers make. It is derived data: what is wrong with it is told apart from
//! what is wrong with the ledger, and deleting its rows heals it.

use super::report::{Faults, TileReport};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::on_database;
use crate::proof::tile::{HEIGHT, LEVEL_MAX, WIDTH, perfect_root};
use crate::tree::Hash;

const ROWS: &str =
    "SELECT number, root, hashes FROM tiles WHERE ledger = $1 AND level = $2 AND number > $3 ORDER BY number LIMIT $4";
/// Rows per page: two megabytes of hashes.
const PAGE: i64 = 256;

/// The roots of the complete tiles of a tree, by level and number. Nobody finds other hashes with the same root (SHA-256), so they are
/// all that must be remembered of them.
#[derive(Debug, Default)]
pub(crate) struct TileRoots(Vec<Vec<Hash>>);

impl TileRoots {
    /// Takes each perfect subtree when it becomes complete.
    pub(crate) fn note(&mut self, height: u32, root: Hash) {
        let level = height / HEIGHT;
        if level == 0 || !height.is_multiple_of(HEIGHT) {
            return;
        }
        let level = level as usize;
        self.0.resize(self.0.len().max(level), Vec::new());
        self.0[level - 1].push(root);
    }
}

/// Compares every row with the tree. Rows of tiles that became complete since are left to the next time.
pub(super) async fn compare(ledger: &Ledger, roots: &TileRoots) -> Result<TileReport, LedgerError> {
    let (mut rows, mut faults) = (0, Faults::default());
    for level in 0..=LEVEL_MAX {
        let computed = roots.0.get(usize::from(level)).map_or(&[][..], Vec::as_slice);
        let events_before = |number: u64| number.saturating_mul(WIDTH << (HEIGHT * u32::from(level)));
        let mut last = -1_i64;
        loop {
            let page: Vec<(i64, Vec<u8>, Vec<u8>)> = on_database!(ledger.database(), pool => sqlx::query_as(ROWS)
                .bind(ledger.id()).bind(i16::from(level)).bind(last).bind(PAGE).fetch_all(pool).await)?;
            if page.is_empty() {
                break;
            }
            // Read after the rows: whoever made them had read the events first.
            let head = ledger.head().await?.position;
            for (number, root, hashes) in page {
                let expected = (last + 1).unsigned_abs();
                last = number;
                let number = number.unsigned_abs();
                let mut add = |number: u64, what: &str| {
                    faults.add(
                        events_before(number).saturating_add(1),
                        format!("the table `tiles`, level {level}, number {number}: {what}"),
                    );
                };
                if number > expected {
                    add(expected, "the row is missing, though later ones are there");
                }
                match computed.get(usize::try_from(number).unwrap_or(usize::MAX)) {
                    Some(computed) => {
                        rows += 1;
                        if root != computed {
                            add(number, "the root is not the one that the events make");
                        }
                        let (tile, rest) = hashes.as_chunks::<32>();
                        if tile.len() as u64 != WIDTH || !rest.is_empty() || perfect_root(tile) != *computed {
                            add(number, "the hashes are not those that the events make");
                        }
                    }
                    None if events_before(number + 1) > head => {
                        add(number, "it covers events that the ledger does not have")
                    }
                    None => {}
                }
            }
        }
    }
    let (faults, faults_found) = faults.into_sorted();
    Ok(TileReport {
        rows,
        faults,
        faults_found,
    })
}
