//! The whole command path side by side: `dean` against stock cqrs-es + postgres-es, on the same PostgreSQL, in the same run.
//!
//! Both load, decide and record a command whose event has a payload of about 400 bytes, five commands per aggregate, and answer after
//! the commit, with PostgreSQL's default durability. `dean` does more for it: a receipt, a sealed leaf, a place in one total order. Runs
//! are interleaved and their medians compared, because machines are noisy; read the ratios, not the rates.
//!
//! `cargo xtask bench` starts a throwaway PostgreSQL and runs this. The table goes to stdout, the figures to `target/bench/append.json`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use dean_ledger::{Access, Actor, AggregateStore, Database, Envelope, Environment, Ledger, LedgerOptions};
use dean_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;

const CLIENTS: [usize; 3] = [1, 8, 64];
const STOCK_POOLS: [u32; 3] = [8, 32, 64];
const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(3);
const COMMANDS_PER_AGGREGATE: u64 = 5;
const AGGREGATE_CACHE_MAX: usize = 10_000;
const PAYLOAD_TEXT_BYTES: usize = 380;

/// A day in the life of an aggregate that only counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Tally {
    noted: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    number: u64,
    text: String,
}

impl DomainEvent for Noted {
    fn event_type(&self) -> String {
        "Noted".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("never refused")]
struct Never;

impl Aggregate for Tally {
    const TYPE: &'static str = "Tally";
    type Command = String;
    type Event = Noted;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, text: String, (): &(), sink: &EventSink<Self>) -> Result<(), Never> {
        let number = self.noted + 1;
        sink.write(Noted { number, text }, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Noted) {
        self.noted = event.number;
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let mut rows = Vec::new();
    println!(
        "{:>8} {:>12} {:>12} {:>7}  (median of {ROUNDS} interleaved runs of {} s)",
        "clients",
        "dean/s",
        "stock/s",
        "×",
        MEASURED.as_secs()
    );
    for clients in CLIENTS {
        let (mut dean, mut stock) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            dean.push(runtime.block_on(dean_rate(clients)));
            // The stock framework at its best: the pool that suits it most at this many clients.
            let pools = STOCK_POOLS
                .into_iter()
                .filter(|pool| clients > 1 || *pool == STOCK_POOLS[0]);
            let best = pools
                .map(|pool| runtime.block_on(stock_rate(clients, pool)))
                .fold(0.0, f64::max);
            stock.push(best);
        }
        let (dean, stock) = (median(dean), median(stock));
        println!("{clients:>8} {dean:>12.0} {stock:>12.0} {:>7.2}", dean / stock);
        rows.push(serde_json::json!({
            "database": "postgres", "clients": clients, "dean_per_s": dean.round(), "stock_per_s": stock.round(),
            "rounds": ROUNDS, "seconds": MEASURED.as_secs(), "payload_bytes": PAYLOAD_TEXT_BYTES, "stock_pools": STOCK_POOLS,
        }));
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("target/bench can be made");
    let json = serde_json::to_string_pretty(&rows).expect("figures are JSON");
    std::fs::write(folder.join("append.json"), json).expect("target/bench/append.json can be written");
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn text() -> String {
    "Điều chỉnh tiến độ thực hiện đề án theo biên bản kiểm tra. "
        .chars()
        .cycle()
        .take(PAYLOAD_TEXT_BYTES / 4 * 3)
        .collect()
}

async fn dean_rate(clients: usize) -> f64 {
    let server = TestDatabase::postgres();
    let database = Database::open(server.url(), Access::Serve)
        .await
        .expect("the throwaway PostgreSQL is there");
    let options = LedgerOptions {
        name: "bench".to_owned(),
        demo: true,
        id: None,
        environment: Environment::system(),
        queue_max: 10_000,
        batch_max: 512,
    };
    let ledger = Ledger::open(database, options).await.expect("a new ledger opens");
    let store: AggregateStore<Tally> = AggregateStore::new(ledger.clone(), (), AGGREGATE_CACHE_MAX);
    measure(clients, move || {
        let (store, ledger) = (store.clone(), ledger.clone());
        async move {
            let id = ledger.environment().uuid_v7();
            for _ in 0..COMMANDS_PER_AGGREGATE {
                let envelope = Envelope {
                    command_id: ledger.environment().uuid_v7(),
                    actor: Actor {
                        id: "bench".to_owned(),
                        role: "implementer".to_owned(),
                        unit: "bench".to_owned(),
                    },
                    occurred_on: NaiveDate::default(),
                    request_sha256: [0; 32],
                    metadata: BTreeMap::new(),
                };
                store.execute(id, None, text(), envelope).await.expect("recorded");
            }
        }
    })
    .await
}

async fn stock_rate(clients: usize, pool_size: u32) -> f64 {
    let server = TestDatabase::postgres();
    let pool = PgPoolOptions::new()
        .max_connections(pool_size)
        .connect(server.url())
        .await
        .expect("the throwaway PostgreSQL is there");
    for statement in STOCK_TABLES {
        sqlx::query(statement)
            .execute(&pool)
            .await
            .expect("the stock table is made");
    }
    let framework = Arc::new(postgres_es::postgres_cqrs::<Tally>(pool.clone(), Vec::new(), ()));
    let environment = Environment::system();
    let rate = measure(clients, move || {
        let (framework, id) = (Arc::clone(&framework), environment.uuid_v7().to_string());
        async move {
            for _ in 0..COMMANDS_PER_AGGREGATE {
                framework.execute(&id, text()).await.expect("recorded");
            }
        }
    })
    .await;
    pool.close().await;
    rate
}

/// The tables as postgres-es documents them.
const STOCK_TABLES: [&str; 1] = ["CREATE TABLE events (
    aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL,
    event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence))"];

/// Lets `clients` live one aggregate after another; commands per second after a warm-up.
async fn measure<F, L>(clients: usize, life: F) -> f64
where
    F: Fn() -> L + Clone + Send + 'static,
    L: Future<Output = ()> + Send,
{
    let stop = Arc::new(AtomicBool::new(false));
    let lived = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (life, stop, lived) = (life.clone(), Arc::clone(&stop), Arc::clone(&lived));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    life().await;
                    lived.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let (start, before) = (Instant::now(), lived.load(Ordering::Relaxed));
    tokio::time::sleep(MEASURED).await;
    let done = lived.load(Ordering::Relaxed) - before;
    let seconds = start.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no client failed");
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of commands in seconds is far below 2^53"
    )]
    let rate = (done * COMMANDS_PER_AGGREGATE) as f64 / seconds;
    rate
}
