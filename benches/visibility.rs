//! How soon what was acknowledged can be read: the time from the answer of an append until the read models serve its position, at half of
//! the highest load, on PostgreSQL. The highest load is measured first, in the same run, with 64 clients and the read models running, as
//! they do in a server (they fall behind meanwhile: appends don't wait for them); the events are lives of the demo's projects, one command
//! each event. Without read models, the machine's cores being theirs alone, appends would reach more; that is told too.
//!
//! `cargo bench --bench visibility [-- SECONDS]` (default 20). Without a PostgreSQL it goes through `cargo xtask bench`, which starts a
//! throwaway one. The table goes to stdout, the figures to `target/bench/visibility.json`.

#[path = "shared/load.rs"]
mod load;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dean::demo::{self, Plan};
use dean_ledger::{
    Access, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, RecordedEvent, StreamAppend,
};
use dean_projections::{ReadModels, Runner};
use dean_test_support::{TestDatabase, bench};
use serde_json::{Value, json};

use load::{Count, Times, measure};

const CLIENTS: usize = 64;
const SECONDS: u64 = 20;
const WARM_UP: Duration = Duration::from_secs(2);
/// How long the highest load is measured.
const HIGHEST: Duration = Duration::from_secs(5);
/// One command in so many is followed until it can be read: following costs a query each time the read models move.
const FOLLOWED: u32 = 50;
/// What takes longer than this is a fault, not a figure.
const VISIBLE_MAX: Duration = Duration::from_secs(60);
/// What the design asks for.
const P99_WANTED_MS: f64 = 50.0;
const DEMO_PROJECTS: u32 = 60;

fn main() -> ExitCode {
    bench::with_postgres("visibility", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(run());
    })
}

async fn run() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let lives = Arc::new(lives().await);
    let at = TestDatabase::postgres();
    let ledger = open(&at, None, Environment::system()).await;
    let times = Times {
        warm_up: WARM_UP,
        measured: HIGHEST,
    };
    let load = |ledger: &Ledger| {
        let (ledger, lives) = (ledger.clone(), Arc::clone(&lives));
        measure(times, CLIENTS, move |count| {
            live(ledger.clone(), Arc::clone(&lives), count, None)
        })
    };
    let alone = load(&ledger).await;
    close(ledger).await;
    drop(at);

    let at = TestDatabase::postgres();
    let ledger = open(&at, None, Environment::system()).await;
    let models = ReadModels::open(&ledger).await.expect("read models open");
    let runner = Runner::start(&ledger, &models);
    let highest = load(&ledger).await;
    runner.stop().await;
    close(ledger).await;
    drop(at);

    let at = TestDatabase::postgres();
    // What the loads before have left to write and to clean up is not this load's.
    at.execute("CHECKPOINT");
    let ledger = open(&at, None, Environment::system()).await;
    let models = ReadModels::open(&ledger).await.expect("read models open");
    let runner = Runner::start(&ledger, &models);
    let times = Times {
        measured: Duration::from_secs(asked.unwrap_or(SECONDS)),
        ..times
    };
    let pace = Pace::new(highest / 2.0);
    let followed = Followed {
        models,
        pace: Arc::new(pace),
        from: Instant::now() + WARM_UP,
        commands: Arc::default(),
        waits_ms: Arc::default(),
    };
    let rate = measure(times, CLIENTS, {
        let (ledger, followed) = (ledger.clone(), followed.clone());
        move |count| live(ledger.clone(), Arc::clone(&lives), count, Some(followed.clone()))
    })
    .await;
    let head = ledger.head().await.expect("readable").position;
    let level = followed.models.wait_for(head, VISIBLE_MAX).await.expect("readable");
    assert!(
        level,
        "the read models are not level with the ledger after {VISIBLE_MAX:?}"
    );
    report(Rates { alone, highest, rate }, &followed);
    runner.stop().await;
    close(ledger).await;
}

/// Commands per second.
struct Rates {
    /// Without read models.
    alone: f64,
    /// The highest with them.
    highest: f64,
    /// While it was measured.
    rate: f64,
}

fn report(Rates { alone, highest, rate }: Rates, followed: &Followed) {
    let mut waits = followed.waits_ms.lock().expect("nobody panicked").clone();
    waits.sort_by(f64::total_cmp);
    let (Some(max), count) = (waits.last(), waits.len()) else {
        panic!("no command was followed: the figures would mean nothing");
    };
    let quantile = |per_cent: usize| waits[(count * per_cent / 100).min(count - 1)];
    let (p50, p99) = (quantile(50), quantile(99));
    println!("highest without read models {alone:>9.0} commands/s   {CLIENTS} clients");
    println!("highest load                {highest:>9.0} commands/s   {CLIENTS} clients, read models running");
    println!(
        "load while measured         {rate:>9.0} commands/s   {:.2} × the highest",
        rate / highest
    );
    println!(
        "acknowledged until visible  p50 {p50:.1} ms   p99 {p99:.1} ms   max {max:.1} ms   ({count} commands followed)"
    );
    println!(
        "p99 wanted: below {P99_WANTED_MS} ms: {}",
        if p99 < P99_WANTED_MS { "met" } else { "MISSED" }
    );
    bench::write_json(
        "visibility",
        &json!({
            "database": "postgres", "clients": CLIENTS, "without_read_models_per_s": alone.round(), "highest_per_s": highest.round(), "load_per_s": rate.round(), "followed": count,
            "p50_ms": p50, "p99_ms": p99, "max_ms": max,
        }),
    );
}

