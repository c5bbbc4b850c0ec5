//! How fast events are read, folded, written and checked:
//! `cargo run -p dean-projections --example fold_rate -- sqlite:/tmp/fold_rate.db` (or the URL of an empty PostgreSQL database).

#[path = "../tests/it/story.rs"]
mod story;

use std::collections::BTreeMap;
use std::error::Error;

use dean_ledger::{
    Access, Actor, Append, Clock, Database, Environment, Ledger, LedgerOptions, StreamAppend, SystemClock,
};
use uuid::Uuid;

use story::{Told, life};

/// Projects of fourteen events each.
const PROJECTS: u32 = 3_000;
/// Projects whose events are recorded side by side, as in a real year.
const SIDE_BY_SIDE: u32 = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args()
        .nth(1)
        .ok_or("which database? sqlite:PATH or postgres://…, empty")?;
    let options = LedgerOptions {
        name: "fold_rate".to_owned(),
        demo: true,
        id: None,
        environment: Environment::system(),
        queue_max: 10_000,
        batch_max: 1_000,
    };
    let ledger = Ledger::open(Database::open(&url, Access::Write).await?, options).await?;
    let start = SystemClock.now_micros();
    fill(&ledger).await?;
    let events = ledger.head().await?.position;
    report("recorded", events, start);
    let start = SystemClock.now_micros();
    let mut after = 0;
    while let Some(last) = ledger.read(after, 2_000).await?.last() {
        after = last.position;
    }
    report("read", events, start);
    let start = SystemClock.now_micros();
    dean_projections::rebuild(&ledger, |_, _| {}).await?;
    report("read, folded and written", events, start);
    let start = SystemClock.now_micros();
    let checked = dean_projections::check(&ledger, |_, _| {}).await?;
    report("folded again and compared", events, start);
    println!("{} rows, {} differences", checked.rows, checked.differences_count);
    Ok(())
}

fn report(what: &str, events: u64, start: i64) {
    let micros = SystemClock.now_micros().abs_diff(start).max(1);
    println!(
        "{what}: {events} events in {} ms, {} events/s",
        micros / 1_000,
        events * 1_000_000 / micros
    );
}

async fn fill(ledger: &Ledger) -> Result<(), Box<dyn Error>> {
    let environment = ledger.environment().clone();
    for start in (0..PROJECTS).step_by(SIDE_BY_SIDE as usize) {
        let lives: Vec<_> = (start..start + SIDE_BY_SIDE)
            .map(|number| (environment.uuid_v7(), life(number)))
            .collect();
        for (index, version) in (0..lives[0].1.len()).zip(0..) {
            let appends = lives
                .iter()
                .map(|(project, life)| append(&environment, *project, version, &life[index]));
            for receipt in ledger.append_batch(appends.collect()).await? {
                receipt?;
            }
        }
    }
    Ok(())
}

fn append(environment: &Environment, project: Uuid, expected_version: u64, told: &Told) -> Append {
    Append {
        command_id: environment.uuid_v7(),
        actor: Actor {
            id: told.actor.to_owned(),
            role: told.role.to_owned(),
            unit: told.unit.to_owned(),
        },
        occurred_on: told.on,
        request_sha256: [0; 32],
        metadata: BTreeMap::new(),
        streams: vec![StreamAppend {
            aggregate_type: "Project".to_owned(),
            aggregate_id: project,
            expected_version,
            events: vec![told.recorded()],
        }],
    }
}
