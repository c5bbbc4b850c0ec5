//! Stock cqrs-es over postgres-es and sqlite-es, with the tables that they document, at its best number of connections.

use std::str::FromStr;
use std::sync::Arc;

use cqrs_es::CqrsFramework;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use dean_ledger::Environment;
use dean_test_support::TestDatabase;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::settings::Settings;
use crate::shared::load::measure;
use crate::shared::tally::{COMMANDS_PER_AGGREGATE, Tally, text};

/// The sizes of the connection pool that are tried; the best counts.
pub(crate) const POOLS: [u32; 3] = [8, 32, 64];

pub(crate) async fn postgres(settings: &Settings, clients: usize) -> f64 {
    let mut best = 0.0_f64;
    // More connections than clients would idle.
    for size in POOLS
        .into_iter()
        .filter(|size| *size == POOLS[0] || *size as usize <= clients)
    {
        let at = TestDatabase::postgres();
        let pool = PgPoolOptions::new()
            .max_connections(size)
            .connect(at.url())
            .await
            .expect("the throwaway PostgreSQL is there");
        sqlx::query(
            "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
             sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
             payload json NOT NULL, metadata json NOT NULL, timestamp timestamptz DEFAULT CURRENT_TIMESTAMP,
             PRIMARY KEY (aggregate_type, aggregate_id, sequence))",
        )
        .execute(&pool)
        .await
        .expect("the stock table is made");
        let framework = postgres_es::postgres_cqrs::<Tally>(pool.clone(), Vec::new(), ());
        best = best.max(rate(settings, clients, framework).await);
        pool.close().await;
    }
    best
}

pub(crate) async fn sqlite(settings: &Settings, clients: usize) -> f64 {
    let at = TestDatabase::sqlite();
    let options = SqliteConnectOptions::from_str(at.url())
        .expect("a URL of our own")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    // One connection: with several, SQLite answers "database is locked" to writers that read first, and the stock store doesn't retry.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .expect("the throwaway SQLite opens");
    sqlx::query(
        "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
         sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
         payload text NOT NULL, metadata text NOT NULL, timestamp timestamp DEFAULT CURRENT_TIMESTAMP,
         PRIMARY KEY (aggregate_type, aggregate_id, sequence))",
    )
    .execute(&pool)
    .await
    .expect("the stock table is made");
    let framework = sqlite_es::sqlite_cqrs::<Tally>(pool.clone(), Vec::new(), ());
    let rate = rate(settings, clients, framework).await;
    pool.close().await;
    rate
}

async fn rate<R>(
    settings: &Settings,
    clients: usize,
    framework: CqrsFramework<Tally, PersistedEventStore<R, Tally>>,
) -> f64
where
    R: PersistedEventRepository + Send + Sync + 'static,
{
    let framework = Arc::new(framework);
    let environment = Environment::system();
    measure(settings.times, clients, move |count| {
        let (framework, id) = (Arc::clone(&framework), environment.uuid_v7().to_string());
        async move {
            for _ in 0..COMMANDS_PER_AGGREGATE {
                framework.execute(&id, text()).await.expect("recorded");
                count.one();
            }
        }
    })
    .await
}
