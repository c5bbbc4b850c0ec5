//! The database is killed and comes back.

use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Client, Load, Server, TestDatabase};

use crate::{everything_holds, own_cluster, under_load, until_answered};

#[test]
fn a_postgresql_that_is_killed_and_restarted_loses_and_doubles_nothing() {
    let mut cluster = own_cluster(None);
    let database = TestDatabase::postgres_on(cluster.url());
    let server = Server::start(&database, &[]);
    let load = Load::new();
    under_load(&load, 8, &[server.base_url()], || {
        for pause_ms in [0, 300, 1_500] {
            until_answered(&load, 60);
            cluster.kill();
            thread::sleep(Duration::from_millis(pause_ms));
            cluster.start(&|| Ok(())).expect("it recovers");
        }
        until_answered(&load, 60);
    });
    everything_holds(&load, &server, &database);
}

#[test]
fn while_the_database_is_down_callers_are_told_and_the_process_lives() {
    let mut cluster = own_cluster(None);
    let database = TestDatabase::postgres_on(cluster.url());
    let server = Server::start(&database, &[]);
    cluster.kill();
    let client = Client::new(server.base_url());
    let asked = Instant::now();
    let answer = client.get_with("/api/v1/events?after=0", &[("accept-language", "en")]);
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.json()["code"], "storage-unavailable", "{}", answer.text());
    assert_eq!(client.get("/health/live").status, 200);
    assert_eq!(client.get("/health/ready").status, 503);
    // Two that wait for a connection as long as they may: no longer than a load balancer would.
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
    cluster.start(&|| Ok(())).expect("it recovers");
    server.wait_until_ready();
    assert_eq!(client.get("/api/v1/events?after=0").status, 200);
}
