//! Reading by position, stream and day; personal data; clients' keys; other processes' commits.

use std::time::Duration;

use dean_ledger::{Access, AppendError, Database, Ledger, LedgerError, StreamAppend};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{NEW_YEAR, Place, actor, append, day, event, stream};

on_both_databases!(
    an_event_comes_back_as_it_went_in,
    a_stream_can_be_read_up_to_a_position,
    the_end_of_a_day_is_a_prefix,
    personal_data_are_kept_apart_and_joined,
    client_keys_last_thirty_days,
    reading_works_beside_the_server,
    reading_goes_on_behind_events_that_were_deleted,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0003_0000_0000 + number)
}

async fn an_event_comes_back_as_it_went_in(place: Place) {
    let ledger = place.open().await;
    let payload = json!({"z": 1, "a": ["Đề án", null, true, {"e\u{301}\u{1F600}".replace("e\u{301}", "é"): -5}], "q": "\"\\\u{1}\n\u{7f}"});
    let streams = vec![StreamAppend {
        events: vec![event(payload.clone())],
        ..stream(id(1), 0, 1)
    }];
    ledger.append(append(id(100), streams)).await.expect("recorded");
    let recorded = ledger.read(0, 1).await.expect("read").remove(0);
    assert_eq!(
        (recorded.position, recorded.sequence, recorded.recorded_at),
        (1, 1, NEW_YEAR)
    );
    assert_eq!(
        (recorded.aggregate_type.as_str(), recorded.aggregate_id),
        ("Project", id(1))
    );
    assert_eq!(
        (recorded.event_type.as_str(), recorded.event_version.as_str()),
        ("Noted", "1")
    );
    assert_eq!(
        (recorded.occurred_on, recorded.actor, recorded.command_id),
        (day("2025-01-01"), actor("u1"), id(100))
    );
    assert_eq!(recorded.metadata, [("note".to_owned(), "Đề án".to_owned())].into());
    assert_eq!(recorded.payload, payload);
    assert_eq!(recorded.payload_text, dean_ledger::canonical::to_text(&payload));
    assert_eq!(ledger.read(1, 10).await.expect("read"), []);
    assert_eq!(ledger.read(u64::MAX, 10).await.expect("read"), []);
}

async fn a_stream_can_be_read_up_to_a_position(place: Place) {
    let ledger = place.open().await;
    for version in 0..4 {
        let batch = vec![
            append(id(100 + version), vec![stream(id(1), version as u64, 1)]),
            append(id(200 + version), vec![stream(id(2), version as u64, 1)]),
        ];
        ledger.append_batch(batch).await.expect("answered");
    }
    let all = ledger.read_stream("Project", id(2), None).await.expect("read");
    assert_eq!(all.iter().map(|event| event.position).collect::<Vec<_>>(), [2, 4, 6, 8]);
    let prefix = ledger.read_stream("Project", id(2), Some(5)).await.expect("read");
    assert_eq!(prefix, all[..2]);
    assert_eq!(ledger.read_stream("Plan", id(2), None).await.expect("read"), []);
}

async fn the_end_of_a_day_is_a_prefix(place: Place) {
    let ledger = place.open().await;
    // 17:00 UTC is midnight in Asia/Ho_Chi_Minh.
    let midnight = NEW_YEAR + 17 * 3_600 * 1_000_000;
    for (number, moment) in [(0, midnight - 1), (1, midnight), (2, midnight + 1)] {
        place.clock.set(moment);
        ledger
            .append(append(id(100 + number), vec![stream(id(number), 0, 2)]))
            .await
            .expect("recorded");
    }
    assert_eq!(ledger.position_at_end_of(day("2024-12-31")).await.expect("read"), 0);
    assert_eq!(ledger.position_at_end_of(day("2025-01-01")).await.expect("read"), 2);
    assert_eq!(ledger.position_at_end_of(day("2025-01-02")).await.expect("read"), 6);
    assert_eq!(ledger.position_at_end_of(day("2031-01-02")).await.expect("read"), 6);
}

async fn personal_data_are_kept_apart_and_joined(place: Place) {
    let ledger = place.open().await;
    let payload = json!({"owner": {"$personal": "Nguyễn Thị B"}, "number": {"$personal": "079012345678", "searchable": true}, "cost": 5});
    let streams = vec![StreamAppend {
        events: vec![event(payload), event(json!({}))],
        ..stream(id(1), 0, 1)
    }];
    ledger.append(append(id(100), streams)).await.expect("recorded");
    let recorded = ledger.read(0, 1).await.expect("read").remove(0);
    let search = ledger.search_hash("079012345678");
    assert_eq!(
        recorded.payload,
        json!({"owner": {"$personal": "Nguyễn Thị B"}, "number": {"$personal": "079012345678", "search": search}, "cost": 5})
    );
    assert!(!recorded.payload_text.contains("Nguyễn") && !recorded.payload_text.contains("079012345678"));
    assert!(recorded.payload_text.contains(&search) && recorded.header.contains("personal_sha256"));
    assert_eq!(
        ledger.read_stream("Project", id(1), None).await.expect("read")[0],
        recorded
    );

    place.drop_guards().await;
    place.raw("DELETE FROM {t}personal_data").await.expect("erased");
    let erased = ledger.read(0, 1).await.expect("read").remove(0);
    assert_eq!(
        erased.payload,
        json!({"owner": {"$personal": null}, "number": {"$personal": null, "search": search}, "cost": 5})
    );
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!((report.faults, report.personal_erased), (vec![], 1));
}

