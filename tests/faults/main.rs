//! The program among failing things: a database that is killed, hangs or is cut off, a full disk, a process that is stopped. Whatever
//! happens, what was acknowledged stays, what was not is there wholly or not at all, a retry gets the first answer, and afterwards
//! everything goes on by itself.

mod connection;
mod disk;
mod hanging;
mod processes;
mod restart;
mod unknown_event;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Cluster, Load, Server, TestDatabase, postgres_binaries};

/// How long something that must happen by itself may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A PostgreSQL of the test's own, in a folder of its own, to be killed or starved.
fn own_cluster(folder: Option<&std::path::Path>) -> Cluster {
    let binaries = postgres_binaries().expect("`cargo xtask test` has installed PostgreSQL");
    let mut cluster = Cluster::make(&binaries, folder).expect("a cluster can be made");
    cluster.start(&|| Ok(())).expect("PostgreSQL starts");
    cluster
}

/// Runs `meanwhile` while clients send commands to all of the servers, trying again whatever happens.
fn under_load<T>(load: &Load, clients: usize, base_urls: &[&str], meanwhile: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| load.client(base_urls, &stop, true));
        }
        // Also when `meanwhile` panics: otherwise the clients would never end, and nobody would learn why.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
        stop.store(true, Ordering::Relaxed);
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Waits until so many further commands have been answered.
#[track_caller]
fn until_answered(load: &Load, more: usize) {
    let wanted = load.answered() + more;
    let begun = Instant::now();
    while load.answered() < wanted {
        assert!(
            begun.elapsed() < PATIENCE,
            "only {} of {wanted} commands answered",
            load.answered()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Every command gets its answer, the ledger has each once, and the program finds ledger and read models sound.
fn everything_holds(load: &Load, server: &Server, database: &TestDatabase) {
    load.settle(server.base_url());
    load.check_feed(server.base_url());
    for number in (0..load.answered()).step_by(7) {
        load.repeat(server.base_url(), u32::try_from(number).expect("a command's number"));
    }
    server.wait_until_ready();
    Server::verify(database);
    let written = server.stderr();
    assert!(!written.contains("panicked"), "{written}");
}
