//! Several processes on one database.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Client, Load, Server, TestDatabase};

use crate::{PATIENCE, everything_holds, under_load, until_answered};

/// The longest that others may wait for a process that stopped in its turn.
const DROPPED_AFTER_MAX: Duration = Duration::from_secs(5);
/// Sessions of a role's writer that hold the turn while their process does nothing.
const HOLDS_THE_TURN: &str = "SELECT COUNT(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid) WHERE a.usename = 'stopped' \
    AND a.datname = current_database() AND l.locktype = 'advisory' AND l.granted AND a.state = 'idle in transaction'";

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
    assert_eq!(published["head"], 6, "each built-in text is published once: {texts}");
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

/// `DEAN_TEST_PREVIOUS` names the binary of an earlier version; a suite that builds one version only can't bring it along.
#[test]
fn the_previous_version_works_beside_this_one() {
    let Some(previous) = std::env::var_os("DEAN_TEST_PREVIOUS") else {
        eprintln!("SKIPPED: DEAN_TEST_PREVIOUS does not name the binary of an earlier version");
        return;
    };
    let database = TestDatabase::postgres();
    let mut command = Command::new(&previous);
    command.args(["serve", "--addr", "127.0.0.1:0", "--database", database.url()]);
    let old = Server::start_command(command);
    let load = Load::new();
    under_load(&load, 4, &[old.base_url()], || until_answered(&load, 50));
    // The new one may change the schema under the old one, which goes on; only started again would the old one be refused.
    let new = Server::start(&database, &[]);
    under_load(&load, 8, &[old.base_url(), new.base_url()], || {
        until_answered(&load, 200)
    });
    for number in 0..40 {
        load.repeat(old.base_url(), number);
        load.repeat(new.base_url(), number);
    }
    assert!(old.terminate().success());
    everything_holds(&load, &new, &database);
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
    // A role of its own tells its sessions from the other server's.
    database.execute(
        "DO $$ BEGIN CREATE ROLE stopped SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$",
    );
    let running = Server::start(&database, &[]);
    let stopped_url = database.url().replace("postgres@", "stopped@");
    assert_ne!(stopped_url, database.url());
    let stopped = Server::start_command(Server::serve_command_through(&database, &stopped_url, &[]));
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
