//! Where a generation's tables are, and the few ways in which this crate talks to either database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dean_ledger::Database;
use dean_ledger::database::sqlite_pool_options;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

use crate::cell::{Cell, Kind, Row, bind_cells, read_cells};
use crate::error::{ProjectionError, Result};
use crate::table::Dialect;

/// Whoever stops in the middle of a transaction (SIGSTOP, a lost network) holds rows that others wait for; the server drops it after this,
/// well within the ten seconds in which another process has to take over.
const POSTGRES_IDLE_IN_TRANSACTION_MS: u32 = 4_000;
const POSTGRES_LOCK_TIMEOUT_MS: u32 = 6_000;
const POSTGRES_WRITE_CONNECTIONS_MAX: u32 = 4;
const SQLITE_READ_CONNECTIONS_MAX: u32 = 3;
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections wait this long for their turn.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
macro_rules! fetch_on {
    ($executor:expr, $sql:expr, $cells:expr, $kinds:expr) => {{
        let rows = bind_cells!(sqlx::query($sql), $cells).fetch_all($executor).await?;
        Ok(rows
            .iter()
            .map(|row| read_cells!(row, $kinds))
            .collect::<std::result::Result<_, _>>()?)
    }};
}

/// The database of one generation. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    Postgres {
        /// The ledger's pool, which may be read-only.
        reader: PgPool,
        /// Our own connections with short limits.
        writer: PgPool,
        /// `views_<n>.`
        prefix: String,
    },
    Sqlite {
        reader: SqlitePool,
        /// One connection: SQLite has one writer anyway, and waiting in the pool's queue is fair.
        writer: SqlitePool,
    },
}

/// A pool for writing read models beside the ledger's own, which may have been opened for reading only.
pub(crate) fn postgres_writer(ledger: &PgPool) -> PgPool {
    let options = PgConnectOptions::clone(&ledger.connect_options())
        .application_name("dean projections")
        .options([
            ("default_transaction_read_only", "off".to_owned()),
            (
                "idle_in_transaction_session_timeout",
                POSTGRES_IDLE_IN_TRANSACTION_MS.to_string(),
            ),
            ("lock_timeout", POSTGRES_LOCK_TIMEOUT_MS.to_string()),
            // Rows and checkpoint are lost together or not at all, and what is lost is folded again.
            ("synchronous_commit", "off".to_owned()),
            // The statement of a batch is long and always the same; what is known of its arrays would change nothing.
            ("plan_cache_mode", "force_generic_plan".to_owned()),
            // Projects are looked up by their keys, also in a table that looks small because nothing has been counted in it yet.
            ("enable_seqscan", "off".to_owned()),
        ]);
    PgPoolOptions::new()
        .max_connections(POSTGRES_WRITE_CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A batch on a connection that broke is folded again; to ask first would be a round trip more for each batch.
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

impl Store {
    pub(crate) fn postgres(reader: PgPool, writer: PgPool, schema: &str) -> Self {
        Self::Postgres {
            reader,
            writer,
            prefix: format!("{schema}."),
        }
    }

    /// Opens the file of a generation. It is derived from the ledger, so it is synced only when the WAL is folded back.
    pub(crate) async fn sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(SQLITE_BUSY_TIMEOUT);
        let writer = sqlite_pool_options(1).connect_with(options.clone()).await?;
        let reader = sqlite_pool_options(SQLITE_READ_CONNECTIONS_MAX).connect_lazy_with(options);
        Ok(Self::Sqlite { reader, writer })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres { .. } => Dialect::Postgres,
            Self::Sqlite { .. } => Dialect::Sqlite,
        }
    }

    /// What stands before a table's name.
    pub(crate) fn prefix(&self) -> &str {
        match self {
            Self::Postgres { prefix, .. } => prefix,
            Self::Sqlite { .. } => "",
        }
    }

    /// Reads rows.
    pub(crate) async fn fetch(&self, sql: &str, cells: &[Cell], kinds: &[Kind]) -> Result<Vec<Row>> {
        match self {
            Self::Postgres { reader, .. } => fetch_on!(reader, sql, cells, kinds),
            Self::Sqlite { reader, .. } => fetch_on!(reader, sql, cells, kinds),
        }
    }

    /// Reads rows on a connection of those that write: whoever folds doesn't wait behind the readers of pages.
    pub(crate) async fn fetch_written(&self, sql: &str, cells: &[Cell], kinds: &[Kind]) -> Result<Vec<Row>> {
        match self {
            Self::Postgres { writer, .. } => fetch_on!(writer, sql, cells, kinds),
            Self::Sqlite { writer, .. } => fetch_on!(writer, sql, cells, kinds),
        }
    }

    /// Runs one statement on its own; gives the number of rows that it touched.
    pub(crate) async fn execute(&self, sql: &str, cells: &[Cell]) -> Result<u64> {
        Ok(match self {
            Self::Postgres { writer, .. } => bind_cells!(sqlx::query(sql), cells)
                .execute(writer)
                .await?
                .rows_affected(),
            Self::Sqlite { writer, .. } => bind_cells!(sqlx::query(sql), cells)
                .execute(writer)
                .await?
                .rows_affected(),
        })
    }

    /// A transaction to write in.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        Ok(match self {
            Self::Postgres { writer, .. } => Transaction::Postgres(writer.begin().await?),
            Self::Sqlite { writer, .. } => Transaction::Sqlite(writer.begin().await?),
        })
    }

    /// A transaction that sees one state of the tables from its first query on, whatever is written meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Transaction> {
        Ok(match self {
            Self::Postgres { reader, .. } => {
                let mut transaction = reader.begin().await?;
                sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    .execute(&mut *transaction)
                    .await?;
                Transaction::Postgres(transaction)
            }
            Self::Sqlite { reader, .. } => Transaction::Sqlite(reader.begin().await?),
        })
    }

    /// Folds SQLite's write-ahead log back and syncs the file: before a generation goes live.
    pub(crate) async fn settle(&self) -> Result<()> {
        if let Self::Sqlite { writer, .. } = self {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await?;
        }
        Ok(())
    }

    /// Closes what belongs to this generation alone.
    pub(crate) async fn close(&self) {
        if let Self::Sqlite { reader, writer } = self {
            reader.close().await;
            writer.close().await;
        }
    }
}

