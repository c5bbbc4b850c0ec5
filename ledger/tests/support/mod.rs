//! One test body, two databases: each test gets a database of its own.

use std::sync::Arc;

use chrono::NaiveDate;
use dean_ledger::{
    Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, ManualClock, NewEvent, SeededEntropy,
    StreamAppend,
};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

/// 2025-01-01T00:00:00Z in microseconds.
pub(crate) const NEW_YEAR: i64 = 1_735_689_600_000_000;

/// An empty database, and the environment that its ledgers live in.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) environment: Environment,
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        Self::at(url, Some(folder))
    }

    pub(crate) async fn postgres() -> Self {
        let server = std::env::var("DEAN_TEST_POSTGRES")
            .expect("DEAN_TEST_POSTGRES is not set: run `cargo xtask test`, which starts a throwaway PostgreSQL");
        let name = format!("dean_{}", Environment::system().uuid_v7().simple());
        let mut connection = PgConnection::connect(&server)
            .await
            .expect("the throwaway PostgreSQL answers");
        sqlx::query(&format!("CREATE DATABASE {name}"))
            .execute(&mut connection)
            .await
            .expect("a superuser may create a database");
        let (base, _) = server.rsplit_once('/').expect("the URL names a database");
        Self::at(format!("{base}/{name}"), None)
    }

    /// The throwaway server itself, for what only an administrator does.
    pub(crate) fn server() -> Self {
        Self::at(
            std::env::var("DEAN_TEST_POSTGRES").expect("set, or no test database could have been made"),
            None,
        )
    }

    fn at(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(ManualClock::new(NEW_YEAR));
        let environment = Environment {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        Self {
            url,
            clock,
            environment,
            _folder: folder,
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    pub(crate) fn options(&self) -> LedgerOptions {
        LedgerOptions {
            name: "main".to_owned(),
            demo: false,
            id: Some(Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0001)),
            environment: self.environment.clone(),
            queue_max: 10_000,
            batch_max: 256,
        }
    }

    pub(crate) async fn open(&self) -> Ledger {
        self.open_with(self.options()).await
    }

    pub(crate) async fn open_with(&self, options: LedgerOptions) -> Ledger {
        let database = Database::open(&self.url, Access::Serve)
            .await
            .expect("the database opens");
        Ledger::open(database, options).await.expect("the ledger opens")
    }

    /// Closes a ledger and opens it anew, as after a restart: what its writer remembered is forgotten.
    pub(crate) async fn open_again(&self, ledger: Ledger) -> Ledger {
        ledger.close().await;
        ledger.database().close().await;
        drop(ledger);
        self.open().await
    }

    /// Runs statements over a connection that knows nothing of the program. Table names are written `{t}events`.
    pub(crate) async fn raw(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sql.replace("{t}", if self.is_postgres() { "ledger." } else { "" });
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await?;
            sqlx::raw_sql(&sql).execute(&mut connection).await.map(drop)
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            sqlx::raw_sql(&sql).execute(&mut connection).await.map(drop)
        }
    }

    /// Keeps every writer from committing, for less than the time that it is patient.
    pub(crate) async fn hold_writers(&self) -> HeldWriters {
        let held = "another connection takes the lock";
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.expect(held);
            let sql = "BEGIN; LOCK TABLE ledger.events IN EXCLUSIVE MODE";
            sqlx::raw_sql(sql).execute(&mut connection).await.expect(held);
            HeldWriters::Postgres(connection)
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.expect(held);
            sqlx::raw_sql("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await
                .expect(held);
            HeldWriters::Sqlite(connection)
        }
    }

    /// Does what only the owner of the tables can do: takes the guards away.
    pub(crate) async fn drop_guards(&self) {
        let sql = if self.is_postgres() {
            "DROP FUNCTION ledger.refuse_change() CASCADE".to_owned()
        } else {
            let names = ["events", "commits", "personal_data"]
                .map(|table| format!("DROP TRIGGER {table}_refuse_update; DROP TRIGGER {table}_refuse_delete;"));
            names.concat()
        };
        self.raw(&sql).await.expect("the owner may drop triggers");
    }
}

/// Makes each test of a module run on both databases.
#[macro_export]
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::support::Place::sqlite()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::support::Place::postgres().await).await;
            })+
        }
    };
}

/// The connection that keeps writers waiting.
pub(crate) enum HeldWriters {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl HeldWriters {
    pub(crate) async fn release(self) {
        let closed = match self {
            Self::Postgres(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        };
        closed.expect("the lock is given back");
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub(crate) fn actor(id: &str) -> Actor {
    Actor {
        id: id.to_owned(),
        role: "reviewer".to_owned(),
        unit: "so-cong-thuong".to_owned(),
    }
}

pub(crate) fn event(payload: Value) -> NewEvent {
    NewEvent {
        event_type: "Noted".to_owned(),
        event_version: "1".to_owned(),
        payload,
    }
}

pub(crate) fn stream(id: Uuid, expected_version: u64, events: usize) -> StreamAppend {
    let events = (0..events).map(|index| event(json!({"n": index}))).collect();
    StreamAppend {
        aggregate_type: "Project".to_owned(),
        aggregate_id: id,
        expected_version,
        events,
    }
}

/// A command of one event; its request hash is made from its id.
pub(crate) fn append(command_id: Uuid, streams: Vec<StreamAppend>) -> Append {
    let mut request_sha256 = [0; 32];
    request_sha256[..16].copy_from_slice(command_id.as_bytes());
    Append {
        command_id,
        actor: actor("u1"),
        occurred_on: day("2025-01-01"),
        request_sha256,
        metadata: [("note".to_owned(), "Đề án".to_owned())].into(),
        streams,
    }
}
