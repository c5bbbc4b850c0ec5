//! The events of a reminder. They name roles and units, never persons or addresses: addresses are configuration.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actor::Role;
use crate::project::event::Pin;
use crate::project::standing::Waiting;

/// One event of a reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderEvent {
    /// The day on which it happened.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: ReminderWhat,
}

/// What happened to a reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReminderWhat {
    /// Đã nhắc.
    ReminderRaised(Raised),
    /// Đã gửi.
    ReminderDelivered(Delivery),
    /// Không còn cần nhắc.
    ReminderWithdrawn(Withdrawal),
}

/// What is reminded of, and whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Code of the project's lifecycle.
    pub lifecycle: String,
    /// The awaited step.
    pub step: String,
    /// The day by which it is due, as the project's own event has it.
    pub due_on: NaiveDate,
    /// Level of the reminder, e.g. `soon`.
    pub level: String,
    /// The text that has the level.
    pub rule: Pin,
    /// How much time was left.
    pub left: Left,
    /// Who must act.
    pub to: Vec<Waiting>,
}

/// The time left when a reminder was raised; negative: past the due day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// Working days.
    WorkingDays {
        /// How many.
        days: i64,
    },
    /// Calendar days, because this year's working days are not known.
    CalendarDays {
        /// How many.
        days: i64,
        /// The year that has no calendar.
        missing_year: i32,
    },
}

/// A delivery that was made: through what, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Delivery {
    /// Through what.
    pub channel: Channel,
    /// To which role.
    pub role: Role,
    /// At which unit.
    pub unit: String,
}

/// How a reminder reaches people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Standard output of the program.
    Console,
    /// Mail.
    Mail,
}

impl Channel {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Mail => "mail",
        }
    }
}

/// Why nobody has to be reminded any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// State of the project by then.
    pub state: String,
    /// Version of the project by then.
    pub version: u64,
}

impl ReminderWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ReminderRaised(_) => "ReminderRaised",
            Self::ReminderDelivered(_) => "ReminderDelivered",
            Self::ReminderWithdrawn(_) => "ReminderWithdrawn",
        }
    }
}

impl cqrs_es::DomainEvent for ReminderEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
