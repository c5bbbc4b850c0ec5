//! One test body, two databases: each test gets a database of its own.

use std::time::Duration;

use dean_ledger::{Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, StreamAppend};
use dean_projections::{ReadModels, Runner, RunnerHandle, RunnerState};
use serde_json::Value;
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::story::Told;

/// Long enough for any machine, short enough to fail a test rather than hang it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An empty database.
pub(crate) struct Place {
    url: String,
    server: Option<String>,
    folder: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        Self {
            url,
            server: None,
            folder: Some(folder),
        }
    }

    pub(crate) async fn postgres() -> Self {
        let server = std::env::var("DEAN_TEST_POSTGRES")
            .expect("DEAN_TEST_POSTGRES is not set: run `cargo xtask test`, which starts a throwaway PostgreSQL");
        let name = format!("dean_{}", Environment::system().uuid_v7().simple());
        let mut connection = PgConnection::connect(&server)
            .await
            .expect("the throwaway PostgreSQL answers");
        let sql = format!("CREATE DATABASE {name}");
        sqlx::query(&sql)
            .execute(&mut connection)
            .await
            .expect("a superuser may create a database");
        let (base, _) = server.rsplit_once('/').expect("the URL names a database");
        Self {
            url: format!("{base}/{name}"),
            server: Some(server),
            folder: None,
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    pub(crate) fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(tempfile::TempDir::path)
    }

    pub(crate) async fn open(&self, access: Access) -> Ledger {
        let database = Database::open(&self.url, access).await.expect("the database opens");
        let options = LedgerOptions {
            name: "main".to_owned(),
            demo: false,
            id: None,
            environment: Environment::system(),
            queue_max: 10_000,
            batch_max: 1_000,
        };
        Ledger::open(database, options).await.expect("the ledger opens")
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        self.open(Access::Serve).await
    }

    /// Runs statements past the product on the live read models. Table names are written `{t}progress`.
    pub(crate) async fn raw(&self, ledger: &Ledger, sql: &str) {
        let status = dean_projections::status(ledger).await.expect("a status");
        let generation = status.generation.expect("a live generation");
        if self.is_postgres() {
            let sql = sql.replace("{t}", &format!("views_{generation}."));
            let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
            sqlx::raw_sql(&sql)
                .execute(&mut connection)
                .await
                .expect("a superuser may do anything");
        } else {
            let url = format!("{}.views-{generation}", self.url);
            let mut connection = SqliteConnection::connect(&url).await.expect("a connection");
            sqlx::raw_sql(&sql.replace("{t}", ""))
                .execute(&mut connection)
                .await
                .expect("the owner may do anything");
        }
    }

    /// A session of PostgreSQL that knows nothing of the program.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("a connection")
    }

    /// One number, read past the product over PostgreSQL.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.connect().await;
        sqlx::query_scalar(sql)
            .fetch_one(&mut connection)
            .await
            .expect("a number")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(server) = self.server.clone() else { return };
        let name = self
            .url
            .rsplit_once('/')
            .map(|(_, name)| name.to_owned())
            .unwrap_or_default();
        // On a thread of its own: a test's runtime can't be waited for from within.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server)
                    .await
                    .expect("the throwaway PostgreSQL answers");
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                sqlx::query(&sql)
                    .execute(&mut connection)
                    .await
                    .expect("a superuser may drop a database");
            });
        });
        dropped.join().expect("the database is dropped");
    }
}

/// Makes each test of a module run on both databases.
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
pub(crate) use on_both_databases;

/// A command with the events of one project.
pub(crate) fn append(project: Uuid, expected_version: u64, told: &[Told]) -> Append {
    let first = told.first().expect("a command has an event");
    let events = told.iter().map(Told::recorded).collect();
    Append {
        command_id: Environment::system().uuid_v7(),
        actor: Actor {
            id: first.actor.to_owned(),
            role: first.role.to_owned(),
            unit: first.unit.to_owned(),
        },
        occurred_on: first.on,
        request_sha256: [0; 32],
        metadata: std::collections::BTreeMap::new(),
        streams: vec![StreamAppend {
            aggregate_type: "Project".to_owned(),
            aggregate_id: project,
            expected_version,
            events,
        }],
    }
}

