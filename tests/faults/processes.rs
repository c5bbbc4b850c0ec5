//! Several processes on one database.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use dean_ledger::{Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, StreamAppend};
use dean_test_support::{Client, Load, Server, TestDatabase};
use serde_json::json;

use crate::connection::Wire;
use crate::{PATIENCE, everything_holds, under_load, until_answered};

/// The longest that others may wait for a process that stopped in its turn.
const DROPPED_AFTER_MAX: Duration = Duration::from_secs(5);
/// Counts sessions of the role's writer that hold the turn. (Others of it take turns at making tiles.)
macro_rules! has_the_turn {
    ($and:literal) => {
        concat!(
            "SELECT COUNT(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)
            WHERE a.usename = 'stopped' AND a.application_name = 'dean writer' AND a.datname = current_database()
                AND l.locktype = 'advisory' AND l.granted",
            $and
        )
    };
}

/// While their process does nothing.
const HOLDS_THE_TURN: &str = has_the_turn!(" AND a.state = 'idle in transaction'");
/// While their server process waits until the client reads on.
const WAITS_FOR_ITS_READER: &str = has_the_turn!(" AND a.wait_event = 'ClientWrite'");
/// In whatever state.
const HAS_THE_TURN: &str = has_the_turn!("");
/// While they read what can be large: the streams which others have written to.
const READS_THE_DELTA: &str = has_the_turn!(" AND a.state = 'active' AND a.query LIKE '%max(sequence)%GROUP BY%'");

#[test]
fn processes_may_start_at_once_on_an_empty_database() {
    let database = TestDatabase::postgres();
    let starting: Vec<_> = (0..4)
        .map(|_| {
            let command = Server::serve_command(&database, &[]);
            thread::spawn(move || Server::start_command(command))
        })
        .collect();
    let servers: Vec<Server> = starting.into_iter().map(|one| one.join().expect("it starts")).collect();
    let urls: Vec<&str> = servers.iter().map(Server::base_url).collect();
    let published = Client::new(urls[0]).get("/api/v1/events?after=0").json();
    let texts = published["events"].as_array().expect("events").len();
    assert_eq!(
        published["head"],
        dean::engine::BUILT_IN.len() + dean::engine::BUILT_IN_CALENDARS.len() + dean::engine::BUILT_IN_PLACES.len(),
        "each built-in text is published once: {texts}"
    );
    let load = Load::new();
    under_load(&load, 4, &urls, || until_answered(&load, 40));
    everything_holds(&load, &servers[3], &database);
}

#[test]
fn servers_that_take_turns_on_one_project_know_each_others_answers() {
    let database = TestDatabase::postgres();
    let (one, other) = (Server::start(&database, &[]), Server::start(&database, &[]));
    let load = Load::new();
    // Each draft goes to one of them, the step after it to the other, and each retry to the next.
    under_load(&load, 8, &[one.base_url(), other.base_url()], || {
        until_answered(&load, 300)
    });
    for number in 0..40 {
        load.repeat(one.base_url(), number);
        load.repeat(other.base_url(), number);
    }
    everything_holds(&load, &one, &database);
}

/// What an older version that runs meets when a newer one starts beside it: a schema with more in it. It goes on; only started again is it
/// refused. (The older version itself: `cargo xtask previous`.)
#[test]
fn a_running_server_goes_on_when_the_schema_becomes_newer() {
    let database = TestDatabase::postgres();
    let server = Server::start(&database, &[]);
    let load = Load::new();
    under_load(&load, 4, &[server.base_url()], || {
        until_answered(&load, 50);
        database.execute(
            // In the order in which a commit takes the tables, or the two may wait for each other.
            "BEGIN; ALTER TABLE ledger.commits ADD COLUMN later bigint DEFAULT 7; ALTER TABLE ledger.events ADD COLUMN later text; \
             ALTER TABLE ledger.personal_data ADD COLUMN later text; ALTER TABLE ledger.client_keys ADD COLUMN later text; \
             INSERT INTO ledger._sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', true, '', 0); COMMIT",
        );
        until_answered(&load, 200);
    });
    load.settle(server.base_url());
    load.check_feed(server.base_url());
    server.wait_until_ready();
    assert!(server.terminate().success());
    let again = Server::serve_command(&database, &[])
        .output()
        .expect("the product's binary runs");
    let told = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{told}");
    assert!(told.contains("9999"), "{told}");
}

