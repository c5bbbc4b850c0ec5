//! Receipts, conflicts, batches, limits.

use dean_ledger::{AppendError, FormatErrorKind, Ledger, Receipt, StreamAppend};
use serde_json::json;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, actor, append, event, stream};

on_both_databases!(
    events_get_positions_and_sequences,
    a_retry_gets_its_receipt,
    another_request_under_the_same_id_is_refused,
    a_conflict_fails_alone,
    a_retry_does_not_disturb_its_neighbours,
    an_append_over_several_streams_is_all_or_nothing,
    equal_appends_in_one_batch_are_recorded_once,
    commands_on_one_stream_follow_each_other_in_one_batch,
    a_version_that_the_stream_never_had_is_a_conflict,
    what_the_format_refuses_names_its_place,
    a_full_queue_says_so_and_loses_nothing,
    closing_finishes_what_waits,
    commits_never_go_back_in_time,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0001_0000_0000 + number)
}

async fn assert_sound(ledger: &Ledger, events: u64) {
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!(report.faults, []);
    assert_eq!(report.events, events);
    assert_eq!(report.root, ledger.head().await.expect("a head").root);
}

async fn events_get_positions_and_sequences(place: Place) {
    let ledger = place.open().await;
    let first = ledger
        .append(append(id(100), vec![stream(id(1), 0, 2)]))
        .await
        .expect("recorded");
    let second = ledger
        .append(append(id(101), vec![stream(id(2), 0, 1), stream(id(1), 2, 1)]))
        .await
        .expect("recorded");
    assert_eq!((first.position, second.position), (2, 4));
    assert_eq!(
        (
            second.streams[0].first,
            second.streams[0].last,
            second.streams[0].version
        ),
        (3, 3, 1)
    );
    assert_eq!(
        (
            second.streams[1].first,
            second.streams[1].last,
            second.streams[1].version
        ),
        (4, 4, 3)
    );
    assert!(!second.repeated);
    assert_eq!(*ledger.watch().borrow(), 4);
    let places: Vec<_> = ledger
        .read(0, 10)
        .await
        .expect("read")
        .iter()
        .map(|event| (event.position, event.aggregate_id, event.sequence))
        .collect();
    assert_eq!(places, [(1, id(1), 1), (2, id(1), 2), (3, id(2), 1), (4, id(1), 3)]);
    assert_sound(&ledger, 4).await;
}

async fn a_retry_gets_its_receipt(place: Place) {
    let ledger = place.open().await;
    let command = append(id(100), vec![stream(id(1), 0, 2), stream(id(2), 0, 1)]);
    let first = ledger.append(command.clone()).await.expect("recorded");
    ledger
        .append(append(id(101), vec![stream(id(1), 2, 1)]))
        .await
        .expect("recorded");
    let again = ledger.append(command.clone()).await.expect("answered");
    assert_eq!(
        again,
        Receipt {
            repeated: true,
            ..first.clone()
        }
    );
    // A process that has just started remembers nothing.
    ledger.close().await;
    ledger.database().close().await;
    let ledger = place.open().await;
    assert_eq!(ledger.append(command).await.expect("answered"), again);
    let stored = ledger.receipt("u1", id(100)).await.expect("read").expect("a receipt");
    assert_eq!(stored.receipt, again);
    assert_eq!(&stored.request_sha256[..16], id(100).as_bytes());
    assert_eq!(ledger.receipt("u2", id(100)).await.expect("read"), None);
    assert_sound(&ledger, 4).await;
}

async fn another_request_under_the_same_id_is_refused(place: Place) {
    let ledger = place.open().await;
    let command = append(id(100), vec![stream(id(1), 0, 1)]);
    ledger.append(command.clone()).await.expect("recorded");
    let mut other = command.clone();
    other.request_sha256 = [9; 32];
    let error = ledger.append(other.clone()).await.expect_err("refused");
    assert!(
        matches!(error, AppendError::DifferentRequest { command_id } if command_id == id(100)),
        "{error}"
    );
    // Another actor's command of the same id is another command.
    other.actor = actor("u2");
    other.streams = vec![stream(id(1), 1, 1)];
    ledger.append(other).await.expect("recorded");
    assert_sound(&ledger, 2).await;
}

async fn a_conflict_fails_alone(place: Place) {
    let ledger = place.open().await;
    ledger
        .append(append(id(100), vec![stream(id(1), 0, 2)]))
        .await
        .expect("recorded");
    let commits = ledger.stats().batches;
    let batch = vec![
        append(id(101), vec![stream(id(2), 0, 1)]),
        append(id(102), vec![stream(id(1), 1, 1)]),
        append(id(103), vec![stream(id(3), 0, 1)]),
    ];
    let answers = ledger.append_batch(batch).await.expect("answered");
    assert_eq!(answers[0].as_ref().expect("recorded").position, 3);
    let conflict = answers[1].as_ref().expect_err("a conflict");
    assert!(
        matches!(conflict, AppendError::Conflict { expected: 1, actual: 2, aggregate_id, .. } if *aggregate_id == id(1)),
        "{conflict}"
    );
    assert_eq!(answers[2].as_ref().expect("recorded").position, 4);
    assert_eq!(ledger.stats().batches, commits + 1);
    assert_eq!(ledger.receipt("u1", id(102)).await.expect("read"), None);
    assert_sound(&ledger, 4).await;
}