async fn client_keys_last_thirty_days(place: Place) {
    let ledger = place.open().await;
    let command = ledger.map_client_key("u1", "k").await.expect("mapped");
    place.clock.advance(1_000);
    assert_eq!(ledger.map_client_key("u1", "k").await.expect("mapped"), command);
    assert_ne!(ledger.map_client_key("u2", "k").await.expect("mapped"), command);
    assert_ne!(ledger.map_client_key("u1", "l").await.expect("mapped"), command);
    place.clock.advance(30 * 24 * 3_600 * 1_000_000);
    let later = ledger.map_client_key("u1", "k").await.expect("mapped");
    assert_ne!(later, command);
    let (one, other) = tokio::join!(ledger.map_client_key("u1", "race"), ledger.map_client_key("u1", "race"));
    assert_eq!(one.expect("mapped"), other.expect("mapped"));
    assert!(matches!(
        ledger.map_client_key("u1", &"k".repeat(256)).await,
        Err(LedgerError::Format(_))
    ));
}

async fn reading_works_beside_the_server(place: Place) {
    let early = Database::open(&place.url, Access::Read)
        .await
        .expect_err("nothing to read yet");
    assert!(early.to_string().contains("dean serve"), "{early}");
    let server = place.open().await;
    server
        .append(append(id(100), vec![stream(id(1), 0, 1)]))
        .await
        .expect("recorded");
    let database = Database::open(&place.url, Access::Read).await.expect("opens");
    let mut options = place.options();
    (options.name, options.id) = (String::new(), None);
    let reader = Ledger::open(database.clone(), options.clone())
        .await
        .expect("the only ledger");
    assert_eq!(
        (reader.name(), reader.id(), reader.is_demo()),
        ("main", server.id(), false)
    );
    assert_eq!(*reader.watch().borrow(), 1);
    assert!(matches!(
        reader.append(append(id(101), vec![stream(id(1), 1, 1)])).await,
        Err(AppendError::Closed)
    ));
    let mut watch = reader.watch();
    server
        .append(append(id(101), vec![stream(id(1), 1, 1)]))
        .await
        .expect("recorded");
    tokio::time::timeout(Duration::from_secs(5), watch.changed())
        .await
        .expect("polled")
        .expect("alive");
    assert_eq!(reader.read(1, 10).await.expect("read").len(), 1);
    options.name = "other".to_owned();
    let none = Ledger::open(database, options).await.expect_err("no such ledger");
    assert!(
        none.to_string().contains("`other`") && none.to_string().contains("main"),
        "{none}"
    );
    reader.close().await;
}

/// What is missing is for verification to name; a reader must neither stop there nor take it for the end.
async fn reading_goes_on_behind_events_that_were_deleted(place: Place) {
    let ledger = place.open().await;
    let streams = vec![stream(id(1), 0, 20)];
    ledger.append(append(id(100), streams)).await.expect("recorded");
    place.drop_guards().await;
    place
        .raw("DELETE FROM {t}events WHERE position BETWEEN 3 AND 12")
        .await
        .expect("deleted");
    let positions = async |after, limit| -> Vec<u64> {
        let read = ledger.read(after, limit).await.expect("read");
        read.iter().map(|event| event.position).collect()
    };
    assert_eq!(positions(0, 4).await, [1, 2]);
    assert_eq!(positions(2, 4).await, [13, 14, 15, 16]);
    assert_eq!(positions(20, 4).await, [] as [u64; 0]);
}

/// Of a table that was never analyzed PostgreSQL believes anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_reads_its_own_personal_data_only() {
    const EVENTS: u64 = 3_000;
    let place = Place::postgres().await;
    let ledger = place.open().await;
    place
        .raw("ALTER TABLE ledger.personal_data SET (autovacuum_enabled = off); ALTER TABLE ledger.events SET (autovacuum_enabled = off)")
        .await
        .expect("set");
    for number in 0..EVENTS / 100 {
        let mut one = stream(id(number.into()), 0, 0);
        one.events = (0..100)
            .map(|n| event(json!({"who": {"$personal": format!("Nguyễn Văn {n}")}})))
            .collect();
        ledger
            .append(append(id(1_000 + u128::from(number)), vec![one]))
            .await
            .expect("recorded");
    }
    assert_eq!(ledger.read(EVENTS / 2, 10).await.expect("read").len(), 10);
    ledger.close().await;
    let mut connection = PgConnection::connect(&place.url).await.expect("connects");
    // A connection tells what it has read at the latest when it ends, and a pool may keep one that came back while it was being closed.
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .execute(&mut connection)
        .await
        .expect("ended");
    let counted = "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_all_tables WHERE relid = 'ledger.personal_data'::regclass";
    let mut read: i64 = 0;
    for _ in 0..200 {
        read = sqlx::query_scalar(counted)
            .fetch_one(&mut connection)
            .await
            .expect("counted");
        if read > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(
        (1..=40).contains(&read),
        "{read} rows of personal data were read for a page of ten events"
    );
}
