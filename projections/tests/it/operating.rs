//! What operators do: check, rebuild, look at the status.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dean_ledger::Access;
use dean_projections::{ProjectFilter, ReadModels, RunnerState, check, rebuild, status};

use crate::support::{PATIENCE, Place, assert_equals_replay, follow, on_both_databases, record_stories, until};

on_both_databases!(
    a_check_finds_what_was_tampered_with,
    a_rebuild_repairs_while_events_come_in,
    a_check_goes_on_while_others_are_swapped_in,
    an_older_generation_is_rebuilt_and_serves_meanwhile,
    a_newer_generation_is_left_alone,
    the_status_says_how_things_are,
    another_process_reads_checks_and_rebuilds,
    damaged_beyond_reading_they_can_be_rebuilt,
    gone_they_are_built_again,
);

async fn a_check_finds_what_was_tampered_with(place: Place) {
    let ledger = place.ledger().await;
    let projects = record_stories(&ledger, 0..5).await;
    let (_, runner) = follow(&ledger).await;
    let clean = check(&ledger, |_, _| {}).await.expect("a check");
    // Notes, progress and fourteen timeline rows of each; nothing waits any more; two budget lines; the months that it owed.
    assert_eq!((clean.rows, clean.differences_count), (5 * (1 + 1 + 14 + 2 + 1), 0));
    place
        .raw(
            &ledger,
            "UPDATE {t}progress SET disbursed = disbursed + 1 WHERE code = 'KCQG-2019-00001'",
        )
        .await;
    place.raw(&ledger, "DELETE FROM {t}timeline WHERE position = 17").await;
    place
        .raw(
            &ledger,
            "UPDATE {t}budget_lines SET line = 3 WHERE line = 2 AND code = 'KCQG-2019-00004'",
        )
        .await;
    let report = check(&ledger, |_, _| {}).await.expect("a check");
    assert_eq!(
        report.differences,
        [
            format!("progress {}: disbursed is 300000001, should be 300000000", projects[1]),
            format!("budget_lines {} 2: is missing", projects[4]),
            format!("budget_lines {} 3: should not be there", projects[4]),
            format!("timeline {} 3: is missing", projects[1]),
        ]
    );
    rebuild(&ledger, |_, _| {}).await.expect("a rebuild");
    assert_equals_replay(&ledger).await;
    runner.stop().await;
}

async fn a_check_goes_on_while_others_are_swapped_in(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..5).await;
    let (_, runner) = follow(&ledger).await;
    let rebuilt = Arc::new(AtomicBool::new(false));
    let rebuilding = tokio::spawn({
        let (ledger, rebuilt) = (ledger.clone(), Arc::clone(&rebuilt));
        async move {
            for _ in 0..10 {
                rebuild(&ledger, |_, _| {}).await.expect("a rebuild");
            }
            rebuilt.store(true, Ordering::SeqCst);
        }
    });
    while !rebuilt.load(Ordering::SeqCst) {
        let report = check(&ledger, |_, _| {}).await.expect("a check");
        assert_eq!((report.rows, report.differences_count), (5 * (1 + 1 + 14 + 2 + 1), 0));
    }
    rebuilding.await.expect("no panic");
    runner.stop().await;
}

async fn a_rebuild_repairs_while_events_come_in(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..100).await;
    let (models, runner) = follow(&ledger).await;
    let before = status(&ledger).await.expect("a status").generation;
    place.raw(&ledger, "UPDATE {t}progress SET name = 'khác'").await;
    let done = Arc::new(AtomicBool::new(false));
    let (appending, reading) = (
        tokio::spawn({
            let (ledger, done) = (ledger.clone(), Arc::clone(&done));
            async move {
                let mut number = 100;
                while !done.load(Ordering::SeqCst) {
                    record_stories(&ledger, number..number + 1).await;
                    number += 1;
                }
                number
            }
        }),
        tokio::spawn({
            let (models, done) = (models.clone(), Arc::clone(&done));
            async move {
                while !done.load(Ordering::SeqCst) {
                    let count = models
                        .count(&ProjectFilter::default())
                        .await
                        .expect("queries are always answered");
                    assert!(count > 0, "and never from an empty generation");
                }
            }
        }),
    );
    for _ in 0..3 {
        rebuild(&ledger, |_, _| {}).await.expect("a rebuild");
    }
    done.store(true, Ordering::SeqCst);
    let projects = appending.await.expect("no panic");
    reading.await.expect("no panic");
    let head = ledger.head().await.expect("a head").position;
    assert!(
        models.wait_for(head, PATIENCE).await.expect("a position"),
        "{:?}",
        runner.state()
    );
    assert_eq!(
        models.count(&ProjectFilter::default()).await.expect("a count"),
        u64::from(projects)
    );
    assert_ne!(status(&ledger).await.expect("a status").generation, before);
    assert_equals_replay(&ledger).await;
    runner.stop().await;
    if let Some(folder) = place.folder() {
        let files = std::fs::read_dir(folder)
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name());
        let left: Vec<_> = files
            .filter(|name| name.to_string_lossy().contains(".views-"))
            .collect();
        assert!(
            left.len() <= 4,
            "one generation with its two side files, and the last number given out: {left:?}"
        );
    } else {
        let schemas = place
            .number("SELECT COUNT(*) FROM pg_namespace WHERE nspname ~ '^views_[0-9]+$'")
            .await;
        assert_eq!(schemas, 1);
    }
}

