//! The table of complete tiles, and the headers that the rest is made from.

use std::collections::BTreeMap;

use sqlx::types::Uuid;

use super::tile::WIDTH;
use crate::database::Database;
use crate::error::LedgerError;
use crate::on_database;
use crate::tree::{Hash, leaf_hash};

const HEADERS: &str =
    "SELECT position, header FROM events WHERE ledger = $1 AND position > $2 AND position <= $3 ORDER BY position";
const HASHES: &str = "SELECT hashes FROM tiles WHERE ledger = $1 AND level = $2 AND number = $3";
const ROOTS: &str =
    "SELECT number, root FROM tiles WHERE ledger = $1 AND level = $2 AND number >= $3 AND number < $4 ORDER BY number";
const NEXT: &str = "SELECT max(number) + 1 FROM tiles WHERE ledger = $1 AND level = $2";
const INSERT: &str =
    "INSERT INTO tiles (ledger, level, number, root, hashes) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

/// One ledger's part of the tables.
#[derive(Debug, Clone)]
pub(super) struct TileTable {
    pub(super) database: Database,
    pub(super) ledger: Uuid,
}

/// A full tile, to be kept.
#[derive(Debug, Clone)]
pub(super) struct FullTile {
    pub(super) level: u8,
    pub(super) number: u64,
    pub(super) root: Hash,
    pub(super) hashes: Vec<Hash>,
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl TileTable {
    /// The headers of the leaves from an index on, all of them.
    pub(super) async fn headers(&self, first: u64, count: u64) -> Result<Vec<String>, LedgerError> {
        let rows: Vec<(i64, String)> = on_database!(&self.database, pool => sqlx::query_as(HEADERS)
            .bind(self.ledger).bind(signed(first)).bind(signed(first + count)).fetch_all(pool).await)?;
        let expected = (first + 1..=first + count).map(signed);
        if let Some(missing) = expected
            .clone()
            .zip(rows.iter().map(|row| row.0).chain(std::iter::repeat(0)))
            .find(|(wanted, found)| wanted != found)
        {
            return Err(LedgerError::Damaged {
                position: missing.0.unsigned_abs(),
                what: "the event is missing".to_owned(),
            });
        }
        Ok(rows.into_iter().map(|(_, header)| header).collect())
    }

    /// The hashes of the leaves from an index on.
    pub(super) async fn leaf_hashes(&self, first: u64, count: u64) -> Result<Vec<Hash>, LedgerError> {
        let headers = self.headers(first, count).await?;
        Ok(headers.iter().map(|header| leaf_hash(header.as_bytes())).collect())
    }

    /// A full tile, if it is kept.
    pub(super) async fn full(&self, level: u8, number: u64) -> Result<Option<Vec<Hash>>, LedgerError> {
        let bytes: Option<Vec<u8>> = on_database!(&self.database, pool => sqlx::query_scalar(HASHES)
            .bind(self.ledger).bind(i16::from(level)).bind(signed(number)).fetch_optional(pool).await)?;
        Ok(bytes.map(|bytes| bytes.as_chunks::<32>().0.to_vec()))
    }

    /// The roots of full tiles from a number on, as far as they are kept.
    pub(super) async fn roots(&self, level: u8, first: u64, count: u64) -> Result<BTreeMap<u64, Hash>, LedgerError> {
        let rows: Vec<(i64, Vec<u8>)> = on_database!(&self.database, pool => sqlx::query_as(ROOTS)
            .bind(self.ledger).bind(i16::from(level)).bind(signed(first)).bind(signed(first + count)).fetch_all(pool).await)?;
        let rows = rows
            .into_iter()
            .filter_map(|(number, root)| Some((number.unsigned_abs(), Hash::try_from(root).ok()?)));
        Ok(rows.collect())
    }

    /// The number of the first full tile of a level that is not kept.
    pub(super) async fn next(&self, level: u8) -> Result<u64, LedgerError> {
        let next: Option<i64> = on_database!(&self.database, pool => sqlx::query_scalar(NEXT)
            .bind(self.ledger).bind(i16::from(level)).fetch_one(pool).await)?;
        Ok(next.unwrap_or(0).unsigned_abs())
    }

    /// Keeps full tiles, all or none; those that are kept already stay as they are.
    pub(super) async fn keep(&self, tiles: &[FullTile]) -> Result<(), LedgerError> {
        on_database!(&self.database, pool => {
            let mut transaction = pool.begin().await?;
            for tile in tiles {
                debug_assert_eq!(tile.hashes.len() as u64, WIDTH, "only full tiles are kept");
                sqlx::query(INSERT)
                    .bind(self.ledger).bind(i16::from(tile.level)).bind(signed(tile.number))
                    .bind(tile.root.as_slice()).bind(tile.hashes.concat())
                    .execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }
}