async fn a_retry_does_not_disturb_its_neighbours(place: Place) {
    let ledger = place.open().await;
    ledger
        .append(append(id(100), vec![stream(id(1), 0, 1)]))
        .await
        .expect("recorded");
    ledger.close().await;
    ledger.database().close().await;
    // Nothing is remembered: only the unique constraint on receipts finds the retry.
    let ledger = place.open().await;
    let batch = vec![
        append(id(101), vec![stream(id(2), 0, 1)]),
        append(id(100), vec![stream(id(1), 0, 1)]),
        append(id(103), vec![stream(id(3), 0, 1)]),
    ];
    let answers = ledger.append_batch(batch).await.expect("answered");
    assert_eq!(answers[0].as_ref().expect("recorded").position, 2);
    let repeated = answers[1].as_ref().expect("answered");
    assert!(repeated.repeated && repeated.position == 1);
    assert_eq!(answers[2].as_ref().expect("recorded").position, 3);
    assert_eq!((ledger.stats().batches, ledger.stats().rechecks), (1, 1));
    ledger.close().await;
    ledger.database().close().await;
    // And only the primary key finds the stream that is wrongly taken for new.
    let ledger = place.open().await;
    let batch = vec![
        append(id(104), vec![stream(id(1), 0, 1)]),
        append(id(105), vec![stream(id(4), 0, 1)]),
    ];
    let answers = ledger.append_batch(batch).await.expect("answered");
    assert!(matches!(
        answers[0],
        Err(AppendError::Conflict {
            expected: 0,
            actual: 1,
            ..
        })
    ));
    assert_eq!(answers[1].as_ref().expect("recorded").position, 4);
    assert_eq!((ledger.stats().batches, ledger.stats().rechecks), (1, 1));
    assert_sound(&ledger, 4).await;
}

async fn an_append_over_several_streams_is_all_or_nothing(place: Place) {
    let ledger = place.open().await;
    ledger
        .append(append(id(100), vec![stream(id(1), 0, 1)]))
        .await
        .expect("recorded");
    let error = ledger
        .append(append(id(101), vec![stream(id(2), 0, 1), stream(id(1), 0, 1)]))
        .await
        .expect_err("a conflict");
    assert!(matches!(error, AppendError::Conflict { aggregate_id, .. } if aggregate_id == id(1)));
    assert_eq!(ledger.read_stream("Project", id(2), None).await.expect("read"), []);
    let receipt = ledger
        .append(append(id(101), vec![stream(id(2), 0, 1), stream(id(1), 1, 1)]))
        .await
        .expect("recorded");
    assert_eq!(receipt.streams.len(), 2);
    assert_sound(&ledger, 3).await;
}

async fn equal_appends_in_one_batch_are_recorded_once(place: Place) {
    let ledger = place.open().await;
    let command = append(id(100), vec![stream(id(1), 0, 1)]);
    let mut other = command.clone();
    other.request_sha256 = [9; 32];
    let answers = ledger
        .append_batch(vec![command.clone(), command, other])
        .await
        .expect("answered");
    let first = answers[0].as_ref().expect("recorded");
    assert!(!first.repeated);
    assert_eq!(
        *answers[1].as_ref().expect("answered"),
        Receipt {
            repeated: true,
            ..first.clone()
        }
    );
    assert!(matches!(answers[2], Err(AppendError::DifferentRequest { .. })));
    assert_sound(&ledger, 1).await;
}

async fn commands_on_one_stream_follow_each_other_in_one_batch(place: Place) {
    let ledger = place.open().await;
    let batch = (0..40)
        .map(|n| append(id(100 + n), vec![stream(id(1), n as u64, 1)]))
        .collect();
    let answers = ledger.append_batch(batch).await.expect("answered");
    let versions: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().expect("recorded").streams[0].version)
        .collect();
    assert_eq!(versions, (1..=40).collect::<Vec<_>>());
    assert_eq!(ledger.stats().batches, 1);
    assert_sound(&ledger, 40).await;
}

async fn a_version_that_the_stream_never_had_is_a_conflict(place: Place) {
    let ledger = place.open().await;
    let error = ledger
        .append(append(id(100), vec![stream(id(1), 3, 1)]))
        .await
        .expect_err("a conflict");
    assert!(matches!(
        error,
        AppendError::Conflict {
            expected: 3,
            actual: 0,
            ..
        }
    ));
    assert_sound(&ledger, 0).await;
}