async fn an_older_generation_is_rebuilt_and_serves_meanwhile(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..3).await;
    let (models, runner) = follow(&ledger).await;
    runner.stop().await;
    let before = status(&ledger).await.expect("a status");
    place
        .raw(&ledger, "UPDATE {t}checkpoint SET versions = '[[\"progress\",0]]'")
        .await;
    let old = status(&ledger).await.expect("a status");
    assert_eq!(
        old.projections
            .iter()
            .find(|one| one.name == "progress")
            .and_then(|one| one.version),
        Some(0)
    );
    assert_eq!(models.count(&ProjectFilter::default()).await.expect("it serves"), 3);
    let (models, runner) = follow(&ledger).await;
    until(&runner, |state| *state == RunnerState::Leading).await;
    let after = status(&ledger).await.expect("a status");
    assert_ne!(after.generation, before.generation);
    assert_eq!(after.projections, before.projections);
    assert_eq!(models.count(&ProjectFilter::default()).await.expect("an answer"), 3);
    runner.stop().await;
}

async fn a_newer_generation_is_left_alone(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    runner.stop().await;
    place
        .raw(&ledger, "UPDATE {t}checkpoint SET versions = '[[\"progress\",999]]'")
        .await;
    record_stories(&ledger, 0..1).await;
    let runner = dean_projections::Runner::start(&ledger, &models);
    until(&runner, |state| *state == RunnerState::StandingBy).await;
    assert_eq!(models.position().await.expect("a position"), 0);
    runner.stop().await;
}

async fn the_status_says_how_things_are(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..1).await;
    let empty = status(&ledger).await.expect("a status");
    assert_eq!(
        (empty.generation, empty.position, empty.head, empty.leader),
        (None, 0, 14, None)
    );
    assert!(matches!(
        check(&ledger, |_, _| {}).await,
        Err(dean_projections::ProjectionError::NoGeneration)
    ));
    let (_, runner) = follow(&ledger).await;
    let running = status(&ledger).await.expect("a status");
    assert_eq!((running.generation, running.position, running.head), (Some(1), 14, 14));
    assert!(running.leader.is_some() && running.fault.is_none());
    let names: Vec<_> = running.projections.iter().map(|one| one.name.as_str()).collect();
    let expected = [
        "notes",
        "progress",
        "inbox",
        "budget",
        "timeline",
        "duties",
        "plans",
        "batches",
        "contracts",
        "inspections",
        "reminders",
    ];
    assert_eq!(names, expected);
    assert!(
        running
            .projections
            .iter()
            .all(|one| one.version == Some(one.code_version))
    );
    runner.stop().await;
    assert_eq!(
        status(&ledger).await.expect("a status").leader,
        None,
        "a stopped runner gives up its lease"
    );
}

async fn another_process_reads_checks_and_rebuilds(place: Place) {
    let serving = place.ledger().await;
    record_stories(&serving, 0..2).await;
    let (models, runner) = follow(&serving).await;
    // As a command does beside a server: the ledger is opened for reading only.
    let command = place.open(Access::Read).await;
    let read = ReadModels::open(&command).await.expect("the read models open");
    assert_eq!(read.count(&ProjectFilter::default()).await.expect("a count"), 2);
    assert_equals_replay(&command).await;
    let mut reports = Vec::new();
    rebuild(&command, |position, head| reports.push((position, head)))
        .await
        .expect("a rebuild");
    assert_eq!(reports.last(), Some(&(28, 28)));
    record_stories(&serving, 2..3).await;
    assert!(
        models.wait_for(42, PATIENCE).await.expect("a position"),
        "the server goes on in the new generation"
    );
    assert!(
        read.wait_for(42, PATIENCE).await.expect("a position"),
        "and the command finds it"
    );
    assert_equals_replay(&command).await;
    runner.stop().await;
}

async fn damaged_beyond_reading_they_can_be_rebuilt(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..2).await;
    let (models, runner) = follow(&ledger).await;
    runner.stop().await;
    place
        .raw(&ledger, "ALTER TABLE {t}checkpoint RENAME COLUMN position TO place")
        .await;
    assert!(models.position().await.is_err());
    rebuild(&ledger, |_, _| {}).await.expect("a rebuild");
    assert!(models.wait_for(28, PATIENCE).await.expect("a position"));
    assert_equals_replay(&ledger).await;
}

async fn gone_they_are_built_again(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..2).await;
    let (models, runner) = follow(&ledger).await;
    match place.folder() {
        Some(folder) => {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                if entry.file_name().to_string_lossy().contains(".views") {
                    std::fs::remove_file(entry.path()).expect("removed");
                }
            }
        }
        None => place.raw(&ledger, "DROP SCHEMA views_1 CASCADE").await,
    }
    record_stories(&ledger, 2..3).await;
    until(&runner, |state| *state == RunnerState::Building).await;
    assert!(
        models.wait_for(42, PATIENCE).await.expect("a position"),
        "{:?}",
        runner.state()
    );
    assert_equals_replay(&ledger).await;
    runner.stop().await;
}
