//! Clock and randomness of a demo: simulated while it is loaded, so that the same plan makes the same bytes, and the machine's own
//! afterwards, so that what visitors record is neither predictable nor dated in the past.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, NaiveDate};
use dean_ledger::environment::end_of_vietnam_day;
use dean_ledger::{Clock, Entropy, Environment, SeededEntropy, SystemClock, SystemEntropy};

use super::Plan;
use super::calendar::FIRST_DAY;
use super::dice::Dice;

/// Marks the clock as the machine's own.
const REAL_TIME: i64 = i64::MIN;

/// From a day's evening, when its batch is committed, to midnight: six and a half hours before, so 17:30 in Vietnam.
const EVENING_BEFORE_MIDNIGHT_MICROS: i64 = 6 * 3_600_000_000 + 1_800_000_000;

/// Sets the simulated day, and ends the simulation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Switch(Arc<Simulation>);

#[derive(Debug)]
struct Simulation {
    seed: u64,
    now_micros: AtomicI64,
    entropy: Mutex<Option<SeededEntropy>>,
}

/// An environment for a demo ledger, and the switch that ends its simulation.
pub fn environment(plan: Plan) -> (Environment, Switch) {
    let simulation = Arc::new(Simulation {
        seed: plan.mixed_seed(),
        now_micros: AtomicI64::new(evening(FIRST_DAY)),
        entropy: Mutex::new(Some(SeededEntropy::new(plan.mixed_seed()))),
    });
    (
        Environment {
            clock: simulation.clone(),
            entropy: simulation.clone(),
        },
        Switch(simulation),
    )
}

/// When the batch of a day is committed, microseconds UTC.
pub(super) fn evening(day: NaiveDate) -> i64 {
    end_of_vietnam_day(day) - EVENING_BEFORE_MIDNIGHT_MICROS
}

impl Switch {
    /// Turns to the evening of a day. The day's random bytes depend on seed and day alone: a load that was cut and resumed makes the
    /// same salts as one that ran through.
    pub(super) fn turn_to(&self, day: NaiveDate) {
        let seed = Dice::new(&[self.0.seed, u64::from(day.num_days_from_ce().unsigned_abs())]).roll();
        *self.0.entropy() = Some(SeededEntropy::new(seed));
        self.0.now_micros.store(evening(day), Ordering::SeqCst);
    }

    /// Ends the simulation: from now on the machine's clock and randomness.
    pub fn finish(&self) {
        *self.0.entropy() = None;
        self.0.now_micros.store(REAL_TIME, Ordering::SeqCst);
    }
}

impl Simulation {
    fn entropy(&self) -> std::sync::MutexGuard<'_, Option<SeededEntropy>> {
        // The value is replaced whole, so a panic elsewhere can't have left it half-written.
        self.entropy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Simulation {
    fn now_micros(&self) -> i64 {
        match self.now_micros.load(Ordering::SeqCst) {
            REAL_TIME => SystemClock.now_micros(),
            simulated => simulated,
        }
    }
}

impl Entropy for Simulation {
    fn fill(&self, buffer: &mut [u8]) {
        match &*self.entropy() {
            Some(seeded) => seeded.fill(buffer),
            None => SystemEntropy.fill(buffer),
        }
    }
}
