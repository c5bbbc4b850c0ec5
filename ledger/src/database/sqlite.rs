//! Opening SQLite: WAL with full synchronisation, one serving process, readers at any time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlitePool};

use super::{Access, lock, migrations, without_password};
use crate::error::DatabaseError;

/// Each is a thread with a page cache of its own, and readers of one file wait for nothing but the disk.
const CONNECTIONS_MAX: u32 = 3;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one connection waits for another's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// SQLite's result code for a journal that would have to be rolled back by a connection that may only read.
const READONLY_ROLLBACK: u32 = 776;

pub(super) async fn open(url: &str, access: Access) -> Result<SqlitePool, DatabaseError> {
    let path = path_of(url)?;
    let path = match std::path::absolute(&path) {
        Ok(path) => path,
        Err(source) => return Err(DatabaseError::File { path, source }),
    };
    match access {
        Access::Read => open_to_read(&path).await,
        Access::Serve | Access::Write => open_to_write(&path).await,
    }
}

fn path_of(url: &str) -> Result<PathBuf, DatabaseError> {
    let rest = url.trim_start_matches("sqlite:");
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let reason = match rest {
        "" => "the path is missing",
        _ if rest.contains(":memory:") => "a ledger in memory would be lost with the process; give a path",
        _ if rest.contains('?') => "it takes no parameters after `?`",
        _ => return Ok(PathBuf::from(rest)),
    };
    Err(DatabaseError::Url {
        url: without_password(url),
        reason: reason.to_owned(),
    })
}

/// For a pool of connections to one file.
///
/// Where SQLite rolls back by itself (a full disk), sqlx takes that transaction for open ever after: it would nest the next one of the
/// connection in it and, when that one fails as well, leave it open, with everybody else locked out. Such a connection is closed instead.
#[must_use]
pub fn pool_options(connections_max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .before_acquire(|connection, _| {
            let is_free = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_free) })
        })
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        // Without it, `INSERT OR REPLACE` would delete rows without asking the triggers that refuse it.
        .pragma("recursive_triggers", "ON")
}

async fn open_to_read(path: &Path) -> Result<SqlitePool, DatabaseError> {
    if !path.exists() {
        return Err(DatabaseError::Missing { path: path.to_owned() });
    }
    roll_back_what_was_cut(path)
        .await
        .map_err(|error| explain(path, error))?;
    let pool = pool_options(CONNECTIONS_MAX)
        .connect_with(options(path).read_only(true).pragma("query_only", "ON"))
        .await
        .map_err(|error| explain(path, error))?;
    match found_version(&pool, path).await? {
        Some(found) => migrations::check(found, migrations::newest(&migrations::SQLITE), true)?,
        None => {
            let reason = "; start `dean serve` once to create it, or correct the path";
            return Err(DatabaseError::NotALedger {
                url: path.display().to_string(),
                reason,
            });
        }
    }
    Ok(pool)
}

/// A process that dies before the new file is in WAL mode leaves a rollback journal, which a connection that only reads can't apply:
/// it would be refused until somebody writes.
async fn roll_back_what_was_cut(path: &Path) -> Result<(), sqlx::Error> {
    let read = |options: SqliteConnectOptions| async move {
        let mut connection = options.connect().await?;
        let read = sqlx::query("SELECT count(*) FROM sqlite_master")
            .execute(&mut connection)
            .await;
        connection.close().await?;
        read.map(drop)
    };
    match read(options(path).read_only(true)).await {
        Err(error) if result_code(&error) == Some(READONLY_ROLLBACK) => read(options(path)).await,
        other => other,
    }
}

