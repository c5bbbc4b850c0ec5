//! A database of one test's own, of either kind.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// An empty database that exists as long as this value.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// On the server that `cargo xtask test` started; its administrative URL and the database's name.
    Postgres {
        server: String,
        name: String,
        folder: TempDir,
    },
    Sqlite {
        folder: TempDir,
    },
}

impl TestDatabase {
    /// A new database on the throwaway server.
    ///
    /// # Panics
    /// When `DEAN_TEST_POSTGRES` is not set, or the server refuses.
    #[track_caller]
    #[must_use]
    pub fn postgres() -> Self {
        Self::postgres_on(crate::setting("DEAN_TEST_POSTGRES"))
    }

    /// A new database on a server of the test's own, whose administrative URL this is. Declare the server first: it has to outlive it.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn postgres_on(server: String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        // The process id keeps tests that run at the same time apart.
        let name = format!(
            "dean_test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let url = with_database(&server, &name);
        // What an earlier process of the same id left when it was killed.
        run_postgres(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        run_postgres(&server, &format!("CREATE DATABASE {name}"));
        Self {
            url,
            kind: Kind::Postgres {
                server,
                name,
                folder: folder_in(&std::env::temp_dir()),
            },
        }
    }

    /// A new SQLite file, not made yet, in a folder of its own.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[track_caller]
    #[must_use]
    pub fn sqlite() -> Self {
        Self::sqlite_in(&std::env::temp_dir())
    }

    /// A new SQLite file, not made yet, in a new folder inside this one.
    ///
    /// # Panics
    /// When no folder can be made there.
    #[track_caller]
    #[must_use]
    pub fn sqlite_in(parent: &std::path::Path) -> Self {
        let folder = folder_in(parent);
        let url = format!("sqlite://{}", folder.path().join("dean.db").display());
        Self {
            url,
            kind: Kind::Sqlite { folder },
        }
    }

    /// What `--database` takes.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of a SQLite database: its file, the read models beside it, the lock.
    #[must_use]
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.kind {
            Kind::Postgres { .. } => None,
            Kind::Sqlite { folder } => Some(folder.path()),
        }
    }

    /// Where a server on this database keeps its signing key: beside the SQLite file, as is the default; elsewhere than in the tests'
    /// own folder for PostgreSQL.
    #[must_use]
    pub fn signing_key(&self) -> std::path::PathBuf {
        match &self.kind {
            Kind::Postgres { folder, .. } => folder.path().join("dean.key"),
            Kind::Sqlite { folder } => folder.path().join("dean.db.key"),
        }
    }

    /// Runs statements past the product, to break what a test wants broken.
    ///
    /// # Panics
    /// When the database refuses.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        match &self.kind {
            Kind::Postgres { .. } => run_postgres(&self.url, sql),
            Kind::Sqlite { .. } => run_sqlite(&self.url, sql),
        }
    }

    /// The one number that a query on PostgreSQL gives; `None` for no row.
    ///
    /// # Panics
    /// When the database refuses.
    #[track_caller]
    #[must_use]
    pub fn number(&self, sql: &str) -> Option<i64> {
        let outcome: Result<Option<i64>, sqlx::Error> = blocking(|| async {
            let mut connection = PgConnection::connect(&self.url).await?;
            let number = sqlx::query_scalar(sql).fetch_optional(&mut connection).await?;
            connection.close().await?;
            Ok(number)
        });
        outcome.unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.url))
    }

    /// Runs statements in a session that stays open, with whatever they locked, for as long as `meanwhile` runs.
    ///
    /// # Panics
    /// When the database refuses.
    #[track_caller]
    pub fn holding<T>(&self, sql: &str, meanwhile: impl FnOnce() -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let held = runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        });
        let held = held.unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.url));
        let outcome = meanwhile();
        runtime.block_on(held.close()).expect("the session is still there");
        outcome
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Kind::Postgres { server, name, .. } = &self.kind {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            if let Err(error) = postgres(server, &sql) {
                let message = format!("{sql}: {error}");
                // A second panic would abort and hide the first.
                assert!(std::thread::panicking(), "{message}");
                eprintln!("{message}");
            }
        }
    }
}

#[track_caller]
fn folder_in(parent: &std::path::Path) -> TempDir {
    let folder = tempfile::Builder::new().prefix("dean-test-").tempdir_in(parent);
    folder.unwrap_or_else(|error| panic!("{}: {error}", parent.display()))
}

/// The same server, another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, options) = server
        .split_once('?')
        .map_or((server, None), |(address, options)| (address, Some(options)));
    let start = address.find("://").map_or(0, |index| index + 3);
    let end = address[start..].find('/').map_or(address.len(), |index| start + index);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{name}{options}", &address[..end])
}

#[track_caller]
fn run_postgres(url: &str, sql: &str) {
    if let Err(error) = postgres(url, sql) {
        panic!("PostgreSQL at {url}: {sql}: {error}");
    }
}

fn postgres(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    blocking(|| async {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        connection.close().await
    })
}

#[track_caller]
fn run_sqlite(url: &str, sql: &str) {
    let outcome = blocking(|| async {
        let options: sqlx::sqlite::SqliteConnectOptions = url.parse()?;
        let mut connection: SqliteConnection = options.create_if_missing(true).connect().await?;
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        connection.close().await
    });
    if let Err(error) = outcome {
        panic!("{url}: {sql}: {error}");
    }
}

/// Waits for a future, also inside an async test, where a runtime may not be started on the same thread: so on a thread of its own.
fn blocking<T: Send, F: Future<Output = T>>(work: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be built").block_on(work())
        });
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_is_replaced_in_a_url() {
        assert_eq!(with_database("postgres://u@h:1/postgres", "x"), "postgres://u@h:1/x");
        assert_eq!(with_database("postgres://u@h:1", "x"), "postgres://u@h:1/x");
        assert_eq!(
            with_database("postgres://u@h:1/postgres?host=/tmp", "x"),
            "postgres://u@h:1/x?host=/tmp"
        );
    }
}
