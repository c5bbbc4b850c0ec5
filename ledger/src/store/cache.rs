//! The aggregates in memory, and one lock per aggregate. Both bounded.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lru::LruCache;
use uuid::Uuid;

/// Locks that nobody holds any more are swept out when the map has grown beyond this.
const SWEEP_AT: usize = 1_024;

/// An aggregate and its version.
pub(super) type Cached<A> = (Arc<A>, u64);

pub(super) type Lock = tokio::sync::Mutex<()>;

pub(super) struct Cache<A> {
    aggregates: Mutex<LruCache<Uuid, Cached<A>>>,
    locks: Mutex<Locks>,
}

struct Locks {
    held: HashMap<Uuid, Weak<Lock>>,
    sweep_at: usize,
}

impl<A> Cache<A> {
    pub(super) fn new(max: usize) -> Self {
        let max = NonZeroUsize::new(max).unwrap_or(NonZeroUsize::MIN);
        let locks = Locks {
            held: HashMap::new(),
            sweep_at: SWEEP_AT,
        };
        Self {
            aggregates: Mutex::new(LruCache::new(max)),
            locks: Mutex::new(locks),
        }
    }

    fn aggregates(&self) -> MutexGuard<'_, LruCache<Uuid, Cached<A>>> {
        self.aggregates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, id: Uuid) -> Option<Cached<A>> {
        self.aggregates().get(&id).cloned()
    }

    /// Remembers an aggregate, unless a newer version is remembered already (a slow reader must not undo a writer).
    pub(super) fn put(&self, id: Uuid, aggregate: Arc<A>, version: u64) {
        let mut aggregates = self.aggregates();
        if aggregates.peek(&id).is_none_or(|(_, known)| *known <= version) {
            aggregates.put(id, (aggregate, version));
        }
    }

    pub(super) fn remove(&self, id: Uuid) {
        self.aggregates().pop(&id);
    }

    /// The lock under which commands on this aggregate are decided.
    pub(super) fn lock(&self, id: Uuid) -> Arc<Lock> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.held.get(&id).and_then(Weak::upgrade) {
            return lock;
        }
        if locks.held.len() >= locks.sweep_at {
            locks.held.retain(|_, lock| lock.strong_count() > 0);
            locks.sweep_at = SWEEP_AT.max(2 * locks.held.len());
        }
        let lock = Arc::new(Lock::default());
        locks.held.insert(id, Arc::downgrade(&lock));
        lock
    }
}