async fn open_to_write(path: &Path) -> Result<SqlitePool, DatabaseError> {
    let guard = lock::acquire(path)?;
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = pool_options(CONNECTIONS_MAX)
        // The hook does nothing; it carries the lock for as long as the pool lives.
        .after_connect(move |_, _| {
            let _held = &guard;
            Box::pin(async { Ok(()) })
        })
        .connect_with(options)
        .await
        .map_err(|error| explain(path, error))?;
    if let Err(error) = migrate(&pool, path).await {
        pool.close().await;
        lock::release(path);
        return Err(error);
    }
    Ok(pool)
}

async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), DatabaseError> {
    let found = found_version(pool, path).await?;
    migrations::check(
        found.unwrap_or_default(),
        migrations::newest(&migrations::SQLITE),
        false,
    )?;
    migrations::SQLITE
        .run(pool)
        .await
        .map_err(|source| DatabaseError::Migration {
            url: path.display().to_string(),
            source,
        })
}

/// The schema version in the file; `None` for an empty file. A file with other tables is refused.
async fn found_version(pool: &SqlitePool, path: &Path) -> Result<Option<i64>, DatabaseError> {
    let explained = |error| explain(path, error);
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(pool)
        .await
        .map_err(explained)?;
    if !tables.iter().any(|name| name == "_sqlx_migrations") {
        return match tables.is_empty() {
            true => Ok(None),
            false => Err(DatabaseError::NotALedger {
                url: path.display().to_string(),
                reason: "; it belongs to another program",
            }),
        };
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(pool)
        .await
        .map_err(explained)?;
    Ok(Some(found.unwrap_or_default()))
}

/// Turns SQLite's result codes into what an operator can act on.
fn explain(path: &Path, error: sqlx::Error) -> DatabaseError {
    // The low byte is the primary code.
    match result_code(&error).map(|code| code & 0xff) {
        Some(26) => DatabaseError::NotADatabase { path: path.to_owned() },
        Some(11) => DatabaseError::Corrupt {
            path: path.to_owned(),
            source: error,
        },
        Some(8 | 14) => DatabaseError::File {
            path: path.to_owned(),
            source: std::io::Error::other(error),
        },
        _ => DatabaseError::Driver {
            url: path.display().to_string(),
            source: error,
        },
    }
}

/// SQLite's extended result code: https://sqlite.org/rescode.html
fn result_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trigger makes SQLite roll back by itself, as a full disk does.
    #[tokio::test]
    async fn a_transaction_that_sqlite_rolled_back_locks_nobody_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = options(&folder.path().join("file.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A rollback that was only begun needs no longer; one that never comes is waited for in vain.
            .busy_timeout(Duration::from_secs(1));
        let pool = |file| pool_options(1).connect_lazy_with(file);
        let (ours, theirs) = (pool(file.clone()), pool(file));
        let schema = "CREATE TABLE t (n INTEGER PRIMARY KEY);
            CREATE TRIGGER full BEFORE INSERT ON t WHEN new.n < 0 BEGIN SELECT RAISE(ROLLBACK, 'full'); END";
        sqlx::raw_sql(schema).execute(&ours).await.expect("made");
        for then in ["INSERT INTO t VALUES (-1)", "INSERT INTO t VALUES (1), (1)"] {
            let mut transaction = ours.begin().await.expect("begun");
            let first = sqlx::query("INSERT INTO t VALUES (1)").execute(&mut *transaction).await;
            first.expect("there is room");
            let refused = sqlx::query(then).execute(&mut *transaction).await;
            refused.expect_err("a trigger or a key objects");
        }
        let written = sqlx::query("INSERT INTO t VALUES (2)").execute(&theirs).await;
        written.expect("nobody is in a transaction");
        let mut transaction = ours.begin().await.expect("begun");
        let written = sqlx::query("INSERT INTO t VALUES (1)").execute(&mut *transaction).await;
        written.expect("written");
        transaction.commit().await.expect("committed");
        let seen: Vec<i64> = sqlx::query_scalar("SELECT n FROM t ORDER BY n")
            .fetch_all(&theirs)
            .await
            .expect("read");
        assert_eq!(seen, [1, 2]);
    }
}
