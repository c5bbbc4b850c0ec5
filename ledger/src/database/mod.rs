//! Opening either database by its URL, and running one SQL on whichever it is.

mod lock;
mod migrations;
pub(crate) mod postgres;
mod sqlite;

use std::path::PathBuf;

use sqlx::{PgPool, SqlitePool};

use crate::error::DatabaseError;

pub use sqlite::pool_options as sqlite_pool_options;

pub use migrations::schema_version_known;

/// What the database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By the server: migrates; on SQLite takes the serving lock.
    Serve,
    /// By a command that writes (import, demo): migrates; on SQLite takes the serving lock.
    Write,
    /// By a command that only reads: never migrates, never locks, works beside a server.
    Read,
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Database {
    /// PostgreSQL; every connection has `search_path` = `ledger`.
    Postgres(PgPool),
    /// SQLite.
    Sqlite(SqlitePool),
}

/// Runs the same expression on whichever database it is: `on_database!(&database, pool => sqlx::query(…).execute(pool).await)`.
/// SQL in it must be portable: `$1` placeholders, `ON CONFLICT`, `CAST`.
#[macro_export]
macro_rules! on_database {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Postgres($pool) => $body,
            $crate::database::Database::Sqlite($pool) => $body,
        }
    };
}

impl Database {
    /// Opens `postgres://USER@HOST:PORT/NAME` or `sqlite:PATH`.
    ///
    /// # Errors
    /// [`DatabaseError`] says what was attempted and what to do.
    pub async fn open(url: &str, access: Access) -> Result<Self, DatabaseError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres::open(url, access).await.map(Self::Postgres)
        } else if url.starts_with("sqlite:") {
            sqlite::open(url, access).await.map(Self::Sqlite)
        } else {
            let reason = "it starts with neither `sqlite:` nor `postgres://`".to_owned();
            Err(DatabaseError::Url {
                url: without_password(url),
                reason,
            })
        }
    }

    /// Closes all connections, waiting for those in use, and releases the serving lock.
    pub async fn close(&self) {
        if on_database!(self, pool => pool.is_closed()) {
            return;
        }
        if let Self::Sqlite(pool) = self {
            // What is in the log belongs into the file now: whoever copies the file alone would leave the last commits behind. Who may only read
            // is refused it, and a pool may keep a connection that came back while it was being closed, so nobody else would do it.
            drop(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await);
        }
        on_database!(self, pool => pool.close().await);
        if let Self::Sqlite(pool) = self {
            lock::release(pool.connect_options().get_filename());
        }
    }

    /// Where the key that signs checkpoints is kept unless told otherwise: beside an SQLite file (`PATH.key`); for PostgreSQL, which has
    /// no place of its own on this machine, `dean.key` in the current folder.
    #[must_use]
    pub fn default_key_path(&self) -> PathBuf {
        match self {
            Self::Postgres(_) => PathBuf::from("dean.key"),
            Self::Sqlite(pool) => {
                let mut path = pool.connect_options().get_filename().as_os_str().to_owned();
                path.push(".key");
                PathBuf::from(path)
            }
        }
    }

    /// `postgres` or `sqlite`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// Whether it was opened with [`Access::Read`].
    pub(crate) async fn is_read_only(&self) -> Result<bool, sqlx::Error> {
        match self {
            Self::Postgres(pool) => {
                sqlx::query_scalar("SELECT current_setting('default_transaction_read_only')::bool")
                    .fetch_one(pool)
                    .await
            }
            Self::Sqlite(pool) => sqlx::query_scalar("PRAGMA query_only").fetch_one(pool).await,
        }
    }
}

/// A database URL as it may be shown: password and parameters left out.
#[must_use]
pub fn without_password(url: &str) -> String {
    let bare = url.split('?').next().unwrap_or_default();
    let Some((scheme, rest)) = bare.split_once("://") else {
        return bare.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, place)) => format!("{scheme}://{}@{place}", user.split(':').next().unwrap_or_default()),
        None => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        assert_eq!(
            without_password("postgres://me:p@ss:word@host:5432/db?password=x"),
            "postgres://me@host:5432/db"
        );
        assert_eq!(without_password("postgres://host/db"), "postgres://host/db");
        assert_eq!(
            without_password("sqlite:/var/lib/dean.db?mode=ro"),
            "sqlite:/var/lib/dean.db"
        );
    }
}
