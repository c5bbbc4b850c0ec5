//! What must not slow a command down: a backup that holds a snapshot, a large ledger, a long history. Each is measured beside the same load
//! without it, in the same run, on PostgreSQL.
//!
//! `cargo bench --bench conditions [-- EVENTS…]` (sizes of the ledger, default 10000 100000 1000000). Without a PostgreSQL it goes through
//! `cargo xtask bench`, which starts a throwaway one. The table goes to stdout, the figures to `target/bench/conditions.json`.

#[path = "../shared/mod.rs"]
mod shared;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use dean_ledger::{Append, NewEvent, StreamAppend};
use dean_test_support::{TestDatabase, bench};
use serde_json::{Value, json};

use shared::dean::{Subject, actor};
use shared::load::Times;
use shared::tally::text;

const CLIENTS: usize = 64;
const TIMES: Times = Times {
    warm_up: Duration::from_millis(500),
    measured: Duration::from_secs(4),
};
const SNAPSHOT: Duration = Duration::from_secs(60);
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Lengths of a history, in events.
const LENGTHS: [u64; 3] = [10, 1_000, 10_000];
const COMMANDS: u32 = 100;
const HISTORY_ROUNDS: usize = 15;
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    bench::with_postgres("conditions", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(async {
            let figures = json!({
                "clients": CLIENTS, "snapshot": snapshot().await, "growth": growth().await, "history": history().await,
            });
            bench::write_json("conditions", &figures);
        });
    })
}

/// Another session holds a snapshot, as a backup does, while commands go on.
async fn snapshot() -> Value {
    let at = TestDatabase::postgres();
    let subject = Subject::open(&at).await;
    let before = subject.rate(TIMES, CLIENTS).await;
    let held = tokio::task::block_in_place(|| {
        at.holding(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ledger.events",
            || {
                let long = Times {
                    warm_up: SNAPSHOT.saturating_sub(TIMES.measured),
                    ..TIMES
                };
                tokio::runtime::Handle::current().block_on(subject.rate(long, CLIENTS))
            },
        )
    });
    let after = subject.rate(TIMES, CLIENTS).await;
    subject.close().await;
    let without = f64::midpoint(before, after);
    println!(
        "snapshot held for {} s: {held:.0}/s in its last {} s, {without:.0}/s without: {:.2} ×",
        SNAPSHOT.as_secs(),
        TIMES.measured.as_secs(),
        held / without
    );
    json!({"seconds": SNAPSHOT.as_secs(), "held_per_s": held.round(), "without_per_s": without.round()})
}

/// The same load on a ledger of each size and on a new one, in turns.
async fn growth() -> Value {
    let asked: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if asked.is_empty() { SIZES.to_vec() } else { asked };
    let at = TestDatabase::postgres();
    let subject = Subject::open(&at).await;
    let mut rows = Vec::new();
    for size in sizes {
        fill(&subject, size).await;
        let (mut large, mut small) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            large.push(subject.rate(TIMES, CLIENTS).await);
            let fresh = TestDatabase::postgres();
            let new = Subject::open(&fresh).await;
            small.push(new.rate(TIMES, CLIENTS).await);
            new.close().await;
        }
        let (large, small) = (bench::median(&large), bench::median(&small));
        println!(
            "{size:>9} events: {large:.0}/s, a new ledger {small:.0}/s: cost {:.2} ×",
            small / large
        );
        rows.push(json!({"events": size, "per_s": large.round(), "new_per_s": small.round()}));
    }
    subject.close().await;
    Value::from(rows)
}

/// Records events until the ledger has so many.
async fn fill(subject: &Subject, size: u64) {
    const EVENTS: u64 = 5;
    const STREAMS: u64 = 400;
    let ledger = &subject.ledger;
    while ledger.head().await.expect("readable").position + EVENTS * STREAMS <= size {
        let appends = (0..STREAMS).map(|_| Append {
            command_id: ledger.environment().uuid_v7(),
            actor: actor(),
            occurred_on: NaiveDate::default(),
            request_sha256: [0; 32],
            metadata: BTreeMap::new(),
            streams: vec![StreamAppend {
                aggregate_type: "Tally".to_owned(),
                aggregate_id: ledger.environment().uuid_v7(),
                expected_version: 0,
                events: (1..=EVENTS)
                    .map(|number| NewEvent {
                        event_type: "Noted".to_owned(),
                        event_version: "1".to_owned(),
                        payload: json!({"number": number, "text": text()}),
                    })
                    .collect(),
            }],
        });
        for answer in ledger.append_batch(appends.collect()).await.expect("taken") {
            answer.expect("recorded");
        }
    }
}

/// Commands on one aggregate after its first load, by the length of its history, in turns.
async fn history() -> Value {
    let at = TestDatabase::postgres();
    let subject = Subject::open(&at).await;
    let mut aggregates = Vec::new();
    for length in LENGTHS {
        let id = subject.ledger.environment().uuid_v7();
        for _ in 0..length {
            subject.note(id).await;
        }
        aggregates.push((length, id, Vec::new()));
    }
    for _ in 0..HISTORY_ROUNDS {
        for (_, id, micros) in &mut aggregates {
            let start = Instant::now();
            for _ in 0..COMMANDS {
                subject.note(*id).await;
            }
            micros.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(COMMANDS));
        }
    }
    subject.close().await;
    let shortest = bench::median(&aggregates[0].2);
    let rows = aggregates.iter().map(|(length, _, micros)| {
        let micros = bench::median(micros);
        println!(
            "history of {length:>6} events: {micros:.0} µs a command, {:.2} ×",
            micros / shortest
        );
        json!({"events": length, "micros": micros.round()})
    });
    Value::from(rows.collect::<Vec<_>>())
}
