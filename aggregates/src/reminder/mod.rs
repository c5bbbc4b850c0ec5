//! The `Reminder` aggregate (nhắc việc): one per thing that is due, its due day and the level of the reminder, its id made from these
//! three, so that it is raised once however many processes look. Which deliveries are done stands in it too (docs/adr/0014): whoever
//! delivers asks it, and nothing but the ledger has to survive.

mod decide;
mod event;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::decide::{ReminderCommand, ReminderRefusal};
pub use self::event::{Channel, Delivery, Left, Raised, ReminderEvent, ReminderWhat, Withdrawal};
use crate::plan::made_from;

/// The id of a reminder: a UUID of version 8 made from project, awaited step, due day and level.
pub fn id_of(project: Uuid, step: &str, due_on: NaiveDate, level: &str) -> Uuid {
    made_from(&format!("dean/reminder/project/{project}/{step}/{due_on}/{level}"))
}

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reminder {
    raised: Option<Raised>,
    delivered: BTreeSet<Delivery>,
    withdrawn: bool,
}

impl Reminder {
    /// What it reminds of; `None` when it wasn't raised.
    pub const fn raised(&self) -> Option<&Raised> {
        self.raised.as_ref()
    }

    /// The deliveries that are done.
    pub const fn delivered(&self) -> &BTreeSet<Delivery> {
        &self.delivered
    }

    /// Whether what it reminds of was done before everybody had it.
    pub const fn is_withdrawn(&self) -> bool {
        self.withdrawn
    }

    fn record(&mut self, event: ReminderEvent) {
        match event.what {
            ReminderWhat::ReminderRaised(raised) => self.raised = Some(raised),
            ReminderWhat::ReminderDelivered(delivery) => {
                self.delivered.insert(delivery);
            }
            ReminderWhat::ReminderWithdrawn(_) => self.withdrawn = true,
        }
    }
}

impl cqrs_es::Aggregate for Reminder {
    const TYPE: &'static str = "Reminder";
    type Command = ReminderCommand;
    type Event = ReminderEvent;
    type Error = ReminderRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let event = self.decide(&command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.record(event);
    }
}
