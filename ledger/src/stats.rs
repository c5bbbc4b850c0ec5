//! Counters of the writer, for metrics. Atomics: reading them never waits for a commit.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Upper bounds of the commit-time buckets in microseconds; a last, unbounded bucket follows.
pub const COMMIT_MICROS_BUCKETS: [u64; 12] = [
    500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000,
];
/// Upper bounds of the batch-size buckets in appends; a last, unbounded bucket follows.
pub const BATCH_SIZE_BUCKETS: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 512];

/// A moment's view of the writer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Appends waiting.
    pub queue_len: usize,
    /// How many may wait.
    pub queue_max: usize,
    /// Commits made by this process.
    pub batches: u64,
    /// Appends in the last commit.
    pub last_batch_size: u64,
    /// Appends committed by this process.
    pub appends: u64,
    /// Events committed by this process.
    pub events: u64,
    /// How long the last commit took, microseconds.
    pub last_commit_micros: u64,
    /// How long all commits took together, microseconds.
    pub commit_micros_sum: u64,
    /// Commits by duration, not cumulated; bounds in [`COMMIT_MICROS_BUCKETS`].
    pub commit_micros_buckets: [u64; COMMIT_MICROS_BUCKETS.len() + 1],
    /// Commits by number of appends, not cumulated; bounds in [`BATCH_SIZE_BUCKETS`].
    pub batch_size_buckets: [u64; BATCH_SIZE_BUCKETS.len() + 1],
    /// Appends refused because a stream had moved on.
    pub conflicts: u64,
    /// Appends answered with an earlier receipt.
    pub repeats: u64,
    /// Appends refused because the queue was full.
    pub busy: u64,
    /// Times another process committed first.
    pub lost_races: u64,
    /// Times a batch was planned again after a unique violation.
    pub rechecks: u64,
    /// Database errors that the writer met.
    pub database_errors: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) queue_len: AtomicUsize,
    pub(crate) queue_bytes: AtomicUsize,
    batches: AtomicU64,
    last_batch_size: AtomicU64,
    appends: AtomicU64,
    events: AtomicU64,
    last_commit_micros: AtomicU64,
    commit_micros_sum: AtomicU64,
    commit_micros_buckets: [AtomicU64; COMMIT_MICROS_BUCKETS.len() + 1],
    batch_size_buckets: [AtomicU64; BATCH_SIZE_BUCKETS.len() + 1],
    pub(crate) conflicts: AtomicU64,
    pub(crate) repeats: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) lost_races: AtomicU64,
    pub(crate) rechecks: AtomicU64,
    pub(crate) database_errors: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

impl Counters {
    pub(crate) fn committed(&self, appends: u64, events: u64, micros: u64) {
        count(&self.batches);
        self.last_batch_size.store(appends, Relaxed);
        self.appends.fetch_add(appends, Relaxed);
        self.events.fetch_add(events, Relaxed);
        self.last_commit_micros.store(micros, Relaxed);
        self.commit_micros_sum.fetch_add(micros, Relaxed);
        count(&self.commit_micros_buckets[COMMIT_MICROS_BUCKETS.partition_point(|bound| *bound < micros)]);
        count(&self.batch_size_buckets[BATCH_SIZE_BUCKETS.partition_point(|bound| *bound < appends)]);
    }

    pub(crate) fn snapshot(&self, queue_max: usize) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        Stats {
            queue_len: self.queue_len.load(Relaxed),
            queue_max,
            batches: read(&self.batches),
            last_batch_size: read(&self.last_batch_size),
            appends: read(&self.appends),
            events: read(&self.events),
            last_commit_micros: read(&self.last_commit_micros),
            commit_micros_sum: read(&self.commit_micros_sum),
            commit_micros_buckets: std::array::from_fn(|index| read(&self.commit_micros_buckets[index])),
            batch_size_buckets: std::array::from_fn(|index| read(&self.batch_size_buckets[index])),
            conflicts: read(&self.conflicts),
            repeats: read(&self.repeats),
            busy: read(&self.busy),
            lost_races: read(&self.lost_races),
            rechecks: read(&self.rechecks),
            database_errors: read(&self.database_errors),
        }
    }
}
