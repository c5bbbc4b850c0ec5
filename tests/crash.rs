//! SIGKILL in mid-load, again and again: after each restart every acknowledged command is there, once; every other one is there wholly or
//! not at all; retries get the first answer; ledger and read models are found sound by the program itself.
//!
//! `cargo xtask crash --rounds N --database sqlite|postgres [--seed S]` runs more rounds than the test suite does.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Load, Server, Settled, TestDatabase};

const ROUNDS: u32 = 25;
const CLIENTS: usize = 8;
/// The load runs this long at most before the kill, milliseconds.
const LOAD_MS_MAX: u64 = 400;
/// One start in this many is itself killed, at some moment of its first milliseconds.
const STARTS_PER_KILLED_START: u64 = 5;
const KILLED_START_MS_MAX: u64 = 120;
/// Every so many rounds the program checks the whole ledger and all read models: that takes the longer the more there is, and a killed
/// server's lease of the read models has to run out before.
const ROUNDS_PER_CHECK: u32 = 5;
/// The same, when there are more rounds than usual.
const ROUNDS_PER_CHECK_LONG: u32 = 20;
/// How many older commands are sent again after each restart.
const REPEATS: u32 = 10;

#[test]
fn no_acknowledged_command_is_lost_and_none_doubled_on_sqlite() {
    crash(&TestDatabase::sqlite());
}

#[test]
fn no_acknowledged_command_is_lost_and_none_doubled_on_postgresql() {
    crash(&TestDatabase::postgres());
}

fn crash(database: &TestDatabase) {
    let rounds =
        setting("DEAN_CRASH_ROUNDS").map_or(ROUNDS, |rounds| u32::try_from(rounds).expect("a count of rounds"));
    let seed = setting("DEAN_CRASH_SEED").unwrap_or(1);
    let rounds_per_check = if rounds > ROUNDS {
        ROUNDS_PER_CHECK_LONG
    } else {
        ROUNDS_PER_CHECK
    };
    let mut dice = Dice(seed);
    let load = Load::new();
    let (mut total, mut killed_starts) = (Settled::default(), 0);
    let begun = Instant::now();
    for round in 1..=rounds {
        let server = Server::start(database, &[]);
        kill_in_mid_load(server, &load, Duration::from_millis(dice.below(LOAD_MS_MAX)));
        if dice.below(STARTS_PER_KILLED_START) == 0 {
            killed_starts += 1;
            start_and_kill(database, Duration::from_millis(dice.below(KILLED_START_MS_MAX)));
        }
        let is_checked = round % rounds_per_check == 0 || round == rounds;
        if is_checked {
            // As the killed server left it, before another one touches it.
            Server::verify_ledger(database);
        }
        let server = Server::start(database, &[]);
        let settled = load.settle(server.base_url());
        load.check_feed(server.base_url());
        for _ in 0..REPEATS {
            let number = dice.below(load.answered() as u64);
            load.repeat(server.base_url(), u32::try_from(number).expect("a command's number"));
        }
        if is_checked {
            server.wait_until_ready();
            Server::verify(database);
        }
        let written = server.stderr();
        assert!(!written.contains("panicked"), "{written}");
        // It keeps the read models by now if it was checked: those are hit too.
        kill_in_mid_load(server, &load, Duration::from_millis(dice.below(LOAD_MS_MAX) / 4));
        total.were_recorded += settled.were_recorded;
        total.were_absent += settled.were_absent;
        eprintln!(
            "round {round} of {rounds}: {} commands answered, {} cut off ({} of them recorded), {:.1} s",
            load.answered(),
            settled.were_recorded + settled.were_absent,
            settled.were_recorded,
            begun.elapsed().as_secs_f64()
        );
    }
    let server = Server::start(database, &[]);
    load.settle(server.base_url());
    load.check_feed(server.base_url());
    server.wait_until_ready();
    Server::verify(database);
    assert!(server.terminate().success(), "SIGTERM drains and ends well");
    assert!(
        load.answered() > rounds as usize * CLIENTS,
        "the load was acknowledged between the kills: {}",
        load.answered()
    );
    assert!(total.were_absent + total.were_recorded > 0, "no kill hit a command");
    eprintln!(
        "{rounds} rounds (seed {seed}) in {:.1} s: {} kills in mid-load, {killed_starts} in mid-start; {} commands, {} cut off, of which {} \
         were recorded; none lost, none doubled, every retry got the first answer; ledger and read models checked every \
         {rounds_per_check} rounds",
        begun.elapsed().as_secs_f64(),
        2 * rounds,
        load.answered(),
        total.were_recorded + total.were_absent,
        total.were_recorded,
    );
}

fn kill_in_mid_load(server: Server, load: &Load, after: Duration) {
    let base_url = server.base_url().to_owned();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| load.client(&[&base_url], &stop, false));
        }
        thread::sleep(after);
        server.kill9();
    });
}

fn start_and_kill(database: &TestDatabase, after: Duration) {
    let mut child = Server::serve_command(database, &[])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the product's binary runs");
    thread::sleep(after);
    child.kill().expect("it is our child");
    child.wait().expect("it is our child");
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

/// SplitMix64: the same seed kills after the same times.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (value ^ (value >> 31)) % bound
    }
}
