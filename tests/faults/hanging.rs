//! A database that hangs: callers are told to come back, the process doesn't grow, and afterwards everything goes on.

use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Client, Load, Server, TestDatabase, freeze_process};

use crate::{PATIENCE, everything_holds, under_load, until_answered};

const REQUESTS_MAX: &str = "32";
const CLIENTS: usize = 80;
/// What refusing thousands of requests may leave behind, KiB: buffers of the connections, and what the allocator keeps.
const GROWTH_KIB_MAX: u64 = 12 * 1_024;

#[test]
fn when_nothing_more_can_wait_callers_get_503_and_memory_stays_flat() {
    let database = TestDatabase::postgres();
    let server = Server::start(&database, &["--requests-max", REQUESTS_MAX]);
    let load = Load::new();
    // Warm: every connection has been made, every buffer used.
    under_load(&load, CLIENTS, &[server.base_url()], || until_answered(&load, 300));
    let lock = "BEGIN; LOCK TABLE ledger.events IN EXCLUSIVE MODE";
    under_load(&load, CLIENTS, &[server.base_url()], || {
        database.holding(lock, || {
            let refusal = until_refused(&server);
            assert_eq!(refusal["code"], "busy", "{refusal}");
            let full = server.resident_kib();
            // What was committed before the lock may still be on its way to its caller.
            thread::sleep(Duration::from_millis(500));
            let answered = load.answered();
            let begun = Instant::now();
            let mut most = full;
            while begun.elapsed() < Duration::from_secs(5) {
                most = most.max(server.resident_kib());
                thread::sleep(Duration::from_millis(50));
            }
            eprintln!("resident: {full} KiB when full, at most {most} KiB later");
            assert!(most - full < GROWTH_KIB_MAX, "{full} KiB grew to {most} KiB");
            assert_eq!(
                load.answered(),
                answered,
                "nothing is acknowledged that isn't committed"
            );
            assert_eq!(Client::new(server.base_url()).get("/health/live").status, 200);
        });
        until_answered(&load, 100);
    });
    everything_holds(&load, &server, &database);
}

/// Asks until there is no room; gives the problem.
fn until_refused(server: &Server) -> serde_json::Value {
    let client = Client::new(server.base_url());
    let begun = Instant::now();
    loop {
        let answer = client.get_with("/api/v1/lifecycles", &[("accept-language", "en")]);
        if answer.status == 503 {
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            return answer.json();
        }
        assert!(begun.elapsed() < PATIENCE, "never full: {}", answer.status);
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_session_that_hangs_and_goes_on_loses_nothing() {
    let database = TestDatabase::postgres();
    let server = Server::start(&database, &[]);
    let load = Load::new();
    under_load(&load, 8, &[server.base_url()], || {
        for _ in 0..3 {
            until_answered(&load, 40);
            let session = "SELECT pid::int8 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dean writer'";
            let session = u32::try_from(database.number(session).expect("the writer's session")).expect("a process id");
            freeze_process(session, true);
            thread::sleep(Duration::from_millis(1_500));
            freeze_process(session, false);
        }
        until_answered(&load, 40);
    });
    everything_holds(&load, &server, &database);
}
