//! The runner: stopped anywhere, twice at once, and before what it can't fold.

use std::time::{Duration, Instant};

use dean_projections::{ReadModels, Runner, RunnerState, status};
use serde_json::json;

use crate::story::life;
use crate::support::{
    PATIENCE, Place, append_foreign, assert_equals_replay, follow, on_both_databases, record, record_stories, until,
};

on_both_databases!(
    stopped_anywhere_it_goes_on_where_it_was,
    an_unknown_event_stops_it_with_a_clear_error,
    an_unknown_aggregate_stops_it,
    published_texts_are_ignored,
    waiting_is_bounded,
    what_is_acknowledged_is_soon_visible,
);

async fn stopped_anywhere_it_goes_on_where_it_was(place: Place) {
    let ledger = place.ledger().await;
    let models = ReadModels::open(&ledger).await.expect("the read models open");
    for round in 0..6_u32 {
        // The runner is cut off in the middle of its work, gently or not, while events come in.
        let runner = Runner::start(&ledger, &models);
        record_stories(&ledger, round * 40..round * 40 + 40).await;
        if round % 2 == 0 {
            runner.stop().await;
        } else {
            drop(runner);
        }
    }
    let (_, runner) = follow(&ledger).await;
    runner.stop().await;
    assert_equals_replay(&ledger).await;
}

async fn an_unknown_event_stops_it_with_a_clear_error(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..1).await;
    let strange = append_foreign("Project", "Teleported", json!({"step": "teleport"}));
    ledger.append(strange).await.expect("the ledger takes any event");
    record_stories(&ledger, 1..2).await;
    let models = ReadModels::open(&ledger).await.expect("the read models open");
    let runner = Runner::start(&ledger, &models);
    let state = until(&runner, |state| matches!(state, RunnerState::Failed(_))).await;
    let RunnerState::Failed(fault) = state else {
        panic!("{state:?}")
    };
    assert!(
        fault.starts_with("position 15: Project ") && fault.contains("`Teleported` version 1"),
        "{fault}"
    );
    let status = status(&ledger).await.expect("a status");
    assert_eq!(
        (status.position, status.head),
        (14, 29),
        "all before it is folded, nothing after it"
    );
    assert_eq!((status.fault.as_deref(), status.leader), (Some(fault.as_str()), None));
    let rebuilt = dean_projections::rebuild(&ledger, |_, _| {}).await;
    assert!(
        rebuilt
            .expect_err("it can't be rebuilt either")
            .to_string()
            .contains("Teleported")
    );
    assert_eq!(
        models.position().await.expect("a position"),
        14,
        "the live read models are still there"
    );
    runner.stop().await;
}

async fn an_unknown_aggregate_stops_it(place: Place) {
    let ledger = place.ledger().await;
    ledger
        .append(append_foreign("Spaceship", "Launched", json!({})))
        .await
        .expect("the ledger takes any event");
    let models = ReadModels::open(&ledger).await.expect("the read models open");
    let runner = Runner::start(&ledger, &models);
    let state = until(&runner, |state| matches!(state, RunnerState::Failed(_))).await;
    let RunnerState::Failed(fault) = state else {
        panic!("{state:?}")
    };
    assert!(fault.contains("no aggregate `Spaceship`"), "{fault}");
    let rebuilt = dean_projections::rebuild(&ledger, |_, _| {}).await;
    let error = rebuilt.expect_err("they can't be built past it either").to_string();
    assert!(error.contains("no aggregate `Spaceship`"), "{error}");
}

async fn published_texts_are_ignored(place: Place) {
    let ledger = place.ledger().await;
    ledger
        .append(append_foreign("Publication", "Published", json!({"text": "…"})))
        .await
        .expect("recorded");
    record_stories(&ledger, 0..1).await;
    ledger
        .append(append_foreign("Publication", "Published", json!({"text": "…"})))
        .await
        .expect("recorded");
    let (models, runner) = follow(&ledger).await;
    assert_eq!(models.position().await.expect("a position"), 16);
    runner.stop().await;
}

