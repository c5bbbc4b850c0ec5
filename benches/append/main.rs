//! The whole command path side by side: `dean` against stock cqrs-es on the same database in the same run, and, on PostgreSQL, against
//! `pgbench` that only inserts rows.
//!
//! All decide and record a command whose event has a payload of about 400 bytes, five commands per aggregate, and answer after
//! the commit, with default durability (PostgreSQL: fsync and synchronous_commit on; SQLite: WAL, synchronous FULL). `dean` does more for
//! it: a receipt, a sealed leaf, a place in one total order. Stock loads the aggregate for every command; `dean` remembers it, and doesn't
//! read one whose id was just made (every fifth command). Runs are interleaved and their medians compared, because machines are noisy:
//! read the ratios, not the rates.
//!
//! `cargo bench --bench append [-- --clients 1,64 --rounds 1 --seconds 2 --only dean --database postgres]`. Without a PostgreSQL it goes through
//! `cargo xtask bench`, which starts a throwaway one. The table goes to stdout, the figures to `target/bench/append.json`.

mod pgbench;
mod settings;
#[path = "../shared/mod.rs"]
mod shared;
mod stock;

use std::process::ExitCode;

use dean_test_support::{TestDatabase, bench};
use serde_json::{Value, json};

use settings::{Settings, Who};
use shared::dean::Subject;
use shared::tally;

fn main() -> ExitCode {
    let settings = match Settings::from_arguments() {
        Ok(settings) => settings,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    bench::with_postgres("append", || run(&settings))
}

fn run(settings: &Settings) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    println!(
        "{:<9}{:>8}{:>12}{:>12}{:>12}{:>9}{:>11}   (medians of {} interleaved runs of {} s)",
        "database",
        "clients",
        "dean/s",
        "stock/s",
        "pgbench/s",
        "× stock",
        "× pgbench",
        settings.rounds,
        settings.times.measured.as_secs_f64()
    );
    let mut rows = Vec::new();
    if settings.database("postgres") {
        for &clients in &settings.clients {
            rows.push(runtime.block_on(on_postgres(settings, clients)));
        }
    }
    if settings.database("sqlite") {
        for clients in settings
            .clients
            .iter()
            .copied()
            .filter(|clients| *clients <= SQLITE_CLIENTS_MAX)
        {
            rows.push(runtime.block_on(on_sqlite(settings, clients)));
        }
    }
    bench::write_json("append", &Value::from(rows));
}

/// The stock store has one connection per writer, and SQLite one writer: more clients only wait.
const SQLITE_CLIENTS_MAX: usize = 64;

async fn on_postgres(settings: &Settings, clients: usize) -> Value {
    let (mut dean, mut stock, mut pgbench) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        if settings.runs(Who::Dean) {
            dean.push(dean_rate(settings, clients, &TestDatabase::postgres()).await);
        }
        if settings.runs(Who::Stock) {
            stock.push(stock::postgres(settings, clients).await);
        }
        if settings.runs(Who::Pgbench) && clients <= pgbench::CLIENTS_MAX {
            pgbench.push(pgbench::postgres(settings, clients));
        }
    }
    report(settings, "postgres", clients, [dean, stock, pgbench])
}

async fn dean_rate(settings: &Settings, clients: usize, at: &TestDatabase) -> f64 {
    let subject = Subject::open(at).await;
    let rate = subject.rate(settings.times, clients).await;
    subject.close().await;
    rate
}

async fn on_sqlite(settings: &Settings, clients: usize) -> Value {
    let (mut dean, mut stock) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        if settings.runs(Who::Dean) {
            dean.push(dean_rate(settings, clients, &TestDatabase::sqlite()).await);
        }
        if settings.runs(Who::Stock) {
            stock.push(stock::sqlite(settings, clients).await);
        }
    }
    report(settings, "sqlite", clients, [dean, stock, Vec::new()])
}

/// Prints a row of the table and returns it for the file.
fn report(settings: &Settings, database: &str, clients: usize, rates: [Vec<f64>; 3]) -> Value {
    let runs = rates
        .clone()
        .map(|rates| rates.iter().map(|rate| rate.round()).collect::<Vec<_>>());
    let [dean, stock, pgbench] = rates.map(|rates| (!rates.is_empty()).then(|| bench::median(&rates)));
    let shown = |rate: Option<f64>| rate.map_or("–".to_owned(), |rate| format!("{rate:.0}"));
    let ratio = |other: Option<f64>| match (dean, other) {
        (Some(dean), Some(other)) => format!("{:.2}", dean / other),
        _ => "–".to_owned(),
    };
    println!(
        "{database:<9}{clients:>8}{:>12}{:>12}{:>12}{:>9}{:>11}",
        shown(dean),
        shown(stock),
        shown(pgbench),
        ratio(stock),
        ratio(pgbench)
    );
    json!({
        "database": database,
        "clients": clients,
        "dean_per_s": dean.map(f64::round),
        "stock_per_s": stock.map(f64::round),
        "pgbench_per_s": pgbench.map(f64::round),
        "runs": { "dean": runs[0], "stock": runs[1], "pgbench": runs[2] },
        "seconds": settings.times.measured.as_secs_f64(),
        "payload_bytes": tally::PAYLOAD_BYTES,
        "commands_per_aggregate": tally::COMMANDS_PER_AGGREGATE,
        "stock_pools": stock::POOLS,
    })
}
