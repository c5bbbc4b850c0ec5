//! Building all read models anew, beside what PostgreSQL itself needs to hand out the same rows: `COPY (SELECT … ORDER BY position) TO STDOUT`,
//! in the same run, interleaved. The ledger is that of the demo: projects with everything that belongs to them.
//!
//! `cargo bench --bench rebuild [-- PROJECTS]` (default 10,000). Without a PostgreSQL it goes through `cargo xtask bench`, which starts a
//! throwaway one. The table goes to stdout, the figures to `target/bench/rebuild.json`.

use std::process::ExitCode;
use std::time::Instant;

use dean::demo::{self, Plan};
use dean_ledger::{Access, Database, Ledger, LedgerOptions};
use dean_test_support::{TestDatabase, bench};
use futures_util::TryStreamExt;
use serde_json::json;
use sqlx::postgres::PgPoolCopyExt;

const PROJECTS: u32 = 10_000;
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    bench::with_postgres("rebuild", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(run());
    })
}

async fn run() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let plan = Plan {
        seed: 1,
        projects: asked.unwrap_or(PROJECTS),
    };
    let at = TestDatabase::postgres();
    let database = Database::open(at.url(), Access::Write)
        .await
        .expect("the throwaway PostgreSQL is there");
    let (environment, switch) = demo::environment(plan);
    let options = LedgerOptions {
        name: "bench".to_owned(),
        demo: true,
        id: Some(plan.ledger_id()),
        environment,
        queue_max: 10_000,
        batch_max: 1_000,
    };
    let ledger = Ledger::open(database.clone(), options)
        .await
        .expect("a new ledger opens");
    let loaded = demo::load(&ledger, plan, &switch, |_, _| {})
        .await
        .expect("the demo is loaded");
    // What autovacuum does for a ledger that wasn't filled a moment ago.
    at.execute("VACUUM ANALYZE ledger.events");
    let (mut rebuild, mut copy) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        copy.push(rate(loaded.events, copy_out(&database)).await);
        let build = async {
            let built = dean_projections::rebuild(&ledger, |_, _| {})
                .await
                .expect("read models are built");
            assert_eq!(built, loaded.events);
        };
        rebuild.push(rate(loaded.events, build).await);
    }
    let (rebuild, copy) = (bench::median(&rebuild), bench::median(&copy));
    println!("{} events; medians of {ROUNDS} interleaved runs", loaded.events);
    println!("COPY out          {copy:>10.0} events/s");
    println!(
        "rebuild of all    {rebuild:>10.0} events/s   {:.2} × COPY",
        rebuild / copy
    );
    bench::write_json(
        "rebuild",
        &json!({"database": "postgres", "events": loaded.events, "rebuild_per_s": rebuild.round(), "copy_per_s": copy.round(), "rounds": ROUNDS}),
    );
    ledger.close().await;
    database.close().await;
}

/// The columns that a rebuild needs.
const COPY: &str = "COPY (SELECT position, aggregate_id, sequence, event_type, event_version, recorded_at, occurred_on, actor, actor_role,
    actor_unit, payload FROM ledger.events ORDER BY position) TO STDOUT";

async fn copy_out(database: &Database) {
    let Database::Postgres(pool) = database else {
        panic!("COPY is PostgreSQL's");
    };
    let mut rows = pool.copy_out_raw(COPY).await.expect("COPY starts");
    let mut bytes = 0;
    while let Some(chunk) = rows.try_next().await.expect("COPY goes on") {
        bytes += chunk.len();
    }
    assert!(bytes > 0, "nothing was copied: the rate would mean nothing");
}

async fn rate(events: u64, work: impl Future<Output = ()>) -> f64 {
    let start = Instant::now();
    work.await;
    let events = u32::try_from(events).expect("a bench has fewer events");
    f64::from(events) / start.elapsed().as_secs_f64()
}
