//! Many writers, several processes, broken connections.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use dean_ledger::{AppendError, Ledger, Receipt};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(a_paging_reader_behind_eight_writers_misses_nothing);

/// The size at which a consumer of another event store was found to have missed some.
const EVENTS: u64 = 20_000;
const WRITERS: u128 = 8;

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

/// On PostgreSQL each writer is a ledger of its own, with its own connection, as in a process of its own; SQLite has one writer for all.
async fn a_paging_reader_behind_eight_writers_misses_nothing(place: Place) {
    let reader = place.open().await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let ledger = if place.is_postgres() {
            place.open().await
        } else {
            reader.clone()
        };
        writers.push(tokio::spawn(append_in_bursts(ledger, number, EVENTS / WRITERS as u64)));
    }
    let seen = tokio::spawn({
        let reader = reader.clone();
        async move { read_all_events(&reader, EVENTS).await }
    });
    let mut told: Vec<(u64, Uuid)> = Vec::new();
    for writer in writers {
        told.extend(writer.await.expect("no panic"));
    }
    told.sort_unstable();
    let seen = seen.await.expect("no panic");
    assert_eq!(told.len() as u64, EVENTS);
    assert!(
        (1..).zip(&told).all(|(expected, (position, _))| expected == *position),
        "no position is missing or told twice"
    );
    assert_eq!(
        seen, told,
        "the reader saw every event, at the position that its writer was told"
    );
    let report = reader.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!((report.faults.as_slice(), report.events), ([].as_slice(), EVENTS));
}

/// Appends so many events: now one command at a time, now many at once, of one event or several. Gives every event's position and stream.
async fn append_in_bursts(ledger: Ledger, writer: u128, events: u64) -> Vec<(u64, Uuid)> {
    let mut told = Vec::new();
    let (mut left, mut round) = (events, 0_u64);
    while left > 0 {
        let in_burst = [1, 40, 3, 16, 90][round as usize % 5].min(left);
        let mut commands = Vec::new();
        let mut rest = in_burst;
        while rest > 0 {
            let size = (1 + (round + rest) % 4).min(rest);
            rest -= size;
            let number = 1_000_000 + writer * 100_000 + u128::from(left - rest);
            commands.push(append(id(number), vec![stream(id(number), 0, size as usize)]));
        }
        let answers =
            futures_util::future::join_all(commands.into_iter().map(|command| append_patiently(&ledger, command)));
        for receipt in answers.await {
            let stream = &receipt.streams[0];
            told.extend((stream.first..=stream.last).map(|position| (position, stream.aggregate_id)));
        }
        left -= in_burst;
        round += 1;
    }
    told
}

