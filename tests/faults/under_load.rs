//! Clients that go on whatever happens, and what must hold afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Load, Server, TestDatabase};

/// How long something that must happen by itself may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `meanwhile` while clients send commands to all of the servers, trying again whatever happens.
pub(crate) fn under_load<T>(load: &Load, clients: usize, base_urls: &[&str], meanwhile: impl FnOnce() -> T) -> T {
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
pub(crate) fn until_answered(load: &Load, more: usize) {
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
pub(crate) fn everything_holds(load: &Load, server: &Server, database: &TestDatabase) {
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