async fn waiting_is_bounded(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let start = Instant::now();
    let reached = models.wait_for(1, Duration::from_millis(150)).await.expect("an answer");
    assert!(
        !reached && start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    let later = models.clone();
    let waiting = tokio::spawn(async move { later.wait_for(1, PATIENCE).await });
    record(&ledger, ledger.environment().uuid_v7(), 0, &life(0)[..1]).await;
    assert!(waiting.await.expect("no panic").expect("an answer"));
    runner.stop().await;
}

async fn what_is_acknowledged_is_soon_visible(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let project = ledger.environment().uuid_v7();
    let mut waits = Vec::new();
    for (version, told) in (0..).zip(&life(0)) {
        let position = record(&ledger, project, version, std::slice::from_ref(told)).await;
        let acknowledged = Instant::now();
        assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
        waits.push(acknowledged.elapsed());
    }
    waits.sort();
    let median = waits[waits.len() / 2];
    println!("visible after: median {median:?}, longest {:?}", waits[waits.len() - 1]);
    assert!(median < Duration::from_millis(150), "{waits:?}");
    assert_eq!(runner.lag(), 0);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runners_fold_everything_exactly_once() {
    let place = Place::postgres().await;
    let (one, other) = (place.ledger().await, place.ledger().await);
    let models = (
        ReadModels::open(&one).await.expect("open"),
        ReadModels::open(&other).await.expect("open"),
    );
    let first = Runner::start(&one, &models.0);
    let second = Runner::start(&other, &models.1);
    tokio::join!(record_stories(&one, 0..30), record_stories(&other, 30..60));
    // The leader goes; the other one takes over what comes next.
    let (leader, follower) = if first.state() == RunnerState::Leading {
        (first, second)
    } else {
        (second, first)
    };
    leader.stop().await;
    record_stories(&one, 60..70).await;
    until(&follower, |state| *state == RunnerState::Leading).await;
    let head = one.head().await.expect("a head").position;
    assert!(models.0.wait_for(head, PATIENCE).await.expect("a position"));
    assert_eq!(place.number("SELECT COUNT(*) FROM read.timeline").await, 70 * 14);
    follower.stop().await;
    assert_equals_replay(&one).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_not_heard_of_is_replaced_and_writes_nothing_more() {
    let place = Place::postgres().await;
    let ledger = place.ledger().await;
    let models = ReadModels::open(&ledger).await.expect("open");
    // A leader that took the lease and was stopped in the middle of a batch: its session holds the checkpoint's row, with the limit on
    // idle transactions that our sessions have.
    let leader = dean_ledger::Environment::system().uuid_v7();
    let lease = format!(
        "UPDATE {{t}}checkpoint SET holder = '{leader}', \
         lease_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint) + 5000000"
    );
    place.raw(&ledger, &lease).await;
    let mut stopped = place.connect().await;
    let batch = "SET idle_in_transaction_session_timeout = 4000; BEGIN; UPDATE views_1.checkpoint SET position = 14";
    sqlx::raw_sql(batch)
        .execute(&mut stopped)
        .await
        .expect("the stopped leader's batch");
    record_stories(&ledger, 0..1).await;
    let begun = Instant::now();
    let runner = Runner::start(&ledger, &models);
    assert!(models.wait_for(14, PATIENCE).await.expect("a position"));
    let replaced_after = begun.elapsed();
    assert!(
        replaced_after > Duration::from_secs(3) && replaced_after < Duration::from_secs(10),
        "{replaced_after:?}"
    );
    assert!(
        sqlx::raw_sql("COMMIT").execute(&mut stopped).await.is_err(),
        "its session was ended"
    );
    runner.stop().await;
    assert_equals_replay(&ledger).await;
}
