//! Many writers, several processes, broken connections.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use dean_ledger::{AppendError, Ledger, Receipt};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(a_paging_reader_behind_eight_writers_sees_everything);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0002_0000_0000 + number)
}

/// Appends `each` events on a stream of its own, trying again as a client would.
fn writer(ledger: Ledger, number: u128, each: u64) -> tokio::task::JoinHandle<Vec<Receipt>> {
    tokio::spawn(async move {
        let mut receipts = Vec::new();
        for version in 0..each {
            let command = append(
                id(number * 10_000 + 1 + u128::from(version)),
                vec![stream(id(number * 10_000), version, 1)],
            );
            let started = Instant::now();
            receipts.push(loop {
                match ledger.append(command.clone()).await {
                    Ok(receipt) => break receipt,
                    Err(AppendError::Database(_) | AppendError::Busy { .. })
                        if started.elapsed() < Duration::from_secs(20) =>
                    {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    Err(error) => panic!("{error}"),
                }
            });
        }
        receipts
    })
}

async fn read_all(ledger: &Ledger, until: u64) -> Vec<u64> {
    let mut watch = ledger.watch();
    let mut seen = Vec::new();
    while (seen.len() as u64) < until {
        let after = seen.last().copied().unwrap_or(0);
        let page = ledger.read(after, 17).await.expect("read");
        if page.is_empty() {
            // Either a commit of our own wakes us, or the poll that sees other processes'.
            drop(
                tokio::time::timeout(Duration::from_secs(5), watch.changed())
                    .await
                    .expect("woken"),
            );
        }
        seen.extend(page.iter().map(|event| event.position));
    }
    seen
}

async fn assert_everything_once(ledger: &Ledger, receipts: Vec<Receipt>) {
    let positions: HashSet<u64> = receipts.iter().map(|receipt| receipt.position).collect();
    assert_eq!(positions.len(), receipts.len(), "no position twice");
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!(report.faults, []);
    assert_eq!(report.events, receipts.len() as u64);
}

async fn a_paging_reader_behind_eight_writers_sees_everything(place: Place) {
    let ledger = place.open().await;
    let writers: Vec<_> = (0..8).map(|number| writer(ledger.clone(), number, 50)).collect();
    let seen = read_all(&ledger, 400).await;
    assert_eq!(seen, (1..=400).collect::<Vec<_>>());
    let mut receipts = Vec::new();
    for writer in writers {
        receipts.extend(writer.await.expect("no panic"));
    }
    assert_everything_once(&ledger, receipts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_postgres_lose_nothing() {
    let place = Place::postgres().await;
    let (first, second, reader) = (place.open().await, place.open().await, place.open().await);
    let mut writers = Vec::new();
    for number in 0..8 {
        writers.push(writer(first.clone(), number, 40));
        writers.push(writer(second.clone(), 100 + number, 40));
    }
    assert_eq!(read_all(&reader, 640).await, (1..=640).collect::<Vec<_>>());
    let mut receipts = Vec::new();
    for writer in writers {
        receipts.extend(writer.await.expect("no panic"));
    }
    assert!(
        first.stats().lost_races + second.stats().lost_races > 0,
        "they never met"
    );
    assert_everything_once(&reader, receipts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_stream_conflict_honestly() {
    let place = Place::postgres().await;
    let (first, second) = (place.open().await, place.open().await);
    for round in 0..30_u64 {
        let command = |number: u64| {
            append(
                id(u128::from(1_000 + 2 * round + number)),
                vec![stream(id(1), round, 1)],
            )
        };
        let (one, other) = tokio::join!(first.append(command(0)), second.append(command(1)));
        assert_eq!(
            usize::from(one.is_ok()) + usize::from(other.is_ok()),
            1,
            "{one:?} {other:?}"
        );
        let lost = one.err().or(other.err()).expect("one of them lost");
        assert!(
            matches!(lost, AppendError::Conflict { actual, .. } if actual == round + 1),
            "{lost}"
        );
    }
    // The same command through both processes is recorded once.
    for round in 0..10_u64 {
        let command = append(id(u128::from(5_000 + round)), vec![stream(id(1), 30 + round, 1)]);
        let (one, other) = tokio::join!(first.append(command.clone()), second.append(command));
        let (one, other) = (one.expect("answered"), other.expect("answered"));
        assert_eq!(one.position, other.position);
        assert!(one.repeated ^ other.repeated);
    }
    assert_eq!(first.verify(|_, _| {}).await.expect("verify runs").faults, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_neither_lose_nor_double() {
    let place = Place::postgres().await;
    let ledger = place.open().await;
    let writers: Vec<_> = (0..4).map(|number| writer(ledger.clone(), number, 60)).collect();
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dean writer'";
        place.raw(kill).await.expect("a superuser may end sessions");
    }
    let mut receipts = Vec::new();
    for writer in writers {
        receipts.extend(writer.await.expect("no panic"));
    }
    assert_everything_once(&ledger, receipts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_down_is_told_and_comes_back() {
    let place = Place::postgres().await;
    let ledger = place.open().await;
    ledger
        .append(append(id(100), vec![stream(id(1), 0, 1)]))
        .await
        .expect("recorded");
    let name = place.url.rsplit_once('/').expect("a name").1.to_owned();
    let server = Place::server();
    server
        .raw(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        .await
        .expect("allowed");
    let kill = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    server.raw(&kill).await.expect("allowed");
    let command = append(id(101), vec![stream(id(1), 1, 1)]);
    let error = ledger.append(command.clone()).await.expect_err("the database is down");
    assert!(matches!(error, AppendError::Database(_)), "{error}");
    server
        .raw(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await
        .expect("allowed");
    ledger
        .append(command)
        .await
        .expect("recorded: the writer reconnects by itself");
    assert_eq!(ledger.verify(|_, _| {}).await.expect("verify runs").faults, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_process_that_holds_the_turn_is_dropped() {
    let place = Place::postgres().await;
    let (first, second) = (place.open().await, place.open().await);
    // Until one of them has lost a race: from then on it takes turns.
    for round in 0.. {
        let command = |number: u128| {
            append(
                id(1_000 + 2 * round + number),
                vec![stream(id(100_000 + 2 * round + number), 0, 1)],
            )
        };
        let (one, other) = tokio::join!(first.append(command(0)), second.append(command(1)));
        one.expect("recorded");
        other.expect("recorded");
        if first.stats().lost_races + second.stats().lost_races > 0 {
            break;
        }
    }
    // A process that stops inside its turn, with the limits that the writer's sessions have.
    use sqlx::Connection;
    let mut stopped = sqlx::PgConnection::connect(&place.url).await.expect("connected");
    let key = i64::from_be_bytes(first.id().as_bytes()[8..].try_into().expect("8 bytes"));
    let hold = format!("SET idle_in_transaction_session_timeout = '2s'; BEGIN; SELECT pg_advisory_xact_lock({key})");
    sqlx::raw_sql(&hold).execute(&mut stopped).await.expect("held");
    let started = Instant::now();
    let command = |number: u128| append(id(900 + number), vec![stream(id(200_000 + number), 0, 1)]);
    let (one, other) = tokio::join!(first.append(command(0)), second.append(command(1)));
    one.expect("recorded");
    other.expect("recorded");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(first.verify(|_, _| {}).await.expect("verify runs").faults, []);
}