#[test]
fn none_of_three_servers_starves() {
    let database = TestDatabase::postgres();
    let servers: Vec<Server> = (0..3).map(|_| Server::start(&database, &[])).collect();
    let loads: Vec<Load> = (0..3).map(|_| Load::numbered()).collect();
    thread::scope(|scope| {
        for (server, load) in servers.iter().zip(&loads) {
            scope.spawn(move || under_load(load, 6, &[server.base_url()], || thread::sleep(Duration::from_secs(4))));
        }
    });
    let answered: Vec<usize> = loads.iter().map(Load::answered).collect();
    let waits: Vec<Duration> = loads.iter().map(Load::longest_wait).collect();
    eprintln!("answered {answered:?}, longest waits {waits:?}");
    let total: usize = answered.iter().sum();
    // A fifth is the promise, on a machine that has nothing else to do; here it shall be clear that none starves.
    assert!(answered.iter().all(|own| own * 10 > total), "{answered:?}");
    for (load, server) in loads.iter().zip(&servers) {
        load.settle(server.base_url());
    }
    servers[0].wait_until_ready();
    Server::verify(&database);
}

#[test]
fn a_server_that_is_stopped_in_its_turn_is_dropped_and_corrupts_nothing() {
    let database = TestDatabase::postgres();
    let (running, stopped) = (
        Server::start(&database, &[]),
        start_as_stopped(&database, database.url()),
    );
    let (load, other) = (Load::numbered(), Load::numbered());
    under_load(&load, 6, &[running.base_url()], || {
        under_load(&other, 6, &[stopped.base_url()], || {
            until_answered(&load, 50);
            until_answered(&other, 20);
            let frozen_at = freeze_in_its_turn(&stopped, &database);
            // Whatever happens: its clients wait for it.
            let thawed = Thaw(&stopped);
            // It is dropped, and the others go on.
            thread::sleep(Duration::from_secs(7));
            let silence = load.longest_silence(frozen_at, Instant::now());
            eprintln!("others waited {silence:?} for the stopped process");
            assert!(silence < DROPPED_AFTER_MAX, "{silence:?}");
            assert_eq!(database.number(HOLDS_THE_TURN), Some(0), "its session is gone");
            drop(thawed);
            until_answered(&other, 30);
            until_answered(&load, 30);
        });
    });
    other.settle(stopped.base_url());
    other.check_feed(running.base_url());
    everything_holds(&load, &running, &database);
    assert!(stopped.terminate().success(), "the resumed process ends well");
}

/// The limit on an idle session doesn't help here: the server is not idle, it waits for room to write.
#[test]
fn a_server_that_is_stopped_while_it_is_sent_a_large_answer_is_dropped() {
    let database = TestDatabase::postgres();
    let (_wire, url) = Wire::to(&database);
    let (running, stopped) = (Server::start(&database, &[]), start_as_stopped(&database, &url));
    let (load, other) = (Load::numbered(), Load::numbered());
    under_load(&load, 4, &[running.base_url()], || {
        under_load(&other, 4, &[stopped.base_url()], || {
            until_answered(&load, 50);
            until_answered(&other, 20);
            let frozen_at = freeze_while_it_reads(&stopped, &running, &database);
            let thawed = Thaw(&stopped);
            assert_eq!(database.number(WAITS_FOR_ITS_READER), Some(1));
            thread::sleep(Duration::from_secs(7));
            let silence = load.longest_silence(frozen_at, Instant::now());
            eprintln!("others waited {silence:?} for the process that didn't read");
            assert!(silence < DROPPED_AFTER_MAX, "{silence:?}");
            assert_eq!(database.number(HAS_THE_TURN), Some(0), "its session is gone");
            drop(thawed);
            until_answered(&other, 30);
            until_answered(&load, 30);
        });
    });
    for (load, server) in [(&load, &running), (&other, &stopped)] {
        load.settle(server.base_url());
        load.check_feed(running.base_url());
    }
    // Not the read models: they stop at events of a kind that this program doesn't know.
    Server::verify_ledger(&database);
    assert!(stopped.terminate().success(), "the resumed process ends well");
}