async fn append_patiently(ledger: &Ledger, command: dean_ledger::Append) -> Receipt {
    let started = Instant::now();
    loop {
        match ledger.append(command.clone()).await {
            Ok(receipt) => return receipt,
            Err(AppendError::Database(_) | AppendError::Busy { .. }) if started.elapsed() < Duration::from_secs(20) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Pages right behind the writers, in pages of changing size.
async fn read_all_events(ledger: &Ledger, until: u64) -> Vec<(u64, Uuid)> {
    let mut watch = ledger.watch();
    let mut seen: Vec<(u64, Uuid)> = Vec::new();
    while (seen.len() as u64) < until {
        let after = seen.last().map_or(0, |(position, _)| *position);
        let page = ledger.read(after, [7, 200, 31][seen.len() % 3]).await.expect("read");
        if page.is_empty() {
            tokio::time::timeout(Duration::from_secs(20), watch.changed())
                .await
                .expect("more comes")
                .expect("the ledger is open");
        }
        seen.extend(page.iter().map(|event| (event.position, event.aggregate_id)));
    }
    seen
}

/// A process whose clock is behind commits after one whose clock is ahead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_disagree_never_take_recorded_time_back() {
    let place = Place::postgres().await;
    let behind = std::sync::Arc::new(dean_ledger::ManualClock::new(crate::support::NEW_YEAR - 3_600_000_000));
    let mut options = place.options();
    options.environment.clock = behind.clone();
    let (ahead, behind_ledger) = (place.open().await, place.open_with(options).await);
    let mut last = 0;
    for round in 0..10_u64 {
        let command = |number: u64| {
            append(
                id(u128::from(100 + 2 * round + number)),
                vec![stream(id(1), 2 * round + number, 1)],
            )
        };
        for (number, ledger) in [(0, &ahead), (1, &behind_ledger)] {
            let receipt = ledger.append(command(number)).await.expect("recorded");
            assert!(receipt.recorded_at >= last, "{} after {last}", receipt.recorded_at);
            last = receipt.recorded_at;
        }
        // It jumps back in mid-work.
        place
            .clock
            .advance(if round % 2 == 0 { -7_200_000_000 } else { 60_000_000 });
        behind.advance(1_000_000);
    }
    assert_eq!(ahead.verify(|_, _| {}).await.expect("verify runs").faults, []);
}

/// Large pages, single streams and verification, while the sessions that read them are ended again and again: each answer is whole or an
/// error, never a shorter one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_breaks_off_is_an_error_and_never_an_early_end() {
    let place = Place::postgres().await;
    let ledger = place.open().await;
    const STREAM: usize = 4_000;
    let noted = crate::support::event(serde_json::json!({"text": "đề án ".repeat(150)}));
    for part in 0..4 {
        let events = vec![noted.clone(); STREAM / 4];
        let part = dean_ledger::StreamAppend {
            events,
            ..stream(id(1), part * (STREAM / 4) as u64, 0)
        };
        ledger
            .append(append(id(100 + u128::from(part.expected_version)), vec![part]))
            .await
            .expect("recorded");
    }
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let killing = tokio::spawn({
        let ended = std::sync::Arc::clone(&ended);
        async move {
            use sqlx::Connection as _;
            let mut connection = sqlx::PgConnection::connect(&place.url).await.expect("connected");
            let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'dean' AND state = 'active'";
            let mut killed = 0_i64;
            while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                killed += sqlx::query_scalar::<_, i64>(kill)
                    .fetch_one(&mut connection)
                    .await
                    .expect("a superuser may end sessions");
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
            killed
        }
    });
    let (mut whole, mut broken) = (0, 0);
    let mut count = |outcome: Result<usize, dean_ledger::LedgerError>| match outcome {
        Ok(events) => {
            assert_eq!(events, STREAM, "an early end");
            whole += 1;
        }
        Err(dean_ledger::LedgerError::Database(_)) => broken += 1,
        Err(other) => panic!("a broken connection is no damaged event: {other}"),
    };
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(4) {
        count(ledger.read(0, 10_000).await.map(|events| events.len()));
        count(
            ledger
                .read_stream("Project", id(1), None)
                .await
                .map(|events| events.len()),
        );
        count(ledger.read_type("Project", 0).await.map(|events| events.len()));
        count(ledger.verify(|_, _| {}).await.map(|report| {
            assert_eq!(report.faults, [], "a broken connection is no fault of the ledger");
            report.events as usize
        }));
        count(crate::stores::length(&ledger, id(1)).await);
    }
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    let killed = killing.await.expect("no panic");
    assert!(
        broken > 5 && killed > 5,
        "{broken} of {} reads broke off, {killed} sessions ended",
        whole + broken
    );
    assert_eq!(ledger.read(0, 10_000).await.expect("the pool recovers").len(), STREAM);
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

/// A commit that was sent without waiting would otherwise win again and again against one that waits: the longest wait of three busy
/// processes was 78 ms, and is 16 ms (`examples/fairness.rs`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_passes_whoever_has_the_turn() {
    use sqlx::Connection;
    let place = Place::postgres().await;
    let ledger = place.open().await;
    let one = |number: u128| append(id(number), vec![stream(id(number), 0, 1)]);
    let two = |number: u128| append(id(number), vec![stream(id(number), 0, 2)]);
    ledger.append(one(1)).await.expect("recorded");
    let mut other = sqlx::PgConnection::connect(&place.url).await.expect("connected");
    let key = i64::from_be_bytes(ledger.id().as_bytes()[8..].try_into().expect("8 bytes"));
    for append in [one(2), two(3)] {
        sqlx::raw_sql(&format!("BEGIN; SELECT pg_advisory_xact_lock({key})"))
            .execute(&mut other)
            .await
            .expect("held");
        let waiting = tokio::spawn({
            let ledger = ledger.clone();
            async move { ledger.append(append).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!waiting.is_finished(), "it was committed although another has the turn");
        sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("released");
        waiting.await.expect("no panic").expect("recorded");
    }
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