/// A transaction on either database; dropped without commit, it is rolled back.
pub(crate) enum Transaction {
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Transaction {
    pub(crate) async fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<u64> {
        Ok(match self {
            Self::Postgres(inner) => bind_cells!(sqlx::query(sql), cells)
                .execute(&mut **inner)
                .await?
                .rows_affected(),
            Self::Sqlite(inner) => bind_cells!(sqlx::query(sql), cells)
                .execute(&mut **inner)
                .await?
                .rows_affected(),
        })
    }

    pub(crate) async fn fetch(&mut self, sql: &str, cells: &[Cell], kinds: &[Kind]) -> Result<Vec<Row>> {
        match self {
            Self::Postgres(inner) => fetch_on!(&mut **inner, sql, cells, kinds),
            Self::Sqlite(inner) => fetch_on!(&mut **inner, sql, cells, kinds),
        }
    }

    /// Lets its statements take as long as they need: building the keys of a large table.
    pub(crate) async fn without_time_limit(&mut self) -> Result<()> {
        if let Self::Postgres(inner) = self {
            sqlx::query("SET LOCAL statement_timeout = 0")
                .execute(&mut **inner)
                .await?;
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(inner) => inner.commit().await?,
            Self::Sqlite(inner) => inner.commit().await?,
        }
        Ok(())
    }
}

/// The ledger's file, when it is one; generations of read models stand beside it.
pub(crate) fn sqlite_path(database: &Database) -> Option<PathBuf> {
    match database {
        Database::Postgres(_) => None,
        Database::Sqlite(pool) => Some(pool.connect_options().get_filename().to_owned()),
    }
}

/// Wraps an error of the file system.
pub(crate) fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> ProjectionError + '_ {
    move |source| ProjectionError::File {
        path: path.to_owned(),
        source,
    }
}
