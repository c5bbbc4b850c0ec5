//! The only door to the clock and to randomness. Everything else gets them injected, so that a history can be made again, byte for byte.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Microseconds from UTC to Asia/Ho_Chi_Minh, which has been UTC+7 without daylight saving since 1975.
pub const VIETNAM_OFFSET_MICROS: i64 = 7 * 3_600 * 1_000_000;

/// A source of the present time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970-01-01T00:00:00Z.
    fn now_micros(&self) -> i64;
}

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now_micros(&self) -> i64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
    }
}

/// The operating system's random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

/// Requests up to this size (ids, not salts and keys) are answered from bytes that were fetched together: it saves a
/// system call for each id.
const SMALL_BYTES: usize = 16;

thread_local! {
    /// Random bytes, and how many of them are used up.
    static FETCHED: RefCell<([u8; 1_024], usize)> = const { RefCell::new(([0; 1_024], 1_024)) };
}

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if buffer.len() > SMALL_BYTES {
            return fetch(buffer);
        }
        FETCHED.with_borrow_mut(|(bytes, used)| {
            if bytes.len() - *used < buffer.len() {
                fetch(bytes);
                *used = 0;
            }
            let fresh = &mut bytes[*used..*used + buffer.len()];
            buffer.copy_from_slice(fresh);
            fresh.fill(0);
            *used += buffer.len();
        });
    }
}

fn fetch(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system always has random bytes once it has booted");
}

/// A clock that stands still until it is moved; for tests, demos and replays.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock showing `micros` (microseconds UTC).
    #[must_use]
    pub fn new(micros: i64) -> Self {
        Self(AtomicI64::new(micros))
    }

    /// Sets the clock; it may go back, as real clocks do.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Reproducible bytes: block n is `SHA-256(seed as 8 bytes big-endian || n as 8 bytes big-endian)`. Each call starts a new block, so
/// the bytes depend on the calls before and their lengths, not on any buffer. For tests and demos only.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    block: AtomicU64,
}

impl SeededEntropy {
    /// Entropy that depends on nothing but the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            block: AtomicU64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::SeqCst);
            let digest = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(block.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// Time and randomness, as handed to everything that needs them.
#[derive(Clone)]
pub struct Environment {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("now_micros", &self.clock.now_micros())
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// The machine's own clock and randomness.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// A new UUIDv7: 48 bits of milliseconds, then random bits. Ids that grow keep the indexes' hot pages together; random ids cost
    /// two fifths of the append rate.
    #[must_use]
    pub fn uuid_v7(&self) -> Uuid {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.clock.now_micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// The present date in Asia/Ho_Chi_Minh.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        vietnam_date(self.clock.now_micros())
    }
}

/// The date in Asia/Ho_Chi_Minh at a moment (microseconds UTC).
#[must_use]
pub fn vietnam_date(micros: i64) -> NaiveDate {
    DateTime::from_timestamp_micros(micros.saturating_add(VIETNAM_OFFSET_MICROS))
        .map_or(NaiveDate::MAX, |moment| moment.date_naive())
}

/// The first moment after a day in Asia/Ho_Chi_Minh, in microseconds UTC.
#[must_use]
pub fn end_of_vietnam_day(day: NaiveDate) -> i64 {
    let next = day.succ_opt().unwrap_or(NaiveDate::MAX);
    next.and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp_micros()
        .saturating_sub(VIETNAM_OFFSET_MICROS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_again() {
        let (mut first, mut second) = ([0; 40], [0; 40]);
        SeededEntropy::new(7).fill(&mut first);
        SeededEntropy::new(7).fill(&mut second);
        assert_eq!(first, second);
        SeededEntropy::new(8).fill(&mut second);
        assert_ne!(first, second);
    }

    #[test]
    fn ids_are_version_7_and_carry_the_clock() {
        let environment = Environment {
            clock: Arc::new(ManualClock::new(1_735_689_600_000_000)),
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        let id = environment.uuid_v7();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(&id.as_bytes()[..6], &1_735_689_600_000_u64.to_be_bytes()[2..]);
    }

    #[test]
    fn the_day_turns_at_seventeen_hundred_utc() {
        let day = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a real date");
        let end = end_of_vietnam_day(day);
        assert_eq!(vietnam_date(end - 1), day);
        assert_eq!(vietnam_date(end), day.succ_opt().expect("a real date"));
        assert_eq!(end, 1_735_750_800_000_000);
    }
}