async fn open(at: &TestDatabase, id: Option<uuid::Uuid>, environment: Environment) -> Ledger {
    let database = Database::open(at.url(), Access::Serve)
        .await
        .expect("the throwaway database opens");
    let options = LedgerOptions {
        name: "bench".to_owned(),
        demo: true,
        id,
        environment,
        queue_max: 10_000,
        batch_max: 512,
    };
    Ledger::open(database, options).await.expect("a new ledger opens")
}

async fn close(ledger: Ledger) {
    ledger.close().await;
    ledger.database().close().await;
}

/// The histories of the demo's projects.
async fn lives() -> Vec<Vec<RecordedEvent>> {
    let plan = Plan {
        seed: 1,
        projects: DEMO_PROJECTS,
    };
    let at = TestDatabase::sqlite();
    let (environment, switch) = demo::environment(plan);
    let ledger = open(&at, Some(plan.ledger_id()), environment).await;
    demo::load(&ledger, plan, &switch, |_, _| {})
        .await
        .expect("the demo is loaded");
    let mut lives: BTreeMap<uuid::Uuid, Vec<RecordedEvent>> = BTreeMap::new();
    for event in ledger.read_type("Project", 0).await.expect("readable") {
        lives.entry(event.aggregate_id).or_default().push(event);
    }
    close(ledger).await;
    lives.into_values().collect()
}

/// One project's life: each event a command, each acknowledged before the next.
async fn live(ledger: Ledger, lives: Arc<Vec<Vec<RecordedEvent>>>, count: Count, followed: Option<Followed>) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let life = &lives[NEXT.fetch_add(1, Ordering::Relaxed) % lives.len()];
    let id = ledger.environment().uuid_v7();
    for (version, event) in (0..).zip(life) {
        if let Some(followed) = &followed {
            followed.pace.turn().await;
        }
        let append = Append {
            command_id: ledger.environment().uuid_v7(),
            actor: event.actor.clone(),
            occurred_on: event.occurred_on,
            request_sha256: [0; 32],
            metadata: event.metadata.clone(),
            streams: vec![StreamAppend {
                aggregate_type: event.aggregate_type.clone(),
                aggregate_id: id,
                expected_version: version,
                events: vec![NewEvent {
                    event_type: event.event_type.clone(),
                    event_version: event.event_version.clone(),
                    payload: as_given(event.payload.clone()),
                }],
            }],
        };
        let receipt = ledger.append(append).await.expect("recorded");
        count.one();
        if let Some(followed) = &followed {
            followed.follow(receipt.position);
        }
    }
}

/// Personal data as they are given to a ledger, from how they are read from one.
fn as_given(mut payload: Value) -> Value {
    match &mut payload {
        Value::Object(fields) => {
            if fields.contains_key("$personal") && fields.remove("search").is_some() {
                fields.insert("searchable".to_owned(), true.into());
            }
            fields.values_mut().for_each(|value| *value = as_given(value.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = as_given(value.take())),
        _ => {}
    }
    payload
}

/// Commands at even distances, whoever sends them.
struct Pace {
    start: Instant,
    distance: Duration,
    turns: AtomicU32,
}

impl Pace {
    fn new(per_second: f64) -> Self {
        Self {
            start: Instant::now(),
            distance: Duration::from_secs_f64(1.0 / per_second),
            turns: AtomicU32::new(0),
        }
    }

    async fn turn(&self) {
        let at = self.start + self.distance * self.turns.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep_until(at.into()).await;
    }
}

/// When commands are sent, and what is seen of some of them.
#[derive(Clone)]
struct Followed {
    models: ReadModels,
    pace: Arc<Pace>,
    from: Instant,
    commands: Arc<AtomicU32>,
    waits_ms: Arc<Mutex<Vec<f64>>>,
}

impl Followed {
    fn follow(&self, position: u64) {
        let acknowledged = Instant::now();
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        if !number.is_multiple_of(FOLLOWED) || acknowledged < self.from {
            return;
        }
        let (models, waits_ms) = (self.models.clone(), Arc::clone(&self.waits_ms));
        tokio::spawn(async move {
            let visible = models.wait_for(position, VISIBLE_MAX).await.expect("readable");
            assert!(visible, "position {position} could not be read after {VISIBLE_MAX:?}");
            let wait = acknowledged.elapsed().as_secs_f64() * 1e3;
            waits_ms.lock().expect("nobody panicked").push(wait);
        });
    }
}