/// A command with one event of any kind.
pub(crate) fn append_foreign(aggregate_type: &str, event_type: &str, payload: Value) -> Append {
    let environment = Environment::system();
    Append {
        command_id: environment.uuid_v7(),
        actor: Actor {
            id: "quan-tri".to_owned(),
            role: "administrator".to_owned(),
            unit: String::new(),
        },
        occurred_on: crate::story::day("2025-01-01"),
        request_sha256: [0; 32],
        metadata: std::collections::BTreeMap::new(),
        streams: vec![StreamAppend {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: environment.uuid_v7(),
            expected_version: 0,
            events: vec![NewEvent {
                event_type: event_type.to_owned(),
                event_version: "1".to_owned(),
                payload,
            }],
        }],
    }
}

/// Records events of a project, one command each, in one commit; gives the last position.
pub(crate) async fn record(ledger: &Ledger, project: Uuid, version: u64, told: &[Told]) -> u64 {
    let appends = told
        .iter()
        .zip(version..)
        .map(|(told, version)| append(project, version, std::slice::from_ref(told)));
    let receipts = ledger
        .append_batch(appends.collect())
        .await
        .expect("the batch is recorded");
    receipts
        .into_iter()
        .map(|receipt| receipt.expect("each is accepted").position)
        .max()
        .expect("events were told")
}

/// Records one event of any aggregate; gives its position.
pub(crate) async fn record_told(
    ledger: &Ledger,
    aggregate_type: &str,
    aggregate_id: Uuid,
    expected_version: u64,
    event: &impl cqrs_es::DomainEvent,
) -> u64 {
    let append = Append {
        command_id: Environment::system().uuid_v7(),
        actor: Actor {
            id: "cuc.cv1".to_owned(),
            role: "agency-officer".to_owned(),
            unit: "cuc".to_owned(),
        },
        occurred_on: crate::story::day("2019-03-10"),
        request_sha256: [0; 32],
        metadata: std::collections::BTreeMap::new(),
        streams: vec![StreamAppend {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id,
            expected_version,
            events: vec![NewEvent {
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload: serde_json::to_value(event).expect("an event is JSON"),
            }],
        }],
    };
    let receipts = ledger.append_batch(vec![append]).await.expect("it is recorded");
    let receipt = receipts.into_iter().next().expect("a receipt");
    receipt.expect("it is accepted").position
}

/// Whole stories of projects `range`, one commit each; gives their ids.
pub(crate) async fn record_stories(ledger: &Ledger, range: std::ops::Range<u32>) -> Vec<Uuid> {
    let environment = Environment::system();
    let mut projects = Vec::new();
    for number in range {
        let project = environment.uuid_v7();
        record(ledger, project, 0, &crate::story::life(number)).await;
        projects.push(project);
    }
    projects
}

/// Runs a runner until everything is folded.
pub(crate) async fn follow(ledger: &Ledger) -> (ReadModels, RunnerHandle) {
    let models = ReadModels::open(ledger).await.expect("the read models open");
    let runner = Runner::start(ledger, &models);
    let head = ledger.head().await.expect("a head").position;
    assert!(
        models.wait_for(head, PATIENCE).await.expect("a position"),
        "folded in time: {:?}",
        runner.state()
    );
    (models, runner)
}

pub(crate) async fn until(runner: &RunnerHandle, wanted: impl Fn(&RunnerState) -> bool) -> RunnerState {
    let mut states = runner.watch_state();
    let state = tokio::time::timeout(PATIENCE, states.wait_for(|state| wanted(state))).await;
    state.expect("in time").expect("the runner lives").clone()
}

pub(crate) async fn assert_equals_replay(ledger: &Ledger) {
    let report = dean_projections::check(ledger, |_, _| {}).await.expect("a check");
    assert_eq!(report.differences, Vec::<String>::new());
    assert_eq!(report.position, ledger.head().await.expect("a head").position);
}
