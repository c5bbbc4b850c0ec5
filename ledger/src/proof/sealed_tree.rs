//! The tree under a ledger's head, read tile by tile, every hash of it checked against the sealed root before it is used.
//!
//! A tile is trusted because its hash stands in the tile above, and the topmost ones because their hashes are the frontier that makes the
//! root. So an altered row, in `tiles` or at the end of `events`, is an error and never part of a proof. A proof reads one tile per
//! level; what no tile holds yet (at most the last 255 leaves, once the follower has caught up) comes from the headers.

use std::collections::HashMap;
use std::sync::Arc;

use super::merkle::{self, MerkleError, Node, Span, join};
use super::tile::{Content, HEIGHT, LEVEL_MAX, TileName, WIDTH, level_width, perfect_root};
use super::tile_table::TileTable;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::on_database;
use crate::tree::{Frontier, Hash};

const HEAD: &str = r#"SELECT "end", root, frontier FROM commits WHERE ledger = $1 ORDER BY start DESC LIMIT 1"#;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Asked for what the tree does not have.
    #[error(transparent)]
    Outside(#[from] MerkleError),
    /// A tile, or the headers behind the last one, don't lead to the sealed root.
    #[error(
        "{what} does not lead to the root of the ledger at {size} events. `dean verify` tells whether an event was altered; if none was, delete the rows of the table `tiles`: they are made again"
    )]
    Damaged {
        /// Which tile.
        what: String,
        /// The tree's size.
        size: u64,
    },
    /// The tiles are still being made.
    #[error("the tree's tiles are still being made ({done} of {size} events); try again later")]
    Behind {
        /// Events covered by tiles.
        done: u64,
        /// Events in the ledger.
        size: u64,
    },
}

impl From<sqlx::Error> for ProofError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// The tree of a ledger as its last commit sealed it.
#[derive(Debug)]
pub struct SealedTree {
    table: TileTable,
    size: u64,
    root: Hash,
    frontier: Vec<Hash>,
    tiles: HashMap<(u8, u64), Arc<Vec<Hash>>>,
    leaves_left: u64,
}

impl Ledger {
    /// The tree as it is now. Where tiles are missing they are made from at most `leaves_max` headers, beyond the last 255 that no tile
    /// can hold.
    ///
    /// # Errors
    /// When the database fails, or the last commit contradicts itself.
    pub async fn sealed_tree(&self, leaves_max: u64) -> Result<SealedTree, ProofError> {
        let row: Option<(i64, Vec<u8>, Vec<u8>)> =
            on_database!(self.database(), pool => sqlx::query_as(HEAD).bind(self.id()).fetch_optional(pool).await)?;
        let (end, root, frontier) = row.unwrap_or_else(|| (0, crate::tree::empty_root().to_vec(), Vec::new()));
        let size = end.unsigned_abs();
        let root = Frontier::from_bytes(size, &frontier)
            .map(|frontier| frontier.root())
            .filter(|computed| computed.as_slice() == root)
            .ok_or_else(|| ProofError::Damaged {
                what: "the frontier of the last commit".to_owned(),
                size,
            })?;
        Ok(SealedTree {
            table: TileTable {
                database: self.database().clone(),
                ledger: self.id(),
            },
            size,
            root,
            frontier: frontier.as_chunks::<32>().0.to_vec(),
            tiles: HashMap::new(),
            leaves_left: leaves_max.saturating_add(WIDTH),
        })
    }
}