/// A server whose sessions have a role of their own, by which they are told from another server's. It reaches the database by this URL.
fn start_as_stopped(database: &TestDatabase, url: &str) -> Server {
    database.execute(
        "DO $$ BEGIN CREATE ROLE stopped SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$",
    );
    let own = url.replace("postgres@", "stopped@");
    assert_ne!(own, url);
    Server::start_command(Server::serve_command_through(database, &own, &[]))
}

/// Stops the process while its session has the turn and is sent more than the buffers on the way hold.
fn freeze_while_it_reads(server: &Server, other: &Server, database: &TestDatabase) -> Instant {
    let begun = Instant::now();
    loop {
        server.freeze(true);
        // While it stands still, somebody writes to so many streams that naming them takes megabytes. A batch of that size would
        // lose every race against a server under load.
        other.freeze(true);
        append_to_new_streams(database, 19_000);
        other.freeze(false);
        server.freeze(false);
        let round = Instant::now();
        while round.elapsed() < Duration::from_secs(2) {
            server.freeze(true);
            let frozen_at = Instant::now();
            if database.number(READS_THE_DELTA) == Some(1) {
                thread::sleep(Duration::from_millis(300));
                if database.number(WAITS_FOR_ITS_READER) == Some(1) {
                    return frozen_at;
                }
            }
            server.freeze(false);
            thread::sleep(Duration::from_millis(2));
        }
        assert!(begun.elapsed() < PATIENCE, "it was never met reading");
    }
}

/// As another program on the ledger would.
fn append_to_new_streams(database: &TestDatabase, streams: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    runtime.block_on(async {
        let environment = Environment::system();
        let options = LedgerOptions {
            name: String::new(),
            demo: false,
            id: None,
            environment: environment.clone(),
            queue_max: 10,
            batch_max: 10,
        };
        let opened = Database::open(database.url(), Access::Write).await.expect("it opens");
        let ledger = Ledger::open(opened, options).await.expect("the only ledger");
        let stream = || StreamAppend {
            aggregate_type: "x".repeat(128),
            aggregate_id: environment.uuid_v7(),
            expected_version: 0,
            events: vec![NewEvent {
                event_type: "Noted".to_owned(),
                event_version: "1".to_owned(),
                payload: json!({}),
            }],
        };
        let append = |_| Append {
            command_id: environment.uuid_v7(),
            actor: Actor {
                id: "u1".to_owned(),
                role: "implementer".to_owned(),
                unit: String::new(),
            },
            occurred_on: environment.today(),
            request_sha256: [1; 32],
            metadata: BTreeMap::new(),
            streams: vec![stream()],
        };
        for answer in ledger
            .append_batch((0..streams).map(append).collect())
            .await
            .expect("taken")
        {
            answer.expect("recorded");
        }
        ledger.close().await;
    });
}

struct Thaw<'a>(&'a Server);

impl Drop for Thaw<'_> {
    fn drop(&mut self) {
        self.0.freeze(false);
    }
}

/// Stops the process again and again until it stands still inside its turn, with the lock that the others wait for.
fn freeze_in_its_turn(server: &Server, database: &TestDatabase) -> Instant {
    let begun = Instant::now();
    loop {
        server.freeze(true);
        let frozen_at = Instant::now();
        if database.number(HOLDS_THE_TURN) == Some(1) {
            return frozen_at;
        }
        server.freeze(false);
        assert!(begun.elapsed() < PATIENCE, "it was never met in its turn");
        thread::sleep(Duration::from_millis(3));
    }
}

#[test]
fn a_second_server_on_one_sqlite_file_is_refused() {
    let database = TestDatabase::sqlite();
    let first = Server::start(&database, &[]);
    let second = Server::serve_command(&database, &[])
        .stdin(Stdio::null())
        .output()
        .expect("the product's binary runs");
    let told = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{told}");
    let holder = format!("another process (pid {}) serves this file", first.process_id());
    assert!(told.contains(&holder) && told.contains("dean.db"), "{told}");
    // The first one has not noticed, and reading commands work beside it.
    let load = Load::new();
    under_load(&load, 2, &[first.base_url()], || until_answered(&load, 10));
    everything_holds(&load, &first, &database);
    let mut verify: Command = Server::command();
    let read = verify.args(["verify", "--database", database.url()]).output();
    assert!(read.expect("it runs").status.success());
    // Killed, it leaves no lock behind.
    first.kill9();
    assert!(Server::start(&database, &[]).terminate().success());
}
