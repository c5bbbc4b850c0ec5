//! How fast a ledger is verified: from PostgreSQL against `COPY` of the same rows, from an exported file against `sha256sum` of that file.
//!
//! `COPY (SELECT … ORDER BY position) TO STDOUT` is what merely reading the rows takes, `sha256sum` what merely hashing the file takes;
//! verifying reads and hashes, takes every header apart, compares every column and grows the tree. Runs are interleaved and their
//! medians compared, because machines are noisy; read the ratios, not the rates. Exporting and importing are measured on the way, once.
//!
//! `cargo bench --bench verify`; `DEAN_BENCH_EVENTS` changes the number of events. Without a PostgreSQL it goes through `cargo xtask bench`,
//! which starts a throwaway one. The table goes to stdout, the figures to `target/bench/verify.json`.

// The program's allocator.
use dean as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use dean_ledger::archive::{ArchiveFile, ExportOptions, import};
use dean_ledger::{Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, StreamAppend};
use dean_test_support::{TestDatabase, bench};
use futures_util::TryStreamExt;
use serde_json::json;
use sqlx::{Connection, PgConnection};

const ROUNDS: usize = 5;
const EVENTS: usize = 200_000;
const EVENTS_PER_PROJECT: u64 = 5;
/// What group commit makes of some dozen clients.
const PROJECTS_PER_COMMIT: usize = 10;
const PAYLOAD_TEXT_BYTES: usize = 380;

/// The columns that verifying reads, in the format that `COPY` has by itself.
const COPY: &str = "COPY (SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, recorded_at, occurred_on, actor,
    actor_role, actor_unit, command_id, command_index, metadata, payload, header
    FROM ledger.events ORDER BY position) TO STDOUT";

fn main() -> ExitCode {
    bench::with_postgres("verify", || {
        let events =
            std::env::var("DEAN_BENCH_EVENTS").map_or(EVENTS, |text| text.parse().expect("a number of events"));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(run(events));
    })
}

async fn run(events: usize) {
    let place = TestDatabase::postgres();
    let ledger = fill(&place, events).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ledger.dean");
    let started = Instant::now();
    let exported = ledger
        .export_file(&path, &ExportOptions::default(), false, false, |_, _| {})
        .await
        .expect("exported");
    let export_s = started.elapsed().as_secs_f64();

    let (mut copy, mut database, mut hash, mut file) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // One round more than counts: the first one warms caches.
    for round in 0..=ROUNDS {
        let seconds = [
            timed(copy_out(place.url())).await,
            timed(verify_database(&ledger, exported.root)).await,
            timed(sha256sum(&path)).await,
            timed(verify_file(&path, exported.root)).await,
        ];
        if round > 0 {
            for (all, one) in [&mut copy, &mut database, &mut hash, &mut file]
                .into_iter()
                .zip(seconds)
            {
                all.push(one);
            }
        }
    }
    let [copy, database, hash, file] = [copy, database, hash, file].map(|seconds| bench::median(&seconds));

    let mut import_s = Vec::new();
    for target in [TestDatabase::postgres(), TestDatabase::sqlite()] {
        let opened = Database::open(target.url(), Access::Write)
            .await
            .expect("the database opens");
        let started = Instant::now();
        import(&opened, ArchiveFile::open(&path).expect("the file"), &[], |_, _| {})
            .await
            .expect("imported");
        import_s.push(started.elapsed().as_secs_f64());
        opened.close().await;
    }

    let rate = |seconds: f64| events as f64 / seconds;
    println!(
        "{events} events, {} bytes exported; medians of {ROUNDS} interleaved runs, events/s",
        exported.bytes
    );
    println!("{:>28} {:>12.0}", "COPY … TO STDOUT", rate(copy));
    println!(
        "{:>28} {:>12.0}   {:.2} × COPY",
        "verify, PostgreSQL",
        rate(database),
        copy / database
    );
    println!("{:>28} {:>12.0}", "sha256sum FILE", rate(hash));
    println!(
        "{:>28} {:>12.0}   {:.2} × sha256sum",
        "verify FILE",
        rate(file),
        hash / file
    );
    println!("{:>28} {:>12.0}   (once)", "export, PostgreSQL", rate(export_s));
    println!("{:>28} {:>12.0}   (once)", "import, PostgreSQL", rate(import_s[0]));
    println!("{:>28} {:>12.0}   (once)", "import, SQLite", rate(import_s[1]));
    let rows = [
        ("postgres", "copy", copy, database),
        ("file", "sha256sum", hash, file),
    ]
    .map(|(from, baseline, baseline_s, verify_s)| {
        json!({
            "from": from, "baseline": baseline, "events": events, "bytes": exported.bytes, "rounds": ROUNDS,
            "baseline_per_s": rate(baseline_s).round(), "verify_per_s": rate(verify_s).round(), "ratio": baseline_s / verify_s,
            "payload_bytes": PAYLOAD_TEXT_BYTES, "events_per_commit": PROJECTS_PER_COMMIT as u64 * EVENTS_PER_PROJECT,
        })
    });
    bench::write_json("verify", &json!(rows));
}