impl SealedTree {
    /// How many leaves: the position of the last event.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle root over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The root that the tree had at an earlier size.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub async fn root_at(&mut self, size: u64) -> Result<Hash, ProofError> {
        self.check_size(size)?;
        if size == self.size {
            return Ok(self.root);
        }
        self.span(&Span(0..size)).await
    }

    /// The hash of a leaf, by index.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub async fn leaf(&mut self, index: u64) -> Result<Hash, ProofError> {
        merkle::inclusion_path(index, self.size)?;
        self.node(Node { height: 0, index }).await
    }

    /// The proof that a leaf, by index, is in the tree of an earlier or the present size.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub async fn inclusion(&mut self, index: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
        self.check_size(size)?;
        self.hashes(merkle::inclusion_path(index, size)?).await
    }

    /// The proof that the tree of one size is the beginning of that of another, both of them past or present.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub async fn consistency(&mut self, earlier: u64, later: u64) -> Result<Vec<Hash>, ProofError> {
        self.check_size(later)?;
        self.hashes(merkle::consistency_path(earlier, later)?).await
    }

    /// A tile's bytes, or `None` when the tree has no such tile: hashes one after the other; entries each behind its length in 16 bits.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub async fn tile(&mut self, name: TileName) -> Result<Option<Vec<u8>>, ProofError> {
        let available = name.available(self.size);
        if name.width > available || name.width == 0 {
            return Ok(None);
        }
        let width = usize::try_from(name.width).unwrap_or(usize::MAX);
        match name.content {
            Content::Hashes(level) => {
                let hashes = self.checked_tile(level, name.number).await?;
                Ok(Some(hashes[..width].concat()))
            }
            Content::Entries => {
                let hashes = self.checked_tile(0, name.number).await?;
                let headers = self.table.headers(name.number * WIDTH, name.width).await?;
                let mut bundle = Vec::new();
                for (index, (header, hash)) in headers.iter().zip(hashes.iter()).enumerate() {
                    let position = name.number * WIDTH + index as u64 + 1;
                    let length = u16::try_from(header.len());
                    let (Ok(length), true) = (length, crate::tree::leaf_hash(header.as_bytes()) == *hash) else {
                        return Err(self.damaged(format!("the header of position {position}")));
                    };
                    bundle.extend(length.to_be_bytes());
                    bundle.extend(header.as_bytes());
                }
                Ok(Some(bundle))
            }
        }
    }

    fn check_size(&self, size: u64) -> Result<(), MerkleError> {
        if size > self.size {
            return Err(MerkleError::Outside {
                what: "size",
                asked: size,
                size: self.size,
            });
        }
        Ok(())
    }

    fn damaged(&self, what: String) -> ProofError {
        ProofError::Damaged { what, size: self.size }
    }

    async fn hashes(&mut self, path: Vec<Span>) -> Result<Vec<Hash>, ProofError> {
        let mut hashes = Vec::with_capacity(path.len());
        for span in &path {
            hashes.push(self.span(span).await?);
        }
        Ok(hashes)
    }

    async fn span(&mut self, span: &Span) -> Result<Hash, ProofError> {
        let mut parts = Vec::new();
        for node in span.parts() {
            parts.push(self.node(node).await?);
        }
        Ok(join(&parts))
    }

    /// The hash of a perfect subtree that lies within the tree.
    async fn node(&mut self, node: Node) -> Result<Hash, ProofError> {
        let level = u8::try_from(node.height / HEIGHT).unwrap_or(LEVEL_MAX);
        let rest = node.height % HEIGHT;
        let first = node.index << rest;
        let hashes = self.checked_tile(level, first / WIDTH).await?;
        let first = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
        Ok(perfect_root(&hashes[first..first + (1 << rest)]))
    }

    /// All hashes that the tree has at a tile's place, checked from the frontier down.
    async fn checked_tile(&mut self, level: u8, number: u64) -> Result<Arc<Vec<Hash>>, ProofError> {
        let mut below = Vec::new();
        let (mut level, mut number) = (level, number);
        while !self.tiles.contains_key(&(level, number)) && number < level_width(level, self.size) / WIDTH {
            below.push((level, number));
            (level, number) = (level + 1, number / WIDTH);
        }
        let mut hashes = match self.tiles.get(&(level, number)) {
            Some(known) => Arc::clone(known),
            None => {
                let partial = self.partial_tile(level).await?;
                self.remember((level, number), partial)
            }
        };
        for (level, number) in below.into_iter().rev() {
            let tile = self.full_tile(level, number).await?;
            let place = usize::try_from(number % WIDTH).unwrap_or(usize::MAX);
            if hashes.get(place) != Some(&perfect_root(&tile)) {
                return Err(self.damaged(format!("the tile {number} of level {level}")));
            }
            hashes = self.remember((level, number), tile);
        }
        Ok(hashes)
    }

    fn remember(&mut self, place: (u8, u64), hashes: Vec<Hash>) -> Arc<Vec<Hash>> {
        let hashes = Arc::new(hashes);
        self.tiles.insert(place, Arc::clone(&hashes));
        hashes
    }

    /// The tile on the right edge of a level, checked against the frontier: its perfect parts are what the frontier has at these heights.
    async fn partial_tile(&mut self, level: u8) -> Result<Vec<Hash>, ProofError> {
        let width = level_width(level, self.size);
        let (first, width) = (width / WIDTH * WIDTH, width % WIDTH);
        let hashes = if level == 0 {
            self.leaves(first, width).await?
        } else {
            self.roots(level - 1, first, width).await?
        };
        let larger = level_width(level + 1, self.size).count_ones() as usize;
        let sealed = &self.frontier[larger..larger + width.count_ones() as usize];
        let parts = Span(0..width).parts().into_iter().map(|part| {
            let start = usize::try_from(part.index << part.height).unwrap_or(usize::MAX);
            perfect_root(&hashes[start..start + (1 << part.height)])
        });
        if !parts.eq(sealed.iter().copied()) {
            let what = format!(
                "the last, incomplete tile of level {level} (events after {})",
                first << (HEIGHT * u32::from(level))
            );
            return Err(self.damaged(what));
        }
        Ok(hashes)
    }

    /// A full tile as it is kept, or made anew.
    async fn full_tile(&mut self, level: u8, number: u64) -> Result<Vec<Hash>, ProofError> {
        match self.table.full(level, number).await? {
            Some(tile) => Ok(tile),
            None if level == 0 => self.leaves(number * WIDTH, WIDTH).await,
            None => self.roots(level - 1, number * WIDTH, WIDTH).await,
        }
    }

    /// The roots of full tiles of a level.
    async fn roots(&mut self, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, ProofError> {
        let kept = self.table.roots(level, first, count).await?;
        let mut roots = Vec::new();
        for number in first..first + count {
            let root = match kept.get(&number) {
                Some(root) => *root,
                None => perfect_root(&Box::pin(self.full_tile(level, number)).await?),
            };
            roots.push(root);
        }
        Ok(roots)
    }

    async fn leaves(&mut self, first: u64, count: u64) -> Result<Vec<Hash>, ProofError> {
        let Some(left) = self.leaves_left.checked_sub(count) else {
            return Err(ProofError::Behind {
                done: self.table.next(0).await? * WIDTH,
                size: self.size,
            });
        };
        self.leaves_left = left;
        Ok(self.table.leaf_hashes(first, count).await?)
    }
}
