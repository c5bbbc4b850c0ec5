//! Generations: complete sets of read models beside each other, one of which is live.
//!
//! | | PostgreSQL | SQLite |
//! |---|---|---|
//! | generation n | schema `views_<n>` | file `<ledger>.views-<n>` |
//! | which one is live | table `views.live` | file `<ledger>.views`, replaced by renaming |
//! | stable names | views in schema `read` | none: the file's name changes |

mod postgres;
mod sqlite;

use std::path::PathBuf;
use std::time::Duration;

use dean_ledger::{Database, Ledger};
use sqlx::PgPool;
use uuid::Uuid;

use crate::checkpoint::{self, Age, CHECKPOINT, Checkpoint};
use crate::error::Result;
use crate::projection::{ALL, DialectOf, tables};
use crate::store::{Store, postgres_writer, sqlite_path};
use crate::table::Dialect;

/// A generation that isn't live and whose maker has not been heard of for this long after its lease is swept away.
const ABANDONED_AFTER: Duration = Duration::from_secs(60);

/// One set of read models.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) number: u32,
    pub(crate) store: Store,
}

/// Finds, makes, swaps and removes the generations of one ledger.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    pub(crate) ledger: Uuid,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Postgres {
        reader: PgPool,
        writer: PgPool,
    },
    Sqlite {
        /// The ledger's file.
        path: PathBuf,
    },
}

impl Catalog {
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let place = match (ledger.database(), sqlite_path(ledger.database())) {
            (Database::Postgres(pool), _) => Place::Postgres {
                reader: pool.clone(),
                writer: postgres_writer(pool),
            },
            (Database::Sqlite(_), path) => Place::Sqlite {
                path: path.unwrap_or_default(),
            },
        };
        Self {
            ledger: ledger.id(),
            place,
        }
    }

    /// The number of the live generation.
    pub(crate) async fn live_number(&self) -> Result<Option<u32>> {
        match &self.place {
            Place::Postgres { reader, .. } => postgres::live_number(reader, self.ledger).await,
            Place::Sqlite { path } => sqlite::live_number(path).await,
        }
    }

    /// The live generation, if there is one that belongs to this ledger and is still there.
    pub(crate) async fn live(&self) -> Result<Option<Generation>> {
        let mut number = self.live_number().await?;
        loop {
            let Some(named) = number else { return Ok(None) };
            let found = self.live_named(named).await;
            if matches!(found, Ok(Some(_))) {
                return found;
            }
            // Gone, or another one was swapped in since the number was read.
            number = self.live_number().await?;
            if number == Some(named) {
                return found;
            }
        }
    }

    async fn live_named(&self, number: u32) -> Result<Option<Generation>> {
        let Some(generation) = self.generation(number).await? else {
            return Ok(None);
        };
        match checkpoint::read(&generation.store, self.ledger).await {
            Ok(Some(_)) => Ok(Some(generation)),
            Err(error) if !error.is_missing() => Err(error),
            Ok(None) | Err(_) => {
                generation.store.close().await;
                Ok(None)
            }
        }
    }

    async fn generation(&self, number: u32) -> Result<Option<Generation>> {
        let store = match &self.place {
            Place::Postgres { reader, writer } => Some(Store::postgres(
                reader.clone(),
                writer.clone(),
                &postgres::schema(number),
            )),
            Place::Sqlite { path } => sqlite::open(path, number).await?,
        };
        Ok(store.map(|store| Generation { number, store }))
    }

    /// An empty generation with the next free number; `holder` has its lease.
    pub(crate) async fn create(&self, holder: Uuid) -> Result<Generation> {
        match &self.place {
            Place::Postgres { reader, writer } => postgres::create(reader, writer, self.ledger, holder).await,
            Place::Sqlite { path } => sqlite::create(path, self.ledger, holder).await,
        }
    }

    /// Makes a generation the live one and removes the one before. Readers of the old one find the new one by themselves.
    pub(crate) async fn swap(&self, to: &Generation) -> Result<()> {
        let before = self.live_number().await?;
        to.store.settle().await?;
        match &self.place {
            Place::Postgres { writer, .. } => postgres::make_live(writer, self.ledger, to.number).await?,
            Place::Sqlite { path } => sqlite::make_live(path, to.number).await?,
        }
        if let Some(before) = before.filter(|before| *before != to.number)
            && let Err(error) = self.remove(before).await
        {
            // A long-running reader may hold it; the next rebuild sweeps it away.
            tracing::warn!(generation = before, %error, "the former read models could not be removed yet");
        }
        Ok(())
    }

    /// Removes a generation with all its rows.
    pub(crate) async fn remove(&self, number: u32) -> Result<()> {
        match &self.place {
            Place::Postgres { writer, .. } => postgres::remove(writer, number).await,
            Place::Sqlite { path } => sqlite::remove(path, number).await,
        }
    }

    /// The generations of this ledger beside the live one.
    async fn others(&self) -> Result<Vec<(u32, Checkpoint)>> {
        let live = self.live_number().await?;
        let numbers = match &self.place {
            Place::Postgres { reader, .. } => postgres::numbers(reader).await?,
            Place::Sqlite { path } => sqlite::numbers(path).await?,
        };
        let mut others = Vec::new();
        for number in numbers.into_iter().filter(|number| Some(*number) != live) {
            // One that can't be read is just being made or removed.
            let Ok(Some(generation)) = self.generation(number).await else {
                continue;
            };
            if let Ok(Some(checkpoint)) = checkpoint::read(&generation.store, self.ledger).await {
                others.push((number, checkpoint));
            }
            generation.store.close().await;
        }
        Ok(others)
    }

    /// Whether somebody is building a generation with this program's versions.
    pub(crate) async fn is_being_built(&self) -> Result<bool> {
        let others = self.others().await?;
        Ok(others
            .iter()
            .any(|(_, checkpoint)| checkpoint.lease_left_micros > 0 && checkpoint.age() == Age::Same))
    }

    /// Removes what crashed builders left behind.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let limit = i64::try_from(ABANDONED_AFTER.as_micros()).unwrap_or(i64::MAX);
        for (number, checkpoint) in self.others().await? {
            if checkpoint.lease_left_micros < -limit {
                tracing::info!(generation = number, "removing read models that were left behind");
                self.remove(number).await?;
            }
        }
        Ok(())
    }
}

/// All statements that make a generation's tables.
fn ddl(store: &Store) -> Vec<String> {
    let mut statements = CHECKPOINT.ddl(store.dialect(), store.prefix());
    statements.extend(tables().flat_map(|table| table.ddl(store.dialect(), store.prefix())));
    statements
}

/// The views for dashboards over a generation: name and query.
fn views(dialect: Dialect, prefix: &str) -> Vec<(&'static str, String)> {
    let mut views = Vec::new();
    for table in std::iter::once(&CHECKPOINT).chain(tables()) {
        if let Some(columns) = table.public_columns() {
            views.push((table.name, format!("SELECT {columns} FROM {prefix}{}", table.name)));
        }
    }
    for projection in ALL {
        for (name, sql) in projection.views(DialectOf(dialect)) {
            views.push((name, sql.replace("{prefix}", prefix)));
        }
    }
    views
}
