//! How fast events are folded: `cargo nextest run -p dean-projections --run-ignored only --no-capture speed`.

use std::time::Instant;

use dean_ledger::Ledger;

use crate::story::life;
use crate::support::{Place, append};

/// Projects of fourteen events each.
const PROJECTS: u32 = 3_000;
/// Projects whose events are recorded side by side, as in a real year.
const SIDE_BY_SIDE: u32 = 500;

mod measured {
    use crate::support::Place;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "a measurement, not a test"]
    async fn sqlite() {
        super::catching_up(Place::sqlite()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "a measurement, not a test"]
    async fn postgres() {
        super::catching_up(Place::postgres().await).await;
    }
}

async fn fill(ledger: &Ledger) -> u64 {
    let environment = ledger.environment().clone();
    for start in (0..PROJECTS).step_by(SIDE_BY_SIDE as usize) {
        let lives: Vec<_> = (start..start + SIDE_BY_SIDE)
            .map(|number| (environment.uuid_v7(), life(number)))
            .collect();
        for index in 0..lives[0].1.len() {
            let appends = lives
                .iter()
                .map(|(project, life)| append(*project, index as u64, &life[index..=index]));
            ledger.append_batch(appends.collect()).await.expect("recorded");
        }
    }
    ledger.head().await.expect("a head").position
}

async fn catching_up(place: Place) {
    let ledger = place.ledger().await;
    let filling = Instant::now();
    let events = fill(&ledger).await;
    println!("{events} events recorded in {:?}", filling.elapsed());
    let start = Instant::now();
    let mut after = 0;
    while let Some(last) = ledger.read(after, 2_000).await.expect("events").last() {
        after = last.position;
    }
    println!(
        "reading alone: {:.0} events/s",
        events as f64 / start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    dean_projections::rebuild(&ledger, |_, _| {}).await.expect("a rebuild");
    println!(
        "read, folded and written: {:.0} events/s",
        events as f64 / start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let report = dean_projections::check(&ledger, |_, _| {}).await.expect("a check");
    assert_eq!(report.differences_count, 0);
    println!("checked: {} rows in {:?}", report.rows, start.elapsed());
}
