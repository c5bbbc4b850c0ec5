//! The outbox: which deliveries are still to be made. It is folded from the reminders' events and holds nothing of its own that has to
//! survive: a process that is killed anywhere is followed by another that finds in the ledger what isn't recorded as delivered.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use dean_aggregates::reminder::{Channel, Delivery, Raised, ReminderEvent, ReminderWhat};
use uuid::Uuid;

/// Tries are at most this many beats apart.
const PAUSE_BEATS_MAX: u64 = 240;

/// A reminder that somebody may still have to get.
#[derive(Debug, Clone)]
pub struct Open {
    /// What it reminds of.
    pub raised: Raised,
    delivered: BTreeSet<Delivery>,
    tries: BTreeMap<Delivery, Tries>,
}

/// What this process has tried of a delivery; forgotten when it ends.
#[derive(Debug, Clone, Default)]
pub struct Tries {
    failures: u32,
    not_before: u64,
    /// Addresses that have it already.
    pub sent: BTreeSet<String>,
}

/// Folded from the events of all reminders.
#[derive(Debug, Default)]
pub struct Outbox {
    read_up_to: u64,
    known: HashSet<Uuid>,
    open: BTreeMap<Uuid, Open>,
}

impl Outbox {
    /// The position up to which it has read.
    pub const fn read_up_to(&self) -> u64 {
        self.read_up_to
    }

    /// Whether a reminder was raised, by whomever.
    pub fn knows(&self, reminder: Uuid) -> bool {
        self.known.contains(&reminder)
    }

    /// Takes in an event.
    pub fn fold(&mut self, position: u64, reminder: Uuid, event: ReminderEvent, channels: &[Channel]) {
        self.read_up_to = self.read_up_to.max(position);
        match event.what {
            ReminderWhat::ReminderRaised(raised) => {
                self.known.insert(reminder);
                let open = Open {
                    raised,
                    delivered: BTreeSet::new(),
                    tries: BTreeMap::new(),
                };
                self.open.insert(reminder, open);
            }
            ReminderWhat::ReminderDelivered(delivery) => {
                if let Some(open) = self.open.get_mut(&reminder) {
                    open.tries.remove(&delivery);
                    open.delivered.insert(delivery);
                }
            }
            ReminderWhat::ReminderWithdrawn(_) => {
                self.open.remove(&reminder);
            }
        }
        if self
            .open
            .get(&reminder)
            .is_some_and(|open| open.missing(channels).next().is_none())
        {
            self.open.remove(&reminder);
        }
    }

    /// What is to be tried at a beat, the oldest reminders' ids first.
    pub fn to_try(&self, beat: u64, channels: &[Channel]) -> Vec<(Uuid, Raised, Vec<Delivery>)> {
        let of = |(id, open): (&Uuid, &Open)| {
            let due: Vec<Delivery> = open
                .missing(channels)
                .filter(|delivery| open.tries.get(delivery).is_none_or(|tries| tries.not_before <= beat))
                .collect();
            (!due.is_empty()).then(|| (*id, open.raised.clone(), due))
        };
        self.open.iter().filter_map(of).collect()
    }

    /// The deliveries that are still to be made.
    pub fn waiting(&self, channels: &[Channel]) -> usize {
        self.open.values().map(|open| open.missing(channels).count()).sum()
    }

    /// What this process has tried of a delivery.
    pub fn tries(&mut self, reminder: Uuid, delivery: &Delivery) -> Option<&mut Tries> {
        let open = self.open.get_mut(&reminder)?;
        Some(open.tries.entry(delivery.clone()).or_default())
    }
}

impl Open {
    fn missing<'a>(&'a self, channels: &'a [Channel]) -> impl Iterator<Item = Delivery> + 'a {
        let all = self.raised.to.iter().flat_map(move |to| {
            channels.iter().map(move |channel| Delivery {
                channel: *channel,
                role: to.role,
                unit: to.unit.clone(),
            })
        });
        all.filter(|delivery| !self.delivered.contains(delivery))
    }
}

