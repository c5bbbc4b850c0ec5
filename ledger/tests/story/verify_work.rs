//! What verifying and exporting read, counted by PostgreSQL itself: each row about once, also where a table was just filled and has no
//! statistics. (A join of events and personal parts once read every part for every event there.)

use std::time::{Duration, Instant};

use dean_ledger::archive::ExportOptions;
use dean_ledger::{Access, Database, Ledger, StreamAppend};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::support::{Place, append, event, stream};

const EVENTS: u64 = 2_000;
/// Commands per commit.
const BATCH: u64 = 20;
/// Events, their personal parts, commits.
const ROWS: u64 = 2 * EVENTS + EVENTS / BATCH;

fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_000d_0000_0000 + u128::from(number))
}

/// Rows and index entries that all sessions of the database have read; these must have ended, for only then all is counted.
async fn rows_read(place: &Place) -> i64 {
    let mut connection = PgConnection::connect(&place.url).await.expect("connected");
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'";
    let begun = Instant::now();
    while sqlx::query_scalar::<_, i64>(others)
        .fetch_one(&mut connection)
        .await
        .expect("counted")
        > 0
    {
        assert!(begun.elapsed() < Duration::from_secs(20), "sessions stay open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let read = "SELECT CAST((SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'ledger')
        + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'ledger') AS bigint)";
    sqlx::query_scalar(read)
        .fetch_one(&mut connection)
        .await
        .expect("counted")
}

async fn end(ledger: Ledger) {
    ledger.close().await;
    let database = ledger.database().clone();
    drop(ledger);
    database.close().await;
}

async fn open_to_read(place: &Place) -> Ledger {
    let database = Database::open(&place.url, Access::Read).await.expect("it opens");
    Ledger::open(database, place.options()).await.expect("the ledger opens")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifying_and_exporting_read_each_row_about_once() {
    let place = Place::postgres().await;
    let ledger = place.open().await;
    for table in ["events", "personal_data", "commits"] {
        let never_analysed = format!("ALTER TABLE {{t}}{table} SET (autovacuum_enabled = off)");
        place.raw(&never_analysed).await.expect("altered");
    }
    for batch in 0..EVENTS / BATCH {
        let command = |number: u64| {
            let events = vec![event(json!({"who": {"$personal": format!("Trần {number}")}}))];
            append(
                id((1 << 24) + number),
                vec![StreamAppend {
                    events,
                    ..stream(id(number), 0, 0)
                }],
            )
        };
        let commands = (batch * BATCH..(batch + 1) * BATCH).map(command).collect();
        for answer in ledger.append_batch(commands).await.expect("taken") {
            answer.expect("recorded");
        }
    }
    end(ledger).await;

    let before = rows_read(&place).await;
    let ledger = open_to_read(&place).await;
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!((report.faults.as_slice(), report.events), ([].as_slice(), EVENTS));
    end(ledger).await;
    let verified = rows_read(&place).await;
    let ledger = open_to_read(&place).await;
    ledger
        .export(Vec::new(), &ExportOptions::default(), |_, _| {})
        .await
        .expect("exported");
    end(ledger).await;
    let exported = rows_read(&place).await;
    for (what, read) in [("verifying", verified - before), ("exporting", exported - verified)] {
        eprintln!("{what} {ROWS} rows read {read}");
        let read = u64::try_from(read).expect("counts only grow");
        assert!(
            read >= ROWS,
            "{what} read {read} of {ROWS} rows: something is not counted"
        );
        assert!(read < 2 * ROWS, "{what} read {read} rows where there are {ROWS}");
    }
}