async fn timed(work: impl Future<Output = ()>) -> f64 {
    let started = Instant::now();
    work.await;
    started.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
}

async fn copy_out(url: &str) {
    let mut connection = PgConnection::connect(url)
        .await
        .expect("the throwaway PostgreSQL is there");
    let mut rows = connection.copy_out_raw(COPY).await.expect("copying starts");
    let mut bytes = 0;
    while let Some(row) = rows.try_next().await.expect("copying goes on") {
        bytes += row.len();
    }
    assert!(bytes > 0, "rows were copied");
}

async fn verify_database(ledger: &Ledger, root: [u8; 32]) {
    let report = ledger.verify(|_, _| {}).await.expect("the ledger is readable");
    assert_eq!((report.faults_found, report.root), (0, root));
}

async fn sha256sum(path: &Path) {
    let status = Command::new("sha256sum").arg(path).stdout(Stdio::null()).status();
    assert!(status.expect("sha256sum is installed").success());
}

async fn verify_file(path: &Path, root: [u8; 32]) {
    let file = ArchiveFile::open(path).expect("the file");
    let report = file.verify(&[], |_, _| {}).await.expect("the file is readable").report;
    assert_eq!((report.faults_found, report.root), (0, root));
}

async fn fill(place: &TestDatabase, events: usize) -> Ledger {
    let database = Database::open(place.url(), Access::Serve)
        .await
        .expect("the throwaway PostgreSQL is there");
    let options = LedgerOptions {
        name: "bench".to_owned(),
        demo: true,
        id: None,
        environment: Environment::system(),
        queue_max: 10_000,
        batch_max: 512,
    };
    let ledger = Ledger::open(database, options).await.expect("a new ledger opens");
    let text: String = "Điều chỉnh tiến độ thực hiện đề án theo biên bản kiểm tra. "
        .chars()
        .cycle()
        .take(PAYLOAD_TEXT_BYTES / 4 * 3)
        .collect();
    while ledger.head().await.expect("a head").position < events as u64 {
        let ids: Vec<_> = (0..PROJECTS_PER_COMMIT)
            .map(|_| ledger.environment().uuid_v7())
            .collect();
        // Each event is a command of its own; every fifth one has a personal part.
        let commands = (0..EVENTS_PER_PROJECT).flat_map(|version| ids.iter().map(move |id| (version, *id)));
        let appends = commands.map(|(version, id)| {
            let payload = if version == 0 {
                json!({"number": version, "text": text, "signer": {"$personal": "Nguyễn Văn An"}})
            } else {
                json!({"number": version, "text": text})
            };
            Append {
                command_id: ledger.environment().uuid_v7(),
                actor: Actor {
                    id: "ttkc-dien-bien.cb1".to_owned(),
                    role: "implementer".to_owned(),
                    unit: "ttkc-dien-bien".to_owned(),
                },
                occurred_on: NaiveDate::default(),
                request_sha256: [0; 32],
                metadata: [("papers".to_owned(), "12/TTr-SCT".to_owned())].into(),
                streams: vec![StreamAppend {
                    aggregate_type: "Tally".to_owned(),
                    aggregate_id: id,
                    expected_version: version,
                    events: vec![NewEvent {
                        event_type: "Noted".to_owned(),
                        event_version: "1".to_owned(),
                        payload,
                    }],
                }],
            }
        });
        for answer in ledger.append_batch(appends.collect()).await.expect("the writer runs") {
            answer.expect("recorded");
        }
    }
    ledger
}