impl Tries {
    /// Notes a failure: the next try is 1, 2, 4, … beats later.
    pub fn failed(&mut self, beat: u64) {
        let pause = 1_u64
            .checked_shl(self.failures)
            .unwrap_or(PAUSE_BEATS_MAX)
            .min(PAUSE_BEATS_MAX);
        self.failures += 1;
        self.not_before = beat + pause;
    }

    /// Not before the longest pause is over: nothing will change by itself.
    pub fn refused(&mut self, beat: u64) {
        self.failures += 1;
        self.not_before = beat + PAUSE_BEATS_MAX;
    }

    /// How often it failed.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use dean_aggregates::actor::Role;
    use dean_aggregates::project::event::Pin;
    use dean_aggregates::project::standing::Waiting;
    use dean_aggregates::reminder::{Left, Withdrawal};

    use super::*;

    const MAIL: [Channel; 1] = [Channel::Mail];

    fn raised(roles: &[Role]) -> ReminderWhat {
        ReminderWhat::ReminderRaised(Raised {
            project: Uuid::nil(),
            code: "KC-1".to_owned(),
            lifecycle: "kcqg".to_owned(),
            step: "propose".to_owned(),
            due_on: "2026-05-19".parse().expect("a day"),
            level: "soon".to_owned(),
            rule: Pin::default(),
            left: Left::WorkingDays { days: 5 },
            to: roles
                .iter()
                .map(|role| Waiting {
                    role: *role,
                    unit: "cuc".to_owned(),
                })
                .collect(),
        })
    }

    fn delivery(role: Role) -> Delivery {
        Delivery {
            channel: Channel::Mail,
            role,
            unit: "cuc".to_owned(),
        }
    }

    fn folded(channels: &[Channel], events: Vec<ReminderWhat>) -> Outbox {
        let mut outbox = Outbox::default();
        for (position, what) in (1..).zip(events) {
            let event = ReminderEvent {
                occurred_on: "2026-05-12".parse().expect("a day"),
                what,
            };
            outbox.fold(position, Uuid::nil(), event, channels);
        }
        outbox
    }

    #[test]
    fn what_is_not_recorded_as_delivered_is_to_be_tried() {
        let both = [Role::AgencyOfficer, Role::AgencyDirector];
        let outbox = folded(&MAIL, vec![raised(&both)]);
        assert_eq!(outbox.waiting(&MAIL), 2);
        let first = ReminderWhat::ReminderDelivered(delivery(Role::AgencyOfficer));
        let outbox = folded(&MAIL, vec![raised(&both), first.clone()]);
        let to_try = outbox.to_try(0, &MAIL);
        assert_eq!(to_try[0].2, [delivery(Role::AgencyDirector)]);
        let second = ReminderWhat::ReminderDelivered(delivery(Role::AgencyDirector));
        let outbox = folded(&MAIL, vec![raised(&both), first, second]);
        assert_eq!((outbox.waiting(&MAIL), outbox.read_up_to()), (0, 3));
        assert!(outbox.knows(Uuid::nil()), "it isn't raised again");
    }

    #[test]
    fn nothing_is_delivered_without_a_channel_or_after_a_withdrawal() {
        assert_eq!(folded(&[], vec![raised(&[Role::Minister])]).waiting(&[]), 0);
        let withdrawn = ReminderWhat::ReminderWithdrawn(Withdrawal {
            state: "approved".to_owned(),
            version: 9,
        });
        assert_eq!(
            folded(&MAIL, vec![raised(&[Role::Minister]), withdrawn]).waiting(&MAIL),
            0
        );
    }

    #[test]
    fn tries_are_further_and_further_apart_and_never_end() {
        let mut outbox = folded(&MAIL, vec![raised(&[Role::Minister])]);
        let mut beat = 0;
        let mut pauses = Vec::new();
        for _ in 0..70 {
            outbox
                .tries(Uuid::nil(), &delivery(Role::Minister))
                .expect("open")
                .failed(beat);
            let begun = beat;
            while outbox.to_try(beat, &MAIL).is_empty() {
                beat += 1;
            }
            pauses.push(beat - begun);
        }
        assert_eq!(pauses[..5], [1, 2, 4, 8, 16]);
        assert!(pauses[8..].iter().all(|pause| *pause == PAUSE_BEATS_MAX), "{pauses:?}");
    }
}
