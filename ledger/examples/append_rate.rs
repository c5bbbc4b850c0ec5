//! How fast events are appended: `cargo run -p dean-ledger --example append_rate -- URL [EVENTS] [BATCH] [CLIENTS]`.
//!
//! Appends EVENTS events once in batches of BATCH commands (one commit each), once by CLIENTS concurrent clients (group commit), and
//! verifies the ledger. The database is left behind; use a fresh one.

use std::time::Instant;

use dean_ledger::{Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, StreamAppend};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .ok_or("usage: append_rate URL [EVENTS] [BATCH] [CLIENTS]")?;
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (events, batch, clients) = (number(10_000)?, number(50)?, number(64)?);
    let database = Database::open(&url, Access::Write).await?;
    let options = LedgerOptions {
        name: "rate".to_owned(),
        demo: true,
        id: None,
        environment: Environment::system(),
        queue_max: 10_000,
        batch_max: 512,
    };
    let ledger = Ledger::open(database, options).await?;

    let started = Instant::now();
    for _ in 0..events / batch {
        let appends = (0..batch).map(|_| new_append(&ledger)).collect();
        for answer in ledger.append_batch(appends).await? {
            answer?;
        }
    }
    report("batches", events / batch * batch, started);

    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for _ in 0..events / clients {
                    ledger.append(new_append(&ledger)).await?;
                }
                Ok::<_, dean_ledger::AppendError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    report("clients", events / clients * clients, started);
    println!(
        "commits {}, last batch {} appends",
        ledger.stats().batches,
        ledger.stats().last_batch_size
    );

    let started = Instant::now();
    let verified = ledger.verify(|_, _| {}).await?;
    report("verify", usize::try_from(verified.events)?, started);
    println!("faults {}", verified.faults_found);
    ledger.close().await;
    Ok(())
}

fn report(what: &str, events: usize, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{what}: {events} events in {seconds:.2} s, {:.0} events/s",
        events as f64 / seconds
    );
}

/// A command of one event on a new stream, with a payload of the usual size.
fn new_append(ledger: &Ledger) -> Append {
    let environment = ledger.environment();
    let payload = json!({
        "title": "Hỗ trợ ứng dụng máy móc thiết bị tiên tiến trong chế biến chè Shan tuyết",
        "status": "submitted",
        "total": 1_200_000_000,
        "support": 300_000_000,
        "lines": [{"what": "Máy sấy", "cost": 700_000_000}, {"what": "Máy vò", "cost": 500_000_000}],
        "due_on": "2025-03-31",
    });
    Append {
        command_id: environment.uuid_v7(),
        actor: Actor {
            id: "u1".to_owned(),
            role: "implementer".to_owned(),
            unit: "ttkc-lao-cai".to_owned(),
        },
        occurred_on: environment.today(),
        request_sha256: [1; 32],
        metadata: [("trace".to_owned(), "0af7651916cd43dd8448eb211c80319c".to_owned())].into(),
        streams: vec![StreamAppend {
            aggregate_type: "Project".to_owned(),
            aggregate_id: environment.uuid_v7(),
            expected_version: 0,
            events: vec![NewEvent {
                event_type: "Submitted".to_owned(),
                event_version: "1".to_owned(),
                payload,
            }],
        }],
    }
}