async fn what_the_format_refuses_names_its_place(place: Place) {
    let ledger = place.open().await;
    let with = |payload| StreamAppend {
        events: vec![event(payload)],
        ..stream(id(1), 0, 1)
    };
    let cases = [
        (
            with(json!({"lines": [{"cost": 0.5}]})),
            "streams.0.events.0.payload.lines.0.cost",
            FormatErrorKind::Float,
        ),
        (
            with(json!({"cost": 9_007_199_254_740_993_i64})),
            "streams.0.events.0.payload.cost",
            FormatErrorKind::IntegerTooLarge,
        ),
        (
            with(json!({"name": "a\0"})),
            "streams.0.events.0.payload.name",
            FormatErrorKind::NulCharacter,
        ),
        (
            with(json!({"name": "e\u{302}"})),
            "streams.0.events.0.payload.name",
            FormatErrorKind::NotNormalized,
        ),
        (
            with(json!({"name": {"$personal": 3}})),
            "streams.0.events.0.payload.name",
            FormatErrorKind::Personal,
        ),
        (
            StreamAppend {
                events: vec![],
                ..stream(id(1), 0, 1)
            },
            "streams.0.events",
            FormatErrorKind::Empty,
        ),
        (
            StreamAppend {
                aggregate_type: String::new(),
                ..stream(id(1), 0, 1)
            },
            "streams.0.aggregate_type",
            FormatErrorKind::Empty,
        ),
        (
            with(json!({"text": "x".repeat(1_048_576)})),
            "streams.0.events.0.payload",
            FormatErrorKind::TooLong {
                bytes: 1_048_587,
                bytes_max: 1_048_576,
            },
        ),
    ];
    for (streams, field, kind) in cases {
        match ledger.append(append(id(100), vec![streams])).await {
            Err(AppendError::Refused(error)) => {
                assert_eq!((error.field.as_str(), error.kind), (field, kind))
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let twice = append(id(100), vec![stream(id(1), 0, 1), stream(id(1), 1, 1)]);
    assert!(
        matches!(ledger.append(twice).await, Err(AppendError::Refused(error)) if error.kind == FormatErrorKind::Repeated)
    );
    let mut long = append(id(100), vec![stream(id(1), 0, 1)]);
    long.metadata.insert("note".to_owned(), "x".repeat(65_000));
    assert!(matches!(ledger.append(long).await, Err(AppendError::Refused(error)) if error.field == "metadata"));
    // The largest that fits, fits: and integers at the limit.
    let largest =
        with(json!({"text": "x".repeat(1_048_500), "n": [9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64]}));
    ledger.append(append(id(100), vec![largest])).await.expect("recorded");
    assert_sound(&ledger, 1).await;
}

async fn a_full_queue_says_so_and_loses_nothing(place: Place) {
    let mut options = place.options();
    options.queue_max = 4;
    options.batch_max = 2;
    let ledger = place.open_with(options).await;
    let tasks: Vec<_> = (0..300)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.append(append(id(1_000 + n), vec![stream(id(n), 0, 1)])).await })
        })
        .collect();
    let (mut recorded, mut busy) = (0, 0);
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(_) => recorded += 1,
            Err(AppendError::Busy { retry_after_s: 1 }) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(recorded > 0 && busy > 0, "{recorded} recorded, {busy} busy");
    assert_eq!(
        (ledger.stats().busy, ledger.stats().queue_len, ledger.stats().queue_max),
        (busy, 0, 4)
    );
    assert_sound(&ledger, recorded).await;
}

async fn closing_finishes_what_waits(place: Place) {
    let ledger = place.open().await;
    let waiting: Vec<_> = (0..50)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.append(append(id(1_000 + n), vec![stream(id(n), 0, 1)])).await })
        })
        .collect();
    tokio::task::yield_now().await;
    ledger.close().await;
    let mut recorded = 0;
    for task in waiting {
        match task.await.expect("no panic") {
            Ok(_) => recorded += 1,
            Err(AppendError::Closed) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(matches!(
        ledger.append(append(id(1), vec![stream(id(999), 0, 1)])).await,
        Err(AppendError::Closed)
    ));
    assert_sound(&ledger, recorded).await;
}

async fn commits_never_go_back_in_time(place: Place) {
    let ledger = place.open().await;
    let first = ledger
        .append(append(id(100), vec![stream(id(1), 0, 1)]))
        .await
        .expect("recorded");
    place.clock.advance(-3_600_000_000);
    let second = ledger
        .append(append(id(101), vec![stream(id(1), 1, 1)]))
        .await
        .expect("recorded");
    assert_eq!(second.recorded_at, first.recorded_at);
    place.clock.advance(3_600_000_001);
    let third = ledger
        .append(append(id(102), vec![stream(id(1), 2, 1)]))
        .await
        .expect("recorded");
    assert_eq!(third.recorded_at, first.recorded_at + 1);
    assert_sound(&ledger, 3).await;
}
