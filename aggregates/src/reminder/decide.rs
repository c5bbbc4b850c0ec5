//! What may happen to a reminder, and when.

use chrono::NaiveDate;

use super::Reminder;
use super::event::{Delivery, Raised, ReminderEvent, ReminderWhat, Withdrawal};

/// What is asked of a reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderCommand {
    /// Today.
    pub today: NaiveDate,
    /// What shall be recorded.
    pub what: ReminderWhat,
}

/// Why it was not recorded. The program asks by itself, so these are answers to it, not to people: each says that somebody was faster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReminderRefusal {
    /// Another process raised it first: harmless.
    #[error("the reminder is raised already")]
    AlreadyRaised,
    /// Another process delivered it first: harmless.
    #[error("the reminder is delivered already")]
    AlreadyDelivered,
    /// What it reminds of was done: harmless.
    #[error("the reminder is withdrawn")]
    Withdrawn,
    /// Nobody raised it.
    #[error("there is no such reminder")]
    NotRaised,
    /// It reminds nobody.
    #[error("the reminder names nobody who must act")]
    Nobody,
    /// It is not for that role at that unit.
    #[error("the reminder is not for {role} at {unit}")]
    OtherRecipient {
        /// Role.
        role: String,
        /// Unit.
        unit: String,
    },
}

impl Reminder {
    /// Decides a command.
    ///
    /// # Errors
    /// See [`ReminderRefusal`].
    pub fn decide(&self, command: &ReminderCommand) -> Result<ReminderEvent, ReminderRefusal> {
        match &command.what {
            ReminderWhat::ReminderRaised(raised) => self.may_raise(raised)?,
            ReminderWhat::ReminderDelivered(delivery) => self.may_deliver(delivery)?,
            ReminderWhat::ReminderWithdrawn(withdrawal) => self.may_withdraw(withdrawal)?,
        }
        Ok(ReminderEvent {
            occurred_on: command.today,
            what: command.what.clone(),
        })
    }

    fn may_raise(&self, raised: &Raised) -> Result<(), ReminderRefusal> {
        if self.raised.is_some() {
            return Err(ReminderRefusal::AlreadyRaised);
        }
        if raised.to.is_empty() {
            return Err(ReminderRefusal::Nobody);
        }
        Ok(())
    }

    /// A delivery that was under way while the reminder was withdrawn has been made all the same: it is recorded.
    fn may_deliver(&self, delivery: &Delivery) -> Result<(), ReminderRefusal> {
        let raised = self.raised.as_ref().ok_or(ReminderRefusal::NotRaised)?;
        let is_for = |to: &crate::project::standing::Waiting| to.role == delivery.role && to.unit == delivery.unit;
        if !raised.to.iter().any(is_for) {
            return Err(ReminderRefusal::OtherRecipient {
                role: delivery.role.to_string(),
                unit: delivery.unit.clone(),
            });
        }
        if self.delivered.contains(delivery) {
            return Err(ReminderRefusal::AlreadyDelivered);
        }
        Ok(())
    }

    fn may_withdraw(&self, _: &Withdrawal) -> Result<(), ReminderRefusal> {
        if self.raised.is_none() {
            return Err(ReminderRefusal::NotRaised);
        }
        if self.withdrawn {
            return Err(ReminderRefusal::Withdrawn);
        }
        Ok(())
    }
}
